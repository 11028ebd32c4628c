#include "kernel/mp4/sample_entry.h"

#include "kernel/mp4/streams.h"

enum { ROOM = 1024 };

/* Write a sample entry and return the box inside it. */
static struct box write_entry(const struct mp4_sample_entry *e, uint8_t *bytes, const char *type, const char *inner)
{
    struct wr w = wr_over(bytes, ROOM);
    mp4_sample_entry_write(e, &w);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), mp4_sample_entry_len(e));
    assert_non_null(find(bytes, wr_len(&w), type, 0).p);
    struct box box = find(bytes, wr_len(&w), inner, 0);
    assert_non_null(box.p);
    return box;
}

static void check_codecs(const struct mp4_sample_entry *e, const char *want)
{
    char       text[80];
    struct str s = str_over(text, sizeof text);
    mp4_sample_entry_codecs(e, &s);
    assert_string_equal(text, want);
}

static void carries_what_has_a_row(void **state)
{
    (void)state;
    static const enum codec carried[] = { CODEC_H264, CODEC_HEVC, CODEC_AV1,  CODEC_VP9, CODEC_AAC,
                                          CODEC_MP3,  CODEC_OPUS, CODEC_FLAC, CODEC_AC3, CODEC_EAC3 };
    unsigned                n = 0;
    for (unsigned codec = 0; codec <= CODEC_OTHER + 1; codec++)
        n += mp4_sample_entry_carries((enum codec)codec);
    assert_int_equal(n, ARRAY_LEN(carried));
    for (size_t i = 0; i < ARRAY_LEN(carried); i++)
        assert_true(mp4_sample_entry_carries(carried[i]));
}

/* ---- video ---- */

/* clang-format off */
static const struct {
    const uint8_t *bytes;
    size_t         len, header_len; /* header_len: bytes of the FLV body before the record */
    const char    *entry, *box, *codecs;
    uint16_t       width, height;
} recorded[] = {
    { avc, sizeof avc, 5, "avc1", "avcC", "avc1.64000c", 320, 180 },
    { hevc, sizeof hevc, 5, "hvc1", "hvcC", "hvc1.2.4.L123.90", 1918, 1078 },
    { av1, sizeof av1, 5, "av01", "av1C", "av01.0.00M.08", 320, 180 },
};
/* clang-format on */

static void video_records_go_in_as_they_came(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(recorded); i++) {
        struct frame           *f = parsed(FRAME_VIDEO, recorded[i].bytes, recorded[i].len);
        struct mp4_sample_entry e;
        uint8_t                 bytes[ROOM];
        assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
        struct box box = write_entry(&e, bytes, recorded[i].entry, recorded[i].box);
        assert_int_equal(box.len, recorded[i].len - recorded[i].header_len);
        assert_memory_equal(box.p, recorded[i].bytes + recorded[i].header_len, box.len);
        assert_int_equal(u32_of(bytes + 8 + 24), recorded[i].width << 16 | recorded[i].height);
        check_codecs(&e, recorded[i].codecs);
        frame_unref(&f);
    }
}

static void hevc_codecs_tell_space_tier_and_constraints(void **state)
{
    (void)state;
    struct frame           *f = VIDEO(hevc);
    struct mp4_sample_entry e;
    f->data[5 + 1] = 0x80 | 0x20 | 4; /* space B, high tier, range extensions */
    f->data[5 + 2] = 0x08;
    f->data[5 + 6] = 0xB9;
    f->data[5 + 7] = 0x88;
    f->data[5 + 9] = 0x01;
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
    check_codecs(&e, "hvc1.B4.10.H123.b9.88.0.1");
    frame_unref(&f);
}

