/* The bytes of a release that players share: the same bytes that each player would have made alone. */
#include "app/live/release_bytes.h"

#include "app/live/audio_wire.h"
#include "app/live/flv_wire.h"
#include "app/live/media.h"
#include "app/live/mp4_wire.h"
#include "app/live/ts_wire.h"
#include "app/rtmp/rtmp_wire.h"
#include "app/source/append.h"
#include "app/source/audience.h"
#include "app/source/fixture.h"
#include "app/source/life.h"
#include "app/source/sources.h"
#include "core/mem.h"
#include "loop.h"

enum { CHUNK = 60000, WIRE_MAX = 1 << 20 };

static struct fixture       f;
static struct reader        readers[SHARED_READERS_FEW + 1];
static struct release_bytes all;
static struct release_share b;

static int set_up(void **state)
{
    (void)state;
    begin(&f, "play { gop_cache off; }");
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        assert_null(audience_join(&readers[i], f.source));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        audience_leave(&readers[i]);
    end(&f);
    return 0;
}

/* ---- publishing */

static int64_t shift_us; /* stream's clock minus the encoder's */

static void put(enum frame_kind kind, uint32_t len, int64_t ms)
{
    static uint8_t n;
    static int64_t part_us; /* times are never whole milliseconds, so that rounding is tested */
    struct frame  *frame = frame_new(len);
    part_us = (part_us + 377) % US_PER_MS;
    assert_non_null(frame);
    frame->kind = kind;
    frame->codec = kind == FRAME_VIDEO ? CODEC_H264 : kind == FRAME_AUDIO ? CODEC_AAC : CODEC_NONE;
    frame->key = kind == FRAME_VIDEO;
    frame->dts_us = frame->pts_us = ms * US_PER_MS + part_us;
    frame->shift_us = shift_us;
    frame->len = frame->media_len = len;
    for (uint32_t i = 0; i < len; i++)
        frame->data[i] = (uint8_t)(++n * 7);
    assert_null(source_append(f.source, frame));
    frame_unref(&frame);
}

/* Release all frames that were put since the last release, as one. */
static uint64_t release(void)
{
    uint64_t from = f.source->released;
    settle(f.source);
    assert_int_equal(f.source->release_began, from);
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        readers[i].seq = f.source->released; /* they take the whole release at once */
    return from;
}

/* Put frames at these times and release them. */
static uint64_t release_at(const int64_t *ms, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(i % 2 ? FRAME_AUDIO : FRAME_VIDEO, 5 + (uint32_t)i, ms[i]);
    return release();
}

/* ---- the bytes that one player alone would send */

/* The player's time of a frame, computed as a sender does it for sound and pictures. */
static int64_t timestamp(struct jitter *j, const struct frame *frame)
{
    if (jitter_wants_begin(j))
        jitter_begin(j, frame->dts_us);
    return jitter_media(j, frame);
}

static struct jitter jitter_of(enum time_jitter mode, const int64_t *seen_ms, size_t n)
{
    struct jitter j;
    jitter_init(&j, mode);
    for (size_t i = 0; i < n; i++)
        timestamp(&j, &(struct frame){ .dts_us = seen_ms[i] * US_PER_MS });
    return j;
}

static size_t write_alone(uint8_t *bytes, uint64_t from, struct wire *wire, struct jitter *j)
{
    struct wire_out out = wire_out_copying(bytes, WIRE_MAX);
    for (uint64_t seq = from; seq < f.source->released; seq++) {
        const struct frame *frame = ring_at(&f.source->ring, seq);
        wire_emit(wire, frame, timestamp(j, frame), &out);
    }
    assert_false(out.full);
    return out.bytes;
}

static struct wire rtmp(uint32_t chunk_size)
{
    return (struct wire){ .format = &rtmp_wire, .chunk_size = chunk_size, .msid = 1 };
}

static struct wire flv(enum framing framing)
{
    return (struct wire){ .format = &flv_wire, .framing = framing };
}

static bool get_in(uint64_t from, struct wire wire, const struct jitter *j)
{
    return release_bytes_get(&all, &b, f.source, from, &wire, j, UINT64_MAX);
}

static bool get(uint64_t from, const struct jitter *j)
{
    return get_in(from, rtmp(CHUNK), j);
}

