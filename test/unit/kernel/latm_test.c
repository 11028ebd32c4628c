/* AAC in LATM: elements are found, their configuration is read where there is one, and their frames come out as they went in. */
#include "kernel/latm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A writer of bits. */
struct pen {
    uint8_t bytes[1024];
    size_t  n; /* bits */
};

static void put(struct pen *p, uint32_t v, unsigned n)
{
    while (n--) {
        if (v >> n & 1)
            p->bytes[p->n / 8] |= (uint8_t)(0x80 >> p->n % 8);
        p->n++;
    }
}

/* A StreamMuxConfig of version 0 with one program, one layer, and an AudioSpecificConfig: AAC-LC, 44100 Hz, stereo. */
static void put_config(struct pen *p, unsigned n_frames)
{
    put(p, 0, 1);            /* audioMuxVersion */
    put(p, 1, 1);            /* allStreamsSameTimeFraming */
    put(p, n_frames - 1, 6); /* numSubFrames */
    put(p, 0, 4);            /* numProgram */
    put(p, 0, 3);            /* numLayer */
    put(p, 0x1210, 16);      /* AudioSpecificConfig */
    put(p, 0, 3);            /* frameLengthType */
    put(p, 0xFF, 8);         /* latmBufferFullness */
    put(p, 0, 1);            /* otherDataPresent */
    put(p, 0, 1);            /* crcCheckPresent */
}

/* The same of version 1, where lengths are told. */
static void put_config_1(struct pen *p)
{
    put(p, 1, 1); /* audioMuxVersion */
    put(p, 0, 1); /* audioMuxVersionA */
    put(p, 0, 2); /* taraBufferFullness: one byte */
    put(p, 99, 8);
    put(p, 1, 1);
    put(p, 0, 6);
    put(p, 0, 4);
    put(p, 0, 3);
    put(p, 0, 2); /* ascLen: one byte */
    put(p, 16, 8);
    put(p, 0x1210, 16);
    put(p, 0, 3);
    put(p, 0xFF, 8);
    put(p, 1, 1); /* otherDataPresent */
    put(p, 0, 2);
    put(p, 7, 8);
    put(p, 1, 1); /* crcCheckPresent */
    put(p, 0xAB, 8);
}

static void put_frame(struct pen *p, size_t len, uint8_t value)
{
    size_t told = len;
    for (; told >= 255; told -= 255)
        put(p, 255, 8);
    put(p, (uint32_t)told, 8);
    for (size_t i = 0; i < len; i++)
        put(p, value, 8);
}

static bool open_element(struct latm *l, const struct pen *p, struct latm_frames *frames, bool *changed)
{
    return latm_open(l, p->bytes, (p->n + 7) / 8, frames, changed);
}

static void assert_next(const struct latm *l, struct latm_frames *frames, size_t len, uint8_t value)
{
    static uint8_t raw[LATM_ELEMENT_MAX];
    size_t         got;
    assert_true(latm_next(l, frames, raw, &got));
    assert_int_equal(got, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(raw[i], value);
}

static void assert_end(const struct latm *l, struct latm_frames *frames)
{
    uint8_t raw[1];
    size_t  len;
    assert_false(latm_next(l, frames, raw, &len));
}

static void frames_come_out_with_their_configuration(void **state)
{
    struct latm        l = { 0 };
    struct latm_frames frames;
    struct pen         p = { 0 };
    bool               changed;
    (void)state;
    put(&p, 0, 1);
    put_config(&p, 2);
    put_frame(&p, 300, 0xA5);
    put_frame(&p, 3, 0x11);
    assert_true(open_element(&l, &p, &frames, &changed));
    assert_true(changed);
    assert_int_equal(l.config_len, 2);
    assert_memory_equal(l.config, "\x12\x10", 2);
    assert_int_equal(l.rate, 44100);
    assert_int_equal(l.samples, 1024);
    assert_next(&l, &frames, 300, 0xA5);
    assert_next(&l, &frames, 3, 0x11);
    assert_end(&l, &frames);

    struct pen same = { 0 };
    put(&same, 1, 1); /* useSameStreamMux */
    put_frame(&same, 7, 0x22);
    put_frame(&same, 8, 0x33);
    assert_true(open_element(&l, &same, &frames, &changed));
    assert_false(changed);
    assert_next(&l, &frames, 7, 0x22);
    assert_next(&l, &frames, 8, 0x33);
    assert_end(&l, &frames);
}

static void lengths_that_are_told_are_heeded(void **state)
{
    struct latm        l = { 0 };
    struct latm_frames frames;
    struct pen         p = { 0 };
    bool               changed;
    (void)state;
    put(&p, 0, 1);
    put_config_1(&p);
    put_frame(&p, 255, 0x5A);
    assert_true(open_element(&l, &p, &frames, &changed));
    assert_memory_equal(l.config, "\x12\x10", 2);
    assert_next(&l, &frames, 255, 0x5A);
    assert_end(&l, &frames);
}

static void nothing_is_read_before_a_configuration(void **state)
{
    struct latm        l = { 0 };
    struct latm_frames frames;
    struct pen         p = { 0 };
    bool               changed;
    (void)state;
    put(&p, 1, 1);
    put_frame(&p, 7, 0x22);
    assert_false(open_element(&l, &p, &frames, &changed));
}

static void a_cut_element_gives_no_frame_and_keeps_the_configuration(void **state)
{
    struct latm        l = { 0 };
    struct latm_frames frames;
    struct pen         p = { 0 }, next = { 0 };
    bool               changed;
    (void)state;
    put(&p, 0, 1);
    put_config(&p, 1);
    put_frame(&p, 100, 0x22);
    for (size_t len = 0; len < p.n / 8; len++) {
        struct latm cut = { 0 };
        if (latm_open(&cut, p.bytes, len, &frames, &changed))
            assert_end(&cut, &frames);
    }
    assert_true(open_element(&l, &p, &frames, &changed));
    put(&next, 0, 1);
    put(&next, 3, 2); /* a version that is reserved */
    assert_false(open_element(&l, &next, &frames, &changed));
    assert_int_equal(l.config_len, 2);
}

static void elements_are_found_behind_garbage(void **state)
{
    static const uint8_t bytes[] = { 0x56, 0x00, 0x56, 0xE0, 0x02, 0xAA, 0xBB, 0x56, 0xE0 };
    size_t               skip, len;
    (void)state;
    assert_true(latm_find(bytes, sizeof bytes, &skip, &len));
    assert_int_equal(skip, 2);
    assert_int_equal(len, 2);
    assert_false(latm_find(bytes + 7, 2, &skip, &len));
    assert_int_equal(skip, 0);
    assert_false(latm_find(bytes, 6, &skip, &len)); /* it begins, and is cut */
    assert_int_equal(skip, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_out_with_their_configuration),
        cmocka_unit_test(lengths_that_are_told_are_heeded),
        cmocka_unit_test(nothing_is_read_before_a_configuration),
        cmocka_unit_test(a_cut_element_gives_no_frame_and_keeps_the_configuration),
        cmocka_unit_test(elements_are_found_behind_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
