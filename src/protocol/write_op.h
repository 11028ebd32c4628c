/**
 * One operation of a file writer: made and freed on the loop, performed by a thread in between.
 *
 * Ownership  an operation owns its paths and its copied bytes; shared bytes are given back by `release(release_arg)`
 * Yields     no
 */
#ifndef PROTOCOL_WRITE_OP_H
#define PROTOCOL_WRITE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/writer_types.h"
#include "protocol/written_file.h"

enum write_op_kind {
    WRITE_OPEN,
    WRITE_UNITS,  /* units that were copied: `bytes` and `ends` */
    WRITE_SHARED, /* one unit of shared bytes: `iov` */
    WRITE_SYNC,
    WRITE_RENAME,
    WRITE_PUT, /* a whole file: `bytes` or `iov`, written to `to` and renamed to `path` */
    WRITE_REMOVE,
    WRITE_REMOVE_FOLDER,
    WRITE_CALL, /* the owner's function */
    WRITE_BATCH_END,
    WRITE_CLOSE,
};

struct file_writer;

/* A path that a writer names. It is in a list only after the writer's owner has gone (protocol/writers_gone). */
struct path_mark {
    struct list         link;
    uint64_t            hash; /* 0: no path */
    struct file_writer *of;
};

void path_mark_set(struct path_mark *m, const char *path); /* NULL: no path */

struct write_op {
    struct list            link;
    enum write_op_kind     kind;
    uint64_t               batch;       /* number of the batch that it belongs to; 0: none */
    uint64_t               n_failed;    /* failed batches that the owner knew of when it asked for this */
    size_t                 cost;        /* its bytes in the writer's queue */
    struct buf             bytes, ends; /* copied bytes; the offset of the end of each unit, as size_t */
    char                  *path, *to;
    struct path_mark       path_mark, to_mark;
    enum written_file_mode mode;
    int64_t                rotate_bytes;
    struct iovec          *iov; /* the pieces of shared bytes */
    int                    n_iov, per_unit;
    void (*release)(void *arg);
    void *release_arg;
    void (*done)(void *arg, const struct file_writer_result *r); /* of the end of a batch */
    void *done_arg;
    struct err *(*call)(void *arg); /* of a call; the argument is release_arg */
    bool        is_spoiled;         /* of a rename: a unit of the file did not come into the queue */
    bool        is_superseded;      /* of a put: a later one writes the same file */
    bool        is_skipped;         /* not performed, because it may depend on what is lost */
    size_t      n_written;          /* units that are in the file */
    struct err *e;
};

/** An operation that is in no list. Its copied bytes have the ceiling `bytes_max`. NULL when memory is out. */
struct write_op *write_op_create(enum write_op_kind kind, size_t bytes_max) ATTR_MUST_USE;

/** Copy the paths; either may be NULL. False when memory is out. */
bool write_op_name(struct write_op *op, const char *path, const char *to) ATTR_MUST_USE;

/** Copy the array of pieces, `per_unit` of them in each unit; the bytes stay where they are. False when memory is out. */
bool write_op_share(struct write_op *op, const struct iovec *iov, int n_iov, int per_unit) ATTR_MUST_USE;

/** Add a copied unit. False when memory is out: then nothing was added. */
bool write_op_add_unit(struct write_op *op, const struct iovec *iov, int n_iov) ATTR_MUST_USE;

/** On a thread: perform the operation. It keeps what came of it: `e`, `n_written`. */
void write_op_perform(struct write_op *op, struct written_file *f);

/** True when the failure of this operation means that a file is not where it should be. */
bool write_op_lost_file(const struct write_op *op);

/** Units of an operation that was performed or given up, and their bytes, that are not in the file. */
size_t write_op_units_lost(const struct write_op *op);
size_t write_op_bytes_lost(const struct write_op *op);

/** Release what the operation holds; the operation itself stays. A second call does nothing. */
void write_op_empty(struct write_op *op);

/** Takes it out of its list. */
void write_op_destroy(struct write_op *op);

#endif