static void vp9_takes_its_size_from_a_key_frame(void **state)
{
    (void)state;
    static const uint8_t    want[] = { 1, 0, 0, 0, 0, 11, 0x82, 2, 2, 2, 0, 0 };
    struct frame           *config = VIDEO(vp9), *key = VIDEO(vp9_key), *other = VIDEO(picture);
    struct mp4_sample_entry e;
    uint8_t                 bytes[ROOM];
    assert_int_equal(mp4_sample_entry_read(&e, config, NULL), MP4_NEED_CONFIG);
    assert_null(e.config);
    assert_int_equal(mp4_sample_entry_read(&e, config, other), MP4_NEED_CONFIG);
    assert_int_equal(mp4_sample_entry_read(&e, config, key), MP4_OK);
    struct box box = write_entry(&e, bytes, "vp09", "vpcC");
    assert_int_equal(box.len, sizeof want);
    assert_memory_equal(box.p, want, sizeof want);
    assert_int_equal(u32_of(bytes + 8 + 24), 160 << 16 | 120);
    check_codecs(&e, "vp09.00.11.08");

    config->data[5 + 4 + 1] = 0; /* level unknown */
    check_codecs(&e, "vp09.00.41.08");
    frame_unref(&config);
    frame_unref(&key);
    frame_unref(&other);
}

static void av1_without_a_sequence_header_takes_its_size_from_a_key_frame(void **state)
{
    (void)state;
    static const uint8_t bare[] = { 0x90, 'a', 'v', '0', '1', 0x81, 0x00, 0x0C, 0x00 };
    static const uint8_t first[] = {
        0x91, 'a', 'v', '0', '1', 0x0A, 0x0B, 0x00, 0x00, 0x00, 0x04, 0x3C, 0xFE, 0xCC, 0xDA, 0xF9, 0x00, 0x40, 0x32, 0,
    };
    struct frame           *config = VIDEO(bare), *key = VIDEO(first);
    struct mp4_sample_entry e;
    assert_int_equal(mp4_sample_entry_read(&e, config, NULL), MP4_NEED_CONFIG);
    assert_int_equal(mp4_sample_entry_read(&e, config, key), MP4_OK);
    assert_int_equal(e.width, 320);
    assert_int_equal(e.height, 180);
    frame_unref(&config);
    frame_unref(&key);
}

/* ---- audio ---- */

static void aac_is_told_by_descriptors(void **state)
{
    (void)state;
    /* clang-format off */
    static const uint8_t want[] = {
        0, 0, 0, 0,
        3, 0x80, 0x80, 0x80, 37, 0, 0, 0,                                        /* ES_Descriptor       */
        4, 0x80, 0x80, 0x80, 23, 0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    /* DecoderConfig       */
        5, 0x80, 0x80, 0x80, 5, 0x11, 0x88, 0x56, 0xE5, 0x00,                    /* AudioSpecificConfig */
        6, 0x80, 0x80, 0x80, 1, 2,                                               /* SLConfig            */
    };
    /* clang-format on */
    struct frame           *f = AUDIO(aac);
    struct mp4_sample_entry e;
    uint8_t                 bytes[ROOM];
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
    struct box box = write_entry(&e, bytes, "mp4a", "esds");
    assert_int_equal(box.len, sizeof want);
    assert_memory_equal(box.p, want, sizeof want);
    assert_int_equal(u32_of(bytes + 8 + 16), 1 << 16 | 16); /* from the configuration, not from FLV's header */
    assert_int_equal(u32_of(bytes + 8 + 24), 48000u << 16);
    assert_int_equal(e.duration_90k, 1920);
    check_codecs(&e, "mp4a.40.2");
    frame_unref(&f);
}

