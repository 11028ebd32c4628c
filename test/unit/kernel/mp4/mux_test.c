#include "kernel/mp4/mux.h"

#include "kernel/mp4/streams.h"

enum { ROOM = 8192 };

/* ---- header ---- */

static size_t write_header(const struct mp4_mux *m, uint8_t *bytes)
{
    struct wr w = wr_over(bytes, ROOM);
    mp4_mux_write_header(m, &w);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), mp4_mux_header_len(m));
    return wr_len(&w);
}

static void header_has_a_track_per_kind(void **state)
{
    (void)state;
    struct frame  *video = VIDEO(avc), *audio = AUDIO(aac);
    uint8_t        bytes[ROOM];
    struct mp4_mux m;
    assert_int_equal(mp4_mux_init(&m, video, NULL, audio), MP4_OK);
    size_t     len = write_header(&m, bytes);
    struct box ftyp = find(bytes, len, "ftyp", 0);
    assert_memory_equal(ftyp.p, "iso5\0\0\0\0iso5iso6mp41", 20);
    assert_memory_equal(find(bytes, len, "hdlr", 0).p + 8, "vide", 4);
    assert_memory_equal(find(bytes, len, "hdlr", 1).p + 8, "soun", 4);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(u32_of(find(bytes, len, "tkhd", i).p + 12), i + 1); /* track_ID */
        assert_int_equal(u32_of(find(bytes, len, "trex", i).p + 4), i + 1);
        assert_int_equal(u32_of(find(bytes, len, "mdhd", i).p + 12), 90000);
        assert_int_equal(u32_of(find(bytes, len, "mdhd", i).p + 20), 0x55C40000); /* language "und" */
        assert_int_equal(u32_of(find(bytes, len, "stts", i).p + 4), 0);
        assert_int_equal(u32_of(find(bytes, len, "stsz", i).p + 8), 0);
    }
    assert_int_equal(u32_of(find(bytes, len, "tkhd", 0).p + 76), 320 << 16);
    assert_int_equal(u32_of(find(bytes, len, "tkhd", 0).p + 80), 180 << 16);
    assert_null(find(bytes, len, "trak", 2).p);
    assert_null(find(bytes, len, "edts", 0).p);
    frame_unref(&video);
    frame_unref(&audio);
}

static void one_kind_alone_is_a_file_too(void **state)
{
    (void)state;
    struct frame  *video = VIDEO(avc), *audio = AUDIO(aac);
    uint8_t        bytes[ROOM];
    struct mp4_mux m;
    assert_int_equal(mp4_mux_init(&m, video, NULL, NULL), MP4_OK);
    size_t len = write_header(&m, bytes);
    assert_non_null(find(bytes, len, "vmhd", 0).p);
    assert_null(find(bytes, len, "trak", 1).p);

    assert_int_equal(mp4_mux_init(&m, NULL, NULL, audio), MP4_OK);
    len = write_header(&m, bytes);
    assert_non_null(find(bytes, len, "smhd", 0).p);
    assert_null(find(bytes, len, "trex", 1).p);
    frame_unref(&video);
    frame_unref(&audio);
}

static void a_header_that_does_not_fit_is_cut_and_full(void **state)
{
    (void)state;
    struct frame  *video = VIDEO(avc), *audio = AUDIO(aac);
    uint8_t        bytes[ROOM];
    struct mp4_mux m;
    assert_int_equal(mp4_mux_init(&m, video, NULL, audio), MP4_OK);
    for (size_t cap = 0; cap < mp4_mux_header_len(&m); cap++) {
        struct wr w = wr_over(bytes, cap);
        mp4_mux_write_header(&m, &w);
        assert_true(w.full);
    }
    frame_unref(&video);
    frame_unref(&audio);
}

