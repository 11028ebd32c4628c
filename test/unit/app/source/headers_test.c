/* The frames that a decoder needs first: metadata and configurations, one of each track, in the order in which they are sent. */
#include "app/source/fixture.h"

static struct headers h;

static struct frame *header(const char *label, unsigned track)
{
    struct frame *f = labelled(label, 0);
    assert_non_null(f);
    f->track = (uint8_t)track;
    return f;
}

static void put(const char *label, unsigned track)
{
    struct frame *f = header(label, track);
    headers_put(&h, f);
    frame_unref(&f);
}

static const char *line(const struct headers *of)
{
    static char text[300];
    struct str  out = str_over(text, sizeof text);
    for (size_t i = 0; i < of->count; i++)
        str_printf(&out, "%s%s/%u", i ? " " : "", (const char *)of->frames[i]->data, of->frames[i]->track);
    return text;
}

static int teardown(void **state)
{
    (void)state;
    headers_clear(&h);
    return h.count ? -1 : 0;
}

static void they_stand_in_the_order_they_are_sent(void **state)
{
    (void)state;
    put("V1", 1);
    put("A2", 1);
    put("V0", 0);
    put("M0", 0);
    put("A1", 0);
    assert_string_equal(line(&h), "M0/0 A1/0 A2/1 V0/0 V1/1");
}

static void a_newer_one_takes_the_place_of_its_kind_and_track(void **state)
{
    (void)state;
    put("M1", 0);
    put("A1", 0);
    put("V1", 0);
    struct frame *old = headers_find(&h, FRAME_AUDIO, 0);
    frame_ref(old);
    put("A2", 0);
    put("M2", 0);
    assert_string_equal(line(&h), "M2/0 A2/0 V1/0");
    assert_int_equal(old->refs, 1); /* its reference was dropped */
    frame_unref(&old);
    put("V2", 0);
    assert_string_equal(line(&h), "M2/0 A2/0 V2/0");
}

static void they_are_found_by_kind_and_track(void **state)
{
    (void)state;
    put("A1", 0);
    put("A2", 3);
    assert_string_equal(label_of(headers_find(&h, FRAME_AUDIO, 3)), "A2");
    assert_null(headers_find(&h, FRAME_AUDIO, 1));
    assert_null(headers_find(&h, FRAME_VIDEO, 0));
    assert_null(headers_find(&h, FRAME_SCRIPT, 0));
}

static void more_tracks_than_there_is_room_for_are_not_kept(void **state)
{
    (void)state;
    put("M1", 0);
    for (unsigned track = 0; track < HEADERS_MAX - 1; track++)
        put("A1", track);
    assert_int_equal(h.count, HEADERS_MAX);
    put("V1", 0);
    put("A1", 200);
    assert_int_equal(h.count, HEADERS_MAX);
    assert_null(headers_find(&h, FRAME_VIDEO, 0));
    put("A2", 5); /* known headers can still change */
    assert_string_equal(label_of(headers_find(&h, FRAME_AUDIO, 5)), "A2");
}

static void metadata_has_its_room_however_late_it_comes(void **state)
{
    (void)state;
    for (unsigned track = 0; track < HEADERS_MAX; track++)
        put("V1", track);
    assert_int_equal(h.count, HEADERS_MAX - 1);
    put("M1", 0);
    assert_string_equal(label_of(headers_find(&h, FRAME_SCRIPT, 0)), "M1");
    put("M2", 0);
    assert_string_equal(label_of(headers_find(&h, FRAME_SCRIPT, 0)), "M2");
    assert_int_equal(h.count, HEADERS_MAX);
}

static void a_copy_has_references_of_its_own(void **state)
{
    (void)state;
    struct headers copy = { 0 };
    put("M1", 0);
    put("V1", 0);
    headers_copy(&copy, &h);
    put("V2", 0);
    assert_string_equal(line(&copy), "M1/0 V1/0");
    headers_copy(&copy, &h); /* it replaces the previous content */
    assert_string_equal(line(&copy), "M1/0 V2/0");
    headers_copy(&copy, &copy);
    assert_string_equal(line(&copy), "M1/0 V2/0");
    headers_clear(&h);
    assert_string_equal(line(&copy), "M1/0 V2/0");
    headers_copy(&copy, &h);
    assert_int_equal(copy.count, 0);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(they_stand_in_the_order_they_are_sent),
        TEST(a_newer_one_takes_the_place_of_its_kind_and_track),
        TEST(they_are_found_by_kind_and_track),
        TEST(more_tracks_than_there_is_room_for_are_not_kept),
        TEST(metadata_has_its_room_however_late_it_comes),
        TEST(a_copy_has_references_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
