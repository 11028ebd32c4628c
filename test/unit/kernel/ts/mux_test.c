#include "kernel/ts/mux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "kernel/ts/pes.h"
#include "kernel/ts/ts_frames.h"
#include "kernel/ts/ts_reader.h"

#define TWO_33 (INT64_C(1) << 33) /* stamps wrap here */

enum { PID_PAT = 0, PID_PMT = 0x1001, PID_VIDEO = 0x100, PID_AUDIO = 0x101, PID_ID3 = 0x102, ROOM = 1 << 20 };

/* A muxer, the bytes that it wrote, and the reader that checks them. */
struct wire {
    struct ts_mux     m;
    struct ts_reader *reader;
    struct frame     *kept[64]; /* configurations, which the muxer borrows */
    size_t            n_kept;
    uint8_t           out[ROOM];
};

static struct wire *wire_create(enum codec video, enum codec audio)
{
    struct wire *x = calloc(1, sizeof *x);
    ts_mux_init(&x->m, video, audio);
    x->reader = ts_reader_create();
    return x;
}

static void wire_destroy(struct wire *x)
{
    for (size_t i = 0; i < x->n_kept; i++)
        frame_unref(&x->kept[i]);
    ts_reader_destroy(x->reader);
    free(x);
}

/* Mux a frame, which belongs to the wire from now on. Assert that its length was predicted, and that skipping it leads to the same
 * state. */
static enum ts_mux_result send_at(struct wire *x, struct frame *f, int64_t dts_90k)
{
    struct wr          w = wr_over(x->out, sizeof x->out);
    size_t             len = ts_mux_frame_len(&x->m, f);
    struct ts_mux      skipped = x->m;
    size_t             skipped_len = ts_mux_skip(&skipped, f);
    enum ts_mux_result result = ts_mux_frame(&x->m, &w, f, dts_90k);
    struct ts_shift    shift;
    assert_int_equal(wr_len(&w), len);
    assert_int_equal(skipped_len, len);
    assert_int_equal(result == TS_MUX_WRITTEN, len > 0);
    assert_true(ts_mux_shift(&shift, &x->m, &skipped));
    assert_memory_equal(shift.cc, ((uint8_t[TS_TRACKS]){ 0 }), TS_TRACKS);
    ts_reader_read(x->reader, x->out, wr_len(&w));
    if (f->config) {
        assert_true(x->n_kept < ARRAY_LEN(x->kept));
        x->kept[x->n_kept++] = f;
    } else {
        frame_unref(&f);
    }
    return result;
}

static enum ts_mux_result send(struct wire *x, struct frame *f)
{
    return send_at(x, f, f->dts_us * 9 / 100);
}

static void assert_payload(const struct ts_unit *u, const uint8_t *want, size_t len)
{
    assert_non_null(u);
    assert_int_equal(u->len, len);
    assert_memory_equal(u->bytes, want, len);
}

#define ASSERT_PAYLOAD(unit, ...) \
    assert_payload(unit, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static const struct ts_unit *last_unit(const struct wire *x, unsigned pid)
{
    return ts_reader_unit(x->reader, pid, ts_reader_count(x->reader, pid) - 1);
}

static unsigned pmt_version(const struct wire *x)
{
    return last_unit(x, PID_PMT)->bytes[5] >> 1 & 0x1F;
}

/* ---- video ---- */

static void a_key_picture_brings_tables_delimiter_and_parameter_sets(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_AAC);
    assert_int_equal(send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG)), TS_MUX_NOTHING);
    assert_int_equal(send(x, TS_VIDEO_FRAME(1000, 0x17, 1, 0, 0, 80, 0, 0, 0, 3, 0x65, 0x88, 0x84)), TS_MUX_WRITTEN);
    assert_int_equal(x->reader->n, 3);
    assert_int_equal(x->reader->units[0].pid, PID_PAT);
    assert_int_equal(x->reader->units[1].pid, PID_PMT);
    const struct ts_unit *u = &x->reader->units[2];
    ASSERT_PAYLOAD(u, 0, 0, 0, 1, 0x09, 0xF0,                /* access unit delimiter */
                   0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 0xAA, /* SPS */
                   0, 0, 0, 1, 0x68, 0xCE, 0xBB,             /* PPS */
                   0, 0, 0, 1, 0x65, 0x88, 0x84);            /* IDR */
    assert_true(u->random_access && u->has_pcr && u->has_dts);
    assert_int_equal(u->pcr, 90000 - TS_PCR_LAG_90K);
    assert_int_equal(u->dts, 90000);
    assert_int_equal(u->pts, 97200);
    assert_int_equal(u->stream_id, 0xE0);
    wire_destroy(x);
}

static void other_pictures_bring_a_delimiter_alone(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    send(x, ts_picture(0, 0, 1, 10, 0));
    send(x, TS_VIDEO_FRAME(40, 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x06, 0x05, 0, 0, 0, 2, 0x41, 0x9A));
    const struct ts_unit *u = last_unit(x, PID_VIDEO);
    ASSERT_PAYLOAD(u, 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 0, 1, 0x06, 0x05, 0, 0, 0, 1, 0x41, 0x9A);
    assert_true(u->has_pcr && !u->random_access && !u->has_dts);
    assert_int_equal(u->pts, 3600);
    assert_int_equal(ts_reader_count(x->reader, PID_PMT), 1);
    wire_destroy(x);
}