static void he_aac_says_so(void **state)
{
    (void)state;
    static const uint8_t sbr[] = { 0xAF, 0, 0x2B, 0x92, 0x08, 0x00 }; /* 22050 that come out as 44100 */
    static const uint8_t ps[] = { 0xAF, 0, 0xEB, 0x8A, 0x08, 0x00 };  /* and mono that comes out as stereo */
    static const uint8_t fast[] = { 0xAF, 0, 0x10, 0x10 };            /* 96000 do not fit in 16.16 */
    struct frame        *f[] = { AUDIO(sbr), AUDIO(ps), AUDIO(fast) };
    static const struct {
        const char *codecs;
        uint32_t    rate, duration_90k;
    } want[] = { { "mp4a.40.5", 44100, 4180 }, { "mp4a.40.29", 44100, 4180 }, { "mp4a.40.2", 0, 960 } };
    for (size_t i = 0; i < ARRAY_LEN(f); i++) {
        struct mp4_sample_entry e;
        uint8_t                 bytes[ROOM];
        assert_int_equal(mp4_sample_entry_read(&e, f[i], NULL), MP4_OK);
        write_entry(&e, bytes, "mp4a", "esds");
        assert_int_equal(u32_of(bytes + 8 + 24), want[i].rate << 16);
        assert_int_equal(e.duration_90k, want[i].duration_90k);
        check_codecs(&e, want[i].codecs);
        frame_unref(&f[i]);
    }
}

static void mp3_begins_with_any_frame(void **state)
{
    (void)state;
    static const uint8_t    half[] = { 0x2E, 0xFF, 0xF3, 0x54, 0xC4 };
    struct frame           *f = AUDIO(mp3), *lsf = AUDIO(half);
    struct mp4_sample_entry e;
    uint8_t                 bytes[ROOM];
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
    struct box box = write_entry(&e, bytes, "mp4a", "esds");
    assert_int_equal(box.len, 4 + 8 + 18 + 6); /* no DecoderSpecificInfo */
    assert_int_equal(box.p[17], 0x6B);
    check_codecs(&e, "mp4a.6B");
    assert_int_equal(mp4_sample_entry_read(&e, lsf, NULL), MP4_OK);
    check_codecs(&e, "mp4a.69");
    frame_unref(&f);
    frame_unref(&lsf);
}

static void opus_head_turns_big_endian(void **state)
{
    (void)state;
    static const uint8_t mono[] = { 0, 1, 0x01, 0x38, 0, 0, 0xBB, 0x80, 0, 0, 0 };
    static const uint8_t by_default[] = { 0, 2, 0, 0, 0, 0, 0xBB, 0x80, 0, 0, 0 };
    static const uint8_t surround[] = { 0x90, 'O',  'p',  'u',  's', 'O', 'p',  'u',  's', 'H', 'e', 'a', 'd', 1, 3,
                                        0x38, 0x01, 0x80, 0xBB, 0,   0,   0xFE, 0xFF, 1,   2,   1,   0,   2,   1 };
    static const uint8_t mapped[] = { 0, 3, 0x01, 0x38, 0, 0, 0xBB, 0x80, 0xFF, 0xFE, 1, 2, 1, 0, 2, 1 };
    static const struct {
        const uint8_t *bytes, *want;
        size_t         len, want_len;
    } rows[] = { { opus, mono, sizeof opus, sizeof mono },
                 { opus_empty, by_default, sizeof opus_empty, sizeof by_default },
                 { surround, mapped, sizeof surround, sizeof mapped } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct frame           *f = parsed(FRAME_AUDIO, rows[i].bytes, rows[i].len);
        struct mp4_sample_entry e;
        uint8_t                 bytes[ROOM];
        assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
        struct box box = write_entry(&e, bytes, "Opus", "dOps");
        assert_int_equal(box.len, rows[i].want_len);
        assert_memory_equal(box.p, rows[i].want, box.len);
        assert_int_equal(u32_of(bytes + 8 + 16), rows[i].want[1] << 16 | 16);
        assert_int_equal(u32_of(bytes + 8 + 24), 48000u << 16);
        check_codecs(&e, "opus");
        frame_unref(&f);
    }
}

