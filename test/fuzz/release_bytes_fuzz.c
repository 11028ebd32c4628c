/*
 * The bytes of a release that were muxed for one player and adapted for another equal those that the other would mux itself, for
 * every wire and from any byte on, and so do the bytes after them. Players come and leave, and the frames that only they kept go
 * with them.
 */
#include "app/live/release_bytes.h"

#include <stdio.h>

#include "app/conf/conf_load.h"
#include "app/live/audio_wire.h"
#include "app/live/flv_wire.h"
#include "app/live/held_wire.h"
#include "app/live/mp4_wire.h"
#include "app/live/ts_wire.h"
#include "app/rtmp/rtmp_wire.h"
#include "app/source/append.h"
#include "app/source/audience.h"
#include "app/source/life.h"
#include "app/source/reader.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/attr.h"
#include "core/log.h"
#include "fuzzing.h"
#include "media_script.h"
#include "protocol/co.h"
#include "protocol/io.h"

enum { PLAYERS = 8, RELEASE_FRAMES = 7, RELEASES_MAX = 400, OWN_BYTES = 1 << 20, READERS = SHARED_READERS_FEW + 1 };

/* The state that a player's bytes depend on, between two yields. */
struct state {
    struct wire   wire;
    struct jitter jitter;
};

struct player {
    bool             is_there;
    struct held_wire held;
    struct jitter    jitter;
};

static struct release_bytes shared;
static struct rd            script;
static struct player        players[PLAYERS];
static struct reader        readers[READERS]; /* enough readers for larger releases to be shared */
static struct conf         *conf;
static struct sources       all;
static struct source       *source;
static uint32_t             clock_ms;
static uint8_t              own[OWN_BYTES], rest[OWN_BYTES];

static struct frame *frame_at(size_t i)
{
    return ring_at(&source->ring, source->release_began + i);
}

static size_t n_released(void)
{
    return (size_t)(source->released - source->release_began);
}

/* ---- one player alone, written as sender.c does it */

static bool is_wanted(const struct wire *w, const struct frame *f)
{
    return !(w->no_audio && f->kind == FRAME_AUDIO) && !(w->no_video && f->kind == FRAME_VIDEO);
}

static int64_t timestamp(struct jitter *j, const struct frame *f)
{
    if (frame_is_header(f))
        return jitter_header(j, f);
    if (jitter_wants_begin(j))
        jitter_begin(j, f->dts_us);
    return jitter_media(j, f);
}

/* Write the frames from the i-th on; false when the stream ends for such a player. */
static bool write_alone(struct state *st, size_t i, struct wire_out *out)
{
    for (; i < n_released(); i++) {
        const struct frame *f = frame_at(i);
        if (st->wire.format->is_end && st->wire.format->is_end(&st->wire, f))
            return false;
        if (!is_wanted(&st->wire, f))
            continue;
        wire_emit(&st->wire, f, timestamp(&st->jitter, f), out);
        check(!out->full);
    }
    return true;
}

/* Check that both states write the same bytes if the last released frame comes once more. */
static void check_same_future(const struct state *a, const struct state *b)
{
    struct state        x = *a, y = *b;
    const struct frame *f = frame_at(n_released() - 1);
    struct wire_out     of_x = wire_out_copying(own, sizeof own), of_y = wire_out_copying(rest, sizeof rest);
    struct frame        later = { .dts_us = f->dts_us + 40 * US_PER_MS, .shift_us = f->shift_us };
    wire_emit(&x.wire, f, jitter_media(&x.jitter, &later), &of_x);
    wire_emit(&y.wire, f, jitter_media(&y.jitter, &later), &of_y);
    check(of_x.bytes == of_y.bytes && memcmp(own, rest, of_x.bytes) == 0);
}

/* ---- shared bytes */