static void what_a_picture_brings_itself_is_not_added(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    /* clang-format off */
    send(x, TS_VIDEO_FRAME(0, 0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x09, 0x10, 0, 0, 0, 2, 0x67, 0x64, 0, 0, 0, 2, 0x68, 0xEE,
                           0, 0, 0, 2, 0x65, 0x88));
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x67, 0x64, 0, 0, 0, 1, 0x68, 0xEE,
                   0, 0, 0, 1, 0x65, 0x88);
    /* a frame with a delimiter and no parameter sets: they are put after the delimiter */
    send(x, TS_VIDEO_FRAME(40, 0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x09, 0x10, 0, 0, 0, 2, 0x65, 0x88));
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 0xAA,
                   0, 0, 0, 1, 0x68, 0xCE, 0xBB, 0, 0, 0, 1, 0x65, 0x88);
    /* an SPS without its PPS */
    send(x, TS_VIDEO_FRAME(80, 0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x67, 0x64, 0, 0, 0, 2, 0x65, 0x88));
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 0xAA,
                   0, 0, 0, 1, 0x68, 0xCE, 0xBB, 0, 0, 0, 1, 0x67, 0x64, 0, 0, 0, 1, 0x65, 0x88);
    /* clang-format on */
    wire_destroy(x);
}

/* A record whose arrays are in the wrong order: SEI, PPS, SPS, VPS; and with a suffix SEI, which must not precede a picture. */
#define HEVC_CONFIG \
    0x1C, 0, 0, 0, 0, 1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x3C, 0xF0, 0, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0, 0x0F, \
        5, 0xA7, 0, 1, 0, 3, 0x4E, 0x01, 0x89,                      /* SEI */ \
        0xA8, 0, 1, 0, 3, 0x50, 0x01, 0x84,                         /* suffix SEI */ \
        0xA2, 0, 2, 0, 3, 0x44, 0x01, 0xC1, 0, 3, 0x44, 0x01, 0xC2, /* two PPS */ \
        0xA1, 0, 1, 0, 3, 0x42, 0x01, 0x02,                         /* SPS */ \
        0xA0, 0, 1, 0, 3, 0x40, 0x01, 0x0C                          /* VPS */

static void hevc_brings_its_sets_in_order(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_HEVC, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, HEVC_CONFIG));
    send(x, TS_VIDEO_FRAME(0, 0x1C, 1, 0, 0, 0, 0, 0, 0, 3, 0x26, 0x01, 0xAF));
    /* clang-format off */
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x46, 0x01, 0x50, /* delimiter */
                   0, 0, 0, 1, 0x40, 0x01, 0x0C, 0, 0, 0, 1, 0x42, 0x01, 0x02,
                   0, 0, 0, 1, 0x44, 0x01, 0xC1, 0, 0, 0, 1, 0x44, 0x01, 0xC2, 0, 0, 0, 1, 0x4E, 0x01, 0x89,
                   0, 0, 0, 1, 0x26, 0x01, 0xAF);
    /* its own VPS, SPS and PPS: nothing is added */
    send(x, TS_VIDEO_FRAME(40, 0x1C, 1, 0, 0, 0, 0, 0, 0, 3, 0x40, 0x01, 0x0D, 0, 0, 0, 3, 0x42, 0x01, 0x03,
                           0, 0, 0, 3, 0x44, 0x01, 0xC3, 0, 0, 0, 3, 0x26, 0x01, 0xAF));
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x46, 0x01, 0x50, 0, 0, 0, 1, 0x40, 0x01, 0x0D,
                   0, 0, 0, 1, 0x42, 0x01, 0x03, 0, 0, 0, 1, 0x44, 0x01, 0xC3, 0, 0, 0, 1, 0x26, 0x01, 0xAF);
    /* clang-format on */
    wire_destroy(x);
}

static void an_hevc_delimiter_is_of_its_pictures_temporal_layer(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_HEVC, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, HEVC_CONFIG));
    send(x, TS_VIDEO_FRAME(0, 0x2C, 1, 0, 0, 0, 0, 0, 0, 3, 0x02, 0x03, 0xD0));
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x46, 0x03, 0x50, 0, 0, 0, 1, 0x02, 0x03, 0xD0);
    send(x, TS_VIDEO_FRAME(40, 0x2C, 1, 0, 0, 0, 0, 0, 0, 1, 0x02)); /* cut to a byte */
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x46, 0x01, 0x50, 0, 0, 0, 1, 0x02);
    wire_destroy(x);
}

static void lengths_have_the_size_that_the_configuration_says(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, 0x17, 0, 0, 0, 0, 1, 0x42, 0xC0, 0x1F, 0xFC, 0xE0, 0)); /* 1 byte; no sets */
    send(x, TS_VIDEO_FRAME(0, 0x17, 1, 0, 0, 0, 2, 0x65, 0x88, 0, 1, 0x0C));          /* and an empty one */
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 0, 1, 0x65, 0x88, 0, 0, 0, 1, 0x0C);
    send(x, TS_VIDEO_FRAME(0, 0x17, 0, 0, 0, 0, 1, 0x42, 0xC0, 0x1F, 0xFD, 0xE0, 0)); /* 2 bytes */
    send(x, TS_VIDEO_FRAME(0, 0x17, 1, 0, 0, 0, 0, 2, 0x65, 0x88));
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 0, 1, 0x65, 0x88);
    wire_destroy(x);
}

/* ---- audio ---- */

static void aac_gets_an_adts_header(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_NONE, CODEC_AAC);
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    send(x, TS_AUDIO_FRAME(20, 0xAF, 1, 0xDE, 0xAD));
    const struct ts_unit *u = last_unit(x, PID_AUDIO);
    ASSERT_PAYLOAD(u, 0xFF, 0xF1, 0x50, 0x80, 0x01, 0x3F, 0xFC, 0xDE, 0xAD); /* LC, 44100, stereo, 9 bytes */
    assert_int_equal(u->stream_id, 0xC0);
    assert_int_equal(u->pts, 1800);
    wire_destroy(x);
}

