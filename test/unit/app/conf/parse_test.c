/* The grammar: text in, nodes or an exact error out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app/conf/parse.h"
#include "core/buf.h"
#include "core/mem.h"

/* The nodes as one line: name[word,word]{children} */
static void dump(struct buf *out, const struct conf_node *parent)
{
    for (const struct conf_node *n = parent->first; n; n = n->next) {
        buf_printf(out, "%s%s[", n == parent->first ? "" : " ", n->name);
        for (size_t i = 0; i < n->n_args; i++)
            buf_printf(out, "%s%s", i ? "," : "", n->args[i]);
        buf_printf(out, "]");
        if (n->block) {
            buf_printf(out, "{");
            dump(out, n);
            buf_printf(out, "}");
        }
    }
}

static struct err *parse(struct conf_tree *t, struct conf_report *r, const char *text, size_t len)
{
    return conf_parse(t, &t->root, 0, "F", text, len, r);
}

struct tree_row {
    const char *text, *tree;
};

static void reads_trees(void **state)
{
    /* clang-format off */
    static const struct tree_row rows[] = {
        { "",                                      "" },
        { " \t\r\n# only a comment",               "" },
        { "listen 1935;",                          "listen[1935]" },
        { "listen 1935 1936;",                     "listen[1935,1936]" },
        { "listen;",                               "listen[]" },
        { "a 1;b 2;",                              "a[1] b[2]" },
        { "a 1; # comment ; { }\nb 2;",            "a[1] b[2]" },
        { "a b#c;",                                "a[b#c]" },            /* inside a word # is a letter */
        { "a \"x;{}#y\";",                         "a[x;{}#y]" },
        { "a 'it \"is\"';",                        "a[it \"is\"]" },
        { "a \"it's\" 'b';",                       "a[it's,b]" },
        { "a b\"c\"d;",                            "a[b\"c\"d]" },        /* inside a word a quote is a letter */
        { "device_id \"\";",                       "device_id[]" },       /* an empty string is no word */
        { "a '' b;",                               "a[b]" },
        { "\"a b\" c;",                            "a b[c]" },
        { "http_api{enabled on;}",                 "http_api[]{enabled[on]}" },
        { "vhost v { play { gop_cache off; } }",   "vhost[v]{play[]{gop_cache[off]}}" },
        { "ingest x { } ingest y { }",             "ingest[x]{} ingest[y]{}" },
        { "a { } b;",                              "a[]{} b[]" },
        { "a b}c;",                                "a[b}c]" },            /* } inside a word */
        { "a \"b\"{ }",                            "a[b]{}" },
        { "listen 1935;\r\nvhost v {\r\n}\r\n",    "listen[1935] vhost[v]{}" },
        { "listen 1935;\rvhost v {\r}\r",          "listen[1935] vhost[v]{}" },
        { "\xef\xbb\xbflisten 1935;",              "listen[1935]" },      /* BOM */
        { "include a b;",                          "include[a,b]" },      /* files.c resolves it */
        /* accepted by SRS 1 to 5 */
        { "vhost v\n{\n}",                         "vhost[v]{}" },
        { "vhost v # comment\n\n{\n}",             "vhost[v]{}" },
        { "listen 1935\n1936;",                    "listen[1935,1936]" },
        { "listen 1935\nmax_connections 1000;",    "listen[1935,max_connections,1000]" },
        { "a \"b\nc\" d;",                         "a[b\nc,d]" },
        { "a 'b\n';",                              "a[b\n]" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct conf_tree   t = { 0 };
        struct conf_report r = { 0 };
        struct buf         out = buf_up_to(4096);
        struct err        *e = parse(&t, &r, rows[i].text, strlen(rows[i].text));
        if (e)
            fail_msg("%s is refused", rows[i].text);
        dump(&out, &t.root);
        assert_string_equal(out.bytes ? out.bytes : "", rows[i].tree);
        buf_finish(&out);
        conf_report_finish(&r);
        conf_tree_finish(&t);
    }
}

static void refuses_with_the_words_that_users_know(void **state)
{
#define CHAIN "code=1023(ConfigInvalid) : parse buffer F : root parse : "
    /* clang-format off */
    static const struct tree_row rows[] = {
        { "listen",           CHAIN "read token, line=1, state=0 : line 1: unexpected end of file, expecting ; or \"}\"" },
        { "listen 1935\n",    CHAIN "read token, line=2, state=0 : line 1: unexpected end of line to parse token listen" },
        { "a;\nb 1\n\n",      CHAIN "read token, line=4, state=0 : line 2: unexpected end of line to parse token b" },
        { "vhost v {",        CHAIN "parse dir : line 1: unexpected end of file, expecting \"}\"" },
        { "v {\na {\n",       CHAIN "parse dir : parse dir : line 3: unexpected end of file, expecting \"}\"" },
        { "}",                CHAIN "line 1: unexpected \"}\"" },
        { "a;\n}",            CHAIN "line 2: unexpected \"}\"" },
        { "v { on } ",        CHAIN "parse dir : read token, line=1, state=0 : line 1: unexpected \"}\"" },
        { "v { on\n} ",       CHAIN "parse dir : read token, line=2, state=0 : line 1: unexpected end of line to parse token on" },
        { "v { on} ",         CHAIN "parse dir : read token, line=1, state=0 : line 1: unexpected end of file, expecting ; or \"}\"" },
        { ";",                CHAIN "read token, line=1, state=0 : unexpected ';'" },
        { "a;;",              CHAIN "read token, line=1, state=0 : unexpected ';'" },
        { "a { };",           CHAIN "read token, line=1, state=0 : unexpected ';'" },
        { "{",                CHAIN "read token, line=1, state=0 : unexpected '{'" },
        { "a \"b\"c;",        CHAIN "read token, line=1, state=0 : unexpected 'c'" },
        { "a \"b\"};",        CHAIN "read token, line=1, state=0 : unexpected '}'" },
        { "a \"b\"\x01;",     CHAIN "read token, line=1, state=0 : unexpected '\\x01'" },
        { "a \"b",            CHAIN "read token, line=1, state=0 : line 1: unexpected end of file, expecting ; or \"}\"" },
        { "\n\ninclude;",     CHAIN "line 3: include is empty directive" },
        { "v { include; }",   CHAIN "parse dir : line 1: include is empty directive" },
        { "\"\" {",           CHAIN "read token, line=1, state=0 : unexpected '{'" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct conf_tree   t = { 0 };
        struct conf_report r = { 0 };
        struct err        *e = parse(&t, &r, rows[i].text, strlen(rows[i].text));
        char               text[1024];
        if (!e)
            fail_msg("%s is accepted", rows[i].text);
        assert_string_equal(err_summary(e, text, sizeof text), rows[i].tree);
        err_free(e);
        conf_report_finish(&r);
        conf_tree_finish(&t);
    }
}

static void every_node_knows_its_line(void **state)
{
    static const char text[] = "a;\n\n# c\nb {\n  c \"x\ny\";\n  d;\n}\n";
    (void)state;
    struct conf_tree   t = { 0 };
    struct conf_report r = { 0 };
    assert_null(parse(&t, &r, text, strlen(text)));
    const struct conf_node *a = t.root.first, *b = a->next, *c = b->first, *d = c->next;
    assert_int_equal(a->line, 1);
    assert_int_equal(b->line, 4);
    assert_int_equal(c->line, 5);
    assert_int_equal(d->line, 7);
    assert_string_equal(d->file, "F");
    conf_report_finish(&r);
    conf_tree_finish(&t);
}

static void warns_where_a_line_is_not_ended(void **state)
{
    static const char text[] = "a;\nlisten 1935\nmax_connections 1000;\nvhost v\n{\n}\n";
    (void)state;
    struct conf_tree   t = { 0 };
    struct conf_report r = { 0 };
    assert_null(parse(&t, &r, text, strlen(text)));
    assert_int_equal(r.count, 2);
    assert_true(conf_report_has(&r, "F:2: \"listen\" does not end on its line and takes the words up to line 3"));
    assert_true(conf_report_has(&r, "F:4: the { of \"vhost\" stands on a later line"));
    conf_report_finish(&r);
    conf_tree_finish(&t);
}

static void nesting_is_bounded(void **state)
{
    enum { DEEP = 10000 };
    (void)state;
    for (int depth = CONF_DEPTH_MAX; depth <= DEEP; depth += DEEP - CONF_DEPTH_MAX) {
        struct conf_tree   t = { 0 };
        struct conf_report r = { 0 };
        struct buf         text = buf_up_to(64 << 10);
        char               words[65536];
        for (int i = 0; i < depth; i++)
            buf_printf(&text, "a {\n");
        for (int i = 0; i < depth; i++)
            buf_printf(&text, "}");
        struct err *e = parse(&t, &r, text.bytes, text.len);
        if (depth == CONF_DEPTH_MAX)
            assert_null(e);
        else
            assert_non_null(strstr(err_text(e, words, sizeof words), "line 129: blocks nested deeper than 128"));
        err_free(e);
        buf_finish(&text);
        conf_report_finish(&r);
        conf_tree_finish(&t);
    }
}

static void any_prefix_ends_cleanly(void **state)
{
    static const char text[] =
        "\xef\xbb\xbflisten 1935 # c\n;\nvhost \"a b\" {\n hls { enabled on; hls_path './x y'; }\n"
        " security { deny publish all; }\n}\ninclude \"x\" y;\n";
    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        struct conf_tree   t = { 0 };
        struct conf_report r = { 0 };
        char *exact = mem_strndup(text, len); /* an exact size, so that the sanitizer finds a read past the end */
        err_free(parse(&t, &r, exact, len));
        mem_free(exact);
        conf_report_finish(&r);
        conf_tree_finish(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_trees),
        cmocka_unit_test(refuses_with_the_words_that_users_know),
        cmocka_unit_test(every_node_knows_its_line),
        cmocka_unit_test(warns_where_a_line_is_not_ended),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(any_prefix_ends_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
