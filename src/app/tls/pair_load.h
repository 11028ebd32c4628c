/**
 * Pairs of a key and a certificate chain, read and parsed on a worker thread.
 *
 * A pair is read when its files have changed since they were read last, and are the same as at the last look: whoever
 * replaces both is not caught between the two.
 */
#ifndef APP_TLS_PAIR_LOAD_H
#define APP_TLS_PAIR_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/offload.h"
#include "protocol/tls/ctx.h"

/** What tells whether a file is another one, or has been written. All zero: there is none. */
struct file_stamp {
    int64_t device, inode, size, mtime_s, mtime_ns;
};

struct pair_stamp {
    struct file_stamp key, cert;
};

/** One pair of a job. */
struct pair_load {
    char             *key, *cert;
    struct pair_stamp tried, seen; /* when it was read last, at the last look */
    bool              force;       /* read it in any case */

    /* the outcome */
    struct pair_stamp now;
    bool              was_read;
    struct tls_ctx   *ctx;
    struct err       *error;
};

struct pair_load_job {
    struct offload_job job;
    size_t             count;
    struct pair_load   pairs[];
};

/** Room for `cap` pairs; NULL when memory is out. */
struct pair_load_job *pair_load_new(size_t cap);

/** One more: the paths are copied. NULL when memory is out. */
struct pair_load *pair_load_add(struct pair_load_job *job, const char *key, const char *cert);

/** Do it. As offload(): after an error the job is gone. Yields. */
struct err *pair_load_run(struct pair_load_job *job, int64_t deadline_us) ATTR_MUST_USE;

/** Read and parse one pair here and now, to see whether it can be used. Does not yield. */
struct err *pair_load_try(const char *key, const char *cert) ATTR_MUST_USE;

/** With all that was not taken out of it. */
void pair_load_free(struct pair_load_job *job);

#endif
