#include "app/conf/review_hooks.h"

#include <string.h>

#include "app/conf/duration.h"
#include "app/conf/report.h"
#include "app/conf/show.h"
#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/str.h"

static bool is(const struct conf_node *block, const char *name, const char *word)
{
    return str_equal(conf_node_word(conf_node_child(block, name)), word);
}

/* Segments without viewers are given to everybody, though on_play may refuse. */
static void review_views(const struct conf_node *vhost, struct conf_report *report)
{
    static const struct {
        const char *block, *name, *word, *why;
    } rows[] = {
        { "hls", "hls_ctx", "off", "with hls_ctx off it has no viewers" },
        { "dash", "enabled", "on", "it has no viewers" },
        { "hds", "enabled", "on", "it has no viewers" },
    };
    char where[CONF_WHERE_MAX];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct conf_node *block = conf_node_child(vhost, rows[i].block);
        if (is(block, "enabled", "on") && is(block, rows[i].name, rows[i].word))
            conf_report_add(report, LOG_WARN,
                            "%s: on_play is not asked about vhost.%s, for %s: everybody gets its segments",
                            conf_node_where(block, where, sizeof where), rows[i].block, rows[i].why);
    }
}

static void review_urls(const struct conf_node *event, struct conf_report *report)
{
    char where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX];
    for (size_t i = 0; i < event->n_args; i++) {
        const char *url = event->args[i];
        if (!str_starts_with(url, "http://") && !str_starts_with(url, "https://"))
            conf_report_add(report, LOG_WARN, "%s: %s is no URL of http or https, so every call of %s fails",
                            conf_node_where(event, where, sizeof where), conf_show(url, shown, sizeof shown),
                            event->name);
    }
}

static void review_fail_open(const struct conf_node *n, struct conf_report *report)
{
    char where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX];
    for (size_t i = 0; n && i < n->n_args; i++)
        if (!str_equal(n->args[i], "on_connect") && !str_equal(n->args[i], "on_publish") &&
            !str_equal(n->args[i], "on_play"))
            conf_report_add(report, LOG_WARN, "%s: fail_open %s: only on_connect, on_publish and on_play decide",
                            conf_node_where(n, where, sizeof where), conf_show(n->args[i], shown, sizeof shown));
}

/* A word of `timeouts` without a known event and a number is of no use. */
static bool is_timeout(const char *word)
{
    static const char *const events[] = { "on_connect",    "on_close",  "on_publish", "on_unpublish",
                                          "on_play",       "on_stop",   "on_dvr",     "on_hls",
                                          "on_hls_notify", "on_update", "on_batch" };
    double                   seconds;
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        size_t len = strlen(events[i]);
        if (str_starts_with(word, events[i]) && word[len] == '=')
            return conf_duration_parse(word + len + 1, &seconds) && seconds >= 0.1 && seconds <= 300;
    }
    return false;
}

static void review_timeouts(const struct conf_node *n, struct conf_report *report)
{
    char where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX];
    for (size_t i = 0; n && i < n->n_args; i++)
        if (!is_timeout(n->args[i]))
            conf_report_add(report, LOG_WARN, "%s: timeouts %s is not used: it is no EVENT=SECONDS of 0.1 to 300",
                            conf_node_where(n, where, sizeof where), conf_show(n->args[i], shown, sizeof shown));
}

void conf_review_hooks(const struct conf_node *vhost, struct conf_report *report)
{
    const struct conf_node *hooks = conf_node_child(vhost, "http_hooks");
    if (!is(hooks, "enabled", "on"))
        return;
    if (conf_node_word(conf_node_child(hooks, "on_play")))
        review_views(vhost, report);
    review_fail_open(conf_node_child(hooks, "fail_open"), report);
    review_timeouts(conf_node_child(hooks, "timeouts"), report);
    for (const struct conf_node *n = hooks->first; n; n = n->next)
        if (str_starts_with(n->name, "on_"))
            review_urls(n, report);
}