static void he_aac_is_told_by_its_core(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_NONE, CODEC_AAC);
    send(x, TS_AUDIO_FRAME(0, 0xAF, 0, 0x2B, 0x8A, 0x08, 0x00)); /* SBR to 44100 over LC of 22050, mono */
    send(x, TS_AUDIO_FRAME(0, 0xAF, 1, 0xDE));
    ASSERT_PAYLOAD(last_unit(x, PID_AUDIO), 0xFF, 0xF1, 0x5C, 0x40, 0x01, 0x1F, 0xFC, 0xDE);
    wire_destroy(x);
}

static void opus_gets_a_control_header(void **state)
{
    (void)state;
    static const struct {
        size_t  len;
        uint8_t header[8];
        size_t  header_len;
    } rows[] = {
        { 1, { 0x7F, 0xE0, 1 }, 3 },
        { 254, { 0x7F, 0xE0, 254 }, 3 },
        { 255, { 0x7F, 0xE0, 255, 0 }, 4 },
        { 256, { 0x7F, 0xE0, 255, 1 }, 4 },
        { 510, { 0x7F, 0xE0, 255, 255, 0 }, 5 },
        { 1275, { 0x7F, 0xE0, 255, 255, 255, 255, 255, 0 }, 8 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire *x = wire_create(CODEC_NONE, CODEC_OPUS);
        uint8_t      body[2048] = { 0x91, 'O', 'p', 'u', 's' };
        memset(body + 5, 0xFC, rows[i].len);
        send(x, ts_frame(FRAME_AUDIO, 0, body, 5 + rows[i].len));
        const struct ts_unit *u = last_unit(x, PID_AUDIO);
        assert_int_equal(u->len, rows[i].header_len + rows[i].len);
        assert_memory_equal(u->bytes, rows[i].header, rows[i].header_len);
        assert_memory_equal(u->bytes + rows[i].header_len, body + 5, rows[i].len);
        assert_int_equal(u->stream_id, 0xBD);
        wire_destroy(x);
    }
}

#define OPUS_HEAD(channels, family) \
    0x90, 'O', 'p', 'u', 's', 'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, channels, 0x38, 1, 0x80, 0xBB, 0, 0, 0, 0, \
        family

static void opus_channels_stand_in_the_pmt(void **state)
{
    (void)state;
    static const struct {
        uint8_t body[40];
        size_t  len;
        uint8_t code; /* 0: not expressible */
    } rows[] = {
        { { OPUS_HEAD(1, 0) }, 24, 1 },
        { { OPUS_HEAD(2, 0) }, 24, 2 },
        { { 0x90, 'O', 'p', 'u', 's' }, 5, 2 },                 /* no OpusHead: the default */
        { { OPUS_HEAD(6, 1), 4, 2, 0, 4, 1, 2, 3, 5 }, 32, 6 }, /* 5.1, as libopus does it */
        { { OPUS_HEAD(6, 1), 4, 2, 0, 1, 2, 3, 4, 5 }, 32, 0 }, /* 5.1 in another order */
        { { OPUS_HEAD(2, 1), 2, 0, 0, 1 }, 28, 0 },             /* not coupled */
        { { OPUS_HEAD(2, 255), 2, 0, 0, 1 }, 28, 0 },           /* no meaning */
        { { OPUS_HEAD(0, 0) }, 24, 0 },                         /* broken */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire *x = wire_create(CODEC_NONE, CODEC_OPUS);
        bool         ok = rows[i].code;
        assert_int_equal(send(x, ts_frame(FRAME_AUDIO, 0, rows[i].body, rows[i].len)),
                         ok ? TS_MUX_NOTHING : TS_MUX_BAD);
        assert_int_equal(send(x, TS_AUDIO_FRAME(0, 0x91, 'O', 'p', 'u', 's', 0xFC)),
                         ok ? TS_MUX_WRITTEN : TS_MUX_NOTHING);
        if (ok)
            assert_int_equal(last_unit(x, PID_PMT)->bytes[26], rows[i].code);
        wire_destroy(x);
    }
}

static void each_codec_has_its_stream_type(void **state)
{
    (void)state;
    static const struct {
        uint8_t     body[16];
        size_t      len;
        uint8_t     stream_type, stream_id;
        const char *registration;
    } rows[] = {
        { { 0x2F, 0xFF, 0xFB, 0x90, 0x44, 0 }, 6, 0x03, 0xC0, NULL }, /* MP3 of 44100 Hz */
        { { 0x2F, 0xFF, 0xF3, 0x90, 0x44, 0 }, 6, 0x04, 0xC0, NULL }, /* MP3 of 22050 Hz */
        { { 0x2F, 1, 2, 3 }, 4, 0x03, 0xC0, NULL },                   /* no MP3 header */
        { { 0x91, '.', 'm', 'p', '3', 0xFF, 0xFB, 0x90, 0x44 }, 9, 0x03, 0xC0, NULL },
        { { 0x91, 'a', 'c', '-', '3', 0x0B, 0x77 }, 7, 0x81, 0xBD, "AC-3" },
        { { 0x91, 'e', 'c', '-', '3', 0x0B, 0x77 }, 7, 0x87, 0xBD, "EAC3" },
        { { 0x91, 'O', 'p', 'u', 's', 0xFC }, 6, 0x06, 0xBD, "Opus" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire *x = wire_create(CODEC_NONE, CODEC_NONE);
        send(x, ts_frame(FRAME_AUDIO, 0, rows[i].body, rows[i].len));
        const struct ts_unit *pmt = last_unit(x, PID_PMT);
        assert_int_equal(pmt->bytes[12], rows[i].stream_type);
        if (rows[i].registration)
            assert_memory_equal(pmt->bytes + 19, rows[i].registration, 4);
        assert_int_equal(last_unit(x, PID_AUDIO)->stream_id, rows[i].stream_id);
        assert_int_equal(pmt_version(x), 0);
        wire_destroy(x);
    }
}

static void without_video_the_audio_has_clock_and_tables(void **state)
{
    (void)state;
    enum { BEGIN_90K = 90000 };
    static const struct {
        int64_t ms;
        bool    tables;
    } rows[] = { { 1500, true }, { 1523, false }, { 1999, false }, { 2000, true },  { 2023, false },
                 { 9999, true }, { 9000, false }, { -1, true },    { -999, false }, { 0, true } };
    struct wire *x = wire_create(CODEC_NONE, CODEC_AAC);
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    for (size_t i = 0, tables = 0; i < ARRAY_LEN(rows); i++) {
        send_at(x, ts_sound(rows[i].ms, 100, 1), BEGIN_90K + (int64_t)i * 90);
        tables += rows[i].tables;
        assert_int_equal(ts_reader_count(x->reader, PID_PMT), tables);
        assert_true(last_unit(x, PID_AUDIO)->has_pcr);
        assert_int_equal(last_unit(x, PID_AUDIO)->pcr, BEGIN_90K + i * 90 - TS_PCR_LAG_90K);
        assert_int_equal(last_unit(x, PID_AUDIO)->random_access, rows[i].tables);
    }
    wire_destroy(x);
}

static void with_video_the_audio_has_neither(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_AAC);
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    send(x, ts_sound(0, 100, 1)); /* the first frame: the tables precede it */
    for (int i = 1; i < 200; i++)
        send(x, ts_sound(i * 23, 100, 1));
    assert_int_equal(ts_reader_count(x->reader, PID_PMT), 1);
    assert_false(last_unit(x, PID_AUDIO)->has_pcr);
    assert_false(last_unit(x, PID_AUDIO)->random_access);
    wire_destroy(x);
}

/* ---- frames that are not written ---- */

static void what_it_carries(void **state)
{
    (void)state;
    static const enum codec yes[] = { CODEC_H264, CODEC_HEVC, CODEC_AAC, CODEC_MP3, CODEC_OPUS, CODEC_AC3, CODEC_EAC3 };
    size_t                  n = 0;
    for (int codec = 0; codec <= CODEC_OTHER + 1; codec++)
        n += ts_mux_carries((enum codec)codec);
    assert_int_equal(n, ARRAY_LEN(yes));
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        assert_true(ts_mux_carries(yes[i]));
}

static void what_it_cannot_carry_is_left_out(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_AV1, CODEC_FLAC);
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    static const struct {
        enum frame_kind kind;
        uint8_t         body[16];
        size_t          len;
    } rows[] = {
        { FRAME_SCRIPT, { 2, 0, 1, 'x' }, 4 },
        { FRAME_VIDEO, { 0x90, 'a', 'v', '0', '1', 0x81, 0, 0, 0 }, 9 },
        { FRAME_VIDEO, { 0x91, 'a', 'v', '0', '1', 0x12, 0 }, 7 },
        { FRAME_VIDEO, { 0x17, 2, 0, 0, 0 }, 5 },                        /* end of sequence */
        { FRAME_VIDEO, { 0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65 }, 10 },     /* before its config */
        { FRAME_AUDIO, { 0x91, 'f', 'L', 'a', 'C', 1 }, 6 },             /* */
        { FRAME_AUDIO, { 0x72, 1, 2, 3 }, 4 },                           /* A-law */
        { FRAME_AUDIO, { 0xAF, 1 }, 2 },                                 /* empty */
        { FRAME_AUDIO, { 0x95, 0x01, 'O', 'p', 'u', 's', 1, 0xFC }, 8 }, /* track 1 */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(send(x, ts_frame(rows[i].kind, 0, rows[i].body, rows[i].len)), TS_MUX_NOTHING);
    send(x, ts_sound(0, 10, 0));
    assert_int_equal(last_unit(x, PID_PMT)->bytes[12], 0x0F); /* the skipped frames changed nothing */
    assert_int_equal(pmt_version(x), 0);
    wire_destroy(x);
}

static void broken_frames_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t body[20];
        size_t  len;
    } rows[] = {
        { { 0x17, 1, 0, 0, 0, 0, 0, 0, 3, 0x65, 0x88 }, 11 },       /* a byte more than there is */
        { { 0x17, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x65 }, 10 }, /* 4 GiB */
        { { 0x17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 13 },       /* two empty NAL units */
        { { 0x17, 1, 0, 0, 0, 0, 0, 0 }, 8 },                       /* no length */
    };
    struct wire *x = wire_create(CODEC_H264, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(send(x, ts_frame(FRAME_VIDEO, 0, rows[i].body, rows[i].len)), TS_MUX_BAD);
    assert_int_equal(send(x, ts_picture(0, 0, 1, 10, 0)), TS_MUX_WRITTEN);
    wire_destroy(x);
}

static void what_stands_behind_the_nal_units_is_left_out(void **state)
{
    (void)state;
    static const uint8_t alone[] = { 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A };
    static const struct {
        uint8_t body[20];
        size_t  len;
    } rows[] = {
        { { 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A, 0 }, 12 },             /* padding */
        { { 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A, 0, 0, 0, 0, 0 }, 16 }, /* more of it */
        { { 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A, 0xFF }, 12 },          /* padding with other bytes */
        { { 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9A, 0, 0, 0, 9, 1 }, 16 }, /* a NAL unit that is cut */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire *want = wire_create(CODEC_H264, CODEC_NONE), *x = wire_create(CODEC_H264, CODEC_NONE);
        send(want, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
        send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
        assert_int_equal(send(want, ts_frame(FRAME_VIDEO, 0, alone, sizeof alone)), TS_MUX_WRITTEN);
        assert_int_equal(send(x, ts_frame(FRAME_VIDEO, 0, rows[i].body, rows[i].len)), TS_MUX_WRITTEN);
        assert_memory_equal(x->out, want->out, TS_PACKET_LEN);
        wire_destroy(want);
        wire_destroy(x);
    }
}

static void audio_frames_beyond_their_header_are_refused(void **state)
{
    (void)state;
    static uint8_t body[70000] = { 0x2F, 0xFF, 0xFB, 0x90, 0x44 };
    struct wire   *x = wire_create(CODEC_NONE, CODEC_NONE);
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    assert_int_equal(send(x, ts_sound(0, AAC_ADTS_RAW_MAX + 1, 0)), TS_MUX_BAD);
    assert_int_equal(send(x, ts_sound(0, AAC_ADTS_RAW_MAX, 0)), TS_MUX_WRITTEN);
    assert_int_equal(send(x, ts_frame(FRAME_AUDIO, 0, body, 1 + 65535 - 7)), TS_MUX_BAD);
    assert_int_equal(send(x, ts_frame(FRAME_AUDIO, 0, body, 1 + 65535 - 8)), TS_MUX_WRITTEN);
    assert_int_equal(send(x, ts_frame(FRAME_AUDIO, 0, body, sizeof body)), TS_MUX_BAD);
    wire_destroy(x);
}

static void a_huge_picture_has_no_length(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    assert_int_equal(send(x, ts_picture(0, 0, 1, 900000, 0)), TS_MUX_WRITTEN);
    assert_int_equal(last_unit(x, PID_VIDEO)->declared_len, 0);
    assert_int_equal(last_unit(x, PID_VIDEO)->len, 900000 + 4 + 6 + 9 + 7);
    assert_int_equal(send(x, ts_picture(0, 0, 0, 65535 - 8 - 10, 0)), TS_MUX_WRITTEN);
    assert_int_equal(last_unit(x, PID_VIDEO)->declared_len, 65535);
    wire_destroy(x);
}

static void a_configuration_that_cannot_be_used_takes_its_kind_out(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_AAC);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    send(x, ts_picture(0, 0, 1, 10, 0));
    assert_int_equal(send(x, TS_VIDEO_FRAME(0, 0x17, 0, 0, 0, 0, 1, 0x42)), TS_MUX_BAD); /* cut */
    assert_int_equal(send(x, ts_picture(0, 0, 1, 10, 0)), TS_MUX_NOTHING);
    assert_null(ts_mux_config(&x->m));
    assert_int_equal(send(x, ts_sound(0, 10, 0)), TS_MUX_WRITTEN);
    assert_int_equal(pmt_version(x), 1);
    assert_int_equal(last_unit(x, PID_PMT)->bytes[9], 0x01); /* the clock is on 0x101 now */
    assert_true(last_unit(x, PID_AUDIO)->has_pcr);
    assert_int_equal(send(x, TS_AUDIO_FRAME(0, 0xAF, 0, 0xF8, 0xE8, 0x50, 0)), TS_MUX_BAD); /* ELD: no ADTS */
    assert_int_equal(send(x, ts_sound(0, 10, 0)), TS_MUX_NOTHING);
    assert_int_equal(send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG)), TS_MUX_NOTHING);
    assert_int_equal(send(x, ts_picture(0, 0, 1, 10, 0)), TS_MUX_WRITTEN);
    assert_int_equal(pmt_version(x), 2);
    assert_int_equal(last_unit(x, PID_PMT)->len, 12 + 5 + 4); /* video alone */
    wire_destroy(x);
}

