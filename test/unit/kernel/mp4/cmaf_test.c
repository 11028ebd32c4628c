#include "kernel/mp4/cmaf.h"

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
    char          codecs[MP4_MUX_CODECS_LEN];
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

static struct read_part write_part(struct stream *s, const struct frame *next, int64_t dts_us, struct cmaf_part *said)
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
    if (said)
        *said = told;
    return part;
}

static void add(struct stream *s, struct frame *f, int64_t dts_us)
{
    f->pts_us += dts_us - f->dts_us;
    f->dts_us = dts_us;
    assert_int_equal(cmaf_look(&s->c, f), MP4_FRAME_CARRIED);
    assert_int_equal(cmaf_add(&s->c, f, dts_us), CMAF_ADDED);
}

static void a_part_has_the_samples_of_both_tracks(void **state)
{
    (void)state;
    struct stream    s;
    struct cmaf_part said;
    stream_open(&s);
    assert_int_equal(cmaf_part_len(&s.c), 0);
    assert_true(cmaf_is_empty(&s.c));
    add(&s, s.key, 1000000);
    add(&s, s.sound, 1000000);
    add(&s, s.inter, 1040000);
    add(&s, s.sound, 1021000);
    struct read_part part = write_part(&s, s.key, 1100000, &said);
    assert_int_equal(part.sequence, 1);
    assert_true(said.is_independent);
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
    part = write_part(&s, NULL, 0, &said);
    assert_int_equal(part.sequence, 2);
    assert_false(said.is_independent);
    assert_int_equal(part.tracks[0].dts, 99000);
    assert_int_equal(part.tracks[1].n, 0);
    stream_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_init_segment_has_each_track_in_its_own_ticks),
        cmocka_unit_test(tells_why_it_cannot_begin),
        cmocka_unit_test(a_part_has_the_samples_of_both_tracks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
