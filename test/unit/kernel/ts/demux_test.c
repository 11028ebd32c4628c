/* The demuxer: the frames made of what it reads are those that were muxed, whatever happens to the bytes on their way. */
#include "kernel/ts/demux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/mem.h"
#include "kernel/crc32.h"
#include "kernel/id3.h"
#include "kernel/times.h"
#include "kernel/ts/mux.h"
#include "kernel/ts/pes.h"
#include "kernel/ts/ts_frames.h"

enum { ROOM = 4 << 20, FRAMES_MAX = 2048, PACKET = 188 };

/* Bytes of a transport stream, and the frames that went into them. */
struct tape {
    struct ts_mux m;
    struct frame *in[FRAMES_MAX];
    size_t        n;
    uint8_t      *bytes;
    size_t        len;
};

static struct tape *tape_create(enum codec video, enum codec audio)
{
    struct tape *t = calloc(1, sizeof *t);
    t->bytes = malloc(ROOM);
    ts_mux_init(&t->m, video, audio);
    return t;
}

static void tape_destroy(struct tape *t)
{
    for (size_t i = 0; i < t->n; i++)
        frame_unref(&t->in[i]);
    free(t->bytes);
    free(t);
}

static void record_at(struct tape *t, struct frame *f, int64_t dts_90k)
{
    struct wr w = wr_over(t->bytes + t->len, ROOM - t->len);
    assert_true(t->n < FRAMES_MAX);
    ts_mux_frame(&t->m, &w, f, dts_90k);
    t->in[t->n++] = f;
    t->len += wr_len(&w);
}

static void record(struct tape *t, struct frame *f)
{
    record_at(t, f, ticks_90k_from_us(f->dts_us));
}

/* A second of H.264 and AAC, as a publisher sends it; a picture of each 25 frames is a key frame. */
static void record_second(struct tape *t, int64_t from_ms)
{
    for (int i = 0; i < 25; i++) {
        record(t, ts_picture(from_ms + 40 * i, i % 2 ? 40 : 80, i == 0, 150 + (size_t)i * 397 % 3000, (unsigned)i + 1));
        for (int j = 0; j < 2; j++)
            record(t, ts_sound(from_ms + 40 * i + 20 * j, 40 + (size_t)i * 7, (unsigned)(2 * i + j)));
    }
}