/* ---- changes ---- */

static void another_codec_is_another_version(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_AAC);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    send(x, ts_picture(0, 0, 1, 10, 0));
    assert_int_equal(pmt_version(x), 0);
    send(x, TS_VIDEO_FRAME(0, HEVC_CONFIG));
    assert_int_equal(send(x, ts_picture(0, 0, 1, 10, 0)), TS_MUX_NOTHING); /* a late frame of the old codec */
    send(x, TS_VIDEO_FRAME(0, 0x1C, 1, 0, 0, 0, 0, 0, 0, 3, 0x26, 0x01, 0xAF));
    assert_int_equal(pmt_version(x), 1);
    assert_int_equal(last_unit(x, PID_PMT)->bytes[12], 0x24);
    send(x, TS_AUDIO_FRAME(0, 0x2F, 0xFF, 0xFB, 0x90, 0x44, 0)); /* MP3: the tables come at once */
    assert_int_equal(pmt_version(x), 2);
    assert_int_equal(last_unit(x, PID_PMT)->bytes[17], 0x03);
    assert_int_equal(ts_reader_count(x->reader, PID_PMT), 3);
    wire_destroy(x);
}

static void other_parameter_sets_are_the_same_version(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    send(x, ts_picture(0, 0, 1, 10, 0));
    send(x, TS_VIDEO_FRAME(0, 0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 2, 0x67, 0x64, 1, 0, 2, 0x68, 0xEE));
    send(x, TS_VIDEO_FRAME(0, 0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88));
    ASSERT_PAYLOAD(last_unit(x, PID_VIDEO), 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 0, 1, 0x67, 0x64, 0, 0, 0, 1, 0x68, 0xEE, 0,
                   0, 0, 1, 0x65, 0x88);
    assert_int_equal(pmt_version(x), 0);
    wire_destroy(x);
}

