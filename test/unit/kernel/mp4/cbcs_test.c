#include "kernel/mp4/cbcs.h"

#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/streams.h"

enum { LONGEST = 4 << 20 };

/* ---- a cipher that shows what it was asked for: each block becomes its XOR with the block before it, and with 0x5A ---- */

static unsigned calls;

static void show(void *ctx, const uint8_t iv[CBCS_BLOCK], uint8_t *blocks, size_t len)
{
    assert_string_equal(ctx, "ctx");
    assert_int_equal(len % CBCS_BLOCK, 0);
    assert_true(len > 0);
    for (size_t at = 0; at < len; at += CBCS_BLOCK) {
        const uint8_t *before = at ? blocks + at - CBCS_BLOCK : iv;
        for (unsigned i = 0; i < CBCS_BLOCK; i++)
            blocks[at + i] ^= (uint8_t)(before[i] ^ 0x5A);
    }
    calls++;
}

static const struct cbcs shown = {
    .key_id = { 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF },
    .iv = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
    .encrypt = show,
    .ctx = "ctx",
};

/* Undo show() for the block at `bytes`, whose block before in the chain was `before`. */
static void undo(uint8_t *bytes, const uint8_t *before)
{
    for (unsigned i = 0; i < CBCS_BLOCK; i++)
        bytes[i] ^= (uint8_t)(before[i] ^ 0x5A);
}

/* Decrypt as a player does, from the subsamples alone. */
static void decrypt(const struct cbcs_subsamples *s, uint8_t *sample, size_t len)
{
    uint8_t before[CBCS_BLOCK], now[CBCS_BLOCK];
    size_t  at = 0;
    for (unsigned i = 0; i < s->n; i++) {
        at += s->of[i].clear;
        memcpy(before, shown.iv, sizeof before);
        for (size_t k = 0; k + CBCS_BLOCK <= s->of[i].hidden; k += 10 * (size_t)CBCS_BLOCK) {
            memcpy(now, sample + at + k, sizeof now);
            undo(sample + at + k, before);
            memcpy(before, now, sizeof before);
        }
        at += s->of[i].hidden;
    }
    if (s->n)
        assert_int_equal(at, len);
}

/* ---- samples ---- */

static uint8_t sample[LONGEST], copy[LONGEST];

/* Append a NAL unit with a length of four bytes, filled with a pattern. */
static void put_nalu(struct wr *w, uint8_t header, size_t len)
{
    wr_u32(w, (uint32_t)len);
    wr_u8(w, header);
    for (size_t i = 1; i < len; i++)
        wr_u8(w, (uint8_t)(i * 7 + len));
    assert_false(w->full);
}

static struct cbcs_subsamples split_of(const struct frame *config, const struct wr *w)
{
    struct cbcs_subsamples s;
    size_t                 sum = 0;
    cbcs_split(&s, config, sample, wr_len(w));
    assert_in_range(s.n, 1, CBCS_SUBSAMPLES_MAX);
    for (unsigned i = 0; i < s.n; i++)
        sum += s.of[i].clear + s.of[i].hidden;
    assert_int_equal(sum, wr_len(w));
    return s;
}

static void headers_stay_clear(void **state)
{
    (void)state;
    struct frame *config = VIDEO(avc);
    struct wr     w = wr_over(sample, sizeof sample);
    put_nalu(&w, 0x06, 500);  /* SEI */
    put_nalu(&w, 0x65, 1000); /* a slice */
    put_nalu(&w, 0x65, 100);  /* a slice that has no more than its header may take */
    put_nalu(&w, 0x41, 300);
    put_nalu(&w, 0x0C, 400); /* filler */
    struct cbcs_subsamples s = split_of(config, &w);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.of[0].clear, 504 + 4 + CBCS_CLEAR_LEN);
    assert_int_equal(s.of[0].hidden, 1000 - CBCS_CLEAR_LEN);
    assert_int_equal(s.of[1].clear, 104 + 4 + CBCS_CLEAR_LEN);
    assert_int_equal(s.of[1].hidden, 300 - CBCS_CLEAR_LEN);
    assert_int_equal(s.of[2].clear, 404);
    assert_int_equal(s.of[2].hidden, 0);
    frame_unref(&config);
}

