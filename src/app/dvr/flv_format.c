/* FLV: the tags as they were published, behind a head that gets the index of the key frames at the end. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "app/dvr/flv_tags.h"
#include "app/dvr/format.h"
#include "core/clock.h"
#include "core/mem.h"
#include "kernel/flv.h"
#include "kernel/flv_head.h"
#include "kernel/flv_part.h"
#include "kernel/times.h"
#include "protocol/file_writer.h"

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* Room for a key frame in each half second of the time that is expected. */
static size_t key_frames_of(int64_t expected_us)
{
    enum { LEAST = 64 };
    int64_t n = expected_us / (US_PER_SECOND / 2) + LEAST;
    return expected_us <= 0 || n > FLV_INDEX_MAX ? FLV_INDEX_MAX : (size_t)n;
}

static bool begin(struct dvr_output *o)
{
    const struct frame *metadata = headers_find(o->headers, FRAME_SCRIPT, 0);
    struct flv_head     head = { .has_audio = o->audio != CODEC_NONE, .has_video = o->video != CODEC_NONE };
    if (metadata) {
        head.metadata = metadata->data;
        head.metadata_len = metadata->len;
    }
    size_t    len = flv_head_len(&head, key_frames_of(o->expected_us));
    uint8_t  *bytes = mem_alloc(len);
    struct wr w = wr_over(bytes, len);
    bool      ok = bytes && flv_head_write(&head, &w);
    if (ok)
        file_writer_append(o->writer, bytes, len);
    o->bytes += len;
    mem_free(bytes);
    return ok;
}

/* The tags that wait for the next flush; NULL: memory is out. */
static struct flv_tags *tags_of(struct dvr_output *o)
{
    if (!o->state)
        o->state = mem_calloc(1, sizeof(struct flv_tags));
    return o->state;
}

/* Without memory for what waits: the writer copies it, or counts it as lost. */
static void append(struct dvr_output *o, struct frame *f, int32_t dts_ms)
{
    uint8_t   header[FLV_TAG_HEADER_LEN], trailer[FLV_TAG_TRAILER_LEN];
    struct wr before = wr_over(header, sizeof header), after = wr_over(trailer, sizeof trailer);
    flv_write_tag_header(&before, flv_tag_type_of((enum frame_kind)f->kind), f->len, dts_ms);
    flv_write_tag_trailer(&after, f->len);
    const struct iovec pieces[] = { { header, sizeof header }, { f->data, f->len }, { trailer, sizeof trailer } };
    (void)file_writer_appendv(o->writer, pieces, ARRAY_LEN(pieces));
}

static enum dvr_took take(struct dvr_output *o, struct frame *f, int64_t us)
{
    int32_t dts_ms = (int32_t)(uint32_t)ms_from_us(us);
    if (f->len > FLV_BODY_MAX || (f->kind == FRAME_SCRIPT && f->config))
        return DVR_SKIPPED; /* The metadata are in the head. */
    struct flv_tags *tags = tags_of(o);
    if (!tags || !flv_tags_add(tags, f, dts_ms)) {
        if (tags)
            flv_tags_append(tags, o->writer);
        append(o, f, dts_ms);
    }
    o->bytes += FLV_TAG_HEADER_LEN + f->len + FLV_TAG_TRAILER_LEN;
    if (tags && flv_tags_are_full(tags))
        flv_tags_append(tags, o->writer);
    return DVR_TAKEN;
}

static void flush(struct dvr_output *o)
{
    if (o->state)
        flv_tags_append(o->state, o->writer);
}

static void finish(struct dvr_output *o)
{
    if (o->state)
        flv_tags_clear(o->state);
    mem_free(o->state);
    o->state = NULL;
}

/* ---- completing ------------------------------------------------------------------------------------------------ */

/* The times of a kind of tag. */
struct times {
    bool    has;
    int64_t first_ms, last_ms, step_ms; /* wider than in a tag: sums of them are */
};

struct scan {
    int              fd;
    const char      *path;
    int64_t          file_len;
    int64_t          head_len; /* with the first tag */
    int64_t          end;      /* of the last whole tag */
    struct flv_index index;
    struct times     audio, video;
    int32_t          last_ms;
};

static bool read_at(int fd, int64_t at, void *bytes, size_t len)
{
    ssize_t n;
    do
        n = pread(fd, bytes, len, at);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)len;
}

static void note_time(struct times *t, int32_t ms)
{
    if (!t->has)
        t->first_ms = ms;
    else if (ms > t->last_ms)
        t->step_ms = ms - t->last_ms;
    t->last_ms = ms;
    t->has = true;
}

static bool note_tag(struct scan *s, const struct flv_peek *peek, int64_t at)
{
    const struct flv_tag *tag = &peek->tag;
    if (!peek->is_media)
        return true;
    note_time(tag->type == FLV_VIDEO ? &s->video : &s->audio, tag->dts_ms);
    s->last_ms = tag->dts_ms > s->last_ms ? tag->dts_ms : s->last_ms;
    return !peek->is_key || flv_index_add(&s->index, (uint64_t)at, tag->dts_ms);
}

