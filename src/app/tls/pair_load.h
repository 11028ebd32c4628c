/**
 * Pairs of a key and a certificate chain, read and parsed on a worker thread.
 *
 * A pair is read when its files have changed since they were read last and are the same as at the last look: so both files are
 * in place when an administrator replaces one after the other.
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

/** Identifies the contents of a file: it changes when the file is replaced or written. All zero: there is no file. */
struct file_stamp {
    int64_t device, inode, size, mtime_s, mtime_ns;
};

struct pair_stamp {
    struct file_stamp key, cert;
};

/** One pair of a job. */
struct pair_load {
    char             *key, *cert;
    struct pair_stamp tried, seen; /* the files when they were read last, and at the last look */
    bool              force;       /* read it even if nothing has changed */

    /* the result */
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

/** Add a pair; its paths are copied. NULL when memory is out. */
struct pair_load *pair_load_add(struct pair_load_job *job, const char *key, const char *cert);

/** Run the job. As with offload(), after an error the job is gone. Yields. */
struct err *pair_load_run(struct pair_load_job *job, int64_t deadline_us) ATTR_MUST_USE;

/** Read and parse one pair here and now, to see whether it can be used. Does not yield. */
struct err *pair_load_try(const char *key, const char *cert) ATTR_MUST_USE;

/** Free the job and all results that were not taken out of it. */
void pair_load_free(struct pair_load_job *job);

#endif
