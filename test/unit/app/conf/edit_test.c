/* Changes of the text of a file: what stands around them stays, byte for byte. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/edit.h"

struct row {
    enum conf_edit_op op;
    const char       *path, *words;   /* words are split at | */
    const char       *before, *after; /* NULL: refused */
};

static struct err *make(struct conf_edit *edit, struct conf_arena *arena, const struct row *row)
{
    char        words[256];
    struct err *e = conf_edit_path(edit, arena, row->path);
    edit->op = row->op;
    snprintf(words, sizeof words, "%s", row->words);
    for (char *word = strtok(words, "|"); word && !e; word = strtok(NULL, "|"))
        e = conf_edit_word(edit, arena, word);
    return e;
}

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct conf_arena arena = { 0 };
        struct conf_edit  edit = { 0 };
        struct buf        out = buf_up_to(4096);
        struct err       *e = make(&edit, &arena, &rows[i]);
        if (!e)
            e = conf_edit_apply(&edit, 0, rows[i].before, strlen(rows[i].before), &out);
        if (!e != !!rows[i].after)
            fail_msg("row %zu: %s: %s", i, rows[i].path, e ? err_cause(e) : out.bytes);
        if (!e)
            assert_string_equal(out.bytes ? out.bytes : "", rows[i].after);
        err_free(e);
        buf_finish(&out);
        conf_arena_finish(&arena);
    }
}

#define SET CONF_EDIT_SET
#define ADD CONF_EDIT_ADD
#define REMOVE CONF_EDIT_REMOVE

