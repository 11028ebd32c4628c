#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/moov.h"

#include "core/mem.h"
#include "kernel/mp4/streams.h"

enum { ROOM = 64 << 10, SAMPLES = 64 };

/* ---- init segments ---- */

static size_t write_header(const struct cmaf *c, uint8_t *bytes)
{
    struct wr w = wr_over(bytes, ROOM);
    cmaf_write_header(c, &w);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), cmaf_header_len(c));
    return wr_len(&w);
}

static void an_init_segment_has_each_track_in_its_own_ticks(void **state)
{
    (void)state;
    struct frame *video = VIDEO(avc), *audio = AUDIO(aac);
    uint8_t       bytes[ROOM];
    char          codecs[MP4_CODECS_CAP];
    struct cmaf   c;
    assert_int_equal(cmaf_init(&c, video, NULL, audio), MP4_OK);
    size_t len = write_header(&c, bytes);
    assert_int_equal(find(bytes, len, "ftyp", 0).len, 8 + 8);
    assert_memory_equal(find(bytes, len, "ftyp", 0).p, "iso6\0\0\0\0iso6mp41", 16); /* two tracks: not CMAF */
    static const uint32_t timescales[] = { 90000, 48000 };
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(u32_of(find(bytes, len, "tkhd", i).p + 12), i + 1); /* track_ID */
        assert_int_equal(u32_of(find(bytes, len, "trex", i).p + 4), i + 1);
        assert_int_equal(u32_of(find(bytes, len, "mdhd", i).p + 12), timescales[i]);
        assert_int_equal(u32_of(find(bytes, len, "mdhd", i).p + 16), 0); /* duration */
    }
    assert_null(find(bytes, len, "edts", 0).p);
    assert_string_equal(cmaf_codecs(&c, codecs, sizeof codecs), "avc1.64000c,mp4a.40.2");
    cmaf_finish(&c);

    assert_int_equal(cmaf_init(&c, NULL, NULL, audio), MP4_OK);
    len = write_header(&c, bytes);
    assert_memory_equal(find(bytes, len, "ftyp", 0).p, "iso6\0\0\0\0iso6cmfcmp41", 20);
    assert_int_equal(u32_of(find(bytes, len, "tkhd", 0).p + 12), 2); /* its id stays */
    assert_null(find(bytes, len, "trak", 1).p);
    assert_string_equal(cmaf_codecs(&c, codecs, sizeof codecs), "mp4a.40.2");
    cmaf_finish(&c);
    frame_unref(&video);
    frame_unref(&audio);
}

static void tells_why_it_cannot_begin(void **state)
{
    (void)state;
    static const uint8_t vp6[] = { 0x14, 0x00, 0x01 };
    struct frame        *video = VIDEO(avc), *audio = AUDIO(aac), *key = VIDEO(picture), *uncarried = VIDEO(vp6);
    struct cmaf          c;
    assert_int_equal(cmaf_init(&c, NULL, NULL, NULL), MP4_NEED_CONFIG);
    cmaf_finish(&c);
    assert_int_equal(cmaf_init(&c, key, NULL, audio), MP4_NEED_CONFIG);
    assert_int_equal(cmaf_init(&c, uncarried, NULL, audio), MP4_NOT_CARRIED);
    assert_int_equal(cmaf_init(&c, audio, NULL, video), MP4_NOT_CARRIED);
    cmaf_finish(&c);
    frame_unref(&video);
    frame_unref(&audio);
    frame_unref(&key);
    frame_unref(&uncarried);
}

/* ---- parts, read back ---- */

struct read_sample {
    int64_t        dts, pts;
    uint32_t       duration, flags;
    const uint8_t *bytes;
    size_t         len;
};

struct read_track {
    size_t             n;
    int64_t            dts, end;
    struct read_sample samples[SAMPLES];
};

struct read_part {
    uint32_t          sequence;
    struct read_track tracks[2];
};

