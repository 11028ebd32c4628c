#include "app/vod/find_flv.h"

#include "app/vod/read_at.h"
#include "core/clock.h"
#include "core/mem.h"
#include "kernel/flv.h"
#include "kernel/flv_part.h"

/* A window on the file in which tags are looked at. */
struct window {
    int      fd;
    int64_t  file_len, at;
    size_t   len;
    uint8_t *bytes;
};

enum { WINDOW_BYTES = 2 << 10 }; /* Most of a file of large tags is not read. */

/* Look at the tag at an offset. *ok is false if there is no whole tag. */
static struct err *look(struct window *w, int64_t at, struct flv_peek *peek, bool *ok)
{
    *ok = false;
    if (at < w->at || at + FLV_PEEK_LEN > w->at + (int64_t)w->len) {
        struct err *e = vod_read_at(w->fd, at, w->bytes, WINDOW_BYTES, &w->len);
        w->at = at;
        if (e || w->len < FLV_PEEK_LEN)
            return e;
    }
    *ok = flv_peek(w->bytes + (at - w->at), peek) &&
          at + FLV_TAG_HEADER_LEN + peek->tag.len + FLV_TAG_TRAILER_LEN <= w->file_len;
    return NULL;
}

static int32_t ms_of(int64_t us)
{
    int64_t ms = us / US_PER_MS;
    return ms > INT32_MAX ? INT32_MAX : (int32_t)ms;
}

/* Where the part begins: its key frame. In a file without video each sound is one. */
struct flv_key {
    bool    is_found, is_video;
    int32_t ms;
    int64_t first_at;  /* the first tag of media in the walk; 0: none came */
    bool    has_video; /* There was a picture before. */
};

/* Note a key frame for later seeks. Without memory it is not noted: later walks begin earlier. */
static void note_key(struct flv_index *ix, int64_t at, int32_t ms)
{
    const struct flv_index_entry *last = ix->n ? &ix->entries[ix->n - 1] : NULL;
    if (!last || ((uint64_t)at > last->at && ms >= last->ms))
        (void)!flv_index_add(ix, (uint64_t)at, ms);
}

static bool begins_better(const struct flv_key *key, const struct flv_peek *peek)
{
    bool is_video = peek->tag.type == FLV_VIDEO;
    return peek->is_media && (is_video ? peek->is_key : !key->is_video);
}

/*
 * Begin the part with this tag. With the first picture of the file it begins with the sound that comes before it. The walk begins with
 * the file, or with a key frame that is not the first.
 */
static void begin_with(struct flv_key *key, const struct flv_peek *peek, int64_t at, struct vod_found *found)
{
    bool is_video = peek->tag.type == FLV_VIDEO, is_first = is_video && !key->has_video;
    key->is_found = true;
    key->is_video = is_video;
    key->ms = peek->tag.dts_ms;
    found->from = is_first ? key->first_at : at;
}

/* Walk from a tag on to the last key frame that is not late, and on to the end of the part. */
static struct err *walk(struct window *w, int64_t at, const struct vod_wish *wish, struct flv_index *seen,
                        struct flv_key *key, struct vod_found *found)
{
    int32_t     start_ms = ms_of(wish->start_us), end_ms = ms_of(wish->end_us);
    struct err *e = NULL;
    for (int i = 0; i < VOD_TAGS_MAX; i++) {
        struct flv_peek peek;
        bool            ok;
        if ((e = look(w, at, &peek, &ok)) || !ok)
            break;
        bool is_late = peek.is_media && peek.tag.dts_ms > start_ms;
        if (peek.is_media && wish->end_us != INT64_MAX && peek.tag.dts_ms >= end_ms) {
            found->to = at;
            break;
        }
        if (is_late && wish->end_us == INT64_MAX && (peek.tag.type == FLV_VIDEO || !key->is_video))
            break;
        if (peek.is_media && !key->first_at)
            key->first_at = at;
        if (!is_late && begins_better(key, &peek))
            begin_with(key, &peek, at, found);
        if (peek.is_key)
            note_key(seen, at, peek.tag.dts_ms);
        key->has_video |= peek.is_media && peek.tag.type == FLV_VIDEO;
        at += FLV_TAG_HEADER_LEN + peek.tag.len + FLV_TAG_TRAILER_LEN;
    }
    return e;
}

/* The same by the key frames that earlier walks have seen; not the first one, before which there may be sound. */
static bool find_known(const struct flv_index *known, int32_t ms, uint64_t *at)
{
    size_t n = known ? known->n : 0;
    while (n > 1 && known->entries[n - 1].ms > ms)
        n--;
    if (n > 1)
        *at = known->entries[n - 1].at;
    return n > 1;
}

