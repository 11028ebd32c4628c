/* The writer of metrics. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/mem.h"
#include "core/mw.h"

enum { TEXT_MAX = 64 << 10 };

struct written {
    struct buf text;
    struct mw  m;
};

static struct mw *begin(struct written *w, bool is_open)
{
    *w = (struct written){ .text = BUF_UP_TO(TEXT_MAX), .m = { .is_open = is_open } };
    w->m.text = &w->text;
    return &w->m;
}

static void assert_written(struct written *w, const char *wanted)
{
    assert_int_equal(w->text.fault, BUF_SOUND);
    assert_string_equal(w->text.bytes, wanted);
    buf_finish(&w->text);
}

static void a_family_has_help_type_and_samples(void **state)
{
    struct written w;
    struct mw     *m = begin(&w, false);
    (void)state;
    mw_family(m, MW_COUNTER, "a_total", "All of a.");
    mw_begin(m, NULL);
    mw_label(m, "b", "1");
    mw_label(m, "c", "2");
    mw_int(m, -3);
    mw_begin(m, "x=\"y\"");
    mw_label(m, "z", NULL);
    mw_int(m, INT64_MAX);
    mw_one(m, MW_GAUGE, "g", "One.", 0);
    mw_end(m);
    assert_written(&w, "# HELP a_total All of a.\n# TYPE a_total counter\na_total{b=\"1\",c=\"2\"} -3\n"
                       "a_total{x=\"y\",z=\"\"} 9223372036854775807\n# HELP g One.\n# TYPE g gauge\ng 0\n");
}

static void open_metrics_names_the_family_of_a_counter_without_total(void **state)
{
    struct written w;
    struct mw     *m = begin(&w, true);
    (void)state;
    mw_one(m, MW_COUNTER, "a_total", "A.", 1);
    mw_one(m, MW_UNTYPED, "b_total", "B.", 2);
    mw_end(m);
    assert_written(&w, "# HELP a A.\n# TYPE a counter\na_total 1\n# HELP b_total B.\n# TYPE b_total unknown\n"
                       "b_total 2\n# EOF\n");
}

static void a_value_ends_neither_label_nor_line(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "a\"} 1\nevil 2", "a\\\"} 1\\nevil 2" },
        { "\\", "\\\\" },
        { "\\n", "\\\\n" },
        { "\xff"
          "a\xc3",
          "\xef\xbf\xbd"
          "a\xef\xbf\xbd" },
        { "\xe4\xb8\xad", "\xe4\xb8\xad" },
        { "a,b={}#\t\r", "a,b={}#\t\r" },
        { "", "" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf text = BUF_UP_TO(TEXT_MAX), wanted = BUF_UP_TO(TEXT_MAX);
        mw_text_label(&text, "a", rows[i].in);
        mw_text_label(&text, "b", rows[i].in);
        buf_printf(&wanted, "a=\"%s\",b=\"%s\"", rows[i].out, rows[i].out);
        assert_string_equal(text.bytes, wanted.bytes);
        buf_finish(&text);
        buf_finish(&wanted);
    }
}

static void durations_are_exact_seconds(void **state)
{
    static const struct {
        int64_t     us;
        const char *text;
    } rows[] = {
        { 0, "s 0\n" },
        { 1, "s 0.000001\n" },
        { 1500000, "s 1.5\n" },
        { -2000001, "s -2.000001\n" },
        { 1000000, "s 1\n" },
        { INT64_MAX, "s 9223372036854.775807\n" },
        { INT64_MIN, "s -9223372036854.775808\n" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct written w;
        struct mw     *m = begin(&w, false);
        m->family = "s";
        mw_begin(m, NULL);
        mw_us(m, rows[i].us);
        assert_written(&w, rows[i].text);
    }
}

static void floats_have_six_digits(void **state)
{
    struct written w;
    struct mw     *m = begin(&w, false);
    (void)state;
    m->family = "f";
    mw_begin(m, NULL);
    mw_float(m, 0.9990009999);
    mw_begin(m, "");
    mw_float(m, 12345678.9);
    assert_written(&w, "f 0.999001\nf 1.23457e+07\n");
}

static void a_histogram_counts_upwards(void **state)
{
    struct histogram h = { 0 };
    struct written   w;
    struct mw       *m = begin(&w, false);
    (void)state;
    histogram_count(&h, 1);
    histogram_count(&h, 300);
    histogram_count(&h, 5000000);
    mw_family(m, MW_HISTOGRAM, "h_seconds", "H.");
    mw_histogram(m, "a=\"b\"", &h);
    assert_non_null(strstr(w.text.bytes, "# TYPE h_seconds histogram\nh_seconds_bucket{a=\"b\",le=\"0.000128\"} 1\n"
                                         "h_seconds_bucket{a=\"b\",le=\"0.000256\"} 1\n"
                                         "h_seconds_bucket{a=\"b\",le=\"0.000512\"} 2\n"));
    assert_non_null(strstr(w.text.bytes, "h_seconds_bucket{a=\"b\",le=\"4.194304\"} 2\n"
                                         "h_seconds_bucket{a=\"b\",le=\"+Inf\"} 3\n"
                                         "h_seconds_sum{a=\"b\"} 5.000301\nh_seconds_count{a=\"b\"} 3\n"));
    buf_finish(&w.text);
}

static void what_does_not_fit_sticks(void **state)
{
    (void)state;
    for (size_t max = 0; max < 40; max++) {
        struct buf text = buf_up_to(max);
        struct mw  m = { .text = &text };
        mw_one(&m, MW_GAUGE, "gauge", "Something that has a length.", 1);
        assert_int_equal(text.fault, BUF_FULL);
        buf_finish(&text);
    }
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct histogram h = { 0 };
    for (int n = 0;; n++) {
        struct written w;
        struct mw     *m = begin(&w, true);
        mem_fail_after(n);
        mw_family(m, MW_HISTOGRAM, "h", "H.");
        mw_histogram(m, NULL, &h);
        bool failed = mem_failed() > 0;
        mem_fail_after(-1);
        assert_int_equal(w.text.fault, failed ? BUF_NO_MEMORY : BUF_SOUND);
        buf_finish(&w.text);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_has_help_type_and_samples),
        cmocka_unit_test(open_metrics_names_the_family_of_a_counter_without_total),
        cmocka_unit_test(a_value_ends_neither_label_nor_line),
        cmocka_unit_test(durations_are_exact_seconds),
        cmocka_unit_test(floats_have_six_digits),
        cmocka_unit_test(a_histogram_counts_upwards),
        cmocka_unit_test(what_does_not_fit_sticks),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