static void tells_why_it_cannot_begin(void **state)
{
    (void)state;
    static const uint8_t vp6[] = { 0x14, 0x00, 0x01 };
    struct frame        *video = VIDEO(avc), *audio = AUDIO(aac), *key = VIDEO(picture), *uncarried = VIDEO(vp6);
    struct mp4_mux       m;
    assert_int_equal(mp4_mux_init(&m, NULL, NULL, NULL), MP4_NEED_CONFIG);
    assert_int_equal(mp4_mux_init(&m, key, NULL, audio), MP4_NEED_CONFIG); /* no configuration */
    assert_int_equal(mp4_mux_init(&m, uncarried, NULL, audio), MP4_NOT_CARRIED);
    assert_int_equal(mp4_mux_init(&m, audio, NULL, video), MP4_NOT_CARRIED); /* the wrong way round */
    memset(video->data + 17, 0, 20);                                         /* the SPS */
    assert_int_equal(mp4_mux_init(&m, video, NULL, audio), MP4_BAD_CONFIG);
    audio->media_len = 1;
    assert_int_equal(mp4_mux_init(&m, NULL, NULL, audio), MP4_BAD_CONFIG);
    frame_unref(&video);
    frame_unref(&audio);
    frame_unref(&key);
    frame_unref(&uncarried);
}

/* ---- fragments ---- */

struct stream {
    struct frame  *video, *audio, *picture, *reordered, *sound;
    struct mp4_mux m;
};

static void stream_open(struct stream *s)
{
    s->video = VIDEO(avc);
    s->audio = AUDIO(aac);
    s->picture = VIDEO(picture);
    s->reordered = VIDEO(reordered);
    s->sound = AUDIO(sound);
    assert_int_equal(mp4_mux_init(&s->m, s->video, NULL, s->audio), MP4_OK);
}

static void stream_close(struct stream *s)
{
    frame_unref(&s->video);
    frame_unref(&s->audio);
    frame_unref(&s->picture);
    frame_unref(&s->reordered);
    frame_unref(&s->sound);
}

/* The parsed fields of a fragment. */
struct fragment {
    uint32_t sequence, track, duration, flags;
    uint64_t dts;
    int32_t  cts;
    size_t   len;
};

/* Read a fragment. Assert that all boxes are where the sizes and offsets say, and that the payload is this frame's. */
static struct fragment read_fragment(const uint8_t *bytes, size_t len, const struct frame *f)
{
    struct mp4_payload payload = mp4_sample_payload(f);
    struct rd          r = rd_over(bytes, len);
    struct box         moof, mdat;
    assert_true(next_box(&r, &moof) && next_box(&r, &mdat));
    assert_memory_equal(moof.type, "moof", 4);
    assert_memory_equal(mdat.type, "mdat", 4);
    assert_int_equal(mdat.p - bytes, MP4_MUX_HEAD_LEN);
    assert_int_equal(mdat.len, payload.len);
    assert_memory_equal(mdat.p, payload.bytes, payload.len);

    const uint8_t *mfhd = find(bytes, len, "mfhd", 0).p, *tfhd = find(bytes, len, "tfhd", 0).p;
    const uint8_t *tfdt = find(bytes, len, "tfdt", 0).p;
    struct box     trun = find(bytes, len, "trun", 0);
    assert_int_equal(u32_of(tfhd), 0x020000);     /* default-base-is-moof */
    assert_int_equal(u32_of(tfdt), 0x01000000);   /* 64 bits */
    assert_int_equal(u32_of(trun.p), 0x01000F01); /* signed offsets; data offset, and all four fields of a sample */
    assert_int_equal(trun.len, 12 + 16);
    assert_int_equal(u32_of(trun.p + 4), 1);
    assert_int_equal(u32_of(trun.p + 8), mdat.p - bytes); /* counted from moof */
    assert_int_equal(u32_of(trun.p + 16), payload.len);
    return (struct fragment){
        .sequence = u32_of(mfhd + 4),
        .track = u32_of(tfhd + 4),
        .dts = (uint64_t)u32_of(tfdt + 4) << 32 | u32_of(tfdt + 8),
        .duration = u32_of(trun.p + 12),
        .flags = u32_of(trun.p + 20),
        .cts = (int32_t)u32_of(trun.p + 24),
        .len = (size_t)(r.p - bytes),
    };
}

