/* Wire formats: the bytes of a frame, whole and from any byte on, in iovecs and in one buffer. */
#include "app/live/wire.h"

#include <cmocka.h>

#include "app/live/audio_wire.h"
#include "app/live/flv_wire.h"
#include "app/live/media.h"
#include "app/live/mp4_wire.h"
#include "app/live/ts_wire.h"
#include "app/rtmp/rtmp_wire.h"
#include "kernel/flv.h"

enum { BYTES_MAX = 1 << 18, IOVS_MAX = 64, SCRATCH_MAX = 4096 };

/* Wires of the formats that read the content of frames, before the first frame. */
static struct wire media_wires[] = {
    { .format = &ts_wire },
    { .format = &ts_wire, .framing = FRAMING_CHUNK },
    { .format = &ts_wire, .framing = FRAMING_WEBSOCKET },
    { .format = &mp4_wire },
    { .format = &mp4_wire, .framing = FRAMING_CHUNK },
    { .format = &flv_wire, .framing = FRAMING_CHUNK },
    { .format = &aac_wire },
    { .format = &aac_wire, .framing = FRAMING_CHUNK },
    { .format = &mp3_wire, .framing = FRAMING_CHUNK },
};

static const struct {
    enum media what;
    uint32_t   len;
} stream[] = {
    { VIDEO_CONFIG, 0 }, { AUDIO_CONFIG, 0 }, { KEY, 900 },   { AUDIO, 170 },      { INTER, 1 },
    { AUDIO, 1 },        { AUDIO_CONFIG, 0 }, { INTER, 184 }, { VIDEO_CONFIG, 0 }, { KEY, 183 },
};

static struct frame *configs[2];

static void begin_wire(struct wire *w)
{
    if (w->format == &ts_wire)
        ts_mux_init(&w->ts, CODEC_H264, CODEC_AAC);
    if (w->format == &mp4_wire)
        assert_int_equal(mp4_mux_init(&w->mp4, configs[0], NULL, configs[1]), MP4_OK);
}

static int set_up_media(void **state)
{
    (void)state;
    configs[0] = media_frame(VIDEO_CONFIG, 0, 0);
    configs[1] = media_frame(AUDIO_CONFIG, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(media_wires); i++)
        begin_wire(&media_wires[i]);
    return 0;
}

static int tear_down_media(void **state)
{
    (void)state;
    frame_unref(&configs[0]);
    frame_unref(&configs[1]);
    return 0;
}

static const struct wire wires[] = {
    { .format = &rtmp_wire, .chunk_size = 128, .msid = 1 },
    { .format = &rtmp_wire, .chunk_size = 60000, .msid = 1 },
    { .format = &flv_wire },
    { .format = &flv_wire, .framing = FRAMING_CHUNK },
    { .format = &flv_wire, .framing = FRAMING_WEBSOCKET },
};

static struct frame *frame_of(enum frame_kind kind, uint32_t len)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = kind;
    f->len = len;
    for (uint32_t i = 0; i < len; i++)
        f->data[i] = (uint8_t)(i * 7 + 1);
    return f;
}

#define MS INT64_C(1000)

/* Write all of a frame into one buffer. */
static size_t whole(struct wire w, const struct frame *f, int64_t us, uint8_t *bytes)
{
    struct wire_out out = wire_out_copying(bytes, BYTES_MAX);
    size_t          len = wire_size_sum(wire_size(&w, f, us));
    wire_emit(&w, f, us, &out);
    assert_false(out.full);
    assert_int_equal(out.bytes, len);
    assert_int_equal(wr_len(&out.scratch), len);
    return len;
}

