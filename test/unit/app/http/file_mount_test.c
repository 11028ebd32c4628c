/* The folder in which the files of a path are. */
#include <cmocka.h>
#include <string.h>

#include "app/http/file_mount.h"
#include "core/attr.h"

static struct conf_vhost vhosts[] = {
    { .name = (char *)"__defaultVhost__",
      .enabled = true,
      .http_static = { true, (char *)"[vhost]/any", (char *)"/d/[vhost]/any" } },
    { .name = (char *)"a.com", .enabled = true, .http_static = { true, (char *)"[vhost]/", (char *)"/d/[vhost]" } },
    { .name = (char *)"b.com", .enabled = true, .http_static = { true, (char *)"[vhost]/m/", (char *)"/d/m" } },
    { .name = (char *)"c.com", .enabled = true, .http_static = { true, (char *)"/m/deep", (char *)"/d/deep" } },
    { .name = (char *)"off.com", .enabled = false, .http_static = { true, (char *)"[vhost]/", (char *)"/d/off" } },
    { .name = (char *)"none.com", .enabled = true, .http_static = { false, (char *)"[vhost]/", (char *)"/d/none" } },
    { .name = (char *)"D.Com", .enabled = true, .http_static = { true, (char *)"[vhost]/", (char *)"/d/[vhost]" } },
    { .name = (char *)"odd.com", .enabled = true, .http_static = { true, (char *)"odd.com", (char *)"/d/odd" } },
};
static const struct conf conf = { .vhosts = vhosts,
                                  .n_vhosts = ARRAY_LEN(vhosts),
                                  .http_server = { .dir = (char *)"/html" } };

static void the_longest_mount_of_the_host_or_of_any_host_wins(void **state)
{
    (void)state;
    static const struct {
        const char *host, *path, *dir, *below;
    } rows[] = {
        { "x.com", "/f.html", "/html", "/f.html" },
        { "x.com", "/", "/html", "/" },
        { "a.com", "/f.html", "/d/a.com", "/f.html" },
        { "a.com", "/", "/d/a.com", "/" },
        { "a.com", "/any/f", "/d/__defaultVhost__/any", "/f" },
        { "x.com", "/any/", "/d/__defaultVhost__/any", "/" },
        { "x.com", "/anything", "/html", "/anything" },
        { "b.com", "/m/f", "/d/m", "/f" },
        { "b.com", "/mf", "/html", "/mf" },
        { "b.com", "/m/deep/f", "/d/deep", "/f" },
        { "x.com", "/m/f", "/html", "/m/f" },
        { "x.com", "/m/deep/f", "/d/deep", "/f" },
        { "d.com", "/f", "/d/D.Com", "/f" },
        { "off.com", "/f", "/html", "/f" },
        { "none.com", "/f", "/html", "/f" },
        { "odd.com", "/f", "/html", "/f" },
        { "", "/f", "/html", "/f" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct file_mount m;
        assert_true(file_mount_find(&conf, rows[i].host, rows[i].path, &m));
        assert_string_equal(m.dir, rows[i].dir);
        assert_string_equal(m.below, rows[i].below);
        assert_false(m.slash_is_missing);
    }
}

static void a_mount_without_its_slash_is_told(void **state)
{
    (void)state;
    struct file_mount m;
    assert_true(file_mount_find(&conf, "b.com", "/m", &m));
    assert_true(m.slash_is_missing && m.is_vhosts);
    assert_true(file_mount_find(&conf, "a.com", "/x", &m));
    assert_false(m.slash_is_missing || m.is_vhosts);
}

static void what_does_not_fit_is_no_mount(void **state)
{
    (void)state;
    char              dir[2 * FILE_MOUNT_DIR_MAX];
    struct conf_vhost v = { .name = (char *)"a", .enabled = true, .http_static = { true, (char *)"/", dir } };
    const struct conf c = { .vhosts = &v, .n_vhosts = 1, .http_server = { .dir = dir } };
    struct file_mount m;
    memset(dir, 'x', sizeof dir - 1);
    dir[sizeof dir - 1] = '\0';
    assert_false(file_mount_find(&c, "a", "/", &m));
    dir[FILE_MOUNT_DIR_MAX - 1] = '\0';
    assert_true(file_mount_find(&c, "a", "/", &m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_mount_of_the_host_or_of_any_host_wins),
        cmocka_unit_test(a_mount_without_its_slash_is_told),
        cmocka_unit_test(what_does_not_fit_is_no_mount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