/* Append a whole fragment, head and payload. */
static void mux(struct mp4_mux *m, struct wr *w, const struct frame *f, int64_t dts_90k)
{
    size_t before = wr_len(w);
    mp4_mux_write_head(m, w, f, dts_90k);
    assert_int_equal(wr_len(w) - before, MP4_MUX_HEAD_LEN);
    wr_bytes(w, mp4_sample_payload(f).bytes, mp4_sample_payload(f).len);
    assert_false(w->full);
}

static struct fragment muxed(struct mp4_mux *m, const struct frame *f, int64_t dts_90k)
{
    uint8_t   bytes[256];
    struct wr w = wr_over(bytes, sizeof bytes);
    mux(m, &w, f, dts_90k);
    return read_fragment(bytes, wr_len(&w), f);
}

static void a_fragment_is_one_frame(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    struct fragment v = muxed(&s.m, s.picture, 90000);
    assert_int_equal(v.sequence, 1);
    assert_int_equal(v.track, 1);
    assert_int_equal(v.dts, 90000);
    assert_int_equal(v.cts, 7200);
    assert_int_equal(v.flags, 0x02000000); /* depends on no other, sync */

    struct fragment a = muxed(&s.m, s.sound, 89910);
    assert_int_equal(a.sequence, 2);
    assert_int_equal(a.track, 2);
    assert_int_equal(a.dts, 89910);
    assert_int_equal(a.cts, 0);
    assert_int_equal(a.flags, 0x02000000);

    struct fragment b = muxed(&s.m, s.reordered, 93600);
    assert_int_equal(b.sequence, 3);
    assert_int_equal(b.flags, 0x01010000); /* depends on others, no sync */
    stream_close(&s);
}

static void times_are_told_in_full_and_beyond_32_bits(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    static const int64_t times[] = { 0, 3600, 0xFFFFFFFF, 0x123456789A, INT64_MAX };
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        assert_true(muxed(&s.m, s.picture, times[i]).dts == (uint64_t)times[i]);
    assert_int_equal(muxed(&s.m, s.picture, -1).dts, 0);
    stream_close(&s);
}

static void video_lasts_as_long_as_the_step_before(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    assert_int_equal(muxed(&s.m, s.picture, 0).duration, 3600); /* the SPS says 25 pictures a second */
    assert_int_equal(muxed(&s.m, s.reordered, 1500).duration, 1500);
    assert_int_equal(muxed(&s.m, s.reordered, 4500).duration, 3000);
    assert_int_equal(muxed(&s.m, s.sound, 4600).duration, 1920); /* between them */
    assert_int_equal(muxed(&s.m, s.reordered, 7500).duration, 3000);
    assert_int_equal(muxed(&s.m, s.reordered, 7500).duration, 3000);       /* no step */
    assert_int_equal(muxed(&s.m, s.reordered, 100).duration, 3000);        /* back */
    assert_int_equal(muxed(&s.m, s.reordered, 90000 * 60).duration, 3000); /* a gap */
    stream_close(&s);
}

