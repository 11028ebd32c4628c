/*
 * A source with its readers when memory runs out: each allocation fails in turn, once. Frames may be lost, but the source stays
 * consistent, nothing leaks (the sanitizer looks), and a player gets nothing that it cannot decode.
 */
#include "app/source/fixture.h"
#include "core/mem.h"
#include "loop.h"

enum { ATTEMPTS_MAX = 2000 };

/* Append the frames; those for which there is no memory are lost. */
static void try_append(struct source *s, const char *labels)
{
    char line[500];
    snprintf(line, sizeof line, "%s", labels);
    for (char *rest = line, *label; (label = strtok_r(rest, " ", &rest));) {
        struct frame *f = labelled(label, 0);
        if (f && source_append(s, f))
            assert_true(mem_failed());
        frame_unref(&f);
    }
}

/* True when each P frame follows a key frame, and each key frame follows a configuration. */
static bool is_decodable(const char *line)
{
    bool config = false, key = false;
    for (const char *p = line; *p; p++) {
        config |= *p == 'V';
        if (*p == 'K' && !config)
            return false;
        key |= *p == 'K';
        if (*p == 'p' && !key)
            return false;
    }
    return true;
}

/* Only a reader that joins or jumps gets the headers that it needs. A reader that follows live misses the lost frames. */
static void assert_joiner_can_decode(struct source *s)
{
    struct reader late = { 0 };
    struct err   *e = audience_join(&late, s);
    if (!e) {
        settle(s);
        assert_true(is_decodable(peeked(&late)));
    } else {
        assert_int_equal(code_of(e), E_NO_MEMORY);
    }
    audience_leave(&late);
}

static void one_life_with_the_nth_allocation_failing(int64_t n, struct conf *conf, bool *failed)
{
    struct sources   all = { 0 };
    struct source   *s = NULL;
    struct publisher publisher = { .co = co_self(), .trace = "first" };
    struct reader    reader = { 0 };

    mem_fail_after(n);
    struct err *e = source_acquire(&s, &all, conf, vhost_of(conf), "live", "cam");
    if (e) {
        assert_int_equal(code_of(e), E_NO_MEMORY);
        assert_int_equal(all.by_key.count, 0);
        s = NULL;
    }
    if (s && !(e = source_publish(s, &publisher))) {
        if ((e = audience_join(&reader, s))) {
            assert_int_equal(code_of(e), E_NO_MEMORY);
            assert_int_equal(s->n_readers, 0);
        }
        for (int i = 0; i < 6; i++) { /* enough for the log to grow, twice */
            try_append(s, "M1 A1 V1 K1 p1 a1 p1 a1 p1 a1 p1 a1 p1 a1 p1 a1 p1 a1 p1 a1 p1 a1 p1 a1 p1 a1");
            assert_true(s->ring.head - s->ring.tail <= s->ring.n_slots);
            if (reader.source)
                co_give_way();
        }
        assert_joiner_can_decode(s);
        source_unpublish(s, &publisher);
        if (reader.source)
            (void)taken(&reader);
    }
    *failed = mem_failed();
    mem_fail_after(-1);

    audience_leave(&reader);
    source_release(s);
    assert_int_equal(all.by_key.count, 0);
    map_finish(&all.by_key);
    assert_int_equal(co_count(), 0);
    assert_int_equal(conf->refs, 1);
}

static void lives_with(const char *directives)
{
    struct conf *conf = conf_with(directives);
    bool         failed = true;
    int64_t      n = 0;
    for (; failed && n < ATTEMPTS_MAX; n++)
        one_life_with_the_nth_allocation_failing(n, conf, &failed);
    assert_false(failed); /* the last one needed fewer */
    assert_true(n > 20);
    conf_unref(&conf);
}

static void a_source_lives_through_any_failed_allocation(void **state)
{
    (void)state;
    lives_with("");
}

static void and_so_it_does_with_sorting_and_without_gop_cache(void **state)
{
    (void)state;
    lives_with("play { mix_correct on; reduce_sequence_header on; gop_cache off; }");
    lives_with("play { mix_correct on; }");
}

static void no_reader_begins_at_a_key_frame_that_was_lost(void **state)
{
    (void)state;
    struct fixture fx;
    struct reader  r;
    begin(&fx, "");
    struct source *s = fx.source;
    append(s, "V1 K1");
    settle(s);
    assert_null(audience_join(&r, s));
    append_many(s, "p1", 63); /* the log has 64 slots */
    assert_true(ring_is_full(&s->ring));

    struct frame *f = labelled("K2", 0);
    mem_fail_after(0); /* the log must grow for it, because a reader still needs the first GOP */
    struct err *e = source_append(s, f);
    mem_fail_after(-1);
    frame_unref(&f);
    assert_int_equal(code_of(e), E_NO_MEMORY);
    make_older(s, 40 * US_PER_SECOND);
    append(s, "p2 p3"); /* the slot where the key frame would have been */
    settle(s);
    assert_true(str_starts_with(peeked(&r), "V1 K1 p1 "));

    struct reader late;
    assert_null(audience_join(&late, s));
    assert_string_equal(peeked(&late), "V1");
    append(s, "K3 p4");
    settle(s);
    assert_string_equal(peeked(&late), "V1 K3 p4");
    assert_string_equal(peeked(&r), "V1 K3 p4");
    audience_leave(&late);
    audience_leave(&r);
    end(&fx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_lives_through_any_failed_allocation),
        cmocka_unit_test(and_so_it_does_with_sorting_and_without_gop_cache),
        cmocka_unit_test(no_reader_begins_at_a_key_frame_that_was_lost),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
