/* Notes of recorded files: what they say is read back, bad ones are refused, and only files that are ours are removed. */
#include "app/dvr/note.h"

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/mem.h"

static struct dvr_recording *sample(void)
{
    struct dvr_recording *r = dvr_recording_create("v", "live", "a \"b\"", "rec/x.flv");
    assert_non_null(r);
    r->begin_us = 1700000000123000;
    r->end_us = 1700000004000000;
    gaps_add(&r->gaps, (struct gap){ 0, 1500000, GAP_PUBLISHER });
    gaps_add(&r->gaps, (struct gap){ 2000000, GAP_LENGTH_UNKNOWN, GAP_KILL });
    return r;
}

static void a_note_is_read_as_it_was_written(void **state)
{
    struct dvr_recording *r = sample();
    char                 *text = note_text(r, &(struct dvr_facts){ .duration_us = 4000000, .bytes = 77 });
    struct dvr_recording *again = note_parse(text, strlen(text), "rec/y.flv");
    (void)state;
    assert_non_null(again);
    assert_string_equal(again->id, r->id);
    assert_string_equal(again->vhost, "v");
    assert_string_equal(again->stream, "a \"b\"");
    assert_string_equal(again->path, "rec/y.flv");
    assert_int_equal(again->state, DVR_COMPLETE);
    assert_true(again->begin_us == r->begin_us && again->end_us == r->end_us);
    assert_int_equal(again->duration_us, 4000000);
    assert_int_equal(again->bytes, 77);
    assert_int_equal(again->gaps.n, 2);
    assert_int_equal(again->gaps.items[0].length_us, 1500000);
    assert_int_equal(again->gaps.items[1].length_us, GAP_LENGTH_UNKNOWN);
    assert_int_equal(again->gaps.items[1].reason, GAP_KILL);
    dvr_recording_unref(&again);
    dvr_recording_unref(&r);
    mem_free(text);
}

static void the_end_of_a_transport_stream_is_kept(void **state)
{
    struct dvr_recording  *r = sample();
    const struct dvr_facts facts = { .bytes = 188, .tail = { .cc = { 1, 2, 15, 4, 0 }, .seen = 0x0F, .version = 31 } };
    char                  *text = note_text(r, &facts), *none = note_text(r, &(struct dvr_facts){ .bytes = 188 });
    struct dvr_recording  *again = note_parse(text, strlen(text), "rec/y.ts"),
                         *other = note_parse(none, strlen(none), "rec/y.ts");
    (void)state;
    assert_non_null(again);
    assert_memory_equal(again->tail.cc, facts.tail.cc, sizeof facts.tail.cc);
    assert_int_equal(again->tail.version, 31);
    assert_true(again->tail.seen);
    assert_non_null(other);
    assert_false(other->tail.seen);
    dvr_recording_unref(&other);
    dvr_recording_unref(&again);
    dvr_recording_unref(&r);
    mem_free(text);
    mem_free(none);
}

static void every_cut_of_a_note_is_refused(void **state)
{
    struct dvr_recording *r = sample();
    char                 *text = note_text(r, &(struct dvr_facts){ .duration_us = 1, .bytes = 1 });
    (void)state;
    for (size_t cut = 0; cut + 2 < strlen(text); cut++) /* the last two bytes are the brace and the end of the line */
        assert_null(note_parse(text, cut, "x"));
    dvr_recording_unref(&r);
    mem_free(text);
}

static void numbers_and_names_that_cannot_be_are_refused(void **state)
{
#define NOTE(id, begin, bytes) \
    "{\"id\":" id ",\"vhost\":\"v\",\"app\":\"a\",\"stream\":\"s\",\"begin_ms\":" begin \
    ",\"end_ms\":1,\"duration_ms\":1,\"bytes\":" bytes "}"
    static const char *const bad[] = {
        NOTE("\"\"", "1", "1"),
        NOTE("1", "1", "1"),
        NOTE("\"123456789\"", "1", "1"),
        NOTE("\"i\"", "-1", "1"),
        NOTE("\"i\"", "1", "-1"),
        NOTE("\"i\"", "1.5", "1"),
        NOTE("\"i\"", "9223372036854775807", "1"),
        NOTE("\"i\"", "1", "\"1\""),
        "[]",
        "null",
    };
    static const char good[] = NOTE("\"i\"", "1", "1");
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_null(note_parse(bad[i], strlen(bad[i]), "x"));
    struct dvr_recording *r = note_parse(good, strlen(good), "x");
    assert_non_null(r);
    dvr_recording_unref(&r);
}

static void gaps_are_bounded_and_bad_ones_left_out(void **state)
{
    static const char text[] = "[{\"at_ms\":1,\"ms\":2,\"reason\":\"off\"},{\"at_ms\":-1,\"ms\":2,\"reason\":\"off\"},"
                               "{\"at_ms\":1,\"ms\":2,\"reason\":\"other\"},{\"at_ms\":1,\"reason\":\"off\"},7]";
    struct jr_value   list;
    struct gaps       g = { 0 };
    (void)state;
    assert_true(jr_parse(text, strlen(text), &list));
    gaps_read(&g, &list);
    assert_int_equal(g.n, 1);
    for (int i = 0; i < 2 * GAPS_MAX; i++)
        gaps_add(&g, (struct gap){ .reason = GAP_BEHIND });
    assert_int_equal(g.n, GAPS_MAX);
    assert_int_equal(g.n_left_out, GAPS_MAX + 1);
    gaps_finish(&g);
}

