/**
 * Helpers that load configurations in tests.
 */
#ifndef TEST_APP_CONF_CONF_TESTING_H
#define TEST_APP_CONF_CONF_TESTING_H

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/conf_load.h"

struct loaded {
    struct conf       *conf;
    struct conf_report report;
    int                code;
    char               error[2048]; /* empty after success */
};

static inline struct loaded load_source(struct conf_source s)
{
    struct loaded l = { 0 };
    struct err   *e = conf_load(&s, &l.conf, &l.report);
    l.code = (int)err_code(e);
    if (e)
        err_text(e, l.error, sizeof l.error);
    err_free(e);
    return l;
}

/** Load the text as file t.conf, with an environment. */
static inline struct loaded load_with(const char *text, char *const *envp)
{
    return load_source((struct conf_source){
        .path = "t.conf", .text = text, .text_len = strlen(text), .envp = envp, .open_files = 65536 });
}

static inline struct loaded load_text(const char *text)
{
    return load_with(text, NULL);
}

/** Load the directives that every file needs, followed by these. */
static inline struct loaded load_more(const char *directives)
{
    char text[8192];
    snprintf(text, sizeof text, "listen 1935; daemon off;\n%s", directives);
    return load_text(text);
}

/** Load these directives in a vhost `v`. */
static inline struct loaded load_vhost(const char *directives)
{
    char text[8192];
    snprintf(text, sizeof text, "listen 1935; daemon off;\nvhost v { %s }", directives);
    return load_text(text);
}

/** Like load_more(), for directives that must load. */
static inline struct conf *conf_of(const char *directives)
{
    struct loaded l = load_more(directives);
    assert_string_equal(l.error, "");
    conf_report_finish(&l.report);
    return l.conf;
}

static inline void unload(struct loaded *l)
{
    conf_unref(&l->conf);
    conf_report_finish(&l->report);
}

static inline void print_report(const struct conf_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        printf("%s\n", r->items[i].text);
}

static inline void must_load(const struct loaded *l, const char *text)
{
    if (!l->conf)
        fail_msg("%s\n%s", text, l->error);
}

static inline void must_tell(const struct loaded *l, const char *text)
{
    if (!conf_report_has(&l->report, text)) {
        print_report(&l->report);
        fail_msg("not told: %s", text);
    }
}

#endif
