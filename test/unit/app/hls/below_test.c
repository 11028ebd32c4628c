/* Files that are removed by paths that anybody may have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hls/below.h"
#include "core/attr.h"

static char root[] = "/tmp/below_test.XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(root) && chdir(root) == 0 && mkdir("hls", 0755) == 0 && mkdir("hls/live", 0755) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir("hls/live") == 0 && rmdir("hls") == 0 && rmdir(root) == 0 ? 0 : -1;
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    assert_true(fd >= 0);
    close(fd);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void a_file_below_the_folder_goes(void **state)
{
    (void)state;
    touch("hls/live/s-1.ts");
    touch("hls/live/s-1.ts.tmp");
    hls_below_remove("hls", "live/s-1.ts", "");
    assert_true(!is_there("hls/live/s-1.ts") && is_there("hls/live/s-1.ts.tmp"));
    hls_below_remove("hls", "live/s-1.ts", ".tmp");
    assert_false(is_there("hls/live/s-1.ts.tmp"));
    hls_below_remove("hls", "live/s-1.ts", ""); /* is not there any more */
}

static void a_file_elsewhere_stays(void **state)
{
    static const char *const paths[] = { "", "../passwd", "live/../../passwd", "live/../../hls/../passwd" };
    char                     absolute[200];
    (void)state;
    touch("passwd");
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        hls_below_remove("hls", paths[i], "");
    snprintf(absolute, sizeof absolute, "%s/passwd", root);
    hls_below_remove("hls", absolute, "");
    hls_below_remove("", absolute, "");
    assert_true(is_there("passwd"));
    unlink("passwd");
}

static void a_link_to_a_folder_is_none(void **state)
{
    (void)state;
    assert_int_equal(symlink("live", "hls/link"), 0);
    assert_true(hls_below_is_folder("hls/live"));
    assert_false(hls_below_is_folder("hls/link") || hls_below_is_folder("hls/nothing"));
    unlink("hls/link");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_below_the_folder_goes),
        cmocka_unit_test(a_file_elsewhere_stays),
        cmocka_unit_test(a_link_to_a_folder_is_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