/* Assert that both jitters map all later times alike. */
static void assert_same_state(struct jitter a, struct jitter c)
{
    int64_t last = a.base_us + a.last_us;
    int64_t next[] = { last + 40000, last - 100000, last + 20000, last + 9000000, last, a.base_us, 0 };
    for (size_t i = 0; i < ARRAY_LEN(next); i++) {
        struct frame frame = { .dts_us = next[i] };
        assert_int_equal(timestamp(&a, &frame), timestamp(&c, &frame));
    }
}

static void assert_as_alone(uint64_t from, struct wire wire, const struct jitter *j)
{
    static uint8_t alone[WIRE_MAX];
    struct jitter  after_alone = *j, after_shared = *j;
    size_t         len = write_alone(alone, from, &wire, &after_alone);
    assert_int_equal(b.n_frames, f.source->released - from);
    assert_int_equal(b.len, len);
    assert_memory_equal(b.bytes, alone, len);
    release_share_commit(&b, &after_shared, b.n_frames);
    assert_same_state(after_alone, after_shared);
}

static void assert_shared(uint64_t from, const struct jitter *j)
{
    assert_true(get(from, j));
    assert_as_alone(from, rtmp(CHUNK), j);
}

/* ---- tests */

/* This must be the first test, while the buffer is not allocated yet. */
static void without_memory_each_player_writes_its_own_bytes(void **state)
{
    (void)state;
    struct jitter j = jitter_of(TIME_JITTER_OFF, NULL, 0);
    uint64_t      from = release_at((const int64_t[]){ 0, 40 }, 2);
    mem_fail_after(0);
    bool got = get(from, &j);
    mem_fail_after(-1);
    assert_false(got);
    assert_false(get(from, &j)); /* not tried again for each of a thousand players */
    from = release_at((const int64_t[]){ 80, 120 }, 2);
    assert_shared(from, &j);
}

static void each_player_gets_the_times_of_its_own_history(void **state)
{
    (void)state;
    static const int64_t early[] = { 0, 40, 80 }, late[] = { 9960 }, jumped[] = { 3, 5000, 9990 };
    uint64_t             from = release_at((const int64_t[]){ 10000, 9990, 10040, 10040, 10020, 10080 }, 6);
    for (int round = 0; round < 2; round++) { /* each rewrites the times that another one left */
        for (enum time_jitter mode = TIME_JITTER_FULL; mode <= TIME_JITTER_OFF; mode++) {
            struct jitter of_early = jitter_of(mode, early, 3), of_late = jitter_of(mode, late, 1),
                          of_jumped = jitter_of(mode, jumped, 3);
            assert_shared(from, &of_early);
            assert_shared(from, &of_late);
            assert_shared(from, &of_jumped);
        }
    }
}

static void any_times_come_out_as_alone_or_not_at_all(void **state)
{
    (void)state;
    static const int steps[] = { 0, 1, 20, 23, 40, -20, -60, 250, -250, 251, -251, 5000, -5000 };
    int              n_shared = 0, n_alone = 0;
    srand(7);
    int64_t ms = 0;
    for (int round = 0; round < 600; round++) {
        int           usual = rand() % 4 ? 6 : (int)ARRAY_LEN(steps);
        struct jitter j[9];
        for (size_t i = 0; i < ARRAY_LEN(j); i++) {
            int64_t seen[] = { ms - rand() % 2000 + 100, ms + rand() % 300 - 150, ms + rand() % 100 - 50 };
            j[i] = jitter_of((enum time_jitter)(i % 3), seen, (size_t)rand() % 4);
        }
        int n = 1 + rand() % 8;
        for (int i = 0; i < n; i++)
            put(rand() % 2 ? FRAME_VIDEO : FRAME_AUDIO, 1 + (uint32_t)rand() % 30, ms += steps[rand() % usual]);
        uint64_t from = release();
        for (size_t i = 0; i < ARRAY_LEN(j); i++) {
            bool is_shared = get(from, &j[i]);
            if (is_shared)
                assert_as_alone(from, rtmp(CHUNK), &j[i]);
            n_shared += is_shared;
            n_alone += !is_shared;
        }
    }
    assert_true(n_shared > 2000);
    assert_true(n_alone > 200);
}

static void what_comes_before_the_first_frame_of_zero_is_not_shared(void **state)
{
    (void)state;
    struct jitter j = jitter_of(TIME_JITTER_ZERO, (const int64_t[]){ 1000 }, 1);
    uint64_t      from = release_at((const int64_t[]){ 990, 1010 }, 2); /* they become 0 and 10 */
    assert_false(get(from, &j));
}