static struct tape *tape_of_seconds(int seconds)
{
    struct tape *t = tape_create(CODEC_H264, CODEC_AAC);
    record(t, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    record(t, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    for (int i = 0; i < seconds; i++)
        record_second(t, 1000 * i);
    return t;
}

/* What the demuxer and the maker of frames make of bytes. */
struct heard {
    struct ts_demux   *d;
    struct frame_maker maker;
    struct frame      *out[FRAMES_MAX];
    size_t             n, n_damaged, n_bad;
    int                n_sections, n_tags;
    uint8_t            data[1024]; /* the newest section or tag */
    size_t             data_len;
    int64_t            data_us;
};

static struct heard *heard_create(uint16_t program)
{
    struct heard *h = calloc(1, sizeof *h);
    h->d = malloc(sizeof *h->d);
    ts_demux_init(h->d, program);
    return h;
}

static void heard_destroy(struct heard *h)
{
    for (size_t i = 0; i < h->n; i++)
        frame_unref(&h->out[i]);
    frame_maker_finish(&h->maker);
    ts_demux_finish(h->d);
    free(h->d);
    free(h);
}

static void take_data(struct heard *h, const struct ts_demuxed *u)
{
    h->n_sections += u->kind == TS_UNIT_SCTE35;
    h->n_tags += u->kind == TS_UNIT_ID3;
    h->data_len = rd_left(&u->media.bytes);
    h->data_us = u->media.pts_us;
    assert_true(h->data_len <= sizeof h->data);
    memcpy(h->data, u->media.bytes.p, h->data_len);
}

static void take(struct heard *h, struct ts_demuxed *u)
{
    struct frame   *f;
    enum frame_made made;
    h->n_damaged += u->damaged;
    if (u->kind != TS_UNIT_MEDIA) {
        take_data(h, u);
        return;
    }
    while ((made = frame_make_next(&h->maker, &u->media, &f)) != FRAME_MAKE_END) {
        h->n_bad += made != FRAME_MADE;
        if (made != FRAME_MADE)
            break;
        assert_true(h->n < FRAMES_MAX);
        h->out[h->n++] = f;
    }
}

static void feed_piece(struct heard *h, const uint8_t *bytes, size_t len)
{
    struct ts_demuxed u;
    uint8_t          *copy = malloc(len + 1); /* in memory of its own, so that a sanitizer sees each byte beyond it */
    memcpy(copy, bytes, len);
    struct rd in = rd_over(copy, len);
    while (ts_demux_next(h->d, &in, &u))
        take(h, &u);
    assert_int_equal(rd_left(&in), 0);
    free(copy);
}

static void feed_in_pieces(struct heard *h, const uint8_t *bytes, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece)
        feed_piece(h, bytes + at, piece < len - at ? piece : len - at);
}

static void feed_end(struct heard *h)
{
    struct ts_demuxed u;
    while (ts_demux_flush(h->d, &u))
        take(h, &u);
}

static bool is_same_frame(const struct frame *a, const struct frame *b)
{
    return a->kind == b->kind && a->codec == b->codec && a->config == b->config && a->key == b->key &&
           (a->config || (a->dts_us == b->dts_us && a->pts_us == b->pts_us)) && a->media_len == b->media_len &&
           memcmp(a->data + a->media_offset, b->data + b->media_offset, a->media_len) == 0;
}

/* The next frame of this kind from `*at` on, or NULL. */
static const struct frame *next_of(struct frame *const *frames, size_t n, size_t *at, enum frame_kind kind)
{
    for (; *at < n; ++*at)
        if (frames[*at]->kind == kind)
            return frames[(*at)++];
    return NULL;
}

/* Frames of each kind are in the order in which they were muxed; how the kinds mix depends on when a PES packet ends. */
static void assert_all_heard(const struct heard *h, const struct tape *t)
{
    assert_int_equal(h->n_bad, 0);
    assert_int_equal(h->n, t->n);
    for (int kind = FRAME_AUDIO; kind <= FRAME_VIDEO; kind++) {
        size_t              in = 0, out = 0;
        const struct frame *want;
        while ((want = next_of(t->in, t->n, &in, (enum frame_kind)kind)) != NULL) {
            const struct frame *got = next_of(h->out, h->n, &out, (enum frame_kind)kind);
            assert_non_null(got);
            assert_true(is_same_frame(got, want));
        }
    }
}

/* ---- all of it ---- */

static void demuxed_frames_are_those_muxed_whatever_the_pieces(void **state)
{
    static const size_t pieces[] = { 1, 7, 187, 188, 189, 1316, 4096, ROOM };
    struct tape        *t = tape_of_seconds(2);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct heard *h = heard_create(0);
        feed_in_pieces(h, t->bytes, t->len, pieces[i]);
        feed_end(h);
        assert_all_heard(h, t);
        assert_int_equal(h->n_damaged, 0);
        assert_int_equal(h->d->n_gaps, 0);
        assert_int_equal(h->d->packets.n_skipped, 0);
        heard_destroy(h);
    }
    tape_destroy(t);
}

