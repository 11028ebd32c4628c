/* The ffmpeg that SRS builds for itself. */
#include "app/conf/srs_ffmpeg.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/conf/conf.h"
#include "conf_testing.h"

static char folder[64];

static int enter_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/srs_ffmpeg_test.XXXXXX");
    return mkdtemp(folder) ? setenv("PATH", folder, 1) : -1;
}

static int leave_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "/bin/rm -r '%s'", folder);
    return system(command);
}

static void put_program(const char *path)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

/* Load programs at `path`; the warning is there or not. */
static void expect(const char *path, const char *wanted, bool warns)
{
    char text[1024];
    snprintf(text, sizeof text,
             "transcode { ffmpeg %s; } ingest { ffmpeg %s; } exec { publish %s -i x; publish /bin/ffmpeg; }", path,
             path, path);
    struct loaded l = load_vhost(text);
    assert_string_equal(l.error, "");
    const struct conf_vhost *v = &l.conf->vhosts[0];
    assert_string_equal(v->transcodes[0].ffmpeg, wanted);
    assert_string_equal(v->ingests[0].ffmpeg, wanted);
    assert_int_equal(v->exec.publish.items[0].count, 3);
    assert_string_equal(v->exec.publish.items[0].items[0], wanted);
    assert_string_equal(v->exec.publish.items[1].items[0], "/bin/ffmpeg");
    assert_int_equal(conf_report_has(&l.report, "the ffmpeg of PATH is used"), warns);
    conf_report_finish(&l.report);
    conf_unref(&l.conf);
}

static void a_missing_one_is_that_of_path(void **state)
{
    char path[128];
    (void)state;
    expect("./objs/ffmpeg/bin/ffmpeg", "./objs/ffmpeg/bin/ffmpeg", false); /* PATH has none either */
    snprintf(path, sizeof path, "%s/ffmpeg", folder);
    put_program(path);
    expect("./objs/ffmpeg/bin/ffmpeg", "ffmpeg", true);
    expect("/no/such/objs/ffmpeg/bin/ffmpeg", "ffmpeg", true);
    expect("/no/such/ffmpeg", "/no/such/ffmpeg", false); /* only the place where SRS builds it */
}

static void one_that_is_there_stays(void **state)
{
    static const char *const folders[] = { "objs", "objs/ffmpeg", "objs/ffmpeg/bin" };
    char                     path[128];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    snprintf(path, sizeof path, "%s/objs/ffmpeg/bin/ffmpeg", folder);
    put_program(path);
    expect(path, path, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_missing_one_is_that_of_path, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(one_that_is_there_stays, enter_folder, leave_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