/* Write the frame from `skip` on as iovecs, and gather them in `bytes`. It may be less than the whole rest. */
static size_t gathered(struct wire w, const struct frame *f, int64_t us, size_t skip, int n_iov, size_t scratch_len,
                       uint8_t *bytes)
{
    struct iovec    iov[IOVS_MAX];
    uint8_t         scratch[SCRATCH_MAX];
    struct wire_out out = { .iov = iov, .cap_iov = n_iov, .scratch = wr_over(scratch, scratch_len), .skip = skip };
    size_t          len = 0;
    wire_emit(&w, f, us, &out);
    for (int i = 0; i < out.n_iov; i++) {
        memcpy(bytes + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    assert_int_equal(out.bytes, len);
    return len;
}

static void from_every_byte_on_the_rest_is_the_same(void **state)
{
    (void)state;
    static uint8_t        bytes[BYTES_MAX], rest[BYTES_MAX];
    static const uint32_t lens[] = { 1, 15, 16, 110, 111, 128, 300, 1100 };
    static const int64_t  times[] = { 0, 40000, 40999, 0xFFFFFF * MS, 0x1000000 * MS, INT32_MAX * MS };
    for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
        for (size_t k = 0; k < ARRAY_LEN(lens) * ARRAY_LEN(times); k++) {
            struct frame *f = frame_of((enum frame_kind)(k % 3), lens[k / ARRAY_LEN(times)]);
            int64_t       us = times[k % ARRAY_LEN(times)];
            size_t        len = whole(wires[i], f, us, bytes);
            for (size_t skip = 0; skip < len; skip++) {
                assert_int_equal(gathered(wires[i], f, us, skip, IOVS_MAX, SCRATCH_MAX, rest), len - skip);
                assert_memory_equal(rest, bytes + skip, len - skip);
            }
            frame_unref(&f);
        }
    }
}

/* The pieces add up to the whole for every amount of room. */
static void piece_by_piece_it_comes_to_the_same(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_MAX], pieces[BYTES_MAX];
    for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
        struct frame *f = frame_of(FRAME_VIDEO, 5000);
        size_t        len = whole(wires[i], f, 77 * MS, bytes);
        for (int n_iov = 1; n_iov <= 5; n_iov++) {
            size_t sent = 0;
            while (sent < len) {
                size_t n = gathered(wires[i], f, 77 * MS, sent, n_iov, 24, pieces + sent);
                assert_true(n > 0);
                sent += n;
            }
            assert_int_equal(sent, len);
            assert_memory_equal(pieces, bytes, len);
        }
        frame_unref(&f);
    }
}

static void one_buffer_that_is_too_small_is_full_and_keeps_its_bounds(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_MAX];
    struct frame  *f = frame_of(FRAME_AUDIO, 700);
    for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
        size_t len = whole(wires[i], f, 5 * MS, bytes);
        for (size_t cap = 0; cap < len; cap++) {
            struct wire     w = wires[i];
            struct wire_out out = wire_out_copying(bytes, cap);
            bytes[cap] = 0xA5;
            wire_emit(&w, f, 5 * MS, &out);
            assert_true(out.full);
            assert_int_equal(bytes[cap], 0xA5);
        }
    }
    frame_unref(&f);
}

/* Later frames have the same bytes, whether a frame was written whole, from its middle, or passed over. */
static void a_stream_is_the_same_however_it_is_cut(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_MAX], rest[BYTES_MAX];
    for (size_t i = 0; i < ARRAY_LEN(media_wires); i++) {
        struct wire   w = media_wires[i], passed = w;
        struct frame *held[ARRAY_LEN(stream)];
        for (size_t k = 0; k < ARRAY_LEN(stream); k++) {
            struct frame *f = held[k] = media_frame(stream[k].what, stream[k].len, (int64_t)k * 20);
            size_t        len = whole(w, f, 77 * MS, bytes);
            for (size_t skip = 0; skip < len; skip++) {
                assert_int_equal(gathered(w, f, 77 * MS, skip, IOVS_MAX, SCRATCH_MAX, rest), len - skip);
                assert_memory_equal(rest, bytes + skip, len - skip);
            }
            assert_int_equal(whole(passed, f, 77 * MS, rest), len);
            assert_memory_equal(rest, bytes, len);
            struct wire_out out = wire_out_copying(bytes, sizeof bytes);
            wire_emit(&w, f, 77 * MS, &out);
            wire_pass(&passed, f, 77 * MS);
        }
        for (size_t k = 0; k < ARRAY_LEN(stream); k++)
            frame_unref(&held[k]);
    }
}

