/* What a server that stands by has sent since its newest key frame. */
#include "app/relay/kept_bodies.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/str.h"

static struct kept_bodies kept;

static int setup(void **state)
{
    (void)state;
    kept_bodies_init(&kept);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kept_bodies_clear(&kept);
    assert_int_equal(kept.n, 0);
    assert_int_equal(kept.bytes, 0);
    return 0;
}

static void put_bytes(enum frame_kind kind, const char *bytes, size_t len, uint32_t ts_ms)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = (uint8_t)kind;
    f->len = (uint32_t)len;
    memcpy(f->data, bytes, len);
    assert_true(kept_bodies_put(&kept, &f, ts_ms));
    assert_null(f);
}

/* M onMetaData, T another message, V and A configurations, K key frame, p other picture, a sound. Bodies as Adobe FLV 10.1, E.4. */
static void put(char what, uint32_t ts_ms)
{
    static const struct {
        char            what;
        enum frame_kind kind;
        const char     *bytes;
        size_t          len;
    } rows[] = {
        { 'M', FRAME_SCRIPT, "\x02\x00\x0aonMetaData\x05", 14 },
        { 'T', FRAME_SCRIPT, "\x02\x00\x06onText\x05", 10 },
        { 'V', FRAME_VIDEO, "\x17\x00\x00\x00\x00\x01\x42\x00\x1e\xff\xe1\x00\x04\x67\x42\x00\x1e\x01\x00\x01\x68",
          21 },
        { 'A', FRAME_AUDIO, "\xaf\x00\x12\x10", 4 },
        { 'K', FRAME_VIDEO, "\x17\x01\x00\x00\x00\x00\x00\x00\x02\x65\x88", 11 },
        { 'p', FRAME_VIDEO, "\x27\x01\x00\x00\x00\x00\x00\x00\x02\x41\x88", 11 },
        { 'a', FRAME_AUDIO, "\xaf\x01\x21\x10", 4 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].what == what)
            put_bytes(rows[i].kind, rows[i].bytes, rows[i].len, ts_ms);
}

/* Put one body for each letter, a millisecond apart. */
static void put_all(const char *letters)
{
    for (uint32_t i = 0; letters[i]; i++)
        put(letters[i], i);
}

/* The letter of each body that is there, with its time. */
static const char *taken(void)
{
    static char   line[256];
    struct str    out = str_over(line, sizeof line);
    uint32_t      ts_ms;
    struct frame *f;
    for (; (f = kept_bodies_get(&kept, &ts_ms)); frame_unref(&f)) {
        char what = f->kind == FRAME_SCRIPT  ? f->len == 14 ? 'M' : 'T'
                    : f->kind == FRAME_AUDIO ? f->config ? 'A' : 'a'
                    : f->config              ? 'V'
                    : f->key                 ? 'K'
                                             : 'p';
        str_printf(&out, "%s%c%u", out.len ? " " : "", what, ts_ms);
    }
    return line;
}

static void media_begins_with_the_newest_key_frame(void **state)
{
    (void)state;
    put_all("MAVKapapKap");
    assert_string_equal(taken(), "M0 A1 V2 K8 a9 p10");
}

static void media_stays_while_nobody_else_may_have_it(void **state)
{
    (void)state;
    put_all("MAVKa");
    kept.holds = true;
    put('K', 5);
    put('p', 6);
    put('K', 7);
    kept.holds = false;
    put('p', 8);
    assert_string_equal(taken(), "M0 A1 V2 K3 a4 K5 p6 K7 p8");
    put_all("Ka");
    kept.holds = true;
    put('K', 2);
    kept.holds = false;
    put('K', 3);
    assert_string_equal(taken(), "K3");
}

static void a_header_replaces_the_one_before(void **state)
{
    (void)state;
    put_all("MAVKaVKaMp");
    assert_string_equal(taken(), "A1 V5 K6 a7 M8 p9");
}

static void messages_go_with_the_media_around_them(void **state)
{
    (void)state;
    put_all("MTVKTKT");
    assert_string_equal(taken(), "M0 V2 K5 T6");
}

static void what_is_no_body_of_a_stream_is_dropped(void **state)
{
    (void)state;
    put_bytes(FRAME_VIDEO, "", 0, 0);
    put_bytes(FRAME_VIDEO, "\x17", 1, 0);
    put_bytes(FRAME_AUDIO, "\xf0\x01\x02", 3, 0);
    put('K', 5);
    assert_string_equal(taken(), "K5");
}

static void without_key_frames_the_oldest_media_goes(void **state)
{
    (void)state;
    put('A', 0);
    for (uint32_t i = 1; i <= KEPT_BODIES_MAX + 10; i++)
        put('a', i);
    assert_int_equal(kept.n, KEPT_BODIES_MAX);
    uint32_t      ts_ms;
    struct frame *f = kept_bodies_get(&kept, &ts_ms);
    assert_true(f->config);
    frame_unref(&f);
    f = kept_bodies_get(&kept, &ts_ms);
    assert_int_equal(ts_ms, 12);
    frame_unref(&f);
}

static void bytes_have_a_bound(void **state)
{
    enum { LEN = 1 << 20 };
    static char body[LEN] = "\x27\x01\x00\x00\x00\x00\x0f\xff\xf7\x41";
    (void)state;
    put('V', 0);
    put('K', 1);
    for (uint32_t i = 2; i < 40; i++)
        put_bytes(FRAME_VIDEO, body, LEN, i);
    assert_in_range(kept.bytes, KEPT_BODIES_BYTES_MAX - 2 * LEN, KEPT_BODIES_BYTES_MAX);
    put('K', 50);
    put('p', 51);
    assert_string_equal(taken(), "V0 K50 p51");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(media_begins_with_the_newest_key_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(media_stays_while_nobody_else_may_have_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_header_replaces_the_one_before, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_go_with_the_media_around_them, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_body_of_a_stream_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(without_key_frames_the_oldest_media_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_have_a_bound, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