static void times_of_24_bits_at_most_are_shared(void **state)
{
    (void)state;
    static const int64_t last[] = { 0xFFFFFE - 40, 0xFFFFFE }, beyond[] = { 0xFFFFFF - 40, 0xFFFFFF },
                         negative[] = { 5, -1 };
    struct jitter off = jitter_of(TIME_JITTER_OFF, NULL, 0), full = jitter_of(TIME_JITTER_FULL, last, 1);
    assert_shared(release_at(last, 2), &off);
    uint64_t from = release_at(beyond, 2);
    assert_false(get(from, &off));
    assert_shared(from, &full); /* its own times are small */
    assert_false(get(release_at(negative, 2), &off));
}

static void a_beginning_is_not_shared(void **state)
{
    (void)state;
    struct jitter fresh = jitter_of(TIME_JITTER_FULL, NULL, 0), fresh_zero = jitter_of(TIME_JITTER_ZERO, NULL, 0),
                  full = jitter_of(TIME_JITTER_FULL, (const int64_t[]){ 0, 40 }, 2),
                  zero = jitter_of(TIME_JITTER_ZERO, (const int64_t[]){ 0 }, 1);
    uint64_t from = release_at((const int64_t[]){ 80, 5000 }, 2);
    assert_false(get(from, &fresh));
    assert_false(get(from, &fresh_zero));
    assert_shared(from, &full);
    assert_shared(from, &zero);
    jitter_skip(&full);
    jitter_skip(&zero);
    from = release_at((const int64_t[]){ 5040, 5080 }, 2);
    assert_false(get(from, &full)); /* it begins anew after the skipped frames */
    assert_shared(from, &zero);
}

/* Players with `time_jitter off` get the encoder's own times: within one release, one constant must make them. */
static void the_encoders_own_times_are_shared_unless_they_break(void **state)
{
    (void)state;
    struct jitter off = jitter_of(TIME_JITTER_OFF, NULL, 0),
                  full = jitter_of(TIME_JITTER_FULL, (const int64_t[]){ 0 }, 1);
    shift_us = 700 * US_PER_MS;
    uint64_t from = release_at((const int64_t[]){ 1000, 1040 }, 2);
    assert_shared(from, &off);
    assert_int_equal(b.offset_us, -700 * US_PER_MS);
    assert_shared(from, &full);
    put(FRAME_VIDEO, 5, 1080);
    shift_us = 0;
    put(FRAME_VIDEO, 5, 1120);
    from = release();
    assert_false(get(from, &off));
    assert_shared(from, &full);
}

static void only_the_newest_release_and_from_its_beginning(void **state)
{
    (void)state;
    struct jitter off = jitter_of(TIME_JITTER_OFF, NULL, 0);
    uint64_t      first = release_at((const int64_t[]){ 0, 40 }, 2);
    assert_shared(first, &off);
    assert_false(get(first + 1, &off));
    assert_false(get(first + 2, &off)); /* it has the whole release already */
    uint64_t second = release_at((const int64_t[]){ 80, 120, 160 }, 3);
    assert_false(get(first, &off));
    assert_shared(second, &off);
}

static void few_players_share_only_what_is_small(void **state)
{
    (void)state;
    struct jitter off = jitter_of(TIME_JITTER_OFF, NULL, 0);
    put(FRAME_VIDEO, SHARED_FEW_BYTES + 1, 0);
    uint64_t large = release();
    assert_shared(large, &off);
    audience_leave(&readers[0]);
    assert_false(get(large, &off));
    put(FRAME_VIDEO, SHARED_FEW_BYTES, 40);
    assert_shared(release(), &off);
}

static void a_script_is_not_shared(void **state)
{
    (void)state;
    struct jitter off = jitter_of(TIME_JITTER_OFF, NULL, 0);
    put(FRAME_AUDIO, 5, 0);
    put(FRAME_SCRIPT, 5, 0);
    assert_false(get(release(), &off));
}

