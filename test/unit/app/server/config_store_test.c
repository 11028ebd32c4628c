/* The texts that are kept for a rollback, over a restart. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/server/config_store.h"
#include "loop.h"
#include "protocol/offload.h"

static char folder[64], pid[80];

static int begin(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/config_store_test.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(pid, sizeof pid, "%s/srs.pid", folder);
    return loop_begin(state) || code_of(offload_init());
}

static int end(void **state)
{
    char command[128];
    offload_shutdown(A_WHILE_US);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return loop_end(state) || system(command);
}

/* ---- one file ---- */

#define HEAD "SRS-KEPT 1 19 1795148187850000 5 192.0.2.7 conf/a b.conf\n"

static bool parse(const char *text, size_t len, struct config_kept *kept)
{
    static char bytes[512];
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, text, len);
    return config_store_parse(bytes, len, kept);
}

static void a_file_has_its_head_and_its_text(void **state)
{
    static const char  file[] = HEAD "a\n\0b\n";
    struct config_kept kept;
    (void)state;
    assert_true(parse(file, sizeof file - 1, &kept));
    assert_int_equal(kept.id, 19);
    assert_int_equal(kept.wall_us, 1795148187850000);
    assert_string_equal(kept.by, "192.0.2.7");
    assert_string_equal(kept.file, "conf/a b.conf");
    assert_int_equal(kept.len, 5);
    assert_memory_equal(kept.text, "a\n\0b\n", 5);
}

static void a_file_that_was_cut_or_grew_is_none(void **state)
{
    static const char  file[] = HEAD "a\n\0b\nmore";
    struct config_kept kept;
    (void)state;
    for (size_t len = 0; len < sizeof file; len++)
        if (len != sizeof HEAD - 1 + 5)
            assert_false(parse(file, len, &kept));
}

static void other_heads_are_none(void **state)
{
    static const char *const heads[] = {
        "SRS-KEPT 2 19 1 0 ip file\n",
        "SRS-KEPT 1 0 1 0 ip file\n",
        "SRS-KEPT 1 -1 1 0 ip file\n",
        "SRS-KEPT 1 x 1 0 ip file\n",
        "SRS-KEPT 1 1234567890123456789 1 0 ip file\n",
        "SRS-KEPT 1 19 1 0 ip\n",
        "SRS-KEPT 1 19 1 0 ip \n",
        "SRS-KEPT 1 19 1\n",
        "SRS-KEPT 1 19 1 0 0123456789012345678901234567890123456789012345678901234567890123 file\n",
    };
    static const char  nul[] = "SRS-KEPT 1 19 1 0 ip fi\0le\n";
    struct config_kept kept;
    (void)state;
    assert_false(parse(nul, sizeof nul - 1, &kept));
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        assert_false(parse(heads[i], strlen(heads[i]), &kept));
    assert_true(parse("SRS-KEPT 1 19 1 0 ip file\n", strlen("SRS-KEPT 1 19 1 0 ip file\n"), &kept));
}

/* ---- the folder ---- */

static void put(struct config_keeper *k, const char *text, size_t len)
{
    int64_t id = config_keeper_put(k, "srs.conf", text, len, "::1");
    assert_int_not_equal(id, 0);
    assert_null(config_store_put(k, id));
}

static void texts_are_there_after_a_restart(void **state)
{
    struct config_keeper k = { 0 };
    struct stat          st;
    char                 text[32], path[128];
    (void)state;
    config_store_open(&k, pid);
    assert_int_equal(k.count, 0);
    for (int i = 1; i <= CONFIG_KEPT_MAX + 3; i++) {
        snprintf(text, sizeof text, "a %d;%c", i, '\0');
        put(&k, text, strlen(text) + 1);
    }
    config_keeper_finish(&k);

    config_store_open(&k, pid);
    assert_int_equal(k.count, CONFIG_KEPT_MAX);
    assert_int_equal(k.kept[0]->id, 4);
    for (size_t i = 0; i < k.count; i++) {
        snprintf(text, sizeof text, "a %d;", (int)k.kept[i]->id);
        assert_int_equal(k.kept[i]->len, strlen(text) + 1);
        assert_memory_equal(k.kept[i]->text, text, strlen(text) + 1);
        assert_string_equal(k.kept[i]->file, "srs.conf");
        assert_string_equal(k.kept[i]->by, "::1");
    }
    put(&k, "next", 4); /* the numbers go on */
    assert_int_equal(k.last_id, CONFIG_KEPT_MAX + 4);
    snprintf(path, sizeof path, "%s/srs.kept/4", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, S_IRUSR | S_IWUSR);
    config_keeper_finish(&k);
}

static void a_torn_file_is_passed_over(void **state)
{
    struct config_keeper k = { 0 };
    char                 path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/srs.kept/4", folder);
    assert_int_equal(truncate(path, 40), 0);
    config_store_open(&k, pid);
    assert_int_equal(k.count, CONFIG_KEPT_MAX - 1);
    assert_int_equal(config_keeper_find(&k, 0)->id, CONFIG_KEPT_MAX + 3);
    config_keeper_finish(&k);
}

static void a_folder_that_cannot_be_made_is_an_error_of_the_disk(void **state)
{
    struct config_keeper k = { 0 };
    (void)state;
    config_store_open(&k, "/proc/version/srs.pid");
    int64_t id = config_keeper_put(&k, "srs.conf", "text", 4, "::1");
    assert_int_equal(id, 1);
    struct err *e = config_store_put(&k, id);
    assert_non_null(e);
    err_free(e);
    assert_int_equal(config_keeper_find(&k, 0)->id, 1); /* in memory it is kept */
    config_keeper_finish(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_its_head_and_its_text),
        cmocka_unit_test(a_file_that_was_cut_or_grew_is_none),
        cmocka_unit_test(other_heads_are_none),
        cmocka_unit_test(texts_are_there_after_a_restart),
        cmocka_unit_test(a_torn_file_is_passed_over),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_an_error_of_the_disk),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
