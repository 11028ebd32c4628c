#include "protocol/open_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/attr.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342 /* Newer headers define it. */
#endif

enum { NAME_CAP = 3 << 10 }; /* Longer names are refused. */

enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY }; /* Opening a pipe does not wait for its writer. */

static int close_with(int fd, int why)
{
    close(fd);
    errno = why;
    return -1;
}

static int stat_or_close(int fd, struct stat *st)
{
    return fd >= 0 && fstat(fd, st) < 0 ? close_with(fd, errno) : fd;
}

static const char *relative(const char *path)
{
    path += strspn(path, "/");
    return *path ? path : ".";
}

static int open_root(const char *root)
{
    return open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Find the real path of an open file. */
static bool name_of(int fd, char name[NAME_CAP])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, NAME_CAP - 1);
    if (n <= 0 || n == NAME_CAP - 1)
        return false;
    name[n] = '\0';
    return true;
}

/* True if an open file is below the root. It is checked after opening, so it cannot change between check and use. */
static bool lies_below(int fd, int root_fd)
{
    char name[NAME_CAP], root[NAME_CAP];
    if (!name_of(fd, name) || !name_of(root_fd, root))
        return false;
    size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);
    return strncmp(name, root, len) == 0 && (name[len] == '/' || name[len] == '\0');
}

int open_beneath_by_name(const char *root, const char *path, struct stat *st)
{
    int root_fd = open_root(root);
    if (root_fd < 0)
        return -1;
    int fd = openat(root_fd, relative(path), FLAGS);
    if (fd >= 0 && !lies_below(fd, root_fd))
        fd = close_with(fd, EXDEV);
    int why = errno;
    close(root_fd);
    errno = why;
    return stat_or_close(fd, st);
}

int open_beneath(const char *root, const char *path, struct stat *st)
{
    struct open_how how = { .flags = FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    int             root_fd = open_root(root);
    if (root_fd < 0)
        return -1;
    int fd = (int)syscall(SYS_openat2, root_fd, relative(path), &how, sizeof how);
    int why = errno;
    close(root_fd);
    /* An old kernel, or a container's filter, does not know openat2(); or a file was renamed during a lookup with "..". */
    if (fd < 0 && (why == ENOSYS || why == EPERM || why == EAGAIN))
        return open_beneath_by_name(root, path, st);
    errno = why;
    return stat_or_close(fd, st);
}

/* True for file systems on which opening a file and asking for its size waits for no server and no other process. */
static bool is_local(int fd)
{
    static const long magics[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC,
                                   OVERLAYFS_SUPER_MAGIC };
    struct statfs     fs;
    if (fstatfs(fd, &fs) < 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(magics); i++)
        if (fs.f_type == magics[i])
            return true;
    return false;
}

int open_beneath_now(const char *root, const char *path, struct stat *st)
{
    struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_CACHED };
    int             root_fd = (int)syscall(SYS_openat2, AT_FDCWD, root, &how, sizeof how);
    if (root_fd < 0)
        return -1;
    if (!is_local(root_fd))
        return close_with(root_fd, EAGAIN);
    how = (struct open_how){ .flags = FLAGS,
                             .resolve = RESOLVE_CACHED | RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV };
    int fd = (int)syscall(SYS_openat2, root_fd, relative(path), &how, sizeof how);
    int why = errno;
    close(root_fd);
    errno = why;
    return stat_or_close(fd, st);
}