static void releases_up_to_a_size_are_shared(void **state)
{
    (void)state;
    struct jitter off = jitter_of(TIME_JITTER_OFF, NULL, 0);
    for (int i = 0; i < SHARED_FRAMES_MAX; i++)
        put(FRAME_AUDIO, 1, i);
    assert_shared(release(), &off);
    for (int i = 0; i <= SHARED_FRAMES_MAX; i++)
        put(FRAME_AUDIO, 1, i);
    uint64_t from = f.source->released;
    pacer_release_now(f.source); /* the pacer would make two releases of it */
    assert_false(get(from, &off));
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        readers[i].seq = f.source->released;

    enum { HEADERS = 12 + (SHARED_BYTES_MAX - 1) / CHUNK };
    put(FRAME_VIDEO, SHARED_BYTES_MAX - HEADERS, 0);
    from = release();
    assert_shared(from, &off);
    assert_int_equal(b.len, SHARED_BYTES_MAX);
    put(FRAME_VIDEO, SHARED_BYTES_MAX - HEADERS + 1, 0);
    assert_false(get(release(), &off));
}

static void every_chunk_size_gets_its_own_bytes(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 128, 60000, 129, 128, 65536 };
    struct jitter         full = jitter_of(TIME_JITTER_FULL, (const int64_t[]){ 0 }, 1);
    put(FRAME_VIDEO, 1000, 40);
    put(FRAME_AUDIO, 128, 41);
    uint64_t from = release();
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        assert_true(get_in(from, rtmp(sizes[i]), &full));
        assert_as_alone(from, rtmp(sizes[i]), &full);
    }
}

static void sources_do_not_mix(void **state)
{
    (void)state;
    struct jitter  off = jitter_of(TIME_JITTER_OFF, NULL, 0);
    struct fixture first = f;
    uint64_t       from = release_at((const int64_t[]){ 0, 40 }, 2);
    assert_shared(from, &off);

    struct reader others[SHARED_READERS_FEW + 1];
    begin(&f, "play { gop_cache off; }");
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_null(audience_join(&others[i], f.source));
    for (int i = 0; i < 2; i++)
        put(FRAME_AUDIO, 50, 1000 + i);
    settle(f.source);
    assert_int_equal(f.source->release_began, from); /* another source has the same sequence numbers */
    assert_shared(from, &off);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        audience_leave(&others[i]);
    source_unpublish(f.source, &f.publisher);
    source_release(f.source);
    map_finish(&f.all.by_key);
    conf_unref(&f.conf);
    f = first;
    assert_shared(from, &off);
}

/* There are bytes for SHARED_WIRES_MAX wires. They are not replaced within a release, because a write may still use them. */
static void a_release_has_bytes_for_a_bounded_number_of_wires(void **state)
{
    (void)state;
    struct jitter j = jitter_of(TIME_JITTER_OFF, NULL, 0);
    uint64_t      from = release_at((const int64_t[]){ 0, 40 }, 2);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < SHARED_WIRES_MAX; i++)
            assert_true(get_in(from, rtmp(128 + i), &j));
    assert_false(get_in(from, rtmp(128 + SHARED_WIRES_MAX), &j));
    assert_true(get_in(from, rtmp(128), &j));
    from = release_at((const int64_t[]){ 80, 120 }, 2);
    assert_true(get_in(from, rtmp(128 + SHARED_WIRES_MAX), &j));
}

/* Assert that after a write of `sent` bytes the rest is what the player alone would send next. */
static void assert_resumes(uint64_t from, struct wire wire, struct jitter j, size_t sent)
{
    static uint8_t rest[WIRE_MAX];
    size_t         begins;
    int64_t        us;
    size_t         i = release_share_find(&b, sent, &begins, &us);
    assert_true(begins <= sent);
    bool            is_cut = sent > begins;
    uint8_t         scratch[4096];
    struct iovec    iov[64];
    struct wire_out out = { .iov = iov, .cap_iov = ARRAY_LEN(iov), .scratch = wr_over(scratch, sizeof scratch) };
    struct wire     cut = wire;
    struct wr       w = wr_over(rest, sizeof rest);
    out.skip = sent - begins;
    if (is_cut)
        wire_emit(&cut, ring_at(&f.source->ring, from + i), us, &out);
    for (int k = 0; k < out.n_iov; k++)
        wr_bytes(&w, iov[k].iov_base, iov[k].iov_len);
    release_share_commit(&b, &j, i + is_cut);
    size_t len = out.bytes + write_alone(rest + out.bytes, from + i + is_cut, &wire, &j);
    assert_int_equal(sent + len, b.len);
    assert_memory_equal(b.bytes + sent, rest, len);
}