/* Read a traf; `bytes` is the whole part, which begins with moof. */
static void read_traf(struct read_part *part, const uint8_t *bytes, size_t len, struct box traf)
{
    struct box tfhd = find(traf.p, traf.len, "tfhd", 0), tfdt = find(traf.p, traf.len, "tfdt", 0),
               trun = find(traf.p, traf.len, "trun", 0);
    struct rd h = rd_over(tfhd.p, tfhd.len), d = rd_over(tfdt.p, tfdt.len), r = rd_over(trun.p, trun.len);
    uint32_t  tfhd_flags = rd_u32(&h), id = rd_u32(&h);
    assert_true(tfhd_flags & 0x20000); /* default-base-is-moof */
    assert_true(id == 1 || id == 2);
    uint32_t           default_flags = tfhd_flags & 0x20 ? rd_u32(&h) : 0;
    struct read_track *t = &part->tracks[id - 1];
    assert_int_equal(t->n, 0);
    assert_int_equal(rd_u32(&d), 0x01000000); /* 64 bits */
    t->dts = (int64_t)rd_u64(&d);
    uint32_t flags = rd_u32(&r);
    assert_int_equal(flags & 0xFF000301, 0x01000301); /* version 1; data offset, duration, size */
    t->n = rd_u32(&r);
    assert_in_range(t->n, 1, SAMPLES);
    size_t at = rd_u32(&r);
    t->end = t->dts;
    for (size_t i = 0; i < t->n; i++) {
        struct read_sample *s = &t->samples[i];
        s->dts = t->end;
        s->duration = rd_u32(&r);
        s->len = rd_u32(&r);
        s->flags = flags & 0x400 ? rd_u32(&r) : default_flags;
        s->pts = s->dts + (flags & 0x800 ? (int32_t)rd_u32(&r) : 0);
        s->bytes = bytes + at;
        at += s->len;
        assert_true(at <= len);
        t->end += s->duration;
    }
    assert_false(h.bad || d.bad || r.bad);
    assert_int_equal(rd_left(&h) + rd_left(&d) + rd_left(&r), 0);
}

/* Read a part: exactly one moof and one mdat, which the samples fill from its first byte to its last. */
static struct read_part read_part(const uint8_t *bytes, size_t len)
{
    struct read_part part = { 0 };
    struct rd        r = rd_over(bytes, len);
    struct box       moof, mdat, traf;
    size_t           payloads = 0;
    assert_true(next_box(&r, &moof) && next_box(&r, &mdat));
    assert_int_equal(rd_left(&r), 0);
    assert_memory_equal(moof.type, "moof", 4);
    assert_memory_equal(mdat.type, "mdat", 4);
    part.sequence = u32_of(find(bytes, len, "mfhd", 0).p + 4);
    for (unsigned i = 0; (traf = find(bytes, len, "traf", i)).p; i++)
        read_traf(&part, bytes, len, traf);
    for (unsigned i = 0; i < 2; i++)
        for (size_t s = 0; s < part.tracks[i].n; s++) {
            assert_ptr_equal(part.tracks[i].samples[s].bytes, mdat.p + payloads);
            payloads += part.tracks[i].samples[s].len;
        }
    assert_int_equal(payloads, mdat.len);
    return part;
}

struct stream {
    struct frame *video, *audio, *key, *inter, *sound;
    struct cmaf   c;
    uint8_t       bytes[ROOM];
};

static void stream_open(struct stream *s)
{
    s->video = VIDEO(avc);
    s->audio = AUDIO(aac);
    s->key = VIDEO(picture);
    s->inter = VIDEO(reordered);
    s->sound = AUDIO(sound);
    s->key->pts_us = s->key->dts_us;
    s->inter->pts_us = s->inter->dts_us;
    assert_int_equal(cmaf_init(&s->c, s->video, NULL, s->audio), MP4_OK);
}