static void audio_lasts_as_its_codec_has_it(void **state)
{
    (void)state;
    static const uint8_t opus_20[] = { 0x91, 'O', 'p', 'u', 's', 0x78, 0x83 },
                         opus_60[] = { 0x91, 'O', 'p', 'u', 's', 0x18 };
    static const uint8_t opus_cut[] = { 0x91, 'O', 'p', 'u', 's', 0x03 };
    struct mp4_mux       m;
    struct frame        *f = AUDIO(mp3);
    assert_int_equal(mp4_mux_init(&m, NULL, NULL, f), MP4_OK);
    assert_int_equal(muxed(&m, f, 500).duration, 2160); /* 1152 of 48000 */
    frame_unref(&f);

    struct frame *config = AUDIO(opus), *packets[] = { AUDIO(opus_20), AUDIO(opus_60), AUDIO(opus_cut) };
    assert_int_equal(mp4_mux_init(&m, NULL, NULL, config), MP4_OK);
    assert_int_equal(muxed(&m, packets[0], 0).duration, 1800);
    assert_int_equal(muxed(&m, packets[1], 1800).duration, 5400);
    assert_int_equal(muxed(&m, packets[2], 4000).duration, 2200); /* the packet has no duration: the step counts */
    frame_unref(&config);
    for (size_t i = 0; i < ARRAY_LEN(packets); i++)
        frame_unref(&packets[i]);
}

static void composition_offsets_stay_in_bounds(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    s.picture->pts_us = INT64_MAX / 2;
    assert_int_equal(muxed(&s.m, s.picture, 0).cts, 1 << 30);
    s.picture->pts_us = INT64_MIN / 2;
    assert_int_equal(muxed(&s.m, s.picture, 0).cts, 0);
    stream_close(&s);
}

/* ---- pictures that are shown before their own time ---- */

enum { PICTURE_MS = 40, TICKS_A_MS = 90 };

/* Mux picture number `n`, shown `cts_ms` after its own time, for a player whose times are `later_ms` later. */
static struct fragment muxed_picture(struct mp4_mux *m, struct frame *f, int n, int cts_ms, int later_ms)
{
    f->dts_us = (int64_t)n * PICTURE_MS * 1000;
    f->pts_us = f->dts_us + (int64_t)cts_ms * 1000;
    return muxed(m, f, ((int64_t)n * PICTURE_MS + later_ms) * TICKS_A_MS);
}

static int64_t shown_of(const struct fragment *v)
{
    return (int64_t)v->dts + v->cts;
}

/* Both tracks begin later by the time by which pictures are decoded earlier. They stay together, and no offset is negative. */
static void pictures_shown_early_are_decoded_earlier(void **state)
{
    (void)state;
    static const struct {
        int expected_ms, start_ms;
        int cts_ms[6];
    } rows[] = {
        { 34, 40, { -34, 40, -34, 40, -34, 40 } },     { 40, 40, { 0, 80, -40, -40, 80, -40 } },
        { 120, 160, { 0, 120, -80, -120, -40, 120 } }, { 1280, 1280, { -1280, -1280, -1280, -1280, -1280, -1280 } },
        { 0, 0, { 80, 160, 40, 0, 80, 160 } },         { 1, 10, { -1, -1, -1, 0, 0, 0 } },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct stream s;
        int64_t       last_dts = -1, start_90k = rows[i].start_ms * TICKS_A_MS;
        stream_open(&s);
        mp4_mux_expect_early(&s.m, rows[i].expected_ms * 1000);
        for (int n = 0; n < 24; n++) {
            int             cts_ms = rows[i].cts_ms[n % 6];
            struct fragment v = muxed_picture(&s.m, s.picture, n, cts_ms, 0);
            assert_true((int64_t)v.dts > last_dts && v.cts >= 0);
            assert_int_equal(shown_of(&v), start_90k + (n * PICTURE_MS + cts_ms) * TICKS_A_MS);
            assert_int_equal(muxed(&s.m, s.sound, n * PICTURE_MS * TICKS_A_MS).dts,
                             start_90k + n * PICTURE_MS * TICKS_A_MS);
            last_dts = (int64_t)v.dts;
        }
        stream_close(&s);
    }
}