/* The state of a player whose socket took `sent` of the shared bytes and that goes on by itself. */
static struct state resume(struct state st, const struct release_share *b, size_t sent, size_t len)
{
    size_t  begins = sent, n = b->n_frames;
    int64_t us;
    if (sent < b->len)
        n = release_share_find(b, sent, &begins, &us);
    bool is_cut = sent > begins;
    for (size_t i = 0; i < n; i++)
        wire_pass(&st.wire, frame_at(i), b->marks[i].us + b->offset_us);
    if (n + is_cut)
        release_share_commit(b, &st.jitter, n + is_cut);
    struct wire_out out = wire_out_copying(rest, sizeof rest);
    if (is_cut)
        wire_emit(&st.wire, frame_at(n), us, &out);
    check(write_alone(&st, n + is_cut, &out));
    check(out.bytes == len - begins && memcmp(rest, own + begins, out.bytes) == 0);
    return st;
}

static struct state take_all(struct state st, const struct release_share *b)
{
    release_share_follow(b, &st.wire);
    release_share_commit(b, &st.jitter, b->n_frames);
    return st;
}

static void leave(struct player *p)
{
    held_wire_drop(&p->held);
    *p = (struct player){ .is_there = false };
}

/* Serve a player; `how` tells how many of the bytes the socket takes. */
static void serve(struct player *p, uint8_t how)
{
    struct release_share b;
    struct state         st = { p->held.wire, p->jitter }, alone = st;
    struct wire_out      out = wire_out_copying(own, sizeof own);
    bool                 is_shared =
        release_bytes_get(&shared, &b, source, source->release_began, &p->held.wire, &p->jitter, UINT64_MAX);
    bool goes_on = write_alone(&alone, 0, &out);
    if (is_shared) {
        check(goes_on && b.n_frames == n_released() && b.len == out.bytes && memcmp(b.bytes, own, b.len) == 0);
        st = how & 1 && b.len ? resume(st, &b, b.len * how / UINT8_MAX, out.bytes) : take_all(st, &b);
        check_same_future(&st, &alone);
    } else {
        st = alone;
    }
    if (!goes_on) {
        leave(p);
        return;
    }
    held_wire_set(&p->held, &st.wire);
    p->jitter = st.jitter;
}

/* ---- players and the publisher */

static struct frame *newest_key(void)
{
    for (uint64_t seq = source->ring.head; seq-- > source->ring.tail;)
        if (ring_at(&source->ring, seq)->key)
            return ring_at(&source->ring, seq);
    return NULL;
}

static bool open_mp4(struct mp4_mux *m)
{
    struct frame *video = headers_find(&source->headers, FRAME_VIDEO, 0),
                 *audio = headers_find(&source->headers, FRAME_AUDIO, 0), *key = newest_key();
    return mp4_mux_init(m, video, key, audio) == MP4_OK || mp4_mux_init(m, video, key, NULL) == MP4_OK ||
           mp4_mux_init(m, NULL, NULL, audio) == MP4_OK;
}

static void join(struct player *p)
{
    static const struct wire_format *const formats[] = { &flv_wire, &ts_wire,  &mp4_wire,
                                                         &aac_wire, &mp3_wire, &rtmp_wire };
    static const uint32_t                  chunk_sizes[] = { 128, 129, 4096, 60000 };
    uint8_t                                how = rd_u8(&script), more = rd_u8(&script);
    struct wire w = { .format = formats[how % ARRAY_LEN(formats)], .framing = (enum framing)(how / 8 % 3) };
    leave(p);
    w.no_audio = how >= 0xf0;
    w.no_video = how >= 0xe0 && how < 0xf0;
    if (w.format == &rtmp_wire) {
        w.framing = FRAMING_NONE;
        w.chunk_size = chunk_sizes[more / 8 % ARRAY_LEN(chunk_sizes)];
        w.msid = 1;
    }
    if (w.format == &ts_wire && more & 0x80) /* it joined with these configurations */
        ts_mux_init(&w.ts, CODEC_NONE, more & 0x40 ? CODEC_AC3 : CODEC_NONE);
    else if (w.format == &ts_wire)
        ts_mux_init(&w.ts, source->video.codec, source->audio.codec);
    if (w.format == &mp4_wire && !open_mp4(&w.mp4))
        return;
    int64_t early_us = (more >> 3 & 3) * INT64_C(40000);
    if (w.format == &ts_wire)
        ts_mux_expect_early(&w.ts, early_us);
    else if (w.format == &mp4_wire)
        mp4_mux_expect_early(&w.mp4, early_us);
    for (size_t i = 0; more & 4 && i < source->headers.count; i++)
        wire_pass(&w, source->headers.frames[i], 0);
    held_wire_set(&p->held, &w);
    jitter_init(&p->jitter, (enum time_jitter)((more & 3) % 3));
    p->is_there = true;
}