static void a_write_that_was_cut_at_any_byte_goes_on_there(void **state)
{
    (void)state;
    static const int64_t seen[] = { 70000, 70040 };
    put(FRAME_VIDEO, 300, 70080);
    put(FRAME_AUDIO, 1, 70060);
    put(FRAME_AUDIO, 128, 70090);
    put(FRAME_VIDEO, 129, 70120);
    uint64_t    from = release();
    struct wire wires[] = { rtmp(128), flv(FRAMING_NONE), flv(FRAMING_CHUNK), flv(FRAMING_WEBSOCKET) };
    for (enum time_jitter mode = TIME_JITTER_FULL; mode <= TIME_JITTER_OFF; mode++) {
        for (size_t n_seen = mode == TIME_JITTER_OFF ? 0 : 1; n_seen <= 2; n_seen++) {
            struct jitter j = jitter_of(mode, seen, n_seen);
            for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
                assert_true(get_in(from, wires[i], &j));
                for (size_t sent = 1; sent < b.len; sent++)
                    assert_resumes(from, wires[i], j, sent);
            }
        }
    }
}

/* Players of all kinds take turns on one stream; each gets its own bytes and times. */
static void every_wire_gets_its_own_bytes(void **state)
{
    (void)state;
    static const int64_t early[] = { 0, 40, 80 }, late[] = { 16777200 };
    struct wire          wires[] = { flv(FRAMING_CHUNK), rtmp(128), flv(FRAMING_WEBSOCKET),
                                     flv(FRAMING_NONE),  rtmp(129), flv(FRAMING_CHUNK) };
    put(FRAME_VIDEO, 70000, 16777250);
    put(FRAME_AUDIO, 200, 16777300);
    put(FRAME_VIDEO, 3, 16777310);
    uint64_t from = release();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
            struct jitter of_early = jitter_of(TIME_JITTER_ZERO, early, 3),
                          of_late = jitter_of(TIME_JITTER_FULL, late, 1);
            assert_true(get_in(from, wires[i], &of_late));
            assert_as_alone(from, wires[i], &of_late);
            assert_int_equal(get_in(from, wires[i], &of_early),
                             i != 1 && i != 4); /* RTMP's headers are longer for times of more than 24 bits */
            if (i != 1 && i != 4)
                assert_as_alone(from, wires[i], &of_early);
        }
    }
}

/* A player that waits for a key frame shares the bytes of a release of sound, and gets no shared bytes with pictures. */
static void a_track_that_is_not_open_is_not_shared(void **state)
{
    (void)state;
    struct jitter off = jitter_of(TIME_JITTER_OFF, NULL, 0);
    struct wire   wire = flv(FRAMING_CHUNK);
    put(FRAME_AUDIO, 20, 0);
    put(FRAME_AUDIO, 20, 20);
    uint64_t from = release();
    assert_true(release_bytes_get(&all, &b, f.source, from, &wire, &off, 0));
    struct frame *picture = media_frame(KEY, 30, 40);
    picture->track = 2;
    assert_null(source_append(f.source, picture));
    frame_unref(&picture);
    from = release();
    assert_false(release_bytes_get(&all, &b, f.source, from, &wire, &off, 0));
    assert_false(release_bytes_get(&all, &b, f.source, from, &wire, &off, 1 << 0 | 1 << 1));
    assert_true(release_bytes_get(&all, &b, f.source, from, &wire, &off, 1 << 2));
}

static void a_player_without_a_kind_shares_releases_without_that_kind(void **state)
{
    (void)state;
    struct jitter off = jitter_of(TIME_JITTER_OFF, NULL, 0);
    struct wire   no_audio = flv(FRAMING_CHUNK), no_video = flv(FRAMING_CHUNK);
    no_audio.no_audio = no_video.no_video = true;
    put(FRAME_VIDEO, 30, 40);
    put(FRAME_VIDEO, 40, 80);
    uint64_t from = release();
    assert_true(get_in(from, no_audio, &off));
    assert_false(get_in(from, no_video, &off));
    put(FRAME_AUDIO, 10, 90);
    from = release();
    assert_false(get_in(from, no_audio, &off));
    assert_true(get_in(from, no_video, &off));
}

/* ---- wires that change with each frame ---- */