/* Early pictures were not known when the player began: only the first ones may be shown late. */
static void early_pictures_that_nobody_expected_come_in_order(void **state)
{
    (void)state;
    static const int cts_ms[] = { 0, 80, -40, -40, -34, 0, -160, -160 }, later_ms[] = { 0, 1, 39, 5000 };
    for (size_t i = 0; i < ARRAY_LEN(later_ms); i++) {
        struct stream s;
        int64_t       last_dts = -1;
        stream_open(&s);
        for (int n = 0; n < 64; n++) {
            int             cts = cts_ms[(size_t)n % ARRAY_LEN(cts_ms)];
            struct fragment v = muxed_picture(&s.m, s.picture, n, cts, later_ms[i]);
            int64_t         meant_90k = (n * PICTURE_MS + cts + later_ms[i]) * TICKS_A_MS;
            assert_true((int64_t)v.dts > last_dts && v.cts >= 0 && shown_of(&v) >= meant_90k);
            if (n >= 16 || cts >= 0)
                assert_int_equal(shown_of(&v), meant_90k);
            last_dts = (int64_t)v.dts;
        }
        stream_close(&s);
    }
}

/* ---- copies of a muxer ---- */

static void a_copy_muxes_the_same_again(void **state)
{
    (void)state;
    struct stream s;
    stream_open(&s);
    uint8_t   once[256], again[256];
    struct wr w1 = wr_over(once, sizeof once), w2 = wr_over(again, sizeof again);
    muxed(&s.m, s.picture, 1000);
    struct mp4_mux before = s.m;
    mux(&s.m, &w1, s.reordered, 4600);
    mux(&before, &w2, s.reordered, 4600);
    assert_int_equal(wr_len(&w1), wr_len(&w2));
    assert_memory_equal(once, again, wr_len(&w1));
    assert_memory_equal(&before, &s.m, sizeof before);
    stream_close(&s);
}

/* Mux three fragments, all `shift` later. */
static size_t mux_batch(struct stream *s, struct mp4_mux *m, uint8_t *bytes, int64_t shift)
{
    struct wr w = wr_over(bytes, 1024);
    mux(m, &w, s->picture, 10000 + shift);
    mux(m, &w, s->sound, 10100 + shift);
    mux(m, &w, s->reordered, 13600 + shift);
    return wr_len(&w);
}

static void restamped_is_muxed_by_another_player(void **state)
{
    (void)state;
    static const int64_t shifts[] = { 0, 5000, -5000, INT64_C(1) << 33 };
    struct stream        s;
    uint8_t              shared[1024], own[1024];
    stream_open(&s);
    for (size_t i = 0; i < ARRAY_LEN(shifts); i++) {
        struct mp4_mux one = s.m, other = s.m;
        muxed(&one, s.picture, 6400);
        muxed(&other, s.picture, 6400 + shifts[i]);
        other.sequence += 7;
        size_t len = mux_batch(&s, &one, shared, 0);
        assert_int_equal(mux_batch(&s, &other, own, shifts[i]), len);
        assert_true(mp4_mux_restamp(shared, len, shifts[i], 7));
        assert_memory_equal(shared, own, len);
    }
    stream_close(&s);
}

static void restamps_whole_fragments_alone(void **state)
{
    (void)state;
    struct stream s;
    uint8_t       bytes[1024];
    stream_open(&s);
    size_t len = mux_batch(&s, &s.m, bytes, 0);
    assert_true(mp4_mux_restamp(bytes, 0, 1, 1));
    assert_false(mp4_mux_restamp(bytes, len - 1, 1, 1));
    bytes[4] = 'f';
    assert_false(mp4_mux_restamp(bytes, len, 1, 1));
    stream_close(&s);
}

/* ---- frames ---- */