static void flac_keeps_its_streaminfo(void **state)
{
    (void)state;
    struct frame           *f = AUDIO(flac);
    struct mp4_sample_entry e;
    uint8_t                 bytes[ROOM];
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
    struct box box = write_entry(&e, bytes, "fLaC", "dfLa");
    assert_int_equal(box.len, 4 + 4 + 34);
    assert_memory_equal(box.p, "\0\0\0\0\x80\0\0\x22", 8); /* marked as the last block, although blocks followed */
    assert_memory_equal(box.p + 8, flac + 13, 34);
    assert_int_equal(e.duration_90k, 4608 * 90 / 48);
    check_codecs(&e, "flac");

    f->data[13 + 10] = 0x2E; /* 192000 Hz */
    f->data[13 + 11] = 0xE0;
    f->data[13 + 12] = 0x00;
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
    assert_int_equal(e.sample_rate, 192000);
    write_entry(&e, bytes, "fLaC", "dfLa");
    assert_int_equal(u32_of(bytes + 8 + 24), 48000u << 16); /* the greatest division that fits */
    frame_unref(&f);
}

static const uint8_t ac3[] = { 0x91, 'a', 'c', '-', '3', 0x0B, 0x77, 0x12, 0x34, 0x5F, 0x40, 0xE1, 0x00 };
static const uint8_t eac3[] = { 0x91, 'e', 'c', '-', '3', 0x0B, 0x77, 0x02, 0xFF, 0x3F, 0x80, 0x00, 0x00 };

static void ac3_is_told_by_its_first_frame(void **state)
{
    (void)state;
    static const uint8_t    want[] = { 0x50, 0x3D,
                                       0xE0 }; /* fscod 1, bsid 8, bsmod 0, acmod 7, lfeon 1, bit_rate_code 15 */
    struct frame           *f = AUDIO(ac3), *other = AUDIO(ac3);
    struct mp4_sample_entry e;
    uint8_t                 bytes[ROOM];
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
    struct box box = write_entry(&e, bytes, "ac-3", "dac3");
    assert_int_equal(box.len, sizeof want);
    assert_memory_equal(box.p, want, sizeof want);
    assert_int_equal(u32_of(bytes + 8 + 16), 6 << 16 | 16);
    assert_int_equal(u32_of(bytes + 8 + 24), 44100u << 16);
    assert_int_equal(mp4_sample_entry_samples(&e, f), 1536);
    check_codecs(&e, "ac-3");
    assert_false(mp4_sample_entry_differs(&e, other));
    other->data[5 + 4] = 0x9E; /* 32 kHz */
    assert_true(mp4_sample_entry_differs(&e, other));
    f->data[5] = 0;
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_BAD_CONFIG);
    frame_unref(&f);
    frame_unref(&other);
}

static void eac3_tells_its_dependent_substreams(void **state)
{
    (void)state;
    enum { FRAME_LEN = 1536 };
    static const uint8_t alone[] = { 0x0C, 0x00, 0x20, 0x0F, 0x00 };      /* 384 kbit/s; 5.1 */
    static const uint8_t rear[] = { 0x18, 0x00, 0x20, 0x0F, 0x02, 0x02 }; /* twice as much; one more: Lrs/Rrs */
    static const uint8_t dependent[] = { 0x0B, 0x77, 0x42, 0xFF, 0x34, 0x80, 0x10, 0x20, 0x00 };
    static uint8_t       both[5 + 2 * FRAME_LEN];
    memcpy(both, eac3, sizeof eac3);
    memcpy(both + 5 + FRAME_LEN, dependent, sizeof dependent);
    struct frame           *f = AUDIO(eac3), *of_two = AUDIO(both);
    struct mp4_sample_entry e;
    uint8_t                 bytes[ROOM];
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
    struct box box = write_entry(&e, bytes, "ec-3", "dec3");
    assert_int_equal(box.len, sizeof alone);
    assert_memory_equal(box.p, alone, box.len);
    check_codecs(&e, "ec-3");
    assert_int_equal(mp4_sample_entry_samples(&e, f), 1536);

    assert_int_equal(mp4_sample_entry_read(&e, of_two, NULL), MP4_OK);
    box = write_entry(&e, bytes, "ec-3", "dec3");
    assert_int_equal(box.len, sizeof rear);
    assert_memory_equal(box.p, rear, box.len);
    frame_unref(&of_two);
    frame_unref(&f);
}

/* ---- refusals ---- */

