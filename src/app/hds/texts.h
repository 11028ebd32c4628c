/**
 * The manifest and the bootstrap of a stream's HDS.
 *
 * Ownership  the caller finishes the buffer
 * Yields     no
 */
#ifndef APP_HDS_TEXTS_H
#define APP_HDS_TEXTS_H

#include <stddef.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

struct hds;

/** How many of the newest fragments the bootstrap lists: those of `hds_window`, which have consecutive numbers. */
size_t hds_in_window(const struct hds *h);

/** `query`: what the URLs in it get, without its mark; "": nothing. */
struct err *hds_texts_f4m(const struct hds *h, const char *query, struct buf *out) ATTR_MUST_USE;

/** There must be a fragment. */
struct err *hds_texts_abst(const struct hds *h, struct buf *out) ATTR_MUST_USE;

#endif