static void stream_close(struct stream *s)
{
    cmaf_finish(&s->c);
    struct frame **all[] = { &s->video, &s->audio, &s->key, &s->inter, &s->sound };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_int_equal((*all[i])->refs, 1); /* The muxer has dropped its references. */
        frame_unref(all[i]);
    }
}

static struct read_part write_part(struct stream *s, const struct frame *next, int64_t dts_us)
{
    struct wr        w = wr_over(s->bytes, sizeof s->bytes);
    struct cmaf_part told;
    size_t           len = cmaf_part_len(&s->c);
    assert_true(cmaf_write_part(&s->c, &w, next, dts_us, &told));
    assert_int_equal(wr_len(&w), len);
    struct read_part part = read_part(s->bytes, len);
    for (unsigned i = 0; i < 2; i++) {
        const struct read_track *t = &part.tracks[i];
        assert_int_equal(told.spans[i].n, t->n);
        assert_int_equal(told.spans[i].dts, t->dts);
        assert_int_equal(told.spans[i].duration, t->end - t->dts);
    }
    return part;
}

static struct frame *at(struct frame *f, int64_t dts_us)
{
    f->pts_us += dts_us - f->dts_us;
    f->dts_us = dts_us;
    return f;
}

static void add(struct stream *s, struct frame *f, int64_t dts_us)
{
    at(f, dts_us);
    assert_int_equal(cmaf_look(&s->c, f), MP4_FRAME_CARRIED);
    assert_int_equal(cmaf_add(&s->c, f, dts_us), CMAF_ADDED);
}

static void a_part_has_the_samples_of_both_tracks(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    assert_int_equal(cmaf_part_len(&s.c), 0);
    assert_true(cmaf_is_empty(&s.c));
    add(&s, s.key, 1000000);
    add(&s, s.sound, 1000000);
    add(&s, s.inter, 1040000);
    add(&s, s.sound, 1021000);
    struct read_part part = write_part(&s, at(s.key, 1100000), 1100000);
    assert_int_equal(part.sequence, 1);
    const struct read_track *v = &part.tracks[0], *a = &part.tracks[1];
    assert_int_equal(v->n, 2);
    assert_int_equal(v->dts, 90000);
    assert_int_equal(v->samples[0].duration, 3600);
    assert_int_equal(v->samples[1].duration, 5400); /* up to the next picture */
    assert_int_equal(v->samples[0].flags, 0x02000000);
    assert_int_equal(v->samples[1].flags, 0x01010000);
    assert_int_equal(v->samples[0].len, 6);
    assert_memory_equal(v->samples[1].bytes, s.inter->data + s.inter->media_offset, 6);
    assert_int_equal(a->n, 2);
    assert_int_equal(a->dts, 48000);
    assert_int_equal(a->samples[0].duration, 1024);
    assert_int_equal(a->samples[1].duration, 1024);
    assert_int_equal(a->samples[1].flags, 0x02000000);
    assert_memory_equal(a->samples[1].bytes, s.sound->data + s.sound->media_offset, a->samples[1].len);

    assert_true(cmaf_is_empty(&s.c));
    add(&s, s.inter, 1100000);
    part = write_part(&s, NULL, 0);
    assert_int_equal(part.sequence, 2);
    assert_int_equal(part.tracks[0].dts, 99000);
    assert_int_equal(part.tracks[1].n, 0);
    stream_close(&s);
}

/* ---- parts in a row ---- */

/* Where each track of the parts so far ended; -1: no part yet. */
struct ends {
    int64_t at[2];
};

/* Assert that each track of a part begins where the one before it ended, and that all its durations are as long as they say. */
static void follows(struct ends *ends, const struct read_part *part)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct read_track *t = &part->tracks[i];
        if (t->n == 0)
            continue;
        if (ends->at[i] >= 0)
            assert_int_equal(t->dts, ends->at[i]);
        ends->at[i] = t->end;
    }
}