static void hevc_has_its_own_slices(void **state)
{
    (void)state;
    struct frame *config = VIDEO(hevc);
    struct wr     w = wr_over(sample, sizeof sample);
    put_nalu(&w, 39 << 1, 500);  /* SEI */
    put_nalu(&w, 19 << 1, 1000); /* IDR */
    put_nalu(&w, 1 << 1, 1000);
    struct cbcs_subsamples s = split_of(config, &w);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.of[0].clear, 504 + 4 + CBCS_CLEAR_LEN);
    assert_int_equal(s.of[1].clear, 4 + CBCS_CLEAR_LEN);
    frame_unref(&config);
}

static void one_block_of_ten_is_encrypted(void **state)
{
    (void)state;
    static const size_t lens[] = { CBCS_CLEAR_LEN + 16,
                                   CBCS_CLEAR_LEN + 31,
                                   CBCS_CLEAR_LEN + 175,
                                   CBCS_CLEAR_LEN + 176,
                                   CBCS_CLEAR_LEN + 177,
                                   5000,
                                   30000 };
    struct frame       *config = VIDEO(avc);
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        struct wr w = wr_over(sample, sizeof sample);
        put_nalu(&w, 0x65, lens[i]);
        put_nalu(&w, 0x65, 2000);
        memcpy(copy, sample, wr_len(&w));
        struct cbcs_subsamples s = split_of(config, &w);
        cbcs_encrypt(&shown, &s, sample, wr_len(&w));
        size_t first = 4 + CBCS_CLEAR_LEN;
        assert_memory_equal(sample, copy, first);
        for (size_t at = first; at < 4 + lens[i]; at += CBCS_BLOCK) {
            size_t n = 4 + lens[i] - at < CBCS_BLOCK ? 4 + lens[i] - at : CBCS_BLOCK;
            bool   is_hidden = n == CBCS_BLOCK && (at - first) % 160 == 0;
            assert_int_equal(memcmp(sample + at, copy + at, n) != 0, is_hidden);
        }
        decrypt(&s, sample, wr_len(&w));
        assert_memory_equal(sample, copy, wr_len(&w));
    }
    frame_unref(&config);
}

static void sound_is_encrypted_in_whole_blocks(void **state)
{
    (void)state;
    struct frame          *config = AUDIO(aac);
    struct cbcs_subsamples s;
    for (size_t len = 1; len < 100; len++) {
        for (size_t i = 0; i < len; i++)
            sample[i] = copy[i] = (uint8_t)(i * 13);
        cbcs_split(&s, config, sample, len);
        assert_int_equal(s.n, 0);
        calls = 0;
        cbcs_encrypt(&shown, &s, sample, len);
        size_t whole = len / 16 * 16;
        assert_int_equal(calls, whole > 0);
        assert_memory_equal(sample + whole, copy + whole, len - whole);
        for (size_t at = whole; at; at -= CBCS_BLOCK)
            undo(sample + at - 16, at > 16 ? sample + at - 32 : shown.iv);
        assert_memory_equal(sample, copy, len);
    }
    frame_unref(&config);
}