static void a_picture_longer_than_a_length_can_tell_comes_whole(void **state)
{
    struct tape  *t = tape_create(CODEC_H264, CODEC_NONE);
    struct heard *h = heard_create(0);
    (void)state;
    record(t, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    record(t, ts_picture(0, 0, 1, 200001, 3));
    record(t, ts_picture(40, 0, 0, 100, 4));
    record(t, ts_picture(80, 0, 0, 70003, 5));
    feed_in_pieces(h, t->bytes, t->len, 1316);
    assert_int_equal(h->n, 3); /* the last one is known to have ended when the next one begins */
    feed_end(h);
    assert_all_heard(h, t);
    heard_destroy(h);
    tape_destroy(t);
}

static void a_picture_with_a_length_does_not_wait_for_the_next(void **state)
{
    struct tape  *t = tape_create(CODEC_H264, CODEC_NONE);
    struct heard *h = heard_create(0);
    (void)state;
    record(t, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    record(t, ts_picture(0, 0, 1, 500, 3));
    feed_piece(h, t->bytes, t->len);
    assert_all_heard(h, t);
    heard_destroy(h);
    tape_destroy(t);
}

/* ---- times ---- */

static void times_go_on_where_the_stamps_wrap(void **state)
{
    struct tape  *t = tape_create(CODEC_H264, CODEC_NONE);
    struct heard *h = heard_create(0);
    int64_t       from_90k = (INT64_C(1) << 33) - 90 * 100;
    (void)state;
    record(t, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    for (int i = 0; i < 10; i++)
        record_at(t, ts_picture(40 * i, 40, i == 0, 300, (unsigned)i), from_90k + 3600 * i);
    feed_piece(h, t->bytes, t->len);
    feed_end(h);
    assert_int_equal(h->n, 11);
    for (size_t i = 1; i < h->n; i++) {
        assert_int_equal(h->out[i]->dts_us - h->out[1]->dts_us, 40000 * ((int64_t)i - 1));
        assert_int_equal(h->out[i]->pts_us - h->out[i]->dts_us, 40000);
    }
    heard_destroy(h);
    tape_destroy(t);
}

static void a_clock_takes_the_nearest_turn_in_both_directions(void **state)
{
    struct ts_clock c = { 0 };
    (void)state;
    assert_int_equal(ts_clock_unwrap(&c, 10), 10);
    assert_int_equal(ts_clock_unwrap(&c, (INT64_C(1) << 33) - 5), -5);
    assert_int_equal(ts_clock_unwrap(&c, 7), 7);
    c.newest_90k = (INT64_C(5) << 33) - 1;
    assert_int_equal(ts_clock_unwrap(&c, 1), (INT64_C(5) << 33) + 1);
    assert_int_equal(ts_clock_unwrap(&c, INT64_C(1) << 31), (INT64_C(5) << 33) + (INT64_C(1) << 31));
}

/* ---- what happens on the way ---- */

static void garbage_between_packets_costs_nothing_but_itself(void **state)
{
    struct tape  *t = tape_of_seconds(1);
    struct heard *h = heard_create(0);
    uint8_t       garbage[300];
    (void)state;
    memset(garbage, 0x47, sizeof garbage); /* sync bytes, too */
    memset(garbage, 0, 150);
    feed_piece(h, garbage, 100);
    for (size_t at = 0; at < t->len; at += 10 * PACKET) {
        feed_piece(h, t->bytes + at, 10 * PACKET < t->len - at ? 10 * PACKET : t->len - at);
        feed_piece(h, garbage, 1 + at % 140);
    }
    feed_end(h);
    assert_all_heard(h, t);
    assert_true(h->d->packets.n_skipped > 0);
    heard_destroy(h);
    tape_destroy(t);
}

static void bytes_that_are_missing_cost_the_packets_around_them(void **state)
{
    struct tape  *t = tape_of_seconds(4);
    struct heard *h = heard_create(0);
    (void)state;
    for (size_t at = 0; at < t->len; at += 50 * PACKET) /* the last packet of each fifty lacks 60 bytes */
        feed_piece(h, t->bytes + at, 50 * PACKET < t->len - at ? 50 * PACKET - 60 : t->len - at);
    feed_end(h);
    assert_true(h->n > t->n * 8 / 10);
    assert_true(h->d->n_gaps > 0 && h->n_damaged > 0);
    heard_destroy(h);
    tape_destroy(t);
}

/* Every frame that is not damaged is one that was muxed; of a picture that is, the beginning is. */
static void assert_heard_are_prefixes(const struct heard *h, const struct tape *t)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct frame *got = h->out[i], *want = NULL;
        for (size_t j = 0; j < t->n && !want; j++)
            if (t->in[j]->kind == got->kind && t->in[j]->config == got->config &&
                (got->config || t->in[j]->dts_us == got->dts_us))
                want = t->in[j];
        assert_non_null(want);
        assert_true(got->media_len <= want->media_len);
        if (got->kind == FRAME_AUDIO || got->media_len == want->media_len)
            assert_true(is_same_frame(got, want));
        else /* one NAL unit, and the length of what is left before it */
            assert_memory_equal(got->data + got->media_offset + 4, want->data + want->media_offset + 4,
                                got->media_len - 4);
    }
}

static void lost_packets_cut_pictures_and_never_make_new_ones(void **state)
{
    struct tape *t = tape_of_seconds(8);
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct heard *h = heard_create(0);
        unsigned      random = seed;
        for (size_t at = 0; at < t->len; at += PACKET) {
            random = random * 1103515245u + 12345;
            if ((random >> 16) % 20) /* five of a hundred are lost */
                feed_piece(h, t->bytes + at, PACKET);
        }
        feed_end(h);
        assert_heard_are_prefixes(h, t);
        assert_true(h->n > t->n / 2 && h->d->n_gaps > 0);
        assert_int_equal(h->n_bad, 0);
        heard_destroy(h);
    }
    tape_destroy(t);
}