static void put_media(enum media what, uint32_t len, int64_t ms)
{
    struct frame *frame = media_frame(what, len, ms);
    assert_null(source_append(f.source, frame));
    frame_unref(&frame);
}

struct guest {
    struct wire   wire;
    struct jitter jitter;
};

/* A player that joined a running stream and has sent all frames from `from` on by itself. */
static struct guest guest_from(struct wire wire, enum time_jitter mode, uint64_t from, const struct headers *headers)
{
    static uint8_t alone[WIRE_MAX];
    struct guest   g = { .wire = wire };
    jitter_init(&g.jitter, mode);
    if (wire.format == &ts_wire)
        ts_mux_init(&g.wire.ts, CODEC_H264, CODEC_AAC);
    if (wire.format == &mp4_wire)
        assert_int_equal(mp4_mux_init(&g.wire.mp4, headers_find(headers, FRAME_VIDEO, 0), NULL,
                                      headers_find(headers, FRAME_AUDIO, 0)),
                         MP4_OK);
    for (size_t i = 0; i < headers->count; i++)
        wire_pass(&g.wire, headers->frames[i], 0);
    write_alone(alone, from, &g.wire, &g.jitter);
    return g;
}

/* Assert that the guest's shared bytes are those that it would make alone, and that it can go on after a cut at any byte. */
static void assert_guest_is_served(struct guest g, uint64_t from)
{
    static uint8_t alone[WIRE_MAX], rest[WIRE_MAX];
    struct guest   after = g;
    size_t         len = write_alone(alone, from, &after.wire, &after.jitter);
    assert_true(get_in(from, g.wire, &g.jitter));
    assert_int_equal(b.len, len);
    assert_memory_equal(b.bytes, alone, len);
    for (size_t sent = 1; sent < len; sent++) {
        size_t       begins;
        int64_t      us;
        size_t       n = release_share_find(&b, sent, &begins, &us);
        struct guest cut = g;
        for (size_t i = 0; i < n; i++)
            wire_pass(&cut.wire, ring_at(&f.source->ring, from + i), b.marks[i].us + b.offset_us);
        release_share_commit(&b, &cut.jitter, n + 1);
        struct wire_out out = wire_out_copying(rest, sizeof rest);
        wire_emit(&cut.wire, ring_at(&f.source->ring, from + n), us, &out);
        size_t more = write_alone(rest + out.bytes, from + n + 1, &cut.wire, &cut.jitter);
        assert_int_equal(begins + out.bytes + more, len);
        assert_memory_equal(rest, alone + begins, len - begins);
    }
    struct guest follower = g;
    release_share_follow(&b, &follower.wire);
    struct wire_stamp one = { &follower.wire, 0 }, other = { &after.wire, 0 };
    assert_true(follower.wire.format->is_same(&one, &other));
    struct frame   *next = media_frame(KEY, 500, 99000);
    struct wire_out of_follower = wire_out_copying(rest, sizeof rest), of_after = wire_out_copying(alone, sizeof alone);
    wire_emit(&follower.wire, next, 1234, &of_follower);
    wire_emit(&after.wire, next, 1234, &of_after);
    assert_int_equal(of_follower.bytes, of_after.bytes);
    assert_memory_equal(rest, alone, of_after.bytes);
    frame_unref(&next);
}

static void players_of_different_times_get_their_own_counters(void **state)
{
    (void)state;
    struct wire kinds[] = { { .format = &ts_wire },
                            { .format = &ts_wire, .framing = FRAMING_CHUNK },
                            { .format = &aac_wire, .framing = FRAMING_CHUNK },
                            { .format = &mp4_wire, .framing = FRAMING_CHUNK } };
    put_media(VIDEO_CONFIG, 0, 10000);
    put_media(AUDIO_CONFIG, 0, 10000);
    uint64_t       first = release(), from = f.source->released;
    struct headers headers = { 0 };
    headers_copy(&headers, &f.source->headers);
    int64_t ms = 10000;
    for (int i = 0; i < 12; i++) {
        put_media(i % 6 ? INTER : KEY, 50 + 200 * (uint32_t)i, ms += 20);
        put_media(AUDIO, 100 + 30 * (uint32_t)i, ms += 20);
    }
    release();
    struct guest guests[12];
    for (size_t i = 0; i < ARRAY_LEN(guests); i++)
        guests[i] = guest_from(kinds[i % 4], (enum time_jitter)(i / 4), i % 3 ? from + i : first + 2, &headers);
    put_media(INTER, 300, ms += 20);
    put_media(AUDIO, 100, ms += 20);
    put_media(KEY, 700, ms += 20);
    put_media(AUDIO_CONFIG, 0, ms);
    put_media(AUDIO, 90, ms += 20);
    uint64_t last = release();
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < ARRAY_LEN(guests); i++)
            assert_guest_is_served(guests[i], last);
    headers_clear(&headers);
}

