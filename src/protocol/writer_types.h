/**
 * The words that a file writer and its owner exchange: see protocol/file_writer.h.
 *
 * Yields     nothing here
 */
#ifndef PROTOCOL_WRITER_TYPES_H
#define PROTOCOL_WRITER_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_writer_options {
    const char *what;            /* kind of the contents, for the log: "output of a child"; a literal, never freed */
    const char *place;           /* folder below which the files lie; NULL: the folder of the first. Copied */
    size_t      queue_bytes_max; /* ceiling of the bytes that wait or are being written, shared ones included */
    size_t      gather_bytes;    /* Gathered appends are written once they have this many bytes. */
    int64_t     gather_us; /* An append also ends gathering if the first one has waited this long. 0: no gathering. */
};

/* Most operations that may wait; neighbouring appends of copied bytes count as one. */
enum { FILE_WRITER_OPS_MAX = 1024 };

/* Most writers that were left by their owners and still have work. */
enum { WRITERS_LEFT_MAX = 1000 };

/* What came of a batch. */
struct file_writer_result {
    bool ok; /* Everything was performed. A remove that failed does not count. */
    uint64_t
        n_files_lost; /* files that could not be written: WRITTEN_FILE_WHOLE and puts; not those that were skipped */
};

#endif