/* Pieces that overtake each other, or come twice: what is late is not taken, so no time goes back. */
static void late_packets_do_not_turn_times_back(void **state)
{
    enum { PIECE = 7 * PACKET };
    struct tape *t = tape_of_seconds(8);
    (void)state;
    for (size_t every = 3; every < 9; every++) {
        struct heard *h = heard_create(0);
        size_t        n = t->len / PIECE;
        for (size_t i = 0; i < n; i++) {
            size_t from = i % every == 1 && i + 1 < n ? i + 1 : i % every == 2 ? i - 1 : i;
            feed_piece(h, t->bytes + from * PIECE, PIECE);
            if (i % every == 0) /* and one that comes twice */
                feed_piece(h, t->bytes + from * PIECE, PIECE);
        }
        feed_end(h);
        assert_heard_are_prefixes(h, t);
        assert_true(h->n > t->n / 4 && h->d->n_gaps > 0);
        for (int kind = FRAME_AUDIO; kind <= FRAME_VIDEO; kind++) {
            size_t              at = 0;
            const struct frame *f, *before = NULL;
            while ((f = next_of(h->out, h->n, &at, (enum frame_kind)kind)) != NULL) {
                assert_true(f->config || !before || f->dts_us > before->dts_us);
                before = f->config ? before : f;
            }
        }
        heard_destroy(h);
    }
    tape_destroy(t);
}

static void a_repeated_packet_counts_once(void **state)
{
    struct tape  *t = tape_of_seconds(1);
    struct heard *h = heard_create(0);
    (void)state;
    for (size_t at = 0; at < t->len; at += PACKET) {
        feed_piece(h, t->bytes + at, PACKET);
        feed_piece(h, t->bytes + at, PACKET);
    }
    feed_end(h);
    assert_all_heard(h, t);
    assert_int_equal(h->d->n_gaps, 0);
    heard_destroy(h);
    tape_destroy(t);
}

