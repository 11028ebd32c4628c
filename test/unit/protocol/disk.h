/**
 * A folder of its own for a test that writes files, on a disk that freezes and thaws.
 *
 * Included by one test program each: its state is that program's.
 */
#ifndef TEST_PROTOCOL_DISK_H
#define TEST_PROTOCOL_DISK_H

#include <cmocka.h>
#include <ftw.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"
#include "protocol/offload.h"

enum { PATIENCE_US = 60 * US_PER_SECOND };

static char       folder[64];
static sem_t      gate;
static atomic_int n_hanging;

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
    strcpy(folder, "/tmp/disk.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    sem_init(&gate, 0, 0);
    n_hanging = 0;
    return code_of(offload_init());
}

/* Wait for what is still to be written, end the threads, remove the folder. */
static inline int disk_end(void)
{
    bool all = file_writers_finish(now_us() + PATIENCE_US);
    offload_shutdown(PATIENCE_US);
    sem_destroy(&gate);
    nftw(folder, disk_remove, 8, FTW_DEPTH | FTW_PHYS);
    return all ? 0 : -1;
}

static inline void disk_hang(struct offload_job *job)
{
    (void)job;
    n_hanging++;
    while (sem_wait(&gate) != 0)
        ;
}

static inline void disk_free_job(struct offload_job *job)
{
    free(job);
}

/* All threads that write files hang until thaw(). */
static inline void freeze(void)
{
    for (int i = 0; i < OFFLOAD_THREADS_MAX; i++) {
        struct offload_job *job = calloc(1, sizeof *job);
        *job = (struct offload_job){ .work = disk_hang, .drop = disk_free_job };
        assert_null(offload_start(OFFLOAD_WRITE, job));
    }
    int64_t deadline_us = now_us() + PATIENCE_US;
    while (n_hanging < OFFLOAD_THREADS_MAX && now_us() < deadline_us)
        co_give_way();
    assert_int_equal(n_hanging, OFFLOAD_THREADS_MAX);
}

static inline void thaw(void)
{
    for (int i = 0; i < OFFLOAD_THREADS_MAX; i++)
        sem_post(&gate);
}

#endif
