/**
 * The manifest of HDS (.f4m), from which a player learns where the bootstrap and the fragments are.
 *
 * Source     Adobe Flash Media Manifest (F4M) Format Specification 1.0
 * Ownership  everything is borrowed for the call
 * Yields     no
 */
#ifndef KERNEL_HDS_F4M_H
#define KERNEL_HDS_F4M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"

enum { F4M_BYTES_MAX = 1 << 20 };

#define F4M_CONTENT_TYPE "application/f4m+xml"

struct f4m {
    const char *id;        /* name of the stream */
    bool        is_over;   /* It is a recording now. */
    const char *bootstrap; /* path of the bootstrap, relative to the manifest */
    const char *media;     /* path of the fragments before "Seg1-FragN", likewise */
    const char *query; /* behind both paths, without its mark; NULL or "": none. Players put "Seg1-FragN" before it */
    int64_t     bitrate_kbps;
    uint32_t    width, height; /* 0: not known */
    const uint8_t *metadata;   /* "onMetaData" and its value in AMF0, or NULL */
    size_t         metadata_len;
};

/**
 * Append the text of a manifest. Names are escaped.
 *
 * Returns    NULL, or why `out` has not all of it: out of memory, or its ceiling
 */
struct err *f4m_write(const struct f4m *m, struct buf *out) ATTR_MUST_USE;

#endif