static void a_cut_parameter_set_is_left_out(void **state)
{
    struct tape  *t = tape_create(CODEC_H264, CODEC_NONE);
    struct heard *h = heard_create(0);
    uint8_t       body[5 + 4 + 400];
    (void)state;
    /* a parameter set in band, so long that two of its three packets have nothing else */
    memset(body, 0x11, sizeof body);
    memcpy(body, (uint8_t[]){ 0x27, 1, 0, 0, 0, 0, 0, 1, 0x90, 0x67, 0x42, 0xC0, 0x1F }, 13);
    record(t, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    struct wr w = wr_over(t->bytes, ROOM);
    ts_mux_psi(&t->m, &w);
    t->len = wr_len(&w);
    record(t, ts_frame(FRAME_VIDEO, 0, body, sizeof body));
    record(t, ts_picture(40, 0, 0, 100, 1));
    assert_int_equal(t->len, 6 * PACKET); /* tables, three packets, the next picture */
    feed_piece(h, t->bytes, 4 * PACKET);
    feed_piece(h, t->bytes + 5 * PACKET, PACKET);
    feed_end(h);
    assert_int_equal(h->n_damaged, 1);
    assert_int_equal(h->n, 1);
    assert_int_equal(h->out[0]->dts_us, 40000);
    heard_destroy(h);
    tape_destroy(t);
}

static void datagrams_that_were_cut_do_not_take_the_next_one_with_them(void **state)
{
    struct tape  *t = tape_of_seconds(1);
    struct heard *h = heard_create(0);
    (void)state;
    for (size_t at = 0; at < t->len; at += 7 * PACKET) {
        ts_demux_restart(h->d);
        feed_piece(h, (const uint8_t *)"\x47 a datagram of somebody else", 29);
        ts_demux_restart(h->d);
        feed_piece(h, t->bytes + at, 7 * PACKET < t->len - at ? 7 * PACKET : t->len - at);
    }
    feed_end(h);
    assert_all_heard(h, t);
    heard_destroy(h);
    tape_destroy(t);
}

static void without_memory_frames_are_lost_and_nothing_else(void **state)
{
    struct tape *t = tape_of_seconds(1);
    (void)state;
    for (int64_t allocations = 0;; allocations++) {
        struct heard *h = heard_create(0);
        mem_fail_after(allocations);
        feed_in_pieces(h, t->bytes, t->len, 1316);
        feed_end(h);
        bool failed = mem_failed();
        mem_fail_after(-1);
        heard_destroy(h);
        if (!failed)
            break;
    }
    tape_destroy(t);
}

/* ---- programs ---- */

/* Put all packets of a program that our muxer wrote on other PIDs, under another number. */
static void renumber(uint8_t *bytes, size_t len, unsigned number, unsigned by)
{
    for (uint8_t *p = bytes; p < bytes + len; p += PACKET) {
        unsigned pid = (p[1] & 0x1Fu) << 8 | p[2];
        if (pid == TS_PID_PAT)
            continue;
        if (pid == TS_PID_PMT) {
            size_t   section_len = 3 + ((p[6] & 0x0Fu) << 8 | p[7]);
            uint8_t *section = p + 5, *end = section + section_len - 4;
            section[3] = (uint8_t)(number >> 8);
            section[4] = (uint8_t)number;
            section[9] = (uint8_t)(section[9] + by);
            for (uint8_t *s = section + 12; s < end; s += 5 + ((s[3] & 0x0Fu) << 8 | s[4]))
                s[2] = (uint8_t)(s[2] + by);
            struct wr w = wr_over(end, 4);
            wr_u32(&w, crc32_mpeg(section, section_len - 4));
        }
        pid += by;
        p[1] = (uint8_t)((p[1] & 0xE0) | pid >> 8);
        p[2] = (uint8_t)pid;
    }
}

/* A PAT of two programs in a packet of its own: 1 on 0x1001, 2 on 0x1021. */
static void write_two_programs(uint8_t packet[PACKET])
{
    static const uint8_t head[] = { 0x47, 0x40, 0, 0x10, 0,    0,    0xB0, 17, 0,    1,   0xC1,
                                    0,    0,    0, 1,    0xF0, 0x01, 0,    2,  0xF0, 0x21 };
    memset(packet, 0xFF, PACKET);
    memcpy(packet, head, sizeof head);
    struct wr w = wr_over(packet + sizeof head, 4);
    wr_u32(&w, crc32_mpeg(packet + 5, sizeof head - 5));
}

static bool is_pat(const uint8_t *packet)
{
    return (packet[1] & 0x1F) == 0 && packet[2] == 0;
}

static void of_several_programs_the_chosen_one_is_read(void **state)
{
    struct tape *one = tape_of_seconds(1), *two = tape_create(CODEC_NONE, CODEC_AAC);
    uint8_t      pat[PACKET];
    (void)state;
    record(two, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    for (int i = 0; i < 40; i++)
        record(two, ts_sound(5000 + 20 * i, 33 + (size_t)i, (unsigned)i + 100));
    renumber(two->bytes, two->len, 2, 0x20);
    write_two_programs(pat);
    for (uint16_t program = 0; program <= 3; program++) {
        struct heard *h = heard_create(program);
        feed_piece(h, pat, PACKET);
        for (size_t at = 0; at < one->len || at < two->len; at += PACKET) {
            if (at < one->len && !is_pat(one->bytes + at))
                feed_piece(h, one->bytes + at, PACKET);
            if (at < two->len && !is_pat(two->bytes + at))
                feed_piece(h, two->bytes + at, PACKET);
        }
        feed_end(h);
        assert_int_equal(h->d->pat.n, 2);
        if (program == 3)
            assert_int_equal(h->n, 0);
        else
            assert_all_heard(h, program == 2 ? two : one);
        heard_destroy(h);
    }
    tape_destroy(one);
    tape_destroy(two);
}

static void a_codec_that_changes_loses_no_frame(void **state)
{
    struct tape  *t = tape_create(CODEC_NONE, CODEC_AAC);
    struct heard *h = heard_create(0);
    (void)state;
    record(t, TS_AUDIO_FRAME(0, TS_AAC_CONFIG));
    record(t, ts_sound(1000, 100, 1));
    record(t, ts_sound(1020, 100, 2));
    record(t, TS_VIDEO_FRAME(1040, TS_AVC_CONFIG));
    record(t, ts_picture(1040, 0, 1, 70000, 3));                   /* whose end is not told */
    record(t, TS_AUDIO_FRAME(1100, 0x2E, 0xFF, 0xFB, 0x90, 0x44)); /* MP3, cut: the table changes, the frame is none */
    record(t, ts_picture(1140, 0, 0, 90, 4));
    feed_in_pieces(h, t->bytes, t->len, 1000);
    feed_end(h);
    assert_int_equal(h->d->pmt.n, 2);
    size_t pictures = 0, sounds = 0;
    for (size_t i = 0; i < h->n; i++) {
        pictures += h->out[i]->codec == CODEC_H264 && !h->out[i]->config;
        sounds += h->out[i]->codec == CODEC_AAC && !h->out[i]->config;
    }
    assert_int_equal(pictures, 2);
    assert_int_equal(sounds, 2);
    heard_destroy(h);
    tape_destroy(t);
}

/* ---- sound that PES packets cut ---- */

/* Write one PES packet of sound as packets on the PID of our muxer's sound, with a PTS unless it is negative. */
static void write_pes(struct tape *t, const uint8_t *bytes, size_t len, int64_t pts_90k)
{
    struct ts_pes      pes;
    struct ts_pes_head head = { .pid = TS_PID_AUDIO,
                                .stream_id = TS_STREAM_ID_AUDIO,
                                .pts_90k = pts_90k < 0 ? 0 : pts_90k };
    struct wr          w = wr_over(t->bytes + t->len, ROOM - t->len);
    uint8_t           *first = w.p;
    assert_true(ts_pes_begin(&pes, &w, &head, len, &t->m.cc[TS_AUDIO]));
    ts_pes_put(&pes, bytes, len);
    if (pts_90k < 0) { /* the stamp becomes stuffing of the header */
        uint8_t *field = first + 4 + (first[3] & 0x20 ? 1u + first[4] : 0);
        field[7] = 0;
        memset(field + 9, 0xFF, 5);
    }
    t->len += wr_len(&w);
}

static void sound_goes_on_over_the_end_of_a_packet(void **state)
{
    struct tape  *t = tape_create(CODEC_NONE, CODEC_AAC);
    struct heard *h = heard_create(0);
    uint8_t       row[10 * 107];
    (void)state;
    struct wr w = wr_over(t->bytes, ROOM);
    ts_mux_psi(&t->m, &w);
    t->len = wr_len(&w);
    struct aac_config config;
    assert_true(aac_config_parse((const uint8_t[]){ 0x12, 0x10 }, 2, &config));
    w = wr_over(row, sizeof row);
    for (int i = 0; i < 10; i++) {
        assert_true(aac_write_adts(&w, &config, 100));
        memset(wr_room(&w, 100), i + 1, 100);
    }
    write_pes(t, row, 250, 90000);              /* two frames and a part of the third */
    write_pes(t, row + 250, 300, 90000 + 8000); /* its rest; the stamp is that of the fourth */
    write_pes(t, row + 550, 3, -1);
    write_pes(t, row + 553, sizeof row - 553, -1); /* no stamp: times go on */
    feed_piece(h, t->bytes, t->len);
    feed_end(h);
    assert_int_equal(h->n, 11);
    assert_true(h->out[0]->config);
    for (size_t i = 1; i < h->n; i++) {
        int64_t from_us = i <= 3 ? 1000000 : 1000000 + 88889, step_us = i <= 3 ? (int64_t)i - 1 : (int64_t)i - 4;
        assert_int_equal(h->out[i]->media_len, 100);
        assert_int_equal(h->out[i]->data[h->out[i]->media_offset], i);
        assert_true(llabs(h->out[i]->dts_us - from_us - step_us * 1024 * 1000000 / 44100) <= (int64_t)i);
    }
    heard_destroy(h);
    tape_destroy(t);
}

static void garbage_in_sound_costs_what_it_hides(void **state)
{
    struct tape  *t = tape_create(CODEC_NONE, CODEC_AAC);
    struct heard *h = heard_create(0);
    uint8_t       row[1000];
    (void)state;
    struct wr w = wr_over(t->bytes, ROOM);
    ts_mux_psi(&t->m, &w);
    t->len = wr_len(&w);
    struct aac_config config;
    assert_true(aac_config_parse((const uint8_t[]){ 0x12, 0x10 }, 2, &config));
    w = wr_over(row, sizeof row);
    wr_bytes(&w, "\xFF\xF1garbage that begins as a frame does", 36);
    for (int i = 0; i < 3; i++) {
        assert_true(aac_write_adts(&w, &config, 100));
        memset(wr_room(&w, 100), i + 1, 100);
    }
    write_pes(t, row, wr_len(&w), 90000);
    feed_piece(h, t->bytes, t->len);
    assert_int_equal(h->n, 4);
    assert_int_equal(h->out[1]->dts_us, 1000000);
    heard_destroy(h);
    tape_destroy(t);
}

/* ---- data ---- */

static void tags_come_with_their_times(void **state)
{
    struct tape  *t = tape_create(CODEC_H264, CODEC_NONE);
    struct heard *h = heard_create(0);
    uint8_t       tag[200];
    struct wr     w = wr_over(tag, sizeof tag);
    (void)state;
    size_t at = id3_begin(&w);
    id3_text(&w, "title", "Morning show");
    id3_end(&w, at);
    ts_mux_announce_id3(&t->m);
    record(t, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    record(t, ts_picture(0, 0, 1, 500, 3));
    struct wr out = wr_over(t->bytes + t->len, ROOM - t->len);
    assert_int_equal(ts_mux_id3(&t->m, &out, tag, wr_len(&w), 45000), TS_MUX_WRITTEN);
    t->len += wr_len(&out);
    feed_piece(h, t->bytes, t->len);
    assert_int_equal(h->n_tags, 1);
    assert_int_equal(h->data_len, wr_len(&w));
    assert_memory_equal(h->data, tag, h->data_len);
    assert_int_equal(h->data_us, 500000);
    assert_all_heard(h, t);
    heard_destroy(h);
    tape_destroy(t);
}

/* A section in a packet of its own. */
static void write_section_packet(uint8_t packet[PACKET], unsigned pid, unsigned cc, uint8_t *section, size_t len)
{
    struct wr w = wr_over(section + len - 4, 4);
    wr_u32(&w, crc32_mpeg(section, len - 4));
    memset(packet, 0xFF, PACKET);
    memcpy(packet, (uint8_t[]){ 0x47, (uint8_t)(0x40 | pid >> 8), (uint8_t)pid, (uint8_t)(0x10 | cc), 0 }, 5);
    memcpy(packet + 5, section, len);
}

static void sections_of_splices_come_with_the_time_of_the_stream(void **state)
{
    /* A PMT with the muxer's picture, and SCTE-35 on 0x1F0; a splice_null (SCTE 35 9.7.1). */
    uint8_t       pmt[] = { 2,    0xB0, 23,   0,    1,    0xC3, 0,    0,    0xE1, 0, 0xF0, 0, 0x1B,
                            0xE1, 0x00, 0xF0, 0x00, 0x86, 0xE1, 0xF0, 0xF0, 0,    0, 0,    0, 0 };
    uint8_t       splice[] = { 0xFC, 0x30, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xF0, 0, 0, 0, 0, 0, 0, 0 };
    struct tape  *t = tape_create(CODEC_H264, CODEC_NONE);
    struct heard *h = heard_create(0);
    uint8_t       packet[PACKET];
    (void)state;
    record(t, TS_VIDEO_FRAME(0, TS_AVC_CONFIG));
    record(t, ts_picture(2000, 0, 1, 500, 3));
    feed_piece(h, t->bytes, t->len);
    write_section_packet(packet, TS_PID_PMT, 1, pmt, sizeof pmt);
    feed_piece(h, packet, PACKET);
    write_section_packet(packet, 0x1F0, 0, splice, sizeof splice);
    feed_piece(h, packet, PACKET);
    feed_piece(h, packet, PACKET); /* repeated: it counts once */
    assert_int_equal(h->d->pmt.n, 2);
    assert_int_equal(h->n_sections, 1);
    assert_int_equal(h->data_len, sizeof splice);
    assert_memory_equal(h->data, splice, sizeof splice);
    assert_int_equal(h->data_us, 2000000);
    packet[3]++;
    packet[10] ^= 1; /* the checksum is wrong now */
    feed_piece(h, packet, PACKET);
    assert_int_equal(h->n_sections, 1);
    heard_destroy(h);
    tape_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(demuxed_frames_are_those_muxed_whatever_the_pieces),
        cmocka_unit_test(a_picture_longer_than_a_length_can_tell_comes_whole),
        cmocka_unit_test(a_picture_with_a_length_does_not_wait_for_the_next),
        cmocka_unit_test(times_go_on_where_the_stamps_wrap),
        cmocka_unit_test(a_clock_takes_the_nearest_turn_in_both_directions),
        cmocka_unit_test(garbage_between_packets_costs_nothing_but_itself),
        cmocka_unit_test(bytes_that_are_missing_cost_the_packets_around_them),
        cmocka_unit_test(lost_packets_cut_pictures_and_never_make_new_ones),
        cmocka_unit_test(late_packets_do_not_turn_times_back),
        cmocka_unit_test(a_repeated_packet_counts_once),
        cmocka_unit_test(a_cut_parameter_set_is_left_out),
        cmocka_unit_test(datagrams_that_were_cut_do_not_take_the_next_one_with_them),
        cmocka_unit_test(without_memory_frames_are_lost_and_nothing_else),
        cmocka_unit_test(of_several_programs_the_chosen_one_is_read),
        cmocka_unit_test(a_codec_that_changes_loses_no_frame),
        cmocka_unit_test(sound_goes_on_over_the_end_of_a_packet),
        cmocka_unit_test(garbage_in_sound_costs_what_it_hides),
        cmocka_unit_test(tags_come_with_their_times),
        cmocka_unit_test(sections_of_splices_come_with_the_time_of_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