static void each_format_takes_what_it_has_a_place_for(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_MAX];
    static const struct {
        const struct wire_format *format;
        const char               *takes; /* one mark for each frame of the stream above */
    } cases[] = { { &flv_wire, "##########" },
                  { &ts_wire, "..####.#.#" },
                  { &mp4_wire, "..####.#.#" },
                  { &aac_wire, "...#.#...." },
                  { &mp3_wire, ".........." } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wire   w = { .format = cases[i].format };
        struct frame *held[ARRAY_LEN(stream)];
        begin_wire(&w);
        for (size_t k = 0; k < ARRAY_LEN(stream); k++) {
            struct frame   *f = held[k] = media_frame(stream[k].what, stream[k].len, (int64_t)k * 20);
            struct wire_out out = wire_out_copying(bytes, sizeof bytes);
            wire_emit(&w, f, 0, &out);
            assert_int_equal(out.bytes > 0, cases[i].takes[k] == '#');
        }
        for (size_t k = 0; k < ARRAY_LEN(stream); k++)
            frame_unref(&held[k]);
    }
}

static void mp4_ends_where_the_configuration_changes(void **state)
{
    (void)state;
    struct wire   w = { .format = &mp4_wire };
    struct frame *same = media_frame(VIDEO_CONFIG, 0, 0), *other = media_frame(VIDEO_CONFIG, 0, 0);
    other->data[other->media_offset + 3]++; /* the level differs */
    begin_wire(&w);
    assert_false(w.format->is_end(&w, same));
    assert_true(w.format->is_end(&w, other));
    frame_unref(&same);
    frame_unref(&other);
}

/* One length before each set, and the sets of the record are as they were: 24 bytes of SPS and 4 of PPS. */
static void mp4_puts_other_parameter_sets_into_key_frames(void **state)
{
    (void)state;
    enum { SETS_LEN = 4 + 24 + 4 + 4 };
    struct wire   w = { .format = &mp4_wire };
    struct frame *other = media_frame(VIDEO_CONFIG, 0, 0), *key = media_frame(KEY, 20, 0),
                 *inter = media_frame(INTER, 20, 40);
    uint8_t         bytes[512];
    struct wire_out out = wire_out_copying(bytes, sizeof bytes);
    other->data[other->media_offset + 3]++; /* the level differs */
    begin_wire(&w);
    mp4_mux_expect_changes(&w.mp4);
    size_t before = w.format->len(&w, key, 0);
    assert_false(w.format->is_end(&w, other));
    wire_emit(&w, other, 0, &out);
    assert_int_equal(out.bytes, 0);
    assert_int_equal(w.format->len(&w, key, 0), before + SETS_LEN);
    wire_emit(&w, key, 0, &out);
    assert_int_equal(out.bytes, before + SETS_LEN);
    assert_memory_equal(bytes + MP4_MUX_HEAD_LEN, "\0\0\0\x18\x67", 5);
    assert_memory_equal(bytes + MP4_MUX_HEAD_LEN + 4, other->data + other->media_offset + 8, 24);
    assert_memory_equal(bytes + MP4_MUX_HEAD_LEN + 28, "\0\0\0\x04\x68", 5);
    assert_memory_equal(bytes + MP4_MUX_HEAD_LEN + SETS_LEN, key->data + key->media_offset, key->media_len);
    assert_true(mp4_mux_restamp(bytes, out.bytes, 1, 1)); /* It is a whole fragment. */
    wire_emit(&w, inter, 0, &out);
    assert_int_equal(out.bytes, 2 * before + SETS_LEN);
    frame_unref(&other);
    frame_unref(&key);
    frame_unref(&inter);
}