static void a_cut_configuration_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum frame_kind kind;
        const uint8_t  *bytes;
        size_t          len, needed; /* AVC's chroma fields and AV1's OBUs may be missing */
    } rows[] = {
        { FRAME_VIDEO, avc, sizeof avc, sizeof avc - 4 },
        { FRAME_VIDEO, hevc, sizeof hevc, sizeof hevc },
        { FRAME_VIDEO, av1, sizeof av1, 5 + 4 + 9 },
        { FRAME_VIDEO, vp9, sizeof vp9, sizeof vp9 },
        { FRAME_AUDIO, aac, sizeof aac, 4 },
        { FRAME_AUDIO, opus, sizeof opus, sizeof opus },
        { FRAME_AUDIO, flac, sizeof flac, sizeof flac },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct frame           *f = parsed(rows[i].kind, rows[i].bytes, rows[i].len), *key = VIDEO(vp9_key);
        struct mp4_sample_entry e;
        for (uint32_t lost = 1; lost < f->media_len; lost++) {
            struct frame *cut = parsed(rows[i].kind, rows[i].bytes, rows[i].len - lost);
            if (rows[i].len - lost < rows[i].needed) {
                assert_int_not_equal(mp4_sample_entry_read(&e, cut, key), MP4_OK);
                assert_null(e.config);
            }
            frame_unref(&cut);
        }
        frame_unref(&f);
        frame_unref(&key);
    }
}

static void a_huge_configuration_is_refused(void **state)
{
    (void)state;
    static uint8_t          big[5 + MP4_CONFIG_MAX + 1];
    struct mp4_sample_entry e;
    memcpy(big, av1, sizeof av1);
    big[9] = 0x0A; /* the sequence header, then padding OBUs without end */
    struct frame *fits = parsed(FRAME_VIDEO, big, sizeof big - 1), *above = parsed(FRAME_VIDEO, big, sizeof big);
    assert_int_equal(mp4_sample_entry_read(&e, fits, NULL), MP4_OK);
    assert_int_equal(mp4_sample_entry_read(&e, above, NULL), MP4_BAD_CONFIG);
    frame_unref(&fits);
    frame_unref(&above);
}

static void another_configuration_differs(void **state)
{
    (void)state;
    struct frame *f = VIDEO(avc), *same = VIDEO(avc), *other = VIDEO(avc), *longer = VIDEO(hevc), *key = VIDEO(picture);
    struct mp4_sample_entry e;
    other->data[other->len - 1] ^= 1;
    assert_int_equal(mp4_sample_entry_read(&e, f, NULL), MP4_OK);
    assert_false(mp4_sample_entry_differs(&e, f));
    assert_false(mp4_sample_entry_differs(&e, same));
    assert_false(mp4_sample_entry_differs(&e, key));
    assert_true(mp4_sample_entry_differs(&e, other));
    assert_true(mp4_sample_entry_differs(&e, longer));
    struct frame *all[] = { f, same, other, longer, key };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        frame_unref(&all[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_what_has_a_row),
        cmocka_unit_test(video_records_go_in_as_they_came),
        cmocka_unit_test(hevc_codecs_tell_space_tier_and_constraints),
        cmocka_unit_test(vp9_takes_its_size_from_a_key_frame),
        cmocka_unit_test(av1_without_a_sequence_header_takes_its_size_from_a_key_frame),
        cmocka_unit_test(aac_is_told_by_descriptors),
        cmocka_unit_test(he_aac_says_so),
        cmocka_unit_test(mp3_begins_with_any_frame),
        cmocka_unit_test(opus_head_turns_big_endian),
        cmocka_unit_test(flac_keeps_its_streaminfo),
        cmocka_unit_test(ac3_is_told_by_its_first_frame),
        cmocka_unit_test(eac3_tells_its_dependent_substreams),
        cmocka_unit_test(a_cut_configuration_is_refused),
        cmocka_unit_test(a_huge_configuration_is_refused),
        cmocka_unit_test(another_configuration_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