static void versions_wrap(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_NONE, CODEC_NONE);
    for (unsigned i = 0; i < 70; i++) {
        uint8_t mp3[] = { 0x2F, 0xFF, i % 2 ? 0xF3 : 0xFB, 0x90, 0x44 };
        send(x, ts_frame(FRAME_AUDIO, 0, mp3, sizeof mp3));
        assert_int_equal(pmt_version(x), i % 32);
    }
    wire_destroy(x);
}

static void tables_on_demand(void **state)
{
    (void)state;
    uint8_t       out[TS_PSI_LEN];
    struct wr     w = wr_over(out, sizeof out);
    struct ts_mux m;
    ts_mux_init(&m, CODEC_H264, CODEC_MP3);
    ts_mux_psi(&m, &w);
    assert_int_equal(wr_len(&w), TS_PSI_LEN);
    assert_true(m.told);
    struct ts_mux before = m;
    ts_mux_psi(&m, &w); /* no room */
    assert_true(w.full);
    assert_memory_equal(m.cc, before.cc, sizeof m.cc);
}

/* ---- timed metadata ---- */

static enum ts_mux_result send_id3(struct wire *x, size_t len, int64_t pts_90k)
{
    static uint8_t tag[70000];
    size_t         n = ts_mux_id3_len(&x->m, len);
    struct wr      w = wr_over(x->out, n);
    for (size_t i = 0; i < len; i++)
        tag[i] = (uint8_t)(i * 31 + len);
    enum ts_mux_result result = ts_mux_id3(&x->m, &w, tag, len, pts_90k);
    assert_int_equal(wr_len(&w), result == TS_MUX_WRITTEN ? n : 0);
    ts_reader_read(x->reader, x->out, wr_len(&w));
    if (result == TS_MUX_WRITTEN) {
        const struct ts_unit *u = ts_reader_unit(x->reader, PID_ID3, ts_reader_count(x->reader, PID_ID3) - 1);
        assert_int_equal(u->pts, pts_90k);
        assert_int_equal(u->stream_id, 0xBD);
        assert_int_equal(u->len, len);
        assert_memory_equal(u->bytes, tag, len);
        assert_false(u->has_pcr || u->has_dts);
    }
    return result;
}

