/* conf/full.conf and doc/configuration.md are made from the table. The option --update writes them anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf/conf_load.h"
#include "app/conf/print.h"

enum { TEXT_BYTES_MAX = 4 << 20 };

static const char full_path[] = "conf/full.conf",
                  reference_path[] = "doc/configuration.md"; /* relative to the top of the sources */

static char *read_whole(const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        fail_msg("no %s; run the tests from the top of the sources", path);
    fseek(f, 0, SEEK_END);
    size_t len = (size_t)ftell(f);
    rewind(f);
    char *text = calloc(1, len + 1);
    assert_int_equal(fread(text, 1, len, f), len);
    fclose(f);
    return text;
}

static void is_up_to_date(const char *path, void (*print)(struct buf *))
{
    struct buf made = buf_up_to(TEXT_BYTES_MAX);
    print(&made);
    char *there = read_whole(path);
    if (strcmp(there, made.bytes) != 0)
        fail_msg("%s is not what the table gives: run this test with --update and commit", path);
    free(there);
    buf_finish(&made);
}

static void full_conf_is_up_to_date(void **state)
{
    (void)state;
    is_up_to_date(full_path, conf_print_full);
}

static void the_reference_is_up_to_date(void **state)
{
    (void)state;
    is_up_to_date(reference_path, conf_print_reference);
}

static struct err *load_text(const char *text, struct conf_report *r)
{
    struct conf_source s = { .path = full_path, .text = text, .text_len = strlen(text) };
    struct conf       *c;
    struct err        *e = conf_load(&s, &c, r);
    conf_unref(&c);
    return e;
}

static void full_conf_is_refused_by_its_mark_alone(void **state)
{
    (void)state;
    char              *text = read_whole(full_path), words[1024];
    struct conf_report r = { 0 };
    struct err        *e = load_text(text, &r);
    assert_non_null(strstr(err_text(e, words, sizeof words), "never use full.conf(conf/full.conf)"));
    err_free(e);
    conf_report_finish(&r);

    char *mark = strstr(text, "is_full on;");
    assert_non_null(mark);
    memset(mark, ' ', strlen("is_full on;"));
    e = load_text(text, &r);
    if (e)
        fail_msg("%s", err_text(e, words, sizeof words));
    for (size_t i = 0; i < r.count; i++) /* no value causes a warning */
        if (!strstr(r.items[i].text, "not built yet") && !strstr(r.items[i].text, "has no effect"))
            fail_msg("%s", r.items[i].text);
    conf_report_finish(&r);
    free(text);
}

static int update(const char *path, void (*print)(struct buf *))
{
    struct buf made = buf_up_to(TEXT_BYTES_MAX);
    print(&made);
    FILE *f = fopen(path, "we");
    bool  bad = !f || made.fault || fwrite(made.bytes, 1, made.len, f) != made.len;
    if (f)
        bad |= fclose(f) != 0;
    buf_finish(&made);
    printf("%s: %s\n", path, bad ? "not written" : "written");
    return bad;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--update") == 0)
        return update(full_path, conf_print_full) | update(reference_path, conf_print_reference);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_conf_is_up_to_date),
        cmocka_unit_test(the_reference_is_up_to_date),
        cmocka_unit_test(full_conf_is_refused_by_its_mark_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