static void more_slices_than_fit_stay_clear(void **state)
{
    (void)state;
    struct frame *config = VIDEO(avc);
    struct wr     w = wr_over(sample, sizeof sample);
    for (unsigned i = 0; i < 100; i++)
        put_nalu(&w, 0x41, 2000);
    struct cbcs_subsamples s = split_of(config, &w);
    unsigned               hidden = 0;
    for (unsigned i = 0; i < s.n; i++)
        hidden += s.of[i].hidden > 0;
    assert_in_range(hidden, CBCS_SUBSAMPLES_MAX - 3, CBCS_SUBSAMPLES_MAX);
    memcpy(copy, sample, wr_len(&w));
    cbcs_encrypt(&shown, &s, sample, wr_len(&w));
    decrypt(&s, sample, wr_len(&w));
    assert_memory_equal(sample, copy, wr_len(&w));
    frame_unref(&config);
}

static void long_clear_ranges_take_several_entries(void **state)
{
    (void)state;
    struct frame *config = VIDEO(avc);
    struct wr     w = wr_over(sample, sizeof sample);
    put_nalu(&w, 0x06, 200000);
    put_nalu(&w, 0x65, 1000);
    put_nalu(&w, 0x0C, 70000);
    struct cbcs_subsamples s = split_of(config, &w);
    assert_int_equal(s.n, 4 + 2);
    assert_int_equal(s.of[0].clear, 65535);
    assert_int_equal(s.of[3].hidden, 1000 - CBCS_CLEAR_LEN);

    w = wr_over(sample, sizeof sample);
    put_nalu(&w, 0x06, 3 << 20); /* more than all entries can tell */
    put_nalu(&w, 0x65, 1000);
    s = split_of(config, &w);
    assert_int_equal(s.n, CBCS_SUBSAMPLES_MAX);
    frame_unref(&config);
}

static void what_is_no_nal_unit_stays_clear(void **state)
{
    (void)state;
    struct frame *config = VIDEO(avc);
    struct wr     w = wr_over(sample, sizeof sample);
    put_nalu(&w, 0x65, 1000);
    wr_u32(&w, 5000); /* a length that reaches past the end */
    wr_bytes(&w, copy, 600);
    struct cbcs_subsamples s = split_of(config, &w);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.of[1].clear, 604);
    assert_int_equal(s.of[1].hidden, 0);
    frame_unref(&config);
}

/* ---- in segments ---- */

static void an_init_segment_tells_the_encryption(void **state)
{
    (void)state;
    struct frame *video = VIDEO(avc), *audio = AUDIO(aac), *not_nal = VIDEO(av1);
    uint8_t       bytes[4096];
    struct wr     w = wr_over(bytes, sizeof bytes);
    struct cmaf   c;
    assert_int_equal(cmaf_init(&c, video, NULL, audio), MP4_OK);
    size_t clear_len = cmaf_header_len(&c);
    assert_true(cmaf_protect(&c, &shown));
    assert_int_equal(cmaf_header_len(&c), clear_len + 2 * (size_t)CBCS_SINF_LEN);
    cmaf_write_header(&c, &w);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), cmaf_header_len(&c));
    static const char formats[][5] = { "avc1", "mp4a" };
    for (unsigned i = 0; i < 2; i++) {
        struct box tenc = find(bytes, wr_len(&w), "tenc", i);
        assert_memory_equal(find(bytes, wr_len(&w), "frma", i).p, formats[i], 4);
        assert_memory_equal(find(bytes, wr_len(&w), "schm", i).p, "\0\0\0\0cbcs\0\1\0\0", 12);
        assert_int_equal(tenc.len, 41);
        assert_memory_equal(tenc.p, i == 0 ? "\1\0\0\0\0\x19\1\0" : "\1\0\0\0\0\0\1\0", 8);
        assert_memory_equal(tenc.p + 8, shown.key_id, 16);
        assert_int_equal(tenc.p[24], 16);
        assert_memory_equal(tenc.p + 25, shown.iv, 16);
    }
    assert_non_null(find(bytes, wr_len(&w), "encv", 0).p);
    assert_non_null(find(bytes, wr_len(&w), "enca", 0).p);
    assert_true(cmaf_protect(&c, NULL));
    assert_int_equal(cmaf_header_len(&c), clear_len);
    cmaf_finish(&c);
    assert_int_equal(cmaf_init(&c, not_nal, NULL, NULL), MP4_OK);
    assert_false(cmaf_protect(&c, &shown));
    cmaf_finish(&c);
    frame_unref(&video);
    frame_unref(&audio);
    frame_unref(&not_nal);
}

