#include "kernel/flv_head.h"

#include "core/attr.h"
#include "core/mem.h"
#include "core/rd.h"
#include "kernel/amf0.h"
#include "kernel/flv.h"

/* The bytes of a head beside its metadata and the index: the headers, our own properties, the least padding. */
enum { OWN_LEN = 512 };

/* The least room in which the rest of a head may be filled: the key, and an array without values. */
#define PADDING "padding"
enum { PADDING_LEN = 2 + sizeof PADDING - 1 + 5, END_LEN = 3 };

/* ---- the index ---- */

/* Keep every other entry. */
static void halve(struct flv_index *ix)
{
    size_t n = 0;
    for (size_t i = 0; i < ix->n; i += 2)
        ix->entries[n++] = ix->entries[i];
    ix->n = n;
    ix->every *= 2;
}

bool flv_index_add(struct flv_index *ix, uint64_t at, int32_t ms)
{
    if (!ix->entries) {
        ix->entries = mem_calloc(FLV_INDEX_MAX, sizeof *ix->entries);
        ix->every = 1;
    }
    if (!ix->entries)
        return false;
    if (ix->n == FLV_INDEX_MAX)
        halve(ix);
    if (ix->n_seen++ % ix->every == 0)
        ix->entries[ix->n++] = (struct flv_index_entry){ at, ms };
    return true;
}

/* Keep at most `most` key frames. */
static void thin(struct flv_index *ix, size_t most)
{
    if (most == 0)
        ix->n = 0;
    while (ix->n > most)
        halve(ix);
}

void flv_index_finish(struct flv_index *ix)
{
    mem_free(ix->entries);
    *ix = (struct flv_index){ 0 };
}

/* ---- properties ---- */

/* The properties that are written here, so that those of the stream or of an older head are left out. */
static const char *const own[] = { "duration",  "filesize",     "lasttimestamp", "lastkeyframetimestamp",
                                   "hasVideo",  "hasAudio",     "hasMetadata",   "hasKeyframes",
                                   "keyframes", "canSeekToEnd", PADDING };

/* Copy the properties of the metadata, or only count them. */
static uint32_t copy_properties(const struct flv_head *h, struct wr *w, bool *bad)
{
    struct rd r = rd_over(h->metadata, h->metadata_len);
    if (!h->metadata)
        return 0;
    amf0_skip(&r);
    return amf0_copy_properties(r, own, ARRAY_LEN(own), w, bad);
}

static uint32_t count_own(const struct flv_head *h)
{
    return h->is_complete ? 9 : 4; /* with the padding */
}

static void put_facts(const struct flv_head *h, struct wr *w)
{
    amf0_put_bool(w, "hasMetadata", true);
    amf0_put_bool(w, "hasVideo", h->has_video);
    amf0_put_bool(w, "hasAudio", h->has_audio);
    if (!h->is_complete)
        return;
    amf0_put_number(w, "duration", h->duration_s);
    amf0_put_number(w, "lasttimestamp", h->last_s);
    amf0_put_number(w, "filesize", (double)h->file_bytes);
    amf0_put_bool(w, "hasKeyframes", h->index && h->index->n > 0);
}

static void put_keyframes(struct flv_index *ix, struct wr *w)
{
    enum { FRAME_LEN = 128 }; /* names, markers and ends around the two arrays */
    size_t left = (size_t)(w->end - w->p);
    if (ix)
        thin(ix, left > FRAME_LEN ? (left - FRAME_LEN) / FLV_INDEX_ENTRY_LEN : 0);
    size_t n = ix ? ix->n : 0;
    amf0_write_key(w, "keyframes");
    amf0_write_object(w);
    amf0_write_key(w, "filepositions");
    amf0_write_strict_array(w, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        amf0_write_number(w, (double)ix->entries[i].at);
    amf0_write_key(w, "times");
    amf0_write_strict_array(w, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        amf0_write_number(w, ix->entries[i].ms / 1000.0);
    amf0_write_end(w);
}

/* Fill the room up to the end of the body with an array of nulls, each a byte. FFmpeg gives up at a string that is so long. */
static void put_padding(struct wr *w)
{
    enum { TRAILER_LEN = END_LEN + FLV_TAG_TRAILER_LEN };
    size_t left = (size_t)(w->end - w->p);
    if (left < PADDING_LEN + TRAILER_LEN) {
        w->full = true;
        return;
    }
    size_t len = left - PADDING_LEN - TRAILER_LEN;
    amf0_write_key(w, PADDING);
    amf0_write_strict_array(w, (uint32_t)len);
    uint8_t *nulls = wr_room(w, len);
    if (nulls)
        memset(nulls, AMF0_NULL, len);
}

/* ---- the head ---- */

size_t flv_head_len(const struct flv_head *h, size_t n)
{
    return FLV_HEADER_LEN + FLV_TAG_HEADER_LEN + FLV_TAG_TRAILER_LEN + h->metadata_len + OWN_LEN +
           n * FLV_INDEX_ENTRY_LEN;
}

bool flv_head_write(struct flv_head *h, struct wr *w)
{
    enum { AROUND_LEN = FLV_HEADER_LEN + FLV_TAG_HEADER_LEN + FLV_TAG_TRAILER_LEN };
    size_t len = (size_t)(w->end - w->p);
    bool   bad = false;
    if (len < AROUND_LEN + OWN_LEN || len - AROUND_LEN > FLV_BODY_MAX)
        return false;
    uint32_t n = copy_properties(h, NULL, &bad), body_len = (uint32_t)(len - AROUND_LEN);
    if (bad)
        return false;
    flv_write_header(w, h->has_audio, h->has_video);
    flv_write_tag_header(w, FLV_SCRIPT, body_len, 0);
    amf0_write_string(w, "onMetaData");
    amf0_write_ecma_array(w, n + count_own(h));
    copy_properties(h, w, &bad);
    put_facts(h, w);
    if (h->is_complete)
        put_keyframes(h->index, w);
    put_padding(w);
    amf0_write_end(w);
    flv_write_tag_trailer(w, body_len);
    return !w->full && w->p == w->end;
}
