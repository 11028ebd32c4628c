/**
 * Blocking work on a small pool of threads: the coroutine parks, a thread works, the coroutine goes on.
 *
 * Files, DNS and codecs go through here. Each kind of work has its own threads, started as needed, so that
 * a resolver that hangs does not hold up the disk.
 *
 * Ownership  a job lives on the heap. When offload() returns NULL, the job is done and belongs to the caller again. After an
 *            error it belongs to the pool, which calls `drop` once no thread works on it
 */
#ifndef PROTOCOL_OFFLOAD_H
#define PROTOCOL_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"

enum offload_kind {
    OFFLOAD_DISK,    /* served files */
    OFFLOAD_WRITE,   /* files that the server writes */
    OFFLOAD_READ,    /* small files that the server reads for itself: playlists of an earlier run, indexes */
    OFFLOAD_CONF,    /* the configuration, the log's file */
    OFFLOAD_CERTS,   /* certificates and keys */
    OFFLOAD_STAT,    /* figures of the machine and the process, from the kernel */
    OFFLOAD_PROCESS, /* starts of programs; these threads stay, because a program ends with the thread that started it */
    OFFLOAD_DNS,
    OFFLOAD_CODEC,
    OFFLOAD_PICTURE, /* pictures of streams: bits of publishers, decoded by a library */
    OFFLOAD_SOUND,   /* sound of streams in another codec, by a library */
    OFFLOAD_SHAKE,   /* steps of handshakes: signatures and keys */
    OFFLOAD_INDEX,   /* tables of recorded files, in which players seek */
    OFFLOAD_KINDS
};

/*
 * Most threads of one kind; most jobs that wait for them: a further job is refused. OFFLOAD_WRITE and OFFLOAD_PROCESS have more
 * threads: their callers take turns at each disk (protocol/disk_turn), so each disk that hangs holds only a few of them. Each thread of
 * OFFLOAD_PICTURE may hold some large pictures, so there are fewer. So there are of OFFLOAD_SHAKE, which compute without any wait.
 */
enum {
    OFFLOAD_THREADS_MAX = 4,
    OFFLOAD_TURNS_THREADS_MAX = 64,
    OFFLOAD_PICTURE_THREADS_MAX = 2,
    OFFLOAD_SHAKE_THREADS_MAX = 2,
    OFFLOAD_QUEUE_MAX = 4096
};

/*
 * A thread that hangs in an abandoned job is replaced for the kinds whose jobs are rare and may well succeed the next time
 * (OFFLOAD_READ, OFFLOAD_CONF, OFFLOAD_CERTS). When this many threads of a kind hang, new jobs are refused at once.
 */
enum { OFFLOAD_HUNG_MAX = 16 };

struct co;

struct offload_job {
    void (*work)(struct offload_job *job); /* called on a thread; may neither log nor call coroutine functions */
    void (*drop)(struct offload_job *job); /* called on the loop; frees a job that no coroutine waits for */
    struct list link;                      /* The pool's, like the fields below. */
    struct co  *waiter;
    bool done, refused, begun, worked, left; /* `left`: a thread works on the job, but no coroutine waits for it */
};

/** Needs co_init() and io_init(). */
struct err *offload_init(void) ATTR_MUST_USE;

/**
 * End the threads. Running jobs are waited for, at most `patience_us`; threads that still hang then may be left to the exit.
 * Jobs that no thread has begun with fail, and so do later ones. A second call waits for threads that hung.
 */
void offload_shutdown(int64_t patience_us);

/** True once the threads have been told to end: no job is taken any more. */
bool offload_has_ended(void);

/** The present state of a kind, and its jobs since the start. */
struct offload_state {
    int     n_threads, n_idle, n_hung;
    size_t  n_waiting;
    int64_t n_jobs, n_refused;
};
struct offload_state offload_state(enum offload_kind kind);

/** The name of a kind, for people. */
const char *offload_name(enum offload_kind kind);

/**
 * Do a job on a thread, and wait until it is done.
 *
 * Errors     E_SOCKET_TIMEOUT, E_THREAD_INTERRUPTED, E_LIMIT when the queue is full or too many threads hang, E_THREAD_CREATE,
 *            E_THREAD_TERMINATED when the pool was shut down before a thread began with it
 * Yields     yes
 */
struct err *offload(enum offload_kind kind, struct offload_job *job, int64_t deadline_us) ATTR_MUST_USE;

/**
 * Start a job that no coroutine waits for. `drop` is called on the loop when the job is done, or when the pool ends before a
 * thread has begun with it (job->refused).
 *
 * Ownership  NULL: the job belongs to the pool until `drop`, which may start it again. An error: the caller keeps the job
 * Errors     E_LIMIT, E_THREAD_CREATE, E_THREAD_TERMINATED, as above
 * Yields     no
 */
struct err *offload_start(enum offload_kind kind, struct offload_job *job) ATTR_MUST_USE;

#endif
