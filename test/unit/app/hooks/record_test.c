/* The records of the journal of callbacks: what was written is read again, up to a cut at any byte. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "app/hooks/record.h"
#include "core/attr.h"
#include "core/line_log.h"
#include "core/mem.h"

enum { MAX = 1 << 20 };

static const struct hook_record records[] = {
    { .kind = HOOK_RECORD_NEXT, .sequence = 41 },
    { .kind = HOOK_RECORD_EVENT,
      .sequence = 41,
      .wall_us = 1796032856123000,
      .event = HOOK_UNPUBLISH,
      .id = "6k2j0x9q7d3f8b1m",
      .vhost = "__defaultVhost__",
      .queue = "__defaultVhost__/live/cam",
      .client_id = "767f54e9",
      .body = "{\"a\":\"tab\\t and a \\\"quote\\\"\"}",
      .urls = "http://127.0.0.1/a\0http://127.0.0.1/b",
      .n_urls = 2 },
    { .kind = HOOK_RECORD_EVENT,
      .sequence = 42,
      .event = HOOK_STOP,
      .id = "",
      .id_is_secret = true,
      .vhost = "",
      .queue = "odd\tname\nof \\ a\rstream",
      .client_id = "",
      .body = "",
      .urls = "http://127.0.0.1/c",
      .n_urls = 1 },
    { .kind = HOOK_RECORD_DONE, .sequence = 41 },
};

static struct buf file_of(size_t n)
{
    struct buf b = buf_up_to(MAX);
    for (size_t i = 0; i < n; i++)
        assert_true(hook_record_write(&b, &records[i]));
    return b;
}

static void assert_same(const struct hook_record *a, const struct hook_record *b)
{
    const char *x = a->urls, *y = b->urls;
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->sequence, b->sequence);
    if (a->kind != HOOK_RECORD_EVENT)
        return;
    assert_int_equal(a->wall_us, b->wall_us);
    assert_int_equal(a->event, b->event);
    assert_int_equal(a->id_is_secret, b->id_is_secret);
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->vhost, b->vhost);
    assert_string_equal(a->queue, b->queue);
    assert_string_equal(a->client_id, b->client_id);
    assert_string_equal(a->body, b->body);
    assert_int_equal(a->n_urls, b->n_urls);
    for (size_t i = 0; i < a->n_urls; i++, x += strlen(x) + 1, y += strlen(y) + 1)
        assert_string_equal(x, y);
}

/* Read the first `len` bytes, and expect the first records of the array. Returns how many. */
static size_t read_all(const struct buf *file, size_t len)
{
    char                  *copy = mem_strndup(file->bytes, len);
    struct line_log_reader r = line_log_over(copy, len);
    const char            *text;
    size_t                 text_len, n = 0;
    assert_non_null(copy);
    for (; line_log_next(&r, &text, &text_len); n++) {
        struct hook_record got;
        assert_true(n < ARRAY_LEN(records));
        assert_true(hook_record_parse(copy + (text - copy), text_len, &got));
        assert_same(&got, &records[n]);
    }
    mem_free(copy);
    return n;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct buf b = file_of(ARRAY_LEN(records));
    assert_int_equal(read_all(&b, b.len), ARRAY_LEN(records));
    buf_finish(&b);
}

static void a_file_is_read_up_to_a_cut_at_any_byte(void **state)
{
    (void)state;
    struct buf b = file_of(ARRAY_LEN(records));
    for (size_t cut = 0; cut < b.len; cut++) {
        size_t n_whole = 0;
        for (size_t i = 0; i < cut; i++)
            n_whole += b.bytes[i] == '\n';
        assert_int_equal(read_all(&b, cut), n_whole);
    }
    buf_finish(&b);
}

static void what_is_no_record_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "event",
        "done",
        "done\t",
        "done\t-1",
        "done\t1x",
        "done\t99999999999999999999",
        "done\t1\t2",
        "went\t1",
        "event\t1",
        "event\t1\t2\ton_stop\tid\t0\tvhost\tqueue\tclient",       /* no body */
        "event\t1\t2\ton_stop\tid\t0\tvhost\tqueue\tclient\tbody", /* no URL */
        "event\t1\t2\ton_fire\tid\t0\tvhost\tqueue\tclient\tbody\turl",
        "event\t1\tx\ton_stop\tid\t0\tvhost\tqueue\tclient\tbody\turl",
        "event\t1\t2\ton_stop\tid\t0\tvhost\tqueue\tclient\tbo\\dy\turl",
        "event\t1\t2\ton_stop\tid\t0\tvhost\tqueue\tclient\tbody\turl\\",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct hook_record got;
        char              *copy = mem_strdup(rows[i]);
        assert_non_null(copy);
        assert_false(hook_record_parse(copy, strlen(copy), &got));
        mem_free(copy);
    }
}

static void a_record_is_written_as_a_whole_or_not_at_all(void **state)
{
    struct hook_record r = records[1];
    struct buf         b = file_of(1), small = buf_up_to(40);
    size_t             before = b.len;
    char              *body = mem_calloc(1, HOOK_RECORD_MAX + 1);
    (void)state;
    assert_non_null(body);
    memset(body, 'x', HOOK_RECORD_MAX);
    r.body = body;
    assert_false(hook_record_write(&b, &r)); /* too long for a record */
    assert_false(hook_record_write(&small, &records[1]));
    assert_int_equal(small.len, 0);
    for (int n = 0; n < 2; n++) {
        mem_fail_after(n);
        bool ok = hook_record_write(&b, &records[1]);
        mem_fail_after(-1);
        assert_true(ok ? b.len > before : b.len == before);
    }
    assert_true(hook_record_write(&b, &records[1])); /* a failure does not stick */
    buf_finish(&b);
    buf_finish(&small);
    mem_free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_file_is_read_up_to_a_cut_at_any_byte),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(a_record_is_written_as_a_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