static void the_name_of_a_note_leads_to_its_file(void **state)
{
    char  path[64];
    char *note = note_path("rec/live/x.flv");
    (void)state;
    assert_string_equal(note, "rec/live/.x.flv.dvr");
    mem_free(note);
    assert_true(note_subject("rec/live", ".x.flv.dvr", path, sizeof path));
    assert_string_equal(path, "rec/live/x.flv");
    assert_true(note_subject("", ".x.flv.dvr", path, sizeof path));
    assert_string_equal(path, "x.flv");
    assert_false(note_subject("rec", "x.flv.dvr", path, sizeof path));
    assert_false(note_subject("rec", ".dvr", path, sizeof path));
    assert_false(note_subject("rec", ".x.flv.dvr.new", path, sizeof path));
    assert_false(note_subject("rec", ".x.flv.dvr", path, 8));
}

static void put(const char *path, const char *bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
    close(fd);
}

static void only_a_file_that_is_as_its_note_says_is_removed(void **state)
{
    char folder[] = "/tmp/note-test-XXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.flv", folder);
    struct dvr_recording *r = sample();
    put(path, "12345");
    assert_int_equal(note_remove_file(path, r->id), NOTE_NOT_OURS); /* no note */
    assert_null(note_write(path, r, &(struct dvr_facts){ .duration_us = 1, .bytes = 4 }));
    assert_int_equal(note_remove_file(path, r->id), NOTE_NOT_OURS); /* another length */
    assert_null(note_write(path, r, &(struct dvr_facts){ .duration_us = 1, .bytes = 5 }));
    assert_int_equal(note_remove_file(path, "other"), NOTE_NOT_OURS);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(note_remove_file(path, r->id), NOTE_REMOVED);
    assert_int_equal(access(path, F_OK), -1);
    assert_null(note_read(path));
    assert_null(note_write(path, r, &(struct dvr_facts){ .duration_us = 1, .bytes = 5 }));
    assert_int_equal(note_remove_file(path, r->id), NOTE_REMOVED); /* somebody was faster */
    dvr_recording_unref(&r);
    assert_int_equal(rmdir(folder), 0);
}

/* A server that has run out of descriptors must not lose sight of what it has recorded. */
static void a_note_that_cannot_be_opened_now_is_no_other_file(void **state)
{
    char          folder[] = "/tmp/note-test-XXXXXX", path[64];
    struct rlimit usual, none;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.flv", folder);
    struct dvr_recording *r = sample();
    put(path, "12345");
    assert_null(note_write(path, r, &(struct dvr_facts){ .duration_us = 1, .bytes = 5 }));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = (struct rlimit){ 0, usual.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum note_removal result = note_remove_file(path, r->id);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(result, NOTE_FAILED);
    assert_int_equal(note_remove_file(path, r->id), NOTE_REMOVED);
    dvr_recording_unref(&r);
    assert_int_equal(rmdir(folder), 0);
}

static void a_file_that_is_reopened_has_its_note_under_the_temporary_name(void **state)
{
    char folder[] = "/tmp/note-test-XXXXXX", path[64], temporary[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.flv", folder);
    snprintf(temporary, sizeof temporary, "%s/x.flv.tmp", folder);
    struct dvr_recording *r = sample();
    put(path, "12345");
    struct err *e = note_reopen(path, temporary, r->id, 5);
    assert_int_equal(err_code(e), E_SYSTEM_FILE_OPEN); /* no note */
    err_free(e);
    assert_null(note_write(path, r, &(struct dvr_facts){ .duration_us = 1, .bytes = 5 }));
    e = note_reopen(path, temporary, r->id, 4);
    assert_int_equal(err_code(e), E_SYSTEM_FILE_OPEN); /* another length */
    err_free(e);
    assert_int_equal(access(path, F_OK), 0);
    assert_null(note_reopen(path, temporary, r->id, 5));
    assert_int_equal(access(path, F_OK), -1);
    assert_null(note_read(path));
    assert_int_equal(note_remove_file(temporary, r->id), NOTE_REMOVED);
    dvr_recording_unref(&r);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_is_read_as_it_was_written),
        cmocka_unit_test(the_end_of_a_transport_stream_is_kept),
        cmocka_unit_test(every_cut_of_a_note_is_refused),
        cmocka_unit_test(numbers_and_names_that_cannot_be_are_refused),
        cmocka_unit_test(gaps_are_bounded_and_bad_ones_left_out),
        cmocka_unit_test(the_name_of_a_note_leads_to_its_file),
        cmocka_unit_test(only_a_file_that_is_as_its_note_says_is_removed),
        cmocka_unit_test(a_note_that_cannot_be_opened_now_is_no_other_file),
        cmocka_unit_test(a_file_that_is_reopened_has_its_note_under_the_temporary_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
