/* Changes of files on the disk: which file, when not, and what is left after a failure. */
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/conf/conf_load.h"
#include "app/conf/rewrite.h"
#include "core/mem.h"

static char folder[64];

static int enter_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/rewrite_test.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int leave_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void put(const char *name, const char *text, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void file_is(const char *name, const char *text, size_t len)
{
    char path[128], got[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fread(got, 1, sizeof got, f), len);
    assert_memory_equal(got, text, len);
    fclose(f);
}

static struct conf_source source(void)
{
    return (struct conf_source){ .path = "main.conf", .dir = folder, .open_files = 65536 };
}

/* Make one change against what is on the disk now. */
static struct conf_rewrite *change(const char *version, const char *path, const char *word)
{
    struct conf_source   from = source();
    struct conf_report   report = { 0 };
    struct conf         *conf = NULL;
    struct conf_rewrite *w = conf_rewrite_create(&from);
    assert_non_null(w);
    assert_null(conf_load(&from, &conf, &report));
    conf_report_finish(&report);
    w->in_force = conf;
    snprintf(w->version, sizeof w->version, "%s", version);
    assert_null(conf_edit_path(&w->edits[0], &w->arena, path));
    assert_null(conf_edit_word(&w->edits[0], &w->arena, word));
    w->n_edits = 1;
    conf_rewrite_run(w);
    w->in_force = NULL;
    conf_unref(&conf);
    return w;
}

static void ends(struct conf_rewrite *w, enum conf_rewrite_result result, const char *says)
{
    if (w->result != result || !strstr(w->error ? err_cause(w->error) : "", says))
        fail_msg("result %d: %s", (int)w->result, w->error ? err_cause(w->error) : "done");
    conf_rewrite_destroy(w);
}

#define PUT(name, text) put(name, text, sizeof(text) - 1)
#define FILE_IS(name, text) file_is(name, text, sizeof(text) - 1)

static void replaces_the_file_and_tells_the_difference(void **state)
{
    char path[128];
    (void)state;
    PUT("main.conf", "listen 1935; daemon off; # \0 any bytes\nmax_connections 10;\n");
    snprintf(path, sizeof path, "%s/main.conf", folder);
    assert_int_equal(chmod(path, 0600), 0);
    struct conf_rewrite *w = change("", "max_connections", "11");
    assert_int_equal(w->changes.count, 1);
    assert_string_equal(w->changes.items[0].path, "max_connections");
    assert_string_equal(w->file, "main.conf");
    FILE_IS("main.conf", "listen 1935; daemon off; # \0 any bytes\nmax_connections 11;\n");
    char version[CONF_VERSION_CAP];
    snprintf(version, sizeof version, "%s", w->now);
    ends(w, CONF_REWRITE_DONE, "");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ends(change(version, "max_connections", "12"), CONF_REWRITE_DONE, "");
    ends(change(version, "max_connections", "13"), CONF_REWRITE_CONFLICT, "somebody has changed them");
    FILE_IS("main.conf", "listen 1935; daemon off; # \0 any bytes\nmax_connections 12;\n");
}

static void changes_a_file_that_is_included_inside_a_block(void **state)
{
    (void)state;
    PUT("main.conf", "listen 1935; daemon off;\nvhost v {\n    include play.conf;\n}\n");
    PUT("play.conf", "# of v\nplay { gop_cache on; }");
    ends(change("", "vhost[v].play.gop_cache", "off"), CONF_REWRITE_DONE, "");
    FILE_IS("play.conf", "# of v\nplay { gop_cache off; }");
    ends(change("", "vhost[v].enabled", "off"), CONF_REWRITE_DONE, "");
    FILE_IS("main.conf", "listen 1935; daemon off;\nvhost v {\n    include play.conf;\n    enabled off;\n}\n");
    PUT("main.conf", "listen 1935; daemon off;\nvhost v { include play.conf; } vhost w { include ./play.conf; }\n");
    ends(change("", "vhost[v].play.gop_cache", "on"), CONF_REWRITE_INVALID, "included more than once");
    FILE_IS("play.conf", "# of v\nplay { gop_cache off; }");
}

static void refuses_what_would_not_count(void **state)
{
    static const char text[] = "listen 1935; daemon off; vhost v { gop_cache off; play { gop_cache off; } }\n";
    (void)state;
    PUT("main.conf", text);
    ends(change("", "vhost[v].play.gop_cache", "on"), CONF_REWRITE_NO_EFFECT, "old spelling");
    ends(change("", "listen", "0"), CONF_REWRITE_INVALID, "listen.port=0");
    FILE_IS("main.conf", text);
}

/* A limit of the file size stands for a full disk. */
static void leaves_the_old_file_whole_when_writing_fails(void **state)
{
    static const char text[] =
        "listen 1935; daemon off; max_connections 10;\n# a line that fills the file up to the limit\n";
    struct rlimit before, small;
    char          path[128];
    (void)state;
    PUT("main.conf", text);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct conf_rewrite *w = change("", "max_connections", "11");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    ends(w, CONF_REWRITE_FAILED, "main.conf");
    FILE_IS("main.conf", text);
    snprintf(path, sizeof path, "%s/main.conf.rewritten", folder);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replaces_the_file_and_tells_the_difference, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(changes_a_file_that_is_included_inside_a_block, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(refuses_what_would_not_count, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(leaves_the_old_file_whole_when_writing_fails, enter_folder, leave_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