/* The wire of an MP4 or TS player with configuration frames of its own, as of one that joined before the last repetition. */
static struct wire wire_of(const struct wire_format *format, struct frame *video, struct frame *audio)
{
    struct wire w = { .format = format, .framing = FRAMING_CHUNK };
    if (format == &mp4_wire) {
        assert_int_equal(mp4_mux_init(&w.mp4, video, NULL, audio), MP4_OK);
        return w;
    }
    ts_mux_init(&w.ts, CODEC_H264, CODEC_AAC);
    wire_pass(&w, video, 0);
    wire_pass(&w, audio, 0);
    return w;
}

/* The player that was served first has left. Its configuration must still be there to compare the next player with. */
static void the_next_player_is_served_when_the_first_has_left(void **state)
{
    (void)state;
    const struct wire_format *const formats[] = { &mp4_wire, &ts_wire };
    struct jitter                   off = jitter_of(TIME_JITTER_OFF, NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct frame *video = media_frame(VIDEO_CONFIG, 0, 0), *audio = media_frame(AUDIO_CONFIG, 0, 0);
        put_media(KEY, 100, 1000);
        put_media(AUDIO, 30, 1010);
        uint64_t from = release();
        assert_true(get_in(from, wire_of(formats[i], video, audio), &off));
        assert_true(video->refs > 1);
        assert_true(audio->refs > 1 || formats[i] == &ts_wire);
        struct frame *of_first = video; /* only the shared bytes hold it */
        frame_unref(&video);
        frame_unref(&audio);
        assert_true(of_first->refs > 0);

        struct frame *other = media_frame(VIDEO_CONFIG, 0, 0), *sound = media_frame(AUDIO_CONFIG, 0, 0);
        assert_true(get_in(from, wire_of(formats[i], other, sound), &off));
        assert_as_alone(from, wire_of(formats[i], other, sound), &off);
        release_bytes_forget(&all, f.source);
        assert_int_equal(other->refs, 1);
        assert_int_equal(sound->refs, 1);
        assert_true(get_in(from, wire_of(formats[i], other, sound), &off)); /* muxed again */
        assert_as_alone(from, wire_of(formats[i], other, sound), &off);
        put_media(INTER, 10, 1040);
        release();
        assert_true(get_in(f.source->release_began, flv(FRAMING_NONE), &off));
        assert_int_equal(other->refs, 1); /* a new release drops the references of the last one */
        assert_int_equal(sound->refs, 1);
        frame_unref(&other);
        frame_unref(&sound);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_memory_each_player_writes_its_own_bytes),
        TEST(each_player_gets_the_times_of_its_own_history),
        TEST(any_times_come_out_as_alone_or_not_at_all),
        TEST(what_comes_before_the_first_frame_of_zero_is_not_shared),
        TEST(times_of_24_bits_at_most_are_shared),
        TEST(a_beginning_is_not_shared),
        TEST(the_encoders_own_times_are_shared_unless_they_break),
        TEST(only_the_newest_release_and_from_its_beginning),
        TEST(few_players_share_only_what_is_small),
        TEST(a_script_is_not_shared),
        TEST(releases_up_to_a_size_are_shared),
        TEST(every_chunk_size_gets_its_own_bytes),
        TEST(sources_do_not_mix),
        TEST(every_wire_gets_its_own_bytes),
        TEST(a_release_has_bytes_for_a_bounded_number_of_wires),
        TEST(a_track_that_is_not_open_is_not_shared),
        TEST(a_player_without_a_kind_shares_releases_without_that_kind),
        TEST(players_of_different_times_get_their_own_counters),
        TEST(the_next_player_is_served_when_the_first_has_left),
        TEST(a_write_that_was_cut_at_any_byte_goes_on_there),
    };
#undef TEST
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