/* The time of picture or sound number `n`, rounded down to milliseconds as RTMP does. */
static int64_t rounded_us(int64_t n, int64_t ticks, int64_t timescale)
{
    return n * ticks * 1000 / timescale * 1000;
}

/*
 * A stream of 29.97 pictures a second and AAC, with times in milliseconds: parts have no gap and no overlap, sound has its
 * exact number of samples, and no picture is presented a tick beside its time.
 */
static void parts_are_contiguous(void **state)
{
    (void)state;
    enum { PICTURES = 900, PART = 7, FRAME = 1024, RATE = 48000 };
    for (int is_known = 0; is_known < 2; is_known++) {
        struct stream s;
        struct ends   ends = { { -1, -1 } };
        int64_t       sounds = 0, pictures = 0, checked = 0, heard = 0;
        stream_open(&s);
        for (; pictures < PICTURES; pictures++) {
            int64_t       us = rounded_us(pictures, 1001, 30000);
            struct frame *f = at(pictures % 30 ? s.inter : s.key, us);
            if (pictures % PART == 0 && pictures) {
                struct read_part part = write_part(&s, is_known ? f : NULL, us);
                follows(&ends, &part);
                for (size_t i = 0; i < part.tracks[0].n; i++, checked++)
                    assert_int_equal(part.tracks[0].samples[i].pts, rounded_us(checked, 1001, 30000) * 9 / 100);
                for (size_t i = 0; i < part.tracks[1].n; i++, heard++)
                    assert_int_equal(part.tracks[1].samples[i].dts, heard * FRAME);
            }
            add(&s, f, us);
            for (; rounded_us(sounds, FRAME, RATE) <= us; sounds++)
                add(&s, s.sound, rounded_us(sounds, FRAME, RATE));
        }
        assert_true(checked > PICTURES - 2 * PART && heard > 1200);
        stream_close(&s);
    }
}

/* The first three pictures come with B-frames that are presented before their own time; that was told to the muxer. */
static void reordered_pictures_keep_their_times(void **state)
{
    (void)state;
    static const int cts_ms[] = { 0, 80, -40, -40, 80, -40 };
    struct stream    s;
    struct ends      ends = { { -1, -1 } };
    int64_t          n = 0, checked = 0;
    stream_open(&s);
    cmaf_expect_early(&s.c, 40000);
    for (; n < 60; n++) {
        int64_t us = 2000000 + n * 40000;
        s.inter->dts_us = us;
        s.inter->pts_us = us + cts_ms[n % 6] * 1000;
        if (n % 4 == 0 && n) {
            struct read_part part = write_part(&s, s.inter, us);
            follows(&ends, &part);
            for (size_t i = 0; i < part.tracks[0].n; i++, checked++) {
                const struct read_sample *p = &part.tracks[0].samples[i];
                assert_int_equal(p->pts, (2000 + checked * 40 + cts_ms[checked % 6]) * 90);
                assert_true(p->pts >= p->dts);
            }
        }
        add(&s, s.inter, us);
    }
    assert_int_equal(checked, 56);
    stream_close(&s);
}

/* ---- sound that is early or late ---- */

/* Mux sound for `seconds`, whose encoder makes `rate` samples in a real second. Return the largest error, in ticks. */
static int64_t mux_drifting(int seconds, int64_t rate, int64_t *jumps)
{
    struct stream s;
    struct ends   ends = { { -1, -1 } };
    int64_t       worst = 0;
    stream_open(&s);
    *jumps = 0;
    for (int64_t n = 0; rounded_us(n, 1024, rate) < seconds * INT64_C(1000000); n++) {
        int64_t us = rounded_us(n, 1024, rate);
        add(&s, s.sound, us);
        struct read_part part = write_part(&s, NULL, 0);
        int64_t          off = part.tracks[1].dts - us * 48 / 1000;
        worst = off > worst ? off : -off > worst ? -off : worst;
        *jumps += part.tracks[1].dts != ends.at[1] && n;
        ends.at[1] = part.tracks[1].end;
        assert_in_range(part.tracks[1].samples[0].duration, 1023, 1025);
    }
    stream_close(&s);
    return worst;
}

