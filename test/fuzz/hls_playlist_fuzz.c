/* Read a playlist, write what was read, read that: the segments are the same, and no date range is new. A viewer's query adds no
 * line. */
#include "fuzzing.h"

#include "core/buf.h"
#include "core/err.h"
#include "kernel/hls/playlist_read.h"

enum { SEGMENTS_MAX = 64, RANGES_MAX = 8, TEXT_MAX = 1 << 20 };

/* A playlist as read; its strings point into `text`. */
struct read_back {
    char              *text;
    enum hls_read      end;
    int64_t            first;
    size_t             n;
    struct hls_segment segments[SEGMENTS_MAX];
    struct hls_key     keys[SEGMENTS_MAX];
    struct hls_map     maps[SEGMENTS_MAX];

    size_t               n_ranges;
    struct hls_daterange ranges[RANGES_MAX];
    struct hls_attribute attributes[RANGES_MAX][HLS_READ_ATTRIBUTES_MAX];
};

static void keep_range(void *arg, const struct hls_daterange *d)
{
    struct read_back *b = arg;
    if (b->n_ranges == RANGES_MAX)
        return;
    memcpy(b->attributes[b->n_ranges], d->attributes, d->n_attributes * sizeof *d->attributes);
    b->ranges[b->n_ranges] = *d;
    b->ranges[b->n_ranges].attributes = b->attributes[b->n_ranges];
    b->n_ranges++;
}

static void keep(struct read_back *b, const struct hls_segment *s)
{
    b->segments[b->n] = *s;
    if (s->key) {
        b->keys[b->n] = *s->key;
        b->segments[b->n].key = &b->keys[b->n];
    }
    if (s->map) {
        b->maps[b->n] = *s->map;
        b->segments[b->n].map = &b->maps[b->n];
    }
    b->n++;
}

/* Read a copy of exactly that length, so that the sanitizer finds a read past its end. */
static void read_text(struct read_back *b, const void *text, size_t len)
{
    struct hls_playlist_reader r;
    struct hls_segment         s;
    b->n = b->n_ranges = 0;
    b->text = malloc(len + 1);
    check(b->text != NULL);
    if (len > 0)
        memcpy(b->text, text, len);
    hls_playlist_reader_init(&r, b->text, len);
    r.on_daterange = keep_range;
    r.arg = b;
    while ((b->end = hls_playlist_read(&r, &s)) == HLS_READ_SEGMENT && b->n < SEGMENTS_MAX)
        keep(b, &s);
    check(b->end == HLS_READ_SEGMENT || hls_playlist_read(&r, &s) == b->end);
    b->first = r.media_sequence;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void check_query(const struct hls_text *t)
{
    struct buf out = buf_up_to(2 * TEXT_MAX);
    hls_text_expand(&out, t, HLS_URI_MEDIA | HLS_URI_KEY, "hls_ctx=1");
    check(out.fault == BUF_SOUND && out.len > t->text.len);
    check(count_lines(out.bytes) == count_lines(t->text.bytes));
    buf_finish(&out);
}

static void check_same(const struct hls_segment *a, const struct hls_segment *b)
{
    check(a->duration_us - b->duration_us <= 500 && b->duration_us - a->duration_us <= 500);
    check(a->discontinuity == b->discontinuity && a->gap == b->gap && a->range.len == b->range.len);
    check(a->range.len == 0 || a->range.offset == b->range.offset);
    check(!a->key == !b->key && !a->map == !b->map);
    check(!a->key || (a->key->method == b->key->method && a->key->has_iv == b->key->has_iv));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct read_back one, two;
    struct hls_text         t = hls_text_up_to(TEXT_MAX);
    read_text(&one, data, len);
    if (one.n > 0 && one.end != HLS_READ_BAD) {
        struct hls_playlist p = { .media_sequence = one.first, .segments = one.segments, .n_segments = one.n };
        p.dateranges = one.ranges;
        p.n_dateranges = one.n_ranges;
        p.target_duration_s = hls_playlist_target_s(p.segments, p.n_segments, 0);
        hls_playlist_write(&t, &p);
        if (t.text.fault == BUF_SOUND && t.marks.fault == BUF_SOUND) {
            read_text(&two, t.text.bytes, t.text.len);
            check(two.n == one.n && two.first == one.first && two.n_ranges <= one.n_ranges);
            for (size_t i = 0; i < one.n; i++)
                check_same(&one.segments[i], &two.segments[i]);
            check_query(&t);
            free(two.text);
        }
    }
    free(one.text);
    hls_text_finish(&t);
    return 0;
}