static void tags_have_a_stream_of_their_own(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_AAC);
    assert_int_equal(send_id3(x, 100, 0), TS_MUX_NOTHING); /* not announced */
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    send(x, ts_picture(0, 0, 1, 1000, 7));
    assert_int_equal(pmt_version(x), 0);
    ts_mux_announce_id3(&x->m);
    static const size_t lens[] = { 1, 100, 170, 171, 1000, 65000 };
    for (size_t i = 0; i < ARRAY_LEN(lens); i++)
        assert_int_equal(send_id3(x, lens[i], 90000 + (int64_t)i), TS_MUX_WRITTEN);
    assert_int_equal(pmt_version(x), 1);
    assert_int_equal(ts_reader_count(x->reader, PID_PMT), 2); /* before the first tag, but not before the others */
    assert_int_equal(send_id3(x, 0, 0), TS_MUX_NOTHING);
    assert_int_equal(send_id3(x, 70000, 0), TS_MUX_BAD);
    ts_mux_announce_id3(&x->m);
    send(x, ts_picture(1000, 0, 1, 1000, 7));
    assert_int_equal(pmt_version(x), 1);

    struct ts_mux before = x->m;
    uint8_t       bytes[TS_PACKET_LEN];
    struct wr     w = wr_over(bytes, sizeof bytes - 1);
    assert_int_equal(ts_mux_id3(&x->m, &w, bytes, 10, 0), TS_MUX_FULL);
    assert_memory_equal(x->m.cc, before.cc, sizeof before.cc);
    wire_destroy(x);
}

/* ---- copies of a muxer ---- */

static void a_copy_writes_the_same_again(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_AAC);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    unsigned rng = 1;
    for (int i = 0; i < 500; i++) {
        rng = rng * 1103515245 + 12345;
        size_t        len = 1 + (rng >> 16) % (i % 50 ? 1500 : 100000);
        struct frame *f =
            i % 3 ? ts_picture(i * 10, (rng >> 8) % 100, i % 25 == 1, len, rng) : ts_sound(i * 10, len % 5000, rng);
        struct ts_mux copy = x->m;
        uint8_t      *again = malloc(ROOM);
        frame_ref(f);
        send(x, f);
        size_t    n = ts_mux_frame_len(&copy, f);
        struct wr w = wr_over(again, n);
        assert_int_equal(ts_mux_frame(&copy, &w, f, f->dts_us * 9 / 100), n ? TS_MUX_WRITTEN : TS_MUX_NOTHING);
        assert_memory_equal(again, x->out, n);
        free(again);
        frame_unref(&f);
    }
    wire_destroy(x);
}