static void mp4_puts_the_sets_behind_a_delimiter(void **state)
{
    (void)state;
    struct wire     w = { .format = &mp4_wire };
    struct frame   *other = media_frame(VIDEO_CONFIG, 0, 0), *key = media_frame(KEY, 20, 0);
    uint8_t         bytes[512];
    struct wire_out out = wire_out_copying(bytes, sizeof bytes);
    struct wr       aud = wr_over(key->data + key->media_offset, 6);
    wr_u32(&aud, 2);
    wr_u16(&aud, 0x09F0);
    struct wr rest = wr_over(key->data + key->media_offset + 6, 5);
    wr_u32(&rest, key->media_len - 10);
    wr_u8(&rest, 0x65);
    other->data[other->media_offset + 3]++;
    begin_wire(&w);
    mp4_mux_expect_changes(&w.mp4);
    wire_emit(&w, other, 0, &out);
    wire_emit(&w, key, 0, &out);
    assert_memory_equal(bytes + MP4_MUX_HEAD_LEN, "\0\0\0\2\x09\xf0\0\0\0\x18\x67", 11);
    frame_unref(&other);
    frame_unref(&key);
}

/* Two players of one release: one began with the configuration of now, the other has it in its key frames. */
static void mp4_shares_no_bytes_with_a_player_that_has_the_sets_in_its_header(void **state)
{
    (void)state;
    struct wire   first = { .format = &mp4_wire }, second = first;
    struct frame *other = media_frame(VIDEO_CONFIG, 0, 0);
    other->data[other->media_offset + 3]++;
    begin_wire(&first);
    mp4_mux_expect_changes(&first.mp4);
    struct wire before = first;
    wire_pass(&first, other, 0);
    second = before;
    struct wire_stamp a = { &first, 0 }, b = { &second, 0 };
    assert_false(mp4_wire.is_same(&a, &b));
    mp4_wire.follow(&second, &before, &first, 0);
    assert_true(mp4_wire.is_same(&a, &b));
    assert_ptr_equal(second.mp4.tracks[MP4_TRACK_VIDEO].entry.config, other);
    frame_unref(&other);
}

/* MP4 cannot add a track, so the response ends and the player has to ask again; not for tracks that MP4 never carries. */
static void mp4_ends_where_a_track_begins_late(void **state)
{
    (void)state;
    struct wire   w = { .format = &mp4_wire };
    struct frame *video_config = media_frame(VIDEO_CONFIG, 0, 0), *audio_config = media_frame(AUDIO_CONFIG, 0, 0);
    struct frame *second_track = media_frame(AUDIO_CONFIG, 0, 0), *sound = media_frame(AUDIO, 20, 0);
    second_track->track = 1;
    assert_int_equal(mp4_mux_init(&w.mp4, video_config, NULL, NULL), MP4_OK);
    assert_true(w.format->is_end(&w, audio_config));
    assert_false(w.format->is_end(&w, second_track));
    assert_false(w.format->is_end(&w, sound));
    audio_config->media_len = 1; /* it is cut, so a player that asks again would get no track either */
    assert_false(w.format->is_end(&w, audio_config));
    frame_unref(&video_config);
    frame_unref(&audio_config);
    frame_unref(&second_track);
    frame_unref(&sound);
}

/* A player that joins in the middle of a GOP gets sound at once, and pictures from the next key frame on. */
static void mp4_begins_with_a_key_frame(void **state)
{
    (void)state;
    static const enum media what[] = { INTER, AUDIO, INTER, KEY, INTER };
    static const char       takes[] = ".#.##";
    struct wire             w = { .format = &mp4_wire };
    begin_wire(&w);
    for (size_t i = 0; i < ARRAY_LEN(what); i++) {
        struct frame *f = media_frame(what[i], 50, 20 * (int64_t)i);
        assert_int_equal(wire_size(&w, f, 0).body > 0, takes[i] == '#');
        wire_pass(&w, f, 0);
        frame_unref(&f);
    }
}