static void a_drifting_sound_is_stretched_not_cut(void **state)
{
    (void)state;
    static const int64_t rates[] = { 48000, 48010, 47990, 48024, 47976 }; /* up to 500 ppm */
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        int64_t jumps, worst = mux_drifting(600, rates[i], &jumps);
        assert_int_equal(jumps, 0);
        assert_in_range(worst, 0, 48 * 12); /* 10 ms, and the jitter of whole milliseconds */
    }
}

static void a_sound_that_is_far_off_jumps_once(void **state)
{
    (void)state;
    static const int64_t gaps_ms[] = { 41, 100, 5000 };
    for (size_t i = 0; i < ARRAY_LEN(gaps_ms); i++) {
        struct stream s;
        stream_open(&s);
        for (int64_t n = 0; n < 10; n++)
            add(&s, s.sound, n * 64 * 1000 / 3 + (n >= 5 ? gaps_ms[i] * 1000 : 0));
        struct read_part part = write_part(&s, NULL, 0);
        for (size_t n = 0; n < 10; n++)
            assert_int_equal(part.tracks[1].samples[n].dts, (int64_t)n * 1024 + (n >= 5 ? gaps_ms[i] * 48 : 0));
        assert_int_equal(part.tracks[1].samples[9].duration, 1024);
        stream_close(&s);
    }
}

/* Times that jitter by less than the bound, also for long, leave the sound contiguous; a jump within the bound is made up for. */
static void a_sound_that_is_a_little_off_goes_on(void **state)
{
    (void)state;
    struct stream s;
    struct ends   ends = { { -1, -1 } };
    stream_open(&s);
    for (int64_t n = 0; n < 3000; n++) {
        add(&s, s.sound, n * 64 * 1000 / 3 + (n % 2 ? 4000 : 0) + (n >= 100 ? 30000 : 0));
        struct read_part part = write_part(&s, NULL, 0);
        follows(&ends, &part);
    }
    assert_in_range(ends.at[1], 3000 * 1024 + 30 * 48 - 48, 3000 * 1024 + 34 * 48);
    stream_close(&s);
}

/* Sound whose time goes back is squeezed: times still rise, and it is right again soon. */
static void a_sound_that_goes_back_still_rises(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    for (int64_t n = 0; n < 40; n++)
        add(&s, s.sound, 1000000 + n * 64 * 1000 / 3 - (n >= 10 ? 200000 : 0));
    struct read_part part = write_part(&s, NULL, 0);
    for (size_t n = 1; n < 40; n++)
        assert_true(part.tracks[1].samples[n].dts > part.tracks[1].samples[n - 1].dts);
    int64_t meant = 48000 + 39 * 1024 - 200 * 48, off = part.tracks[1].samples[39].dts - meant;
    assert_in_range(off, 0, 40 * 48);
    stream_close(&s);
}

/* ---- times ---- */

static void times_reach_beyond_32_bits(void **state)
{
    (void)state;
    static const int64_t times_us[] = { 0, 50000000000, 1700000000000000 };
    for (size_t i = 0; i < ARRAY_LEN(times_us); i++) {
        struct stream s;
        stream_open(&s);
        s.key->dts_us = s.key->pts_us = times_us[i];
        add(&s, s.key, times_us[i]);
        add(&s, s.sound, times_us[i]);
        struct read_part part = write_part(&s, NULL, 0);
        assert_true(part.tracks[0].dts == times_us[i] / 100 * 9);
        assert_true(part.tracks[1].dts == times_us[i] / 125 * 6);
        stream_close(&s);
    }
}