static void without_room_the_muxer_stays_as_it_was(void **state)
{
    (void)state;
    struct wire *x = wire_create(CODEC_H264, CODEC_NONE);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    struct frame *f = ts_picture(0, 0, 1, 1000, 7);
    size_t        len = ts_mux_frame_len(&x->m, f);
    for (size_t room = 0; room < len; room += 47) {
        struct ts_mux before = x->m;
        struct wr     w = wr_over(x->out, room);
        assert_int_equal(ts_mux_frame(&x->m, &w, f, 0), TS_MUX_FULL);
        assert_true(w.full);
        assert_int_equal(wr_len(&w), 0);
        struct ts_shift shift;
        assert_true(ts_mux_shift(&shift, &before, &x->m));
        assert_memory_equal(x->m.cc, before.cc, sizeof before.cc);
    }
    assert_int_equal(send(x, f), TS_MUX_WRITTEN);
    wire_destroy(x);
}

/* The state that frames of one codec left behind counts in a comparison, even if the program has another codec or none. */
static void what_an_audio_codec_left_behind_counts(void **state)
{
    (void)state;
    struct wire *bad = wire_create(CODEC_NONE, CODEC_NONE), *none = wire_create(CODEC_NONE, CODEC_NONE),
                *six = wire_create(CODEC_NONE, CODEC_NONE);
    struct ts_shift shift;
    assert_int_equal(send(bad, TS_AUDIO_FRAME(0, 0x90, 'O', 'p', 'u', 's', 1, 2, 3)), TS_MUX_BAD);
    assert_int_equal(bad->m.audio, none->m.audio);
    assert_false(ts_mux_shift(&shift, &bad->m, &none->m));
    assert_int_equal(send(bad, TS_AUDIO_FRAME(20, 0x91, 'O', 'p', 'u', 's', 0xFC, 1)), TS_MUX_NOTHING);
    assert_int_equal(send(none, TS_AUDIO_FRAME(20, 0x91, 'O', 'p', 'u', 's', 0xFC, 1)), TS_MUX_WRITTEN);

    send(six, TS_AUDIO_FRAME(0, OPUS_HEAD(6, 1), 4, 2, 0, 4, 1, 2, 3, 5));
    for (int i = 0; i < 2; i++) {
        struct wire *x = i ? six : none;
        send(x, TS_AUDIO_FRAME(40, 0x2F, 0xFF, 0xFB, 0x90, 0x64, 0, 0, 0, 0));
        assert_int_equal(x->m.audio, CODEC_MP3);
    }
    six->m.version = none->m.version;
    assert_false(ts_mux_shift(&shift, &six->m, &none->m));
    six->m.opus_channels = none->m.opus_channels;
    assert_true(ts_mux_shift(&shift, &six->m, &none->m));
    six->m.audio = none->m.audio = CODEC_AC3;
    six->m.mp3_type++;
    assert_false(ts_mux_shift(&shift, &six->m, &none->m));
    wire_destroy(bad);
    wire_destroy(none);
    wire_destroy(six);
}

static void the_clock_is_behind_and_wraps(void **state)
{
    (void)state;
    static const struct {
        int64_t dts, pcr;
    } rows[] = { { 0, TWO_33 - 18000 }, { 18000, 0 }, { 90000, 72000 }, { TWO_33 + 9000, TWO_33 - 9000 } };
    struct wire *x = wire_create(CODEC_NONE, CODEC_AAC);
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        send_at(x, ts_sound((int64_t)i * 23, 100, 1), rows[i].dts);
        assert_int_equal(last_unit(x, PID_AUDIO)->pcr, rows[i].pcr);
    }
    wire_destroy(x);
}

/* ---- pictures that are shown before their own time ---- */

enum { START_90K = 126000, STEP_MS = 40 };

/* Assert that the last picture is decoded after the one before, and not shown before it is decoded. */
static void assert_decodable(const struct wire *x, int64_t *last_dts)
{
    const struct ts_unit *u = last_unit(x, PID_VIDEO);
    int64_t               dts = u->has_dts ? u->dts : u->pts;
    assert_true(u->pts >= dts);
    assert_true(dts > *last_dts);
    assert_int_equal(u->pcr, (dts - TS_PCR_LAG_90K) & (TWO_33 - 1));
    *last_dts = dts;
}