static void sets_a_value_where_it_stands(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        { SET, "listen", "1936", "listen 1935;\n", "listen 1936;\n" },
        { SET, "listen", "1936|1937", "# a\nlisten    1935;  # b\n# c", "# a\nlisten    1936 1937;  # b\n# c" },
        { SET, "listen", "1936", "listen\t1935 ;\r\nx y;\r\n", "listen\t1936;\r\nx y;\r\n" },
        { SET, "listen", "1", "\xef\xbb\xbflisten 1935;", "\xef\xbb\xbflisten 1;" },
        { SET, "listen", "1", "listen;", "listen 1;" },
        { SET, "ff_log_dir", "a b", "ff_log_dir 'c # d';", "ff_log_dir \"a b\";" },
        { SET, "ff_log_dir", "say \"so\"", "ff_log_dir x;", "ff_log_dir 'say \"so\"';" },
        { SET, "ff_log_dir", "#x", "ff_log_dir x;", "ff_log_dir \"#x\";" },
        { SET, "ff_log_dir", "x#y}", "ff_log_dir x;", "ff_log_dir x#y};" },
        { SET, "listen", "1", "listen 2;listen 3;", "listen 1;listen 3;" },            /* the first one counts */
        { SET, "vhost[v].play.gop_cache", "off", "vhost v {\n  play { gop_cache on; } # \"}\n}", "vhost v {\n  play { gop_cache off; } # \"}\n}" },
        { SET, "vhost[w].gop_cache", "on", "vhost v { } vhost w { gop_cache off; }", NULL },       /* an old spelling */
        { SET, "vhost[b.c].enabled", "off", "vhost a { enabled on; } vhost \"b.c\" { enabled on; }", "vhost a { enabled on; } vhost \"b.c\" { enabled off; }" },
        { SET, "listen", "1", "listen 2\n3;", NULL },
        { SET, "listen", "1", "'listen' 2;", NULL },
        { SET, "listen", "1", "vhost v {", NULL },
    };
    /* clang-format on */
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void adds_what_is_absent_in_the_layout_of_its_neighbours(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        { SET, "listen", "1", "", "listen 1;\n" },
        { SET, "listen", "1", "# no end", "# no end\nlisten 1;\n" },
        { SET, "daemon", "off", "listen 1;\r\n", "listen 1;\r\ndaemon off;\r\n" },
        { SET, "http_api.enabled", "on", "", "http_api { enabled on; }\n" },
        { SET, "http_api.raw_api.enabled", "on", "http_api { }", "http_api { raw_api { enabled on; } }" },
        { SET, "http_api.raw_api.enabled", "on", "http_api {}", "http_api { raw_api { enabled on; } }" },
        { SET, "vhost[v].enabled", "off", "vhost v {\n}\n", "vhost v {\n    enabled off;\n}\n" },
        { SET, "vhost[v].enabled", "off", "vhost v {\r\n\tplay { }\r\n\t# last\r\n}", "vhost v {\r\n\tplay { }\r\n\t# last\r\n\tenabled off;\r\n}" },
        { SET, "vhost[v].play.gop_cache", "off", "vhost v {\n  enabled on;\n  }", "vhost v {\n  enabled on;\n  play { gop_cache off; }\n  }" },
        { SET, "vhost[v].play.gop_cache", "off", "vhost w { }", NULL },
        { ADD, "vhost[a.b]", "", "listen 1;", "listen 1;\nvhost a.b {\n}\n" },
        { ADD, "vhost[a b]", "", "", "vhost \"a b\" {\n}\n" },
        { ADD, "vhost[v].ingest[i]", "", "vhost v {\n}", "vhost v {\n    ingest i { }\n}" },
        { ADD, "vhost[v]", "", "vhost v { }", NULL },
        { ADD, "listen", "1", "", NULL },
        { ADD, "vhost[v].security.allow", "publish|all", "vhost v { security { allow play all; } }", "vhost v { security { allow play all; allow publish all; } }" },
        { ADD, "vhost[v].security.allow", "publish|all", "vhost v { }", "vhost v { security { allow publish all; } }" },
        { ADD, "vhost[v].security.allow", "play|all", "vhost v { security { allow play all; } }", NULL },
        { SET, "vhost[v].security.allow", "play|all", "vhost v { security { } }", NULL },
    };
    /* clang-format on */
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void removes_a_line_and_keeps_its_comment(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        { REMOVE, "daemon", "", "listen 1;\n  daemon off;\t\nx y;", "listen 1;\nx y;" },
        { REMOVE, "daemon", "", "listen 1;\n  daemon off; # why\nx y;", "listen 1;\n  # why\nx y;" },
        { REMOVE, "daemon", "", "listen 1; daemon off;\nx y;", "listen 1;\nx y;" },
        { REMOVE, "daemon", "", "listen 1; daemon off; x y;", "listen 1; x y;" },
        { REMOVE, "daemon", "", "listen 1;\r\ndaemon off;\r\nx y;\r\n", "listen 1;\r\nx y;\r\n" },
        { REMOVE, "daemon", "", "listen 1;\ndaemon off;", "listen 1;\n" },
        { REMOVE, "vhost[v]", "", "a;\nvhost v {\n # in it\n play { }\n}\n# after\n", "a;\n# after\n" },
        { REMOVE, "vhost[v].security.deny", "play|1.2.3.4", "vhost v { security { deny play all; deny play 1.2.3.4; } }", "vhost v { security { deny play all; } }" },
        { REMOVE, "vhost[v].security.deny", "", "vhost v { security { deny play all; } }", NULL },
        { REMOVE, "vhost[v].play", "", "vhost v { play { } }", "vhost v { }" },
        { REMOVE, "vhost[v]", "", "vhost w { }", NULL },
    };
    /* clang-format on */
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void refuses_paths_and_words_that_no_file_can_hold(void **state)
{
    static const char *const paths[] = {
        "",
        ".",
        "nonsense",
        "vhost",
        "vhost[v",
        "vhost[v]x.play",
        "vhost[].play",
        "listen[1]",
        "listen.x",
        "include",
        "play[x].gop",
        "vhost[v].",
        "http_api[x].listen",
        "vhost[a\nb]",
        "a.b.c.d.e",
        "vhost[v]..",
        "vhost[v].play.gop_cache.x",
        "vhost[\"']",
    };
    static const char *const words[] = { "", "a\nb", "a\x01", "\x7f", "both\"'" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct conf_arena arena = { 0 };
        struct conf_edit  edit = { 0 };
        struct err       *e = conf_edit_path(&edit, &arena, paths[i]);
        if (!e)
            fail_msg("%s is taken", paths[i]);
        err_free(e);
        conf_arena_finish(&arena);
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct conf_arena arena = { 0 };
        struct conf_edit  edit = { 0 };
        struct err       *e = conf_edit_word(&edit, &arena, words[i]);
        if (!e)
            fail_msg("word %zu is taken", i);
        err_free(e);
        conf_arena_finish(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_a_value_where_it_stands),
        cmocka_unit_test(adds_what_is_absent_in_the_layout_of_its_neighbours),
        cmocka_unit_test(removes_a_line_and_keeps_its_comment),
        cmocka_unit_test(refuses_paths_and_words_that_no_file_can_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