static void absurd_times_stay_in_bounds(void **state)
{
    (void)state;
    static const int64_t times[] = { INT64_MIN, INT64_MIN / 2, -1, 0, 1, INT64_MAX / 2, INT64_MAX };
    struct stream        s;
    stream_open(&s);
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        for (size_t j = 0; j < ARRAY_LEN(times); j++) {
            s.key->dts_us = times[i] / 2;
            s.key->pts_us = times[j] / 2;
            if (cmaf_add(&s.c, s.key, times[i]) == CMAF_FULL || cmaf_add(&s.c, s.sound, times[j]) == CMAF_FULL)
                write_part(&s, s.key, times[j]);
        }
    write_part(&s, s.sound, INT64_MAX);
    stream_close(&s);
}

static void a_gap_is_filled_by_the_last_picture_or_left(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    add(&s, s.key, 0);
    add(&s, s.inter, 40000);
    struct read_part part = write_part(&s, at(s.key, 60040000), 60040000);
    assert_int_equal(part.tracks[0].samples[1].duration, 60 * 90000);
    add(&s, s.key, 60040000);
    add(&s, s.inter, 60080000);
    part = write_part(&s, NULL, 0);
    assert_int_equal(part.tracks[0].dts, 60040 * 90);
    assert_int_equal(part.tracks[0].samples[1].duration, 3600 - 90); /* a guess */
    add(&s, s.key, 90000000);
    part = write_part(&s, NULL, 0);
    assert_int_equal(part.tracks[0].dts, 90000 * 90); /* no drift over the gap */
    assert_int_equal(part.tracks[0].samples[0].duration, 3600 - 90);
    stream_close(&s);
}

static void pictures_at_one_time_come_in_order(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    static const int64_t times_us[] = { 1000000, 1000000, 990000, 1040000 };
    for (size_t i = 0; i < ARRAY_LEN(times_us); i++)
        add(&s, s.key, times_us[i]);
    struct read_part     part = write_part(&s, NULL, 0);
    static const int64_t want[] = { 90000, 90001, 90002, 93600 };
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(part.tracks[0].samples[i].dts, want[i]);
    stream_close(&s);
}

/* ---- other codecs ---- */

static void opus_packets_last_as_long_as_they_say(void **state)
{
    (void)state;
    static const uint8_t opus_20[] = { 0x91, 'O', 'p', 'u', 's', 0x78, 0x83 },
                         opus_60[] = { 0x91, 'O', 'p', 'u', 's', 0x18 };
    static const uint8_t opus_cut[] = { 0x91, 'O', 'p', 'u', 's', 0x03 };
    struct frame        *config = AUDIO(opus),
                 *packets[] = { AUDIO(opus_20), AUDIO(opus_60), AUDIO(opus_cut), AUDIO(opus_20) };
    static const int64_t times_us[] = { 0, 20000, 80000, 110000 };
    uint8_t              bytes[1024];
    struct wr            w = wr_over(bytes, sizeof bytes);
    struct cmaf          c;
    assert_int_equal(cmaf_init(&c, NULL, NULL, config), MP4_OK);
    for (size_t i = 0; i < ARRAY_LEN(packets); i++)
        assert_int_equal(cmaf_add(&c, packets[i], times_us[i]), CMAF_ADDED);
    assert_true(cmaf_write_part(&c, &w, NULL, 0, NULL));
    struct read_part      part = read_part(bytes, wr_len(&w));
    static const uint32_t want[] = { 960, 2880, 1440, 960 }; /* the third has no duration: the next one's time tells */
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(part.tracks[1].samples[i].duration, want[i]);
    cmaf_finish(&c);
    frame_unref(&config);
    for (size_t i = 0; i < ARRAY_LEN(packets); i++)
        frame_unref(&packets[i]);
}