static void publish_frame(void)
{
    static uint8_t body[MEDIA_SCRIPT_MAX];
    struct wr      w = wr_over(body, sizeof body);
    struct flv_tag tag = { .type = media_script_next(&script, &w) };
    clock_ms = media_script_time(&script, clock_ms);
    tag.dts_ms = (int32_t)(clock_ms & INT32_MAX);
    tag.body = body;
    tag.len = (uint32_t)wr_len(&w);
    struct frame *f = taken_frame(&tag);
    if (!f)
        return;
    check(!source_append(source, f));
    frame_unref(&f);
}

static void release(unsigned n)
{
    uint64_t began = source->ring.head;
    for (size_t i = 0; i < READERS; i++)
        readers[i].seq = began; /* so that no frame of the release is forgotten before it is served */
    while (n--)
        publish_frame();
    source->release_began = began;
    source->released = source->ring.head;
    if (source->released == began)
        return;
    uint8_t first = rd_u8(&script), how = rd_u8(&script);
    for (unsigned i = 0; i < PLAYERS; i++) {
        struct player *p = &players[(first + i) % PLAYERS];
        if (p->is_there && began < source->ring.tail)
            leave(p); /* its frames are forgotten: it would jump */
        if (!p->is_there)
            continue;
        serve(p, (uint8_t)(how + 29 * i));
        if (first & 0x80) { /* this happens before the next player is served */
            leave(p);
            first &= 0x7f;
        }
    }
}

/* Move all readers to the end of the log. */
static void forget(void)
{
    source->gops.is_cached = false;
    for (size_t i = 0; i < READERS; i++)
        readers[i].seq = source->ring.head;
    ring_trim(&source->ring, source->ring.head);
}

/* ---- the run */

static void begin(void)
{
    static const char   text[] = "listen 1935; daemon off; vhost __defaultVhost__ { play { queue_length 1; } }";
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    struct conf_source  from = { .path = "f.conf", .text = text, .text_len = sizeof text - 1, .open_files = 65536 };
    struct conf_report  report = { 0 };
    check(!log_setup(&silent) && !co_init() && !conf_load(&from, &conf, &report));
    conf_report_finish(&report);
    io_init();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint32_t starts[] = { 0, 0xffffff - 200, 0x7fffffff - 500, 1000 };
    if (!conf)
        begin();
    script = rd_over(data, len);
    clock_ms = starts[rd_u8(&script) % ARRAY_LEN(starts)];
    check(!source_acquire(&source, &all, conf, &conf->vhosts[0], "live", "s"));
    struct publisher publisher = { .co = co_self(), .trace = "x" };
    check(!source_publish(source, &publisher));
    for (size_t i = 0; i < READERS; i++)
        check(!audience_join(&readers[i], source));
    for (int i = 0; i < RELEASES_MAX && rd_left(&script) && !script.bad; i++) {
        uint8_t op = rd_u8(&script);
        switch (op % 8) {
        case 0: join(&players[op / 8 % PLAYERS]); break;
        case 1: leave(&players[op / 8 % PLAYERS]); break;
        case 2: forget(); break;
        default: release(1 + op / 8 % RELEASE_FRAMES);
        }
    }
    for (int i = 0; i < PLAYERS; i++)
        leave(&players[i]);
    release_bytes_forget(&shared, source);
    for (size_t i = 0; i < READERS; i++)
        audience_leave(&readers[i]);
    source_unpublish(source, &publisher);
    source_release(source);
    map_finish(&all.by_key);
    return 0;
}