static void flv_is_a_tag(void **state)
{
    (void)state;
    static uint8_t                 bytes[BYTES_MAX];
    static const enum flv_tag_type types[] = { FLV_AUDIO, FLV_VIDEO, FLV_SCRIPT };
    for (int kind = FRAME_AUDIO; kind <= FRAME_SCRIPT; kind++) {
        struct frame *f = frame_of((enum frame_kind)kind, 50);
        struct rd     in = rd_over(bytes, whole((struct wire){ .format = &flv_wire }, f, 0x12345678 * MS + 999, bytes));
        struct flv_tag tag;
        assert_int_equal(flv_read_tag(&in, &tag), FLV_GOT);
        assert_int_equal(rd_left(&in), 0);
        assert_int_equal(tag.type, types[kind]);
        assert_int_equal(tag.dts_ms, 0x12345678);
        assert_int_equal(tag.len, 50);
        assert_memory_equal(tag.body, f->data, 50);
        frame_unref(&f);
    }
}

static void framings_say_the_length(void **state)
{
    (void)state;
    static const struct {
        enum framing framing;
        size_t       len;
        const char  *before;
        size_t       before_len;
    } cases[] = {
        { FRAMING_NONE, 5, "", 0 },
        { FRAMING_CHUNK, 1, "1\r\n", 3 },
        { FRAMING_CHUNK, 15, "f\r\n", 3 },
        { FRAMING_CHUNK, 16, "10\r\n", 4 },
        { FRAMING_CHUNK, 0xabcde0, "abcde0\r\n", 8 },
        { FRAMING_CHUNK, SIZE_MAX, "ffffffffffffffff\r\n", 18 },
        { FRAMING_WEBSOCKET, 1, "\x82\x01", 2 },
        { FRAMING_WEBSOCKET, 125, "\x82\x7d", 2 },
        { FRAMING_WEBSOCKET, 126, "\x82\x7e\x00\x7e", 4 },
        { FRAMING_WEBSOCKET, 65535, "\x82\x7e\xff\xff", 4 },
        { FRAMING_WEBSOCKET, 65536, "\x82\x7f\0\0\0\0\0\1\0\0", 10 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t     before[FRAMING_BEFORE_MAX];
        const char *after;
        size_t      n = framing_before(cases[i].framing, cases[i].len, before);
        assert_int_equal(n, cases[i].before_len);
        assert_memory_equal(before, cases[i].before, n);
        assert_int_equal(framing_after(cases[i].framing, &after), cases[i].framing == FRAMING_CHUNK ? 2 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_every_byte_on_the_rest_is_the_same),
        cmocka_unit_test(piece_by_piece_it_comes_to_the_same),
        cmocka_unit_test(one_buffer_that_is_too_small_is_full_and_keeps_its_bounds),
        cmocka_unit_test_setup_teardown(a_stream_is_the_same_however_it_is_cut, set_up_media, tear_down_media),
        cmocka_unit_test_setup_teardown(each_format_takes_what_it_has_a_place_for, set_up_media, tear_down_media),
        cmocka_unit_test_setup_teardown(mp4_ends_where_the_configuration_changes, set_up_media, tear_down_media),
        cmocka_unit_test_setup_teardown(mp4_puts_other_parameter_sets_into_key_frames, set_up_media, tear_down_media),
        cmocka_unit_test_setup_teardown(mp4_puts_the_sets_behind_a_delimiter, set_up_media, tear_down_media),
        cmocka_unit_test_setup_teardown(mp4_shares_no_bytes_with_a_player_that_has_the_sets_in_its_header, set_up_media,
                                        tear_down_media),
        cmocka_unit_test(mp4_ends_where_a_track_begins_late),
        cmocka_unit_test_setup_teardown(mp4_begins_with_a_key_frame, set_up_media, tear_down_media),
        cmocka_unit_test(flv_is_a_tag),
        cmocka_unit_test(framings_say_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