static void looks_at_frames(void **state)
{
    (void)state;
    static const uint8_t end[] = { 0x17, 2, 0, 0, 0 }, other_aac[] = { 0xAF, 0x00, 0x12, 0x10 };
    struct stream        s;
    stream_open(&s);
    assert_int_equal(mp4_mux_look(&s.m, s.picture), MP4_FRAME_CARRIED);
    assert_int_equal(mp4_mux_look(&s.m, s.sound), MP4_FRAME_CARRIED);
    assert_int_equal(mp4_mux_look(&s.m, s.video), MP4_FRAME_SKIPPED); /* its own configuration */

    struct frame *same = VIDEO(avc), *ended = VIDEO(end), *changed = AUDIO(other_aac), *other = VIDEO(hevc);
    struct frame *codec = AUDIO(mp3), *script = parsed(FRAME_SCRIPT, sound, sizeof sound);
    assert_int_equal(mp4_mux_look(&s.m, same), MP4_FRAME_SKIPPED);
    assert_int_equal(mp4_mux_look(&s.m, ended), MP4_FRAME_SKIPPED);
    assert_int_equal(mp4_mux_look(&s.m, script), MP4_FRAME_SKIPPED);
    assert_int_equal(mp4_mux_look(&s.m, changed), MP4_FRAME_CHANGES);
    assert_int_equal(mp4_mux_look(&s.m, other), MP4_FRAME_CHANGES);
    assert_int_equal(mp4_mux_look(&s.m, codec), MP4_FRAME_CHANGES); /* MP3 needs no configuration to begin */
    s.sound->track = 1;
    assert_int_equal(mp4_mux_look(&s.m, s.sound), MP4_FRAME_SKIPPED);
    s.picture->media_len = UINT32_MAX;
    assert_int_equal(mp4_mux_look(&s.m, s.picture), MP4_FRAME_SKIPPED);

    assert_int_equal(mp4_mux_init(&s.m, s.video, NULL, NULL), MP4_OK);
    s.sound->track = 0;
    assert_int_equal(mp4_mux_look(&s.m, s.sound), MP4_FRAME_SKIPPED);
    assert_int_equal(mp4_mux_look(&s.m, s.audio), MP4_FRAME_NEW_TRACK);
    assert_int_equal(mp4_mux_look(&s.m, codec), MP4_FRAME_NEW_TRACK);
    struct frame *all[] = { same, ended, changed, other, codec, script };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        frame_unref(&all[i]);
    stream_close(&s);
}

/* Pictures of AVC and HEVC go on with other parameter sets if the header says avc3 or hev1, and only of the same codec. */
static void other_parameter_sets_are_taken_if_they_are_expected(void **state)
{
    (void)state;
    struct stream s;
    uint8_t       bytes[ROOM];
    stream_open(&s);
    struct frame *changed = VIDEO(avc), *codec = VIDEO(hevc), *lengths = VIDEO(avc);
    changed->data[changed->media_offset + 3]++;
    lengths->data[lengths->media_offset + 3]++;
    lengths->data[lengths->media_offset + 4] = 0xFD; /* lengths of two bytes */
    assert_int_equal(mp4_mux_look(&s.m, changed), MP4_FRAME_CHANGES);
    mp4_mux_expect_changes(&s.m);
    assert_non_null(find(bytes, write_header(&s.m, bytes), "avc3", 0).p);
    assert_int_equal(mp4_mux_look(&s.m, changed), MP4_FRAME_NEW_SETS);
    assert_int_equal(mp4_mux_look(&s.m, codec), MP4_FRAME_CHANGES);
    assert_int_equal(mp4_mux_look(&s.m, lengths), MP4_FRAME_CHANGES);
    assert_null(mp4_mux_sets(&s.m, s.picture));
    mp4_mux_take_sets(&s.m, changed);
    assert_ptr_equal(mp4_mux_sets(&s.m, s.picture), changed);
    assert_null(mp4_mux_sets(&s.m, s.reordered)); /* no key frame */
    assert_int_equal(mp4_mux_look(&s.m, changed), MP4_FRAME_SKIPPED);
    assert_int_equal(mp4_mux_look(&s.m, s.video), MP4_FRAME_NEW_SETS);

    assert_int_equal(mp4_mux_init(&s.m, codec, NULL, NULL), MP4_OK);
    mp4_mux_expect_changes(&s.m);
    struct box entry = find(bytes, write_header(&s.m, bytes), "hvcC", 0);
    assert_int_equal(entry.len, codec->media_len);
    assert_int_equal(entry.p[23], HEVC_NALU_VPS); /* without array_completeness */
    frame_unref(&changed);
    frame_unref(&codec);
    frame_unref(&lengths);
    stream_close(&s);
}