static struct frame *picture_of(const struct wr *nalus)
{
    static uint8_t body[LONGEST];
    struct wr      w = wr_over(body, sizeof body);
    wr_bytes(&w, "\x17\1\0\0\0", 5);
    wr_bytes(&w, sample, wr_len(nalus));
    return parsed(FRAME_VIDEO, body, wr_len(&w));
}

/* saio points to the information in senc, saiz has its sizes, and the samples decrypt to what they were. */
static void a_part_tells_its_subsamples(void **state)
{
    (void)state;
    struct frame *video = VIDEO(avc);
    struct wr     nalus = wr_over(sample, sizeof sample);
    struct cmaf   c;
    put_nalu(&nalus, 0x65, 1000);
    put_nalu(&nalus, 0x65, 700);
    struct frame *f = picture_of(&nalus);
    assert_int_equal(cmaf_init(&c, video, NULL, NULL), MP4_OK);
    assert_true(cmaf_protect(&c, &shown));
    assert_int_equal(cmaf_add(&c, f, 0), CMAF_ADDED);
    assert_int_equal(cmaf_add(&c, f, 40000), CMAF_ADDED);
    uint8_t   bytes[8192];
    struct wr w = wr_over(bytes, sizeof bytes);
    size_t    len = cmaf_part_len(&c);
    assert_true(cmaf_write_part(&c, &w, NULL, 0, NULL));
    assert_int_equal(wr_len(&w), len);
    struct box senc = find(bytes, len, "senc", 0), saiz = find(bytes, len, "saiz", 0),
               saio = find(bytes, len, "saio", 0);
    struct box mdat = find(bytes, len, "mdat", 0);
    assert_memory_equal(senc.p, "\0\0\0\2\0\0\0\2", 8);
    assert_int_equal(senc.len, 8 + 2 * (2 + 2 * 6));
    assert_memory_equal(saiz.p, "\0\0\0\0\0\0\0\0\2\x0e\x0e", 11);
    assert_int_equal(saiz.len, 11);
    assert_memory_equal(saio.p, "\0\0\0\0\0\0\0\1", 8);
    assert_ptr_equal(bytes + u32_of(saio.p + 8), senc.p + 8);
    struct rd              r = rd_over(senc.p + 8, senc.len - 8);
    struct cbcs_subsamples s = { .n = rd_u16(&r) };
    assert_int_equal(s.n, 2);
    for (unsigned i = 0; i < s.n; i++) {
        s.of[i].clear = rd_u16(&r);
        s.of[i].hidden = rd_u32(&r);
    }
    assert_memory_not_equal(mdat.p, sample, wr_len(&nalus));
    for (unsigned i = 0; i < 2; i++) {
        memcpy(copy, mdat.p + i * wr_len(&nalus), wr_len(&nalus));
        decrypt(&s, copy, wr_len(&nalus));
        assert_memory_equal(copy, sample, wr_len(&nalus));
    }
    cmaf_finish(&c);
    frame_unref(&f);
    frame_unref(&video);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_stay_clear),
        cmocka_unit_test(hevc_has_its_own_slices),
        cmocka_unit_test(one_block_of_ten_is_encrypted),
        cmocka_unit_test(sound_is_encrypted_in_whole_blocks),
        cmocka_unit_test(more_slices_than_fit_stay_clear),
        cmocka_unit_test(long_clear_ranges_take_several_entries),
        cmocka_unit_test(what_is_no_nal_unit_stays_clear),
        cmocka_unit_test(an_init_segment_tells_the_encryption),
        cmocka_unit_test(a_part_tells_its_subsamples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