/* Walk over the tags from the second on. What a kill has cut off ends the walk. */
static struct err *walk(struct scan *s)
{
    uint8_t bytes[FLV_PEEK_LEN];
    for (s->end = s->head_len; s->end + FLV_PEEK_LEN <= s->file_len && read_at(s->fd, s->end, bytes, FLV_PEEK_LEN);) {
        struct flv_peek peek;
        if (!flv_peek(bytes, &peek))
            break;
        int64_t next = s->end + FLV_TAG_HEADER_LEN + peek.tag.len + FLV_TAG_TRAILER_LEN;
        if (next > s->file_len)
            break;
        if (!note_tag(s, &peek, s->end))
            return err_no_memory();
        s->end = next;
    }
    return NULL;
}

/* Read the head that begin() has written. */
static struct err *read_head(struct scan *s, uint8_t **head)
{
    uint8_t bytes[FLV_HEADER_LEN + FLV_TAG_HEADER_LEN];
    *head = NULL;
    if (!read_at(s->fd, 0, bytes, sizeof bytes) || bytes[FLV_HEADER_LEN] != FLV_SCRIPT)
        return err_new(E_SYSTEM_FILE_EOF, "%s has no head", s->path);
    struct rd r = rd_over(bytes + FLV_HEADER_LEN + 1, 3);
    s->head_len = (int64_t)sizeof bytes + rd_u24(&r) + FLV_TAG_TRAILER_LEN;
    if (s->head_len > s->file_len)
        return err_new(E_SYSTEM_FILE_EOF, "the head of %s is cut", s->path);
    *head = mem_alloc((size_t)s->head_len);
    if (!*head)
        return err_no_memory();
    return read_at(s->fd, 0, *head, (size_t)s->head_len) ? NULL : err_sys(E_SYSTEM_FILE_READ, "read %s", s->path);
}

static int64_t end_of(const struct times *t)
{
    return t->has ? t->last_ms + t->step_ms : INT64_MIN;
}

static int64_t duration_ms(const struct scan *s)
{
    int64_t end = end_of(&s->video) > end_of(&s->audio) ? end_of(&s->video) : end_of(&s->audio);
    int64_t begin = !s->audio.has || (s->video.has && s->video.first_ms < s->audio.first_ms) ? s->video.first_ms
                                                                                             : s->audio.first_ms;
    return end > begin ? end - begin : 0;
}

/* Write the head again, with what is known now. */
static struct err *write_head(struct scan *s, const uint8_t *old)
{
    struct flv_head head = {
        .metadata = old + FLV_HEADER_LEN + FLV_TAG_HEADER_LEN,
        .metadata_len = (size_t)s->head_len - FLV_HEADER_LEN - FLV_TAG_HEADER_LEN - FLV_TAG_TRAILER_LEN,
        .has_audio = s->audio.has,
        .has_video = s->video.has,
        .is_complete = true,
        .duration_s = (double)duration_ms(s) / 1000,
        .last_s = s->last_ms / 1000.0,
        .file_bytes = (uint64_t)s->end,
        .index = &s->index,
    };
    uint8_t *bytes = mem_alloc((size_t)s->head_len);
    if (!bytes)
        return err_no_memory();
    struct wr   w = wr_over(bytes, (size_t)s->head_len);
    struct err *e = NULL;
    if (!flv_head_write(&head, &w))
        e = err_new(E_SYSTEM_FILE_WRITE, "the head of %s has no room", s->path);
    else if (pwrite(s->fd, bytes, (size_t)s->head_len, 0) != s->head_len)
        e = err_sys(E_SYSTEM_FILE_WRITE, "write the head of %s", s->path);
    mem_free(bytes);
    return e;
}

static struct err *complete_open(struct scan *s)
{
    uint8_t    *head = NULL;
    struct err *e = read_head(s, &head);
    if (!e)
        e = walk(s);
    if (!e && !s->audio.has && !s->video.has)
        e = err_new(E_SYSTEM_FILE_EOF, "%s has no media", s->path);
    if (!e && s->end < s->file_len && ftruncate(s->fd, s->end) != 0)
        e = err_sys(E_SYSTEM_FILE_WRITE, "cut %s", s->path);
    if (!e)
        e = write_head(s, head);
    flv_index_finish(&s->index);
    mem_free(head);
    return e;
}

static struct err *complete(const char *path, struct dvr_facts *facts)
{
    struct scan s = { .path = path };
    struct err *e = dvr_format_open(&s.fd, &s.file_len, path, O_RDWR);
    if (e)
        return e;
    e = complete_open(&s);
    if (close(s.fd) != 0 && !e)
        e = err_sys(E_SYSTEM_FILE_CLOSE, "close %s", path);
    *facts = (struct dvr_facts){ .duration_us = duration_ms(&s) * US_PER_MS, .bytes = s.end };
    return e;
}

const struct dvr_format dvr_flv = {
    .ending = ".flv",
    .appends = true,
    .begin = begin,
    .take = take,
    .flush = flush,
    .end = flush,
    .finish = finish,
    .complete = complete,
};