/* The last frame of a file is shorter than its STREAMINFO promises; the segment ends with it. */
static void flac_frames_last_as_long_as_they_say(void **state)
{
    (void)state;
    static const uint8_t whole[] = { 0x91, 'f', 'L', 'a', 'C', 0xff, 0xf8, 0x5a, 0x08, 0x00 },
                         rest[] = { 0x91, 'f', 'L', 'a', 'C', 0xff, 0xf8, 0x7a, 0x08, 0x01, 0x03, 0xe7 };
    struct frame    *config = AUDIO(flac), *frames[] = { AUDIO(whole), AUDIO(rest) };
    struct cmaf_part written;
    uint8_t          bytes[1024];
    struct wr        w = wr_over(bytes, sizeof bytes);
    struct cmaf      c;
    assert_int_equal(cmaf_init(&c, NULL, NULL, config), MP4_OK);
    assert_int_equal(cmaf_add(&c, frames[0], 0), CMAF_ADDED);
    assert_int_equal(cmaf_add(&c, frames[1], 96000), CMAF_ADDED);
    assert_true(cmaf_write_part(&c, &w, NULL, 0, &written));
    struct read_part part = read_part(bytes, wr_len(&w));
    assert_int_equal(part.tracks[1].samples[0].duration, 4608);
    assert_int_equal(part.tracks[1].samples[1].duration, 1000);
    assert_int_equal(written.spans[MP4_TRACK_AUDIO].duration, 5608);
    cmaf_finish(&c);
    frame_unref(&config);
    frame_unref(&frames[0]);
    frame_unref(&frames[1]);
}

static void he_aac_counts_at_its_output_rate(void **state)
{
    (void)state;
    static const uint8_t sbr[] = { 0xAF, 0, 0x2B, 0x92, 0x08, 0x00 }; /* 22050 that come out as 44100 */
    struct frame        *config = AUDIO(sbr), *f = AUDIO(sound);
    uint8_t              bytes[1024];
    struct wr            w = wr_over(bytes, sizeof bytes);
    struct cmaf          c;
    assert_int_equal(cmaf_init(&c, NULL, NULL, config), MP4_OK);
    assert_int_equal(cmaf_add(&c, f, 1000000), CMAF_ADDED);
    assert_true(cmaf_write_part(&c, &w, NULL, 0, NULL));
    struct read_part part = read_part(bytes, wr_len(&w));
    assert_int_equal(part.tracks[1].dts, 44100);
    assert_int_equal(part.tracks[1].samples[0].duration, 2048);
    cmaf_finish(&c);
    frame_unref(&config);
    frame_unref(&f);
}

/* ---- limits ---- */

static void a_part_that_does_not_fit_is_not_written(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    add(&s, s.key, 0);
    add(&s, s.sound, 0);
    size_t len = cmaf_part_len(&s.c);
    for (size_t cap = 0; cap < len; cap++) {
        struct wr w = wr_over(s.bytes, cap);
        assert_false(cmaf_write_part(&s.c, &w, NULL, 0, NULL));
        assert_true(w.full);
        assert_int_equal(wr_len(&w), 0);
    }
    assert_int_equal(write_part(&s, NULL, 0).sequence, 1);
    struct wr w = wr_over(s.bytes, 0);
    assert_true(cmaf_write_part(&s.c, &w, NULL, 0, NULL)); /* An empty part has no bytes. */
    assert_false(w.full);
    stream_close(&s);
}

static void a_part_has_a_bound_of_samples(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    for (int64_t i = 0; i < CMAF_SAMPLES_MAX; i++)
        assert_int_equal(cmaf_add(&s.c, s.sound, i * 64000 / 3), CMAF_ADDED);
    assert_int_equal(cmaf_add(&s.c, s.sound, CMAF_SAMPLES_MAX * INT64_C(64000) / 3), CMAF_FULL);
    assert_int_equal(cmaf_add(&s.c, s.key, 0), CMAF_ADDED);
    stream_close(&s);
}