/* The tag from which the walk begins: that of an index, if there is a key frame that is not late. */
static struct err *walk_from(struct window *w, struct rd beginning, const struct vod_wish *wish,
                             const struct flv_index *known, int64_t *at)
{
    struct flv_header header;
    struct flv_peek   peek;
    struct rd         r = beginning;
    uint64_t          indexed;
    int32_t           ms;
    bool              ok;
    if (flv_read_header(&r, &header) != FLV_GOT)
        return NULL;
    *at = r.p - beginning.p;
    if (!flv_part_indexed(beginning, ms_of(wish->start_us), &indexed, &ms) &&
        !find_known(known, ms_of(wish->start_us), &indexed))
        return NULL;
    if (indexed >= (uint64_t)w->file_len)
        return NULL;
    struct err *e = look(w, (int64_t)indexed, &peek, &ok);
    if (!e && ok && peek.is_key && peek.tag.dts_ms <= ms_of(wish->start_us))
        *at = (int64_t)indexed;
    return e;
}

/* The duration of the file: what the metadata say, or the time of the last tag. */
static struct err *find_duration(struct window *w, struct rd beginning, struct vod_found *found)
{
    uint8_t         trailer[FLV_TAG_TRAILER_LEN];
    struct flv_peek peek;
    size_t          n;
    bool            ok;
    double          s = flv_part_duration(beginning);
    found->duration_us = (int64_t)(s * US_PER_SECOND);
    if (s > 0 || w->file_len < FLV_HEADER_LEN + FLV_TAG_TRAILER_LEN)
        return NULL;
    struct err *e = vod_read_at(w->fd, w->file_len - FLV_TAG_TRAILER_LEN, trailer, sizeof trailer, &n);
    if (e || n < sizeof trailer)
        return e;
    struct rd r = rd_over(trailer, sizeof trailer);
    int64_t   at = w->file_len - FLV_TAG_TRAILER_LEN - rd_u32(&r);
    if (at > 0 && !(e = look(w, at, &peek, &ok)) && ok && peek.tag.dts_ms > 0)
        found->duration_us = (int64_t)peek.tag.dts_ms * US_PER_MS;
    return e;
}

static struct err *write_flv_head(struct rd beginning, int32_t ms, struct vod_found *found)
{
    found->began_us = (int64_t)ms * US_PER_MS;
    found->head = mem_alloc(FLV_PART_HEAD_MAX);
    if (!found->head)
        return err_no_memory();
    struct wr out = wr_over(found->head, FLV_PART_HEAD_MAX);
    if (flv_part_head_at(beginning, ms, (double)found->duration_us / US_PER_SECOND, &out)) {
        found->head_len = wr_len(&out);
        found->head = mem_shrink(found->head, found->head_len);
        return NULL;
    }
    mem_free(found->head);
    found->head = NULL;
    return NULL;
}

/* A copy of the key frames that are known, to which the walk adds. */
static struct err *begin_keys(struct vod_keys *keys)
{
    keys->grown = (struct flv_index){ 0 };
    for (size_t i = 0; keys->known && i < keys->known->n; i++)
        if (!flv_index_add(&keys->grown, keys->known->entries[i].at, keys->known->entries[i].ms))
            return err_no_memory();
    if (keys->known) {
        keys->grown.n_seen = keys->known->n_seen;
        keys->grown.every = keys->known->every;
    }
    return NULL;
}

struct err *vod_find_flv(int fd, int64_t file_len, const struct vod_wish *wish, struct vod_keys *keys,
                         struct vod_found *found)
{
    size_t         len = 0;
    struct window  w = { .fd = fd, .file_len = file_len, .bytes = mem_alloc(WINDOW_BYTES) };
    uint8_t       *beginning = mem_alloc(FLV_PART_LOOK_BYTES);
    struct flv_key key = { 0 };
    int64_t        at = 0;
    struct err *e = w.bytes && beginning ? vod_read_at(fd, 0, beginning, FLV_PART_LOOK_BYTES, &len) : err_no_memory();
    if (!e)
        e = begin_keys(keys);
    if (!e)
        e = walk_from(&w, rd_over(beginning, len), wish, keys->known, &at);
    if (!e && at > 0)
        e = walk(&w, at, wish, &keys->grown, &key, found);
    if (!e && at > 0)
        e = find_duration(&w, rd_over(beginning, len), found);
    if (!e && key.is_found && found->from < found->to)
        e = write_flv_head(rd_over(beginning, len), key.ms, found);
    mem_free(w.bytes);
    mem_free(beginning);
    return e;
}
