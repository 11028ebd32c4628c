/* Configuration files and the files that they include. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/conf/conf_testing.h"
#include "app/conf/files.h"
#include "core/mem.h"

static char dir[64]; /* folder of the test that runs */

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/conf_files_test.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Load a.conf of the test's folder; relative names start there. */
static struct loaded load_a(void)
{
    return load_source((struct conf_source){ .path = "a.conf", .dir = dir });
}

/* Opening a pipe would wait for a writer, and reading a device might never end. */
static void what_is_no_file_is_refused_and_nobody_waits(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/pipe", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    static const char *const rows[][2] = {
        { "include pipe;", "open file pipe failed: it is a pipe, not a file" },
        { "vhost v { include pipe; }", "open file pipe failed: it is a pipe, not a file" },
        { "include /dev/zero;", "open file /dev/zero failed: it is a device, not a file" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256];
        snprintf(text, sizeof text, "listen 1935; daemon off;\n%s", rows[i][0]);
        write_file("a.conf", text);
        struct loaded l = load_a();
        if (l.conf || !strstr(l.error, rows[i][1]) || !strstr(l.error, "include at a.conf:2"))
            fail_msg("%s: %s", rows[i][0], l.error);
        unload(&l);
    }
    struct loaded l = load_source((struct conf_source){ .path = "pipe", .dir = dir });
    assert_null(l.conf);
    assert_non_null(strstr(l.error, "open file pipe failed: it is a pipe, not a file"));
    unload(&l);
}

static void included_directives_stand_in_their_place(void **state)
{
    (void)state;
    write_file("a.conf",
               "include b.conf;\nlisten 1;\nvhost v {\n include c.conf d.conf;\n play { include e.conf; }\n}\n");
    write_file("b.conf", "daemon off; max_connections 5;");
    write_file("c.conf", "");
    write_file("d.conf", "tcp_nodelay on; include f.conf;");
    write_file("e.conf", "atc on;\ngop_cache oof;");
    write_file("f.conf", "min_latency on;");
    struct loaded l = load_a();
    if (!l.conf)
        fail_msg("%s", l.error);
    assert_int_equal(l.conf->max_connections, 5);
    assert_int_equal(l.conf->listen.count, 1);
    assert_true(l.conf->vhosts[0].tcp_nodelay && l.conf->vhosts[0].min_latency && l.conf->vhosts[0].play.atc);
    assert_true(conf_report_has(&l.report, "e.conf:2: vhost.play.gop_cache oof"));
    unload(&l);
}

static void order_is_that_of_the_text(void **state)
{
    (void)state;
    write_file("a.conf", "listen 1; include b.conf c.conf; max_connections 4;");
    write_file("b.conf", "");
    write_file("c.conf", "max_connections 3;"); /* the first value counts */
    struct loaded l = load_a();
    assert_non_null(l.conf);
    assert_int_equal(l.conf->max_connections, 3);
    unload(&l);
}

static void a_missing_file_has_its_own_code(void **state)
{
    (void)state;
    write_file("a.conf", "listen 1;\ninclude b.conf;");
    write_file("b.conf", "\n\nvhost v { include nowhere.conf; }");
    struct loaded l = load_a();
    assert_null(l.conf);
    assert_int_equal(l.code, E_SYSTEM_FILE_OPEN);
    assert_int_equal(l.code & 0xff, 18);
    assert_non_null(strstr(l.error, "parse buffer a.conf : include at a.conf:2 : include at b.conf:3 : "
                                    "open file nowhere.conf failed: No such file or directory"));
    unload(&l);
}

static void an_error_names_the_file_it_is_in(void **state)
{
    (void)state;
    write_file("a.conf", "listen 1;\ninclude b.conf;");
    write_file("b.conf", "max_connections 5");
    struct loaded l = load_a();
    assert_non_null(strstr(l.error, "include at a.conf:2 : parse buffer b.conf : root parse : "));
    unload(&l);
    write_file("b.conf", "\nfoo;");
    l = load_a();
    assert_non_null(strstr(l.error, "illegal directive foo, at b.conf:2"));
    unload(&l);
    write_file("b.conf", "}"); /* the braces of each file match by themselves */
    write_file("a.conf", "listen 1; vhost v { include b.conf;");
    l = load_a();
    assert_null(l.conf);
    unload(&l);
}

static void cycles_are_refused(void **state)
{
    (void)state;
    write_file("a.conf", "listen 1; include ./a.conf;");
    struct loaded l = load_a();
    assert_non_null(strstr(l.error, "a.conf includes itself, by way of a.conf"));
    unload(&l);
    write_file("a.conf", "listen 1; vhost v { include b.conf; }");
    write_file("b.conf", "play { include c.conf; }");
    write_file("c.conf", "include b.conf;");
    l = load_a();
    assert_non_null(strstr(l.error, "b.conf includes itself, by way of c.conf"));
    assert_int_equal(l.code, E_SYSTEM_CONFIG_INVALID);
    unload(&l);
    /* including a file twice, side by side, makes no cycle */
    write_file("a.conf", "listen 1; include b.conf; include b.conf b.conf;");
    write_file("b.conf", "daemon off;");
    l = load_a();
    assert_non_null(l.conf);
    unload(&l);
}