static struct wire *wire_that_expects(int64_t early_ms)
{
    struct wire *x = wire_create(CODEC_H264, CODEC_AAC);
    send(x, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    send(x, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    ts_mux_expect_early(&x->m, early_ms * US_PER_MS);
    return x;
}

/* Early pictures that were expected are right from the first one on, and the times of sound do not change. */
static void pictures_shown_early_are_decoded_earlier(void **state)
{
    (void)state;
    static const struct {
        int64_t expected_ms;
        int     cts_ms[6];
    } rows[] = {
        { 34, { -34, 40, -34, 40, -34, 40 } },    { 40, { 0, 80, -40, -40, 80, -40 } },
        { 120, { 0, 120, -80, -120, -40, 120 } }, { 1280, { -1280, -1280, -1280, -1280, -1280, -1280 } },
        { 0, { 80, 160, 40, 0, 80, 160 } },       { 1, { -1, -1, -1, 0, 0, 0 } },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wire *x = wire_that_expects(rows[i].expected_ms);
        int64_t      last_dts = -1;
        for (int k = 0; k < 24; k++) {
            int64_t ms = STEP_MS * k, cts = rows[i].cts_ms[k % 6];
            send_at(x, ts_picture(ms, cts, k % 6 == 0, 30, 0), START_90K + ms * 90);
            assert_decodable(x, &last_dts);
            assert_int_equal(last_unit(x, PID_VIDEO)->pts, START_90K + (ms + cts) * 90);
            send_at(x, ts_sound(ms, 20, 0), START_90K + ms * 90);
            assert_int_equal(last_unit(x, PID_AUDIO)->pts, START_90K + ms * 90);
        }
        wire_destroy(x);
    }
}

/* A player that joined before the first early picture: decoding moves ahead step by step, and no picture is shown early. */
static void what_is_shown_early_may_change(void **state)
{
    (void)state;
    static const int cts_ms[] = { 0,   0,     80, -40, -40, 80, -80, -40, 0,  0,   0, 0,
                                  300, -1279, 0,  0,   0,   40, -7,  0,   40, -10, 40 };
    struct wire     *x = wire_that_expects(0);
    int64_t          last_dts = -1, early_ms = 0;
    for (int k = 0; k < 400; k++) {
        int64_t ms = STEP_MS * k, cts = cts_ms[(size_t)k % ARRAY_LEN(cts_ms)], shown = START_90K + (ms + cts) * 90;
        send_at(x, ts_picture(ms, cts, k % 12 == 0, 30, 0), START_90K + ms * 90);
        assert_decodable(x, &last_dts);
        assert_true(last_unit(x, PID_VIDEO)->pts >= shown);
        if (k > 60 || -cts <= early_ms - STEP_MS)
            assert_int_equal(last_unit(x, PID_VIDEO)->pts, shown);
        early_ms = x->m.ahead.lag_90k / 90;
    }
    wire_destroy(x);
}

static void a_picture_that_is_shown_absurdly_early_comes_at_its_time(void **state)
{
    (void)state;
    static const int64_t cts_ms[] = { -1281, -5000, -8388608 };
    for (size_t i = 0; i < ARRAY_LEN(cts_ms); i++) {
        struct wire *x = wire_that_expects(0);
        int64_t      last_dts = -1;
        for (int k = 0; k < 9; k++) {
            int64_t ms = STEP_MS * k;
            send_at(x, ts_picture(ms, k % 3 == 2 ? cts_ms[i] : 40, k == 0, 30, 0), START_90K + ms * 90);
            assert_decodable(x, &last_dts);
            assert_int_equal(last_unit(x, PID_VIDEO)->pts, START_90K + (k % 3 == 2 ? ms : ms + 40) * 90);
        }
        ts_mux_expect_early(&x->m, -cts_ms[i] * US_PER_MS);
        ts_mux_expect_early(&x->m, INT32_MIN);
        assert_int_equal(x->m.ahead.most_90k, 0);
        wire_destroy(x);
    }
}

/* A stream that begins anew in the past is decoded from there. */
static void after_a_step_back_decoding_begins_there(void **state)
{
    (void)state;
    struct wire *x = wire_that_expects(40);
    int64_t      last_dts = -1;
    for (int k = 0; k < 8; k++) {
        int64_t ms = k < 4 ? 10000 + STEP_MS * k : STEP_MS * k;
        last_dts = k == 4 ? -1 : last_dts;
        send_at(x, ts_picture(ms, -40, 1, 30, 0), START_90K + ms * 90);
        assert_decodable(x, &last_dts);
        assert_int_equal(last_unit(x, PID_VIDEO)->pts, START_90K + (ms - 40) * 90);
    }
    wire_destroy(x);
}

static void it_is_a_small_value(void **state)
{
    (void)state;
    assert_true(sizeof(struct ts_mux) <= 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_picture_brings_tables_delimiter_and_parameter_sets),
        cmocka_unit_test(other_pictures_bring_a_delimiter_alone),
        cmocka_unit_test(what_a_picture_brings_itself_is_not_added),
        cmocka_unit_test(hevc_brings_its_sets_in_order),
        cmocka_unit_test(an_hevc_delimiter_is_of_its_pictures_temporal_layer),
        cmocka_unit_test(lengths_have_the_size_that_the_configuration_says),
        cmocka_unit_test(aac_gets_an_adts_header),
        cmocka_unit_test(he_aac_is_told_by_its_core),
        cmocka_unit_test(opus_gets_a_control_header),
        cmocka_unit_test(opus_channels_stand_in_the_pmt),
        cmocka_unit_test(each_codec_has_its_stream_type),
        cmocka_unit_test(without_video_the_audio_has_clock_and_tables),
        cmocka_unit_test(with_video_the_audio_has_neither),
        cmocka_unit_test(the_clock_is_behind_and_wraps),
        cmocka_unit_test(what_it_carries),
        cmocka_unit_test(what_it_cannot_carry_is_left_out),
        cmocka_unit_test(broken_frames_are_refused),
        cmocka_unit_test(what_stands_behind_the_nal_units_is_left_out),
        cmocka_unit_test(audio_frames_beyond_their_header_are_refused),
        cmocka_unit_test(a_huge_picture_has_no_length),
        cmocka_unit_test(a_configuration_that_cannot_be_used_takes_its_kind_out),
        cmocka_unit_test(another_codec_is_another_version),
        cmocka_unit_test(other_parameter_sets_are_the_same_version),
        cmocka_unit_test(versions_wrap),
        cmocka_unit_test(tables_on_demand),
        cmocka_unit_test(tags_have_a_stream_of_their_own),
        cmocka_unit_test(a_copy_writes_the_same_again),
        cmocka_unit_test(without_room_the_muxer_stays_as_it_was),
        cmocka_unit_test(what_an_audio_codec_left_behind_counts),
        cmocka_unit_test(pictures_shown_early_are_decoded_earlier),
        cmocka_unit_test(what_is_shown_early_may_change),
        cmocka_unit_test(a_picture_that_is_shown_absurdly_early_comes_at_its_time),
        cmocka_unit_test(after_a_step_back_decoding_begins_there),
        cmocka_unit_test(it_is_a_small_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
