/**
 * The bootstrap of Adobe HTTP Dynamic Streaming (HDS): which fragments a stream has, and their times.
 *
 * A fragment is an `mdat` box of FLV tags: the configurations of its tracks, then frames from a key frame on. Fragment N of a
 * stream is in the file "…Seg1-FragN": all fragments belong to segment 1.
 *
 * Source     Adobe Flash Video File Format Specification 10.1: boxes `abst` (Bootstrap Info), `asrt` (Segment Run Table), `afrt`
 *            (Fragment Run Table), `mdat`. Adobe HTTP Dynamic Streaming Specification 3.0 (URLs of fragments)
 * Units      milliseconds on the stream's time line, as in the tags
 * Yields     no
 */
#ifndef KERNEL_HDS_BOOTSTRAP_H
#define KERNEL_HDS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/wr.h"

enum {
    HDS_FRAGMENT_HEADER_LEN = 8, /* mdat's size and type; the tags follow */
    HDS_BOOTSTRAP_BYTES_MAX = 1 << 20,
};

struct hds_fragment {
    int64_t  time_ms;
    uint32_t duration_ms; /* 0 counts as 1, because 0 has another meaning in the table */
};

struct hds_bootstrap {
    const char *movie_id; /* name of the stream; it may have any bytes */
    bool        is_over;  /* No fragment will follow. */
    uint32_t    version;  /* another one whenever the fragments are others */
    uint32_t    first;    /* number of the first fragment below, from 1; they have no gap in their numbers */
    const struct hds_fragment *fragments;
    size_t                     n_fragments; /* at least one */
};

/**
 * Append an `abst` box.
 *
 * Returns    NULL, or why `out` has nothing of it: out of memory, or its ceiling
 */
struct err *hds_bootstrap_write(const struct hds_bootstrap *b, struct buf *out) ATTR_MUST_USE;

/** Write the header of a fragment with tags of `len` bytes: HDS_FRAGMENT_HEADER_LEN bytes. A length above 32 bits sets `full`. */
void hds_write_fragment_header(struct wr *w, size_t len);

#endif
