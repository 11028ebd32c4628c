/**
 * A folder of its own for a test that writes files, with mounts in it that freeze and thaw, and with calls that fail.
 *
 * The system calls of files are defined here, in front of those of libc: a call for a frozen path waits until the thaw, as it
 * does on a file server that has gone. Calls that libc makes by itself (fopen(), mkdtemp()) do not come here.
 *
 * Included by one test program each: its state is that program's.
 */
#ifndef TEST_PROTOCOL_DISK_H
#define TEST_PROTOCOL_DISK_H

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "loop.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"
#include "protocol/offload.h"

enum { PATIENCE_US = 60 * US_PER_SECOND };

static char folder[64];

/* Calls that a test lets fail. */
enum disk_call { DISK_OPEN, DISK_WRITE, DISK_CLOSE, DISK_RENAME, DISK_MKDIR, DISK_CALLS };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t  thawed;
    int             failures[DISK_CALLS]; /* errno of calls for paths in the folder; 0: they succeed */
    pthread_t       loop;
    char            frozen[128]; /* calls for paths that begin so wait; empty: none */
    int             n_hanging;
    long            n_calls; /* calls for paths in the folder since the last disk_calls() */
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .thawed = PTHREAD_COND_INITIALIZER };

/* ---- system calls ---------------------------------------------------------------------------------------------- */

static inline bool disk_begins(const char *path, const char *with)
{
    return with[0] && strncmp(path, with, strlen(with)) == 0;
}

static inline void disk_reach(const char *path)
{
    pthread_mutex_lock(&disk.lock);
    if (disk_begins(path, folder))
        disk.n_calls++;
    while (disk_begins(path, disk.frozen)) {
        if (pthread_equal(pthread_self(), disk.loop)) {
            fprintf(stderr, "the loop waits for the disk: %s\n", path);
            abort();
        }
        disk.n_hanging++;
        pthread_cond_wait(&disk.thawed, &disk.lock);
        disk.n_hanging--;
    }
    pthread_mutex_unlock(&disk.lock);
}

/* The path of an open file; empty for what is not a file. */
static inline void disk_path_of(int fd, char *path, size_t cap)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, cap - 1);
    path[n > 0 ? n : 0] = '\0';
}

/* True if the call for the path must fail. */
static inline bool disk_fails(enum disk_call call, const char *path)
{
    disk_reach(path);
    pthread_mutex_lock(&disk.lock);
    int failure = disk_begins(path, folder) ? disk.failures[call] : 0;
    pthread_mutex_unlock(&disk.lock);
    if (failure)
        errno = failure;
    return failure != 0;
}

static inline bool disk_fails_at(enum disk_call call, int fd)
{
    char path[256];
    disk_path_of(fd, path, sizeof path);
    return disk_fails(call, path);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return disk_fails(DISK_OPEN, path) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int rename(const char *from, const char *to)
{
    return disk_fails(DISK_RENAME, to) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    disk_reach(path);
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode)
{
    return disk_fails(DISK_MKDIR, path) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int rmdir(const char *path)
{
    disk_reach(path);
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    return disk_fails_at(DISK_WRITE, fd) ? -1 : syscall(SYS_write, fd, bytes, len);
}

ssize_t writev(int fd, const struct iovec *iov, int n_iov)
{
    return disk_fails_at(DISK_WRITE, fd) ? -1 : syscall(SYS_writev, fd, iov, n_iov);
}

int close(int fd)
{
    bool fails = disk_fails_at(DISK_CLOSE, fd);
    int  result = (int)syscall(SYS_close, fd); /* A descriptor is closed even if close() fails. */
    return fails ? -1 : result;
}

/* Each folder mount-* in the folder of the test is a device of its own. */
int fstat(int fd, struct stat *st)
{
    char path[256];
    disk_path_of(fd, path, sizeof path);
    disk_reach(path);
    int result = (int)syscall(SYS_fstat, fd, st);
    if (disk_begins(path, folder) && disk_begins(path + strlen(folder), "/mount-"))
        st->st_dev = 1000 + (dev_t)path[strlen(folder) + strlen("/mount-")];
    return result;
}

/* ---- the folder ------------------------------------------------------------------------------------------------ */

static inline const char *path_in(const char *name)
{
    static char paths[8][128];
    static int  n;
    char       *path = paths[n++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline int disk_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* Make the folder and start the threads. Returns 0, or -1 like a failed set-up. */
static inline int disk_begin(void)
{
    char made[] = "/tmp/disk.XXXXXX";
    if (!mkdtemp(made))
        return -1;
    strcpy(folder, made);
    disk.frozen[0] = '\0';
    memset(disk.failures, 0, sizeof disk.failures);
    disk.loop = pthread_self();
    return code_of(offload_init());
}

/* Wait for what is still to be written, end the threads, remove the folder. */
static inline int disk_end(void)
{
    bool all = file_writers_finish(now_us() + PATIENCE_US);
    offload_shutdown(PATIENCE_US);
    nftw(folder, disk_remove, 8, FTW_DEPTH | FTW_PHYS);
    return all ? 0 : -1;
}

/* ---- ice ------------------------------------------------------------------------------------------------------- */

/* Calls for this path, and for those that begin with it, hang until thaw(). */
static inline void freeze_path(const char *path)
{
    pthread_mutex_lock(&disk.lock);
    snprintf(disk.frozen, sizeof disk.frozen, "%s", path);
    pthread_mutex_unlock(&disk.lock);
}

/* The whole folder of the test is frozen. */
static inline void freeze(void)
{
    freeze_path(folder);
}

static inline void thaw(void)
{
    pthread_mutex_lock(&disk.lock);
    disk.frozen[0] = '\0';
    pthread_cond_broadcast(&disk.thawed);
    pthread_mutex_unlock(&disk.lock);
}

/* Calls of a kind fail from now on, with this errno; 0: they succeed again. */
static inline void disk_fail(enum disk_call call, int failure)
{
    pthread_mutex_lock(&disk.lock);
    disk.failures[call] = failure;
    pthread_mutex_unlock(&disk.lock);
}

static inline int disk_n_hanging(void)
{
    pthread_mutex_lock(&disk.lock);
    int n = disk.n_hanging;
    pthread_mutex_unlock(&disk.lock);
    return n;
}

/* Let the loop run until this many threads hang. */
static inline void wait_for_hanging(int n)
{
    int64_t deadline_us = now_us() + PATIENCE_US;
    while (disk_n_hanging() < n && now_us() < deadline_us)
        co_give_way();
    assert_int_equal(disk_n_hanging(), n);
}

/* The number of calls for files in the folder since the last time it was asked. */
static inline long disk_calls(void)
{
    pthread_mutex_lock(&disk.lock);
    long n = disk.n_calls;
    disk.n_calls = 0;
    pthread_mutex_unlock(&disk.lock);
    return n;
}

#endif
