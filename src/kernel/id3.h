/**
 * A writer of ID3 tags, version 2.4, as HLS carries them in time: private data, and texts that have a name.
 *
 *     size_t tag = id3_begin(&w);
 *     id3_text(&w, "title", "Morning show");
 *     id3_private(&w, "com.example.cue", bytes, len);
 *     id3_end(&w, tag);
 *
 * Source     ID3 tag version 2.4.0, Main Structure 3.1 (header), 4 (frames), 6.2 (synchsafe integers); Native Frames 4.2.6 (TXXX),
 *            4.27 (PRIV)
 * Yields     no
 */
#ifndef KERNEL_ID3_H
#define KERNEL_ID3_H

#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"

enum {
    ID3_HEADER_LEN = 10,         /* of a tag, and of each of its frames */
    ID3_LEN_MAX = (1 << 28) - 1, /* A size has 28 bits. */
};

/** Begin a tag. Returns its offset, an argument of id3_end(). */
size_t id3_begin(struct wr *w);

/** Write a frame TXXX. Both texts are UTF-8. */
void id3_text(struct wr *w, const char *name, const char *text);

/** Write a frame PRIV. owner: a URL or a name in reverse DNS order, by which a player knows the bytes. */
void id3_private(struct wr *w, const char *owner, const void *bytes, size_t len);

/** End the tag: fill in its size. More than ID3_LEN_MAX bytes set `full`. */
void id3_end(struct wr *w, size_t tag);

#endif