static void includes_are_bounded(void **state)
{
    char name[32], text[64];
    (void)state;
    for (int i = 0; i < CONF_INCLUDE_DEPTH_MAX + 2; i++) {
        snprintf(name, sizeof name, "%d.conf", i);
        snprintf(text, sizeof text, "include %d.conf;", i + 1);
        write_file(name, text);
    }
    write_file("a.conf", "listen 1; include 0.conf;");
    struct loaded l = load_a();
    assert_non_null(strstr(l.error, "more than 32 files include each other"));
    unload(&l);

    /* each level doubles the number of files: 2, 4, 8 ... */
    write_file("20.conf", "");
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "%d.conf", i);
        snprintf(text, sizeof text, "include %d.conf %d.conf;", i + 1, i + 1);
        write_file(name, text);
    }
    l = load_a();
    assert_non_null(strstr(l.error, "more than 4096 files are included"));
    unload(&l);

    /* blocks of an included file count together with those around it */
    char deep[4096] = "";
    for (int i = 0; i < 100; i++)
        strcat(deep, "a { ");
    strcat(deep, "include b.conf; ");
    for (int i = 0; i < 100; i++)
        strcat(deep, "} ");
    write_file("a.conf", deep);
    deep[0] = '\0';
    for (int i = 0; i < 29; i++)
        strcat(deep, "a { ");
    for (int i = 0; i < 29; i++)
        strcat(deep, "} ");
    write_file("b.conf", deep);
    l = load_a();
    assert_non_null(strstr(l.error, "blocks nested deeper than 128"));
    unload(&l);
}

static void a_directory_counts_as_empty(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/d", dir);
    assert_int_equal(mkdir(path, 0755), 0);
    write_file("a.conf", "listen 1; include d;");
    struct loaded l = load_a();
    assert_non_null(l.conf);
    assert_true(conf_report_has(&l.report, "d is a directory and counts as an empty file"));
    unload(&l);
    l = load_source((struct conf_source){ .path = dir });
    assert_non_null(strstr(l.error, "conf is empty"));
    unload(&l);
}

static void names_start_in_the_given_directory(void **state)
{
    (void)state;
    write_file("a.conf", "listen 1;");
    struct conf_source s = { .path = "a.conf" };
    struct err        *e = conf_source_check(&s); /* the folder in which the tests run has none */
    assert_non_null(e);
    err_free(e);
    s.dir = dir;
    assert_null(conf_source_check(&s));
    struct loaded l = load_source(s);
    assert_non_null(l.conf);
    unload(&l);
}

static void a_large_file_loads(void **state)
{
    enum { VHOSTS = 3000 };
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/a.conf", dir);
    FILE *f = fopen(path, "we");
    fprintf(f, "listen 1;\n");
    for (int i = 0; i < VHOSTS; i++)
        fprintf(f, "vhost v%d.example.com { play { gop_cache off; } publish { mr on; } }\n", i);
    fclose(f);
    struct loaded l = load_a();
    assert_non_null(l.conf);
    assert_int_equal(l.conf->n_vhosts, VHOSTS);
    assert_non_null(conf_find_vhost(l.conf, "v2999.example.com"));
    unload(&l);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    write_file("a.conf", "listen 1; include b.conf; vhost v { include c.conf; }");
    write_file("b.conf", "daemon off;");
    write_file("c.conf", "play { atc on; }");
    int64_t n = 0;
    bool    failed;
    do {
        mem_fail_after(n++);
        struct loaded l = load_a();
        failed = mem_failed();
        mem_fail_after(-1);
        assert_true(!failed == !!l.conf);
        unload(&l);
    } while (failed);
    assert_true(n > 10);
}

int main(void)
{
#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        IN_A_DIRECTORY(what_is_no_file_is_refused_and_nobody_waits),
        IN_A_DIRECTORY(included_directives_stand_in_their_place),
        IN_A_DIRECTORY(order_is_that_of_the_text),
        IN_A_DIRECTORY(a_missing_file_has_its_own_code),
        IN_A_DIRECTORY(an_error_names_the_file_it_is_in),
        IN_A_DIRECTORY(cycles_are_refused),
        IN_A_DIRECTORY(includes_are_bounded),
        IN_A_DIRECTORY(a_directory_counts_as_empty),
        IN_A_DIRECTORY(names_start_in_the_given_directory),
        IN_A_DIRECTORY(a_large_file_loads),
        IN_A_DIRECTORY(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
