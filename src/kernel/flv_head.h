/**
 * The head of a recorded FLV file: the file header and an onMetaData of a fixed length, which is written twice. At first it says
 * what the stream's metadata says; at the end it is written over with the duration, the size, and an index of the key frames by
 * which players seek.
 *
 *     len = flv_head_len(&h, n)                         room for about n key frames
 *     flv_head_write(&h, &w)                            fills the writer to its end
 *     …                                                 the file is recorded
 *     flv_index_add(&index, at, ms)                     for each key frame
 *     h.index = &index, h.duration_s = …
 *     flv_head_write(&h, &w)                            of the same length
 *
 * A long recording has more key frames than the head has room for. The index then leaves out every other one, again and again,
 * so that it covers the whole file evenly.
 *
 * Source     Adobe FLV 10.1, E.2, E.4.1, E.5 (onMetaData); the object `keyframes` with `filepositions` and `times`, as flvtool2,
 *            yamdi and FFmpeg (flvenc, add_keyframe_index) write it
 * Yields     no
 */
#ifndef KERNEL_FLV_HEAD_H
#define KERNEL_FLV_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"

/*
 * Most key frames of an index, and the bytes that each takes in the head: two AMF0 numbers. With most metadata, the head stays
 * below METADATA_LEN_MAX, so that whoever publishes the file as it is finds a server that takes it.
 */
enum { FLV_INDEX_MAX = 3500, FLV_INDEX_ENTRY_LEN = 2 * 9 };

struct flv_index_entry {
    uint64_t at; /* offset of the tag in the file */
    int32_t  ms;
};

/** All zero is an empty index. */
struct flv_index {
    struct flv_index_entry *entries; /* room for FLV_INDEX_MAX, once there is one */
    size_t                  n;
    uint64_t                n_seen, every; /* key frames that came, and how many of them make one entry */
};

/** Note a key frame. False when memory is out: then it is not noted. */
bool flv_index_add(struct flv_index *ix, uint64_t at, int32_t ms) ATTR_MUST_USE;

void flv_index_finish(struct flv_index *ix);

struct flv_head {
    const uint8_t    *metadata; /* body of an onMetaData, of the stream or of an older head; NULL: none */
    size_t            metadata_len;
    bool              has_audio, has_video;
    bool              is_complete; /* The file has ended, and the fields below are known. */
    double            duration_s, last_s;
    uint64_t          file_bytes;
    struct flv_index *index; /* thinned by flv_head_write() as far as the head's length needs it */
};

/** The length of a head with room for `n` key frames. */
size_t flv_head_len(const struct flv_head *h, size_t n);

/**
 * Write a head that fills the room of `w`.
 *
 * Returns    false if the room is too small, or the metadata are malformed: then nothing of use was written
 */
bool flv_head_write(struct flv_head *h, struct wr *w) ATTR_MUST_USE;

#endif
