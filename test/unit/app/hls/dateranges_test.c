/* Date ranges: which cues become one, when they leave a playlist, and what delta updates tell of them. */
#include "app/hls/dateranges.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/hls/hls.h"
#include "app/segment/plan.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/cue.h"
#include "kernel/hls/playlist.h"

/* The wall clock of the first segment: whole seconds are easy to read in identifiers. */
#define WALL_US (INT64_C(1796014800) * US_PER_SECOND)

static struct conf_vhost vhost;
static struct show       show;
static struct plan       plan;
static struct lane       lane;
static struct viewing    viewing;
static struct segment    open_segment;
static struct hls        h;

/* Segment `number` of two seconds is open. */
static void open_at(uint64_t number)
{
    int64_t start_us = (int64_t)number * 2 * US_PER_SECOND;
    open_segment = (struct segment){ .number = number, .start_us = start_us, .wall_us = WALL_US + start_us };
    lane.open = &open_segment;
}

static int setup(void **state)
{
    (void)state;
    vhost = (struct conf_vhost){ .hls = { .ll = true } };
    show = (struct show){ .vhost = &vhost };
    plan = (struct plan){ .label = "live/s" };
    lane = (struct lane){ .plan = &plan };
    viewing = (struct viewing){ .plan = &plan };
    h = (struct hls){ .show = &show, .lane = &lane, .viewing = &viewing };
    list_init(&lane.segments);
    hls_dateranges_init(&h);
    open_at(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hls_dateranges_drop(&h);
    assert_int_equal(h.dateranges.n, 0);
    assert_int_equal(h.dateranges.bytes, 0);
    assert_int_equal(mem_held(), 0);
    return 0;
}

static struct cue cue_at(int64_t ms, const char *id, double duration_s)
{
    struct cue cue = { .refs = 1, .name = "ad", .at_us = ms * US_PER_MS, .shown_us = ms * US_PER_MS };
    str_copy(cue.id, sizeof cue.id, id);
    cue.duration_us = (int64_t)(duration_s * US_PER_SECOND);
    cue.splice.duration_us = -1;
    return cue;
}

static struct cue splice_at(int64_t ms, enum scte35_kind kind, uint32_t event_id, double planned_s)
{
    struct cue cue = cue_at(ms, "", -1);
    cue.section_len = 1;
    cue.section[0] = 0xFC;
    cue.splice = (struct scte35){ kind, event_id, (int64_t)(planned_s * US_PER_SECOND) };
    return cue;
}

static void take(struct cue cue)
{
    hls_dateranges_take(&h, &cue);
}

/* "ID ID* -ID": those that are listed, with a star if a delta update skips them; those that it says are removed. */
static const char *listed(uint64_t boundary)
{
    static char                  text[4096];
    struct str                   out = str_over(text, sizeof text);
    struct hls_dateranges_listed l;
    assert_true(hls_dateranges_list(&h, boundary, &l));
    for (size_t i = 0; i < l.n_ranges; i++)
        str_printf(&out, "%s%s%s", i ? " " : "", l.ranges[i].id, l.ranges[i].old ? "*" : "");
    for (size_t i = 0; i < l.n_removed; i++)
        str_printf(&out, " -%s", l.removed[i]);
    mem_free(l.ranges);
    mem_free(l.removed);
    return text;
}

static void trim_to(uint64_t oldest)
{
    struct segment s = { .number = oldest, .wall_us = WALL_US + (int64_t)oldest * 2 * US_PER_SECOND };
    hls_dateranges_trim(&h, &s);
}

static void an_identifier_is_given_or_made_of_name_and_time(void **state)
{
    (void)state;
    take(cue_at(500, "mine", 10));
    take(cue_at(1250, "", 10));
    take(splice_at(1500, SCTE35_OUT, 0x12AB, 30));
    take(splice_at(1600, SCTE35_OTHER, 0, -1));
    assert_string_equal(listed(0), "mine ad-1796014801250 splice-000012AB-1796014801500 splice-00000000-1796014801600");
}

static void what_is_no_range_or_has_no_segment_is_left_out(void **state)
{
    (void)state;
    take(cue_at(500, "a", -1));
    take(splice_at(500, SCTE35_CANCEL, 1, -1));
    lane.open = NULL;
    take(cue_at(500, "a", 10));
    assert_int_equal(h.dateranges.n, 0);
    assert_int_equal(plan.n_lost_cues, 0);
}

static void a_repeated_cue_is_one_range(void **state)
{
    struct cue again = cue_at(300, "", 10);
    (void)state;
    take(cue_at(100, "a", 10));
    take(cue_at(1900, "a", 20));
    take(cue_at(300, "", 10));
    again.at_us = 900 * US_PER_MS;
    again.elapsed_us = 5 * US_PER_SECOND;
    take(again); /* It says that it began before; about then one of its name did. */
    again.at_us = 1500 * US_PER_MS;
    take(again);
    assert_string_equal(listed(0), "a ad-1796014800300 ad-1796014801500");
}

static void identifiers_are_compared_as_the_playlist_has_them(void **state)
{
    (void)state;
    take(cue_at(100, "a\"b", 10));
    take(cue_at(200, "a'b", 20));
    take(cue_at(300, "a'b\x01", 20));
    take(cue_at(400, "\x01", 20)); /* Nothing is left of it. */
    struct cue back = splice_at(500, SCTE35_IN, 7, -1);
    str_copy(back.id, sizeof back.id, "a'b"); /* of a way out that nobody saw */
    take(back);
    assert_string_equal(listed(0), "a'b ad-1796014800400");
}

static void a_splice_is_announced_several_times(void **state)
{
    (void)state;
    take(splice_at(0, SCTE35_OUT, 7, 30));
    take(splice_at(1000, SCTE35_OUT, 7, 30));
    take(splice_at(1000, SCTE35_OUT, 8, 30));
    open_at(31); /* more than a minute later it is another one */
    take(splice_at(62000, SCTE35_OUT, 7, 30));
    assert_string_equal(listed(0),
                        "splice-00000007-1796014800000 splice-00000008-1796014801000 splice-00000007-1796014862000");
}

static void a_way_back_continues_its_way_out(void **state)
{
    struct hls_dateranges_listed l;
    (void)state;
    take(splice_at(0, SCTE35_OUT, 7, 30));
    open_at(10);
    take(splice_at(20500, SCTE35_IN, 7, -1));
    take(splice_at(20900, SCTE35_IN, 7, -1)); /* again */
    take(splice_at(20900, SCTE35_IN, 9, -1)); /* of a way out that nobody saw */
    assert_true(hls_dateranges_list(&h, 0, &l));
    assert_int_equal(l.n_ranges, 3);
    assert_string_equal(l.ranges[1].id, l.ranges[0].id);
    assert_int_equal(l.ranges[0].duration_us, -1);
    assert_int_equal(l.ranges[0].planned_duration_us, 30 * US_PER_SECOND);
    assert_int_equal(l.ranges[1].start_wall_us, l.ranges[0].start_wall_us);
    assert_int_equal(l.ranges[1].duration_us, 20 * US_PER_SECOND + US_PER_SECOND / 2);
    assert_int_equal(l.ranges[1].scte35_in_len, 1);
    assert_null(l.ranges[1].class_name);
    assert_string_equal(l.ranges[2].id, "splice-00000009-1796014820900");
    mem_free(l.ranges);
    mem_free(l.removed);
    trim_to(10); /* The way back ends both at 20.5 s, before the planned end. */
    assert_int_equal(strlen(listed(0)), strlen("splice-00000007-1796014800000 splice-00000007-1796014800000 "
                                               "splice-00000009-1796014820900"));
    open_at(11);
    trim_to(11);
    assert_string_equal(listed(0), " -splice-00000007-1796014800000 -splice-00000009-1796014820900");
}

static void a_range_leaves_with_the_segments_of_its_time(void **state)
{
    (void)state;
    take(cue_at(500, "short", 1));
    take(cue_at(500, "long", 9));
    take(splice_at(500, SCTE35_OUT, 1, -1)); /* of unknown length */
    trim_to(0);
    assert_string_equal(listed(0), "short long splice-00000001-1796014800500");
    open_at(5);
    trim_to(1);
    assert_string_equal(listed(0), "long splice-00000001-1796014800500 -short");
    trim_to(4);
    trim_to(5);
    assert_string_equal(listed(0), "splice-00000001-1796014800500 -short -long");
    open_at(2000);
    trim_to(1799);
    assert_string_equal(listed(0), "splice-00000001-1796014800500");
    trim_to(1801); /* an hour */
    assert_string_equal(listed(0), " -splice-00000001-1796014800500");
}

static void delta_updates_tell_what_a_client_may_not_know(void **state)
{
    (void)state;
    open_at(3);
    take(cue_at(6000, "a", 3));
    open_at(4);
    take(cue_at(8000, "b", 60));
    assert_string_equal(listed(3), "a b");
    assert_string_equal(listed(4), "a* b");
    assert_string_equal(listed(5), "a* b*");
    open_at(8);
    trim_to(5);
    assert_string_equal(listed(8), "b* -a");
    assert_string_equal(listed(9), "b*");
    take(cue_at(16500, "a", 3)); /* Its identifier cannot be used while it may be told as removed. */
    assert_string_equal(listed(9), "b*");
    open_at(12);
    trim_to(9);
    assert_string_equal(listed(0), "b");
    take(cue_at(24500, "a", 3));
    assert_string_equal(listed(0), "b a");
}

static void without_low_latency_a_range_that_has_left_is_forgotten(void **state)
{
    (void)state;
    vhost.hls.ll = false;
    take(cue_at(500, "a", 1));
    open_at(4);
    trim_to(1);
    assert_int_equal(h.dateranges.n, 0);
}

static void ranges_are_bounded_in_number_and_bytes(void **state)
{
    char id[16];
    (void)state;
    for (int i = 0; i < HLS_DATERANGES_MAX + 3; i++) {
        snprintf(id, sizeof id, "%d", i);
        take(cue_at(500, id, 10));
    }
    assert_int_equal(h.dateranges.n, HLS_DATERANGES_MAX);
    assert_int_equal(plan.n_lost_cues, 3);
    hls_dateranges_drop(&h);
    for (int i = 0; i < HLS_DATERANGES_MAX; i++) {
        snprintf(id, sizeof id, "%d", i);
        struct cue cue = cue_at(500, id, 10);
        for (cue.n_attributes = 0; cue.n_attributes < CUE_ATTRIBUTES_MAX; cue.n_attributes++) {
            struct cue_attribute *a = &cue.attributes[cue.n_attributes];
            snprintf(a->name, sizeof a->name, "X-%zu", cue.n_attributes);
            memset(a->text, 'x', sizeof a->text - 1);
        }
        take(cue);
    }
    assert_true(h.dateranges.n > 16 && h.dateranges.n < HLS_DATERANGES_MAX);
    assert_true(h.dateranges.bytes <= HLS_DATERANGE_BYTES_MAX);
}

static void what_a_former_run_has_told_goes_on(void **state)
{
    const struct hls_attribute x = { .name = "X-A", .text = "b" };
    struct hls_daterange       d = {
              .id = "old", .class_name = "c", .start_wall_us = WALL_US, .attributes = &x, .n_attributes = 1
    };
    static const uint8_t out[] = { 0xfc, 0x30, 0x25, 0,    0,    0,    0,    0, 0,    0,    0xff, 0xf0, 0x14, 0x05,
                                   0,    0,    0x12, 0x34, 0x7f, 0xef, 0xfe, 0, 0,    0x03, 0xe8, 0xfe, 0x00, 0x29,
                                   0x32, 0xe0, 0,    1,    0,    0,    0,    0, 0x77, 0x8c, 0x43, 0xff };
    (void)state;
    d.duration_us = 60 * US_PER_SECOND;
    d.planned_duration_us = -1;
    hls_dateranges_adopt(&h, &d);
    d = (struct hls_daterange){
        .id = "splice", .start_wall_us = WALL_US, .duration_us = -1, .scte35_out = out, .scte35_out_len = sizeof out
    };
    d.planned_duration_us = 30 * US_PER_SECOND;
    hls_dateranges_adopt(&h, &d);
    assert_string_equal(listed(100), "old splice");
    take(cue_at(500, "old", 10));
    open_at(5);
    take(splice_at(10000, SCTE35_IN, 0x1234, -1));
    assert_string_equal(listed(0), "old splice splice");
    open_at(6);
    trim_to(6);
    assert_string_equal(listed(0), "old -splice");
}

static void memory_may_run_out_at_any_place(void **state)
{
    (void)state;
    for (int n = 0;; n++) {
        struct hls_dateranges_listed l = { 0 };
        mem_fail_after(n);
        take(cue_at(500, "a", 10));
        bool ok = hls_dateranges_list(&h, 0, &l), failed = mem_failed();
        mem_fail_after(-1);
        assert_true(ok || failed);
        assert_true(failed || l.n_ranges == 1);
        mem_free(l.ranges);
        mem_free(l.removed);
        hls_dateranges_drop(&h);
        if (!failed)
            break;
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_identifier_is_given_or_made_of_name_and_time),
        TEST(what_is_no_range_or_has_no_segment_is_left_out),
        TEST(a_repeated_cue_is_one_range),
        TEST(identifiers_are_compared_as_the_playlist_has_them),
        TEST(a_splice_is_announced_several_times),
        TEST(a_way_back_continues_its_way_out),
        TEST(a_range_leaves_with_the_segments_of_its_time),
        TEST(delta_updates_tell_what_a_client_may_not_know),
        TEST(without_low_latency_a_range_that_has_left_is_forgotten),
        TEST(ranges_are_bounded_in_number_and_bytes),
        TEST(what_a_former_run_has_told_goes_on),
        TEST(memory_may_run_out_at_any_place),
    };
    return cmocka_run_group_tests_name("dateranges", tests, NULL, NULL);
}