static void mp3_changes_by_its_headers(void **state)
{
    (void)state;
    static const uint8_t        joint[] = { 0x2E, 0xFF, 0xFB, 0x54, 0x44 }, slower[] = { 0x2E, 0xFF, 0xFB, 0x50, 0xC4 };
    static const uint8_t        junk[] = { 0x2E, 0x00, 0x00, 0x00, 0x00 }, mono[] = { 0x2E, 0xFF, 0xFB, 0x74, 0xC4 };
    struct frame               *f = AUDIO(mp3), *others[] = { AUDIO(mono), AUDIO(junk), AUDIO(joint), AUDIO(slower) };
    static const enum mp4_frame want[] = { MP4_FRAME_CARRIED, MP4_FRAME_CARRIED, MP4_FRAME_CHANGES, MP4_FRAME_CHANGES };
    struct mp4_mux              m;
    assert_int_equal(mp4_mux_init(&m, NULL, NULL, f), MP4_OK);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_int_equal(mp4_mux_look(&m, others[i]), want[i]);
        frame_unref(&others[i]);
    }
    frame_unref(&f);
}

static void av1_goes_without_its_temporal_delimiter(void **state)
{
    (void)state;
    static const uint8_t unit[] = { 0x91, 'a', 'v', '0', '1', 0x12, 0x00, 0x32, 0x02, 0xAA, 0xBB };
    static const uint8_t nothing[] = { 0x91, 'a', 'v', '0', '1', 0x12, 0x00 };
    struct frame        *config = VIDEO(av1), *f = VIDEO(unit), *empty = VIDEO(nothing);
    struct mp4_mux       m;
    assert_int_equal(mp4_mux_init(&m, config, NULL, NULL), MP4_OK);
    assert_int_equal(mp4_mux_look(&m, f), MP4_FRAME_CARRIED);
    assert_int_equal(mp4_sample_payload(f).len, 4);
    assert_memory_equal(mp4_sample_payload(f).bytes, unit + 7, 4);
    muxed(&m, f, 0);
    assert_int_equal(mp4_mux_look(&m, empty), MP4_FRAME_SKIPPED);
    frame_unref(&config);
    frame_unref(&f);
    frame_unref(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_has_a_track_per_kind),
        cmocka_unit_test(one_kind_alone_is_a_file_too),
        cmocka_unit_test(a_header_that_does_not_fit_is_cut_and_full),
        cmocka_unit_test(tells_why_it_cannot_begin),
        cmocka_unit_test(a_fragment_is_one_frame),
        cmocka_unit_test(times_are_told_in_full_and_beyond_32_bits),
        cmocka_unit_test(video_lasts_as_long_as_the_step_before),
        cmocka_unit_test(audio_lasts_as_its_codec_has_it),
        cmocka_unit_test(composition_offsets_stay_in_bounds),
        cmocka_unit_test(pictures_shown_early_are_decoded_earlier),
        cmocka_unit_test(early_pictures_that_nobody_expected_come_in_order),
        cmocka_unit_test(a_copy_muxes_the_same_again),
        cmocka_unit_test(restamped_is_muxed_by_another_player),
        cmocka_unit_test(restamps_whole_fragments_alone),
        cmocka_unit_test(looks_at_frames),
        cmocka_unit_test(other_parameter_sets_are_taken_if_they_are_expected),
        cmocka_unit_test(mp3_changes_by_its_headers),
        cmocka_unit_test(av1_goes_without_its_temporal_delimiter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