static void a_duration_of_more_than_32_bits_ends_the_part(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    add(&s, s.key, 0);
    assert_int_equal(cmaf_add(&s.c, s.key, INT64_C(14) * 3600 * 1000000), CMAF_FULL);
    write_part(&s, at(s.key, INT64_C(14) * 3600 * 1000000), INT64_C(14) * 3600 * 1000000);
    add(&s, s.key, INT64_C(14) * 3600 * 1000000);
    assert_int_equal(write_part(&s, NULL, 0).tracks[0].dts, INT64_C(14) * 3600 * 90000);
    stream_close(&s);
}

static void memory_that_is_out_loses_nothing(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    mem_fail_after(0);
    assert_int_equal(cmaf_add(&s.c, s.key, 0), CMAF_NO_MEMORY);
    mem_fail_after(-1);
    assert_int_equal(s.key->refs, 1);
    assert_true(cmaf_is_empty(&s.c));
    add(&s, s.key, 0);
    assert_int_equal(write_part(&s, NULL, 0).tracks[0].n, 1);
    stream_close(&s);
}

static void looks_at_frames(void **state)
{
    (void)state;
    struct stream s;
    struct cmaf   audio_alone;
    stream_open(&s);
    assert_int_equal(cmaf_look(&s.c, s.key), MP4_FRAME_CARRIED);
    assert_int_equal(cmaf_look(&s.c, s.video), MP4_FRAME_SKIPPED);
    assert_int_equal(cmaf_init(&audio_alone, NULL, NULL, s.audio), MP4_OK);
    assert_int_equal(cmaf_look(&audio_alone, s.key), MP4_FRAME_SKIPPED);
    assert_int_equal(cmaf_look(&audio_alone, s.video), MP4_FRAME_NEW_TRACK);
    s.audio->data[2] = 0x12; /* another rate */
    struct frame *other = AUDIO(aac);
    assert_int_equal(cmaf_look(&s.c, other), MP4_FRAME_CHANGES);
    other->track = 1;
    assert_int_equal(cmaf_look(&s.c, other), MP4_FRAME_SKIPPED);
    cmaf_finish(&audio_alone);
    frame_unref(&other);
    stream_close(&s);
}

static void a_segment_may_begin_with_styp(void **state)
{
    (void)state;
    uint8_t   bytes[CMAF_STYP_LEN];
    struct wr w = wr_over(bytes, sizeof bytes);
    cmaf_write_styp(&w);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), CMAF_STYP_LEN);
    assert_memory_equal(find(bytes, sizeof bytes, "styp", 0).p, "msdh\0\0\0\0msdhmsixcmfs", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_init_segment_has_each_track_in_its_own_ticks),
        cmocka_unit_test(tells_why_it_cannot_begin),
        cmocka_unit_test(a_part_has_the_samples_of_both_tracks),
        cmocka_unit_test(parts_are_contiguous),
        cmocka_unit_test(reordered_pictures_keep_their_times),
        cmocka_unit_test(a_drifting_sound_is_stretched_not_cut),
        cmocka_unit_test(a_sound_that_is_far_off_jumps_once),
        cmocka_unit_test(a_sound_that_is_a_little_off_goes_on),
        cmocka_unit_test(a_sound_that_goes_back_still_rises),
        cmocka_unit_test(times_reach_beyond_32_bits),
        cmocka_unit_test(absurd_times_stay_in_bounds),
        cmocka_unit_test(a_gap_is_filled_by_the_last_picture_or_left),
        cmocka_unit_test(pictures_at_one_time_come_in_order),
        cmocka_unit_test(opus_packets_last_as_long_as_they_say),
        cmocka_unit_test(flac_frames_last_as_long_as_they_say),
        cmocka_unit_test(he_aac_counts_at_its_output_rate),
        cmocka_unit_test(a_part_that_does_not_fit_is_not_written),
        cmocka_unit_test(a_part_has_a_bound_of_samples),
        cmocka_unit_test(a_duration_of_more_than_32_bits_ends_the_part),
        cmocka_unit_test(memory_that_is_out_loses_nothing),
        cmocka_unit_test(looks_at_frames),
        cmocka_unit_test(a_segment_may_begin_with_styp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
