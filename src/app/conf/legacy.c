#include "app/conf/legacy.h"

#include <string.h>

#include "app/conf/endpoint.h"
#include "app/conf/show.h"
#include "core/attr.h"
#include "core/str.h"

struct legacy {
    struct conf_tree   *tree;
    struct conf_report *report;
    const char         *vhost; /* name of the vhost that is being changed, or NULL */
    bool                failed;
};

static void say(struct legacy *l, const struct conf_node *old, const char *from, const char *to)
{
    char where[CONF_WHERE_MAX], name[CONF_SHOW_MAX];
    if (l->vhost)
        conf_report_add(l->report, LOG_WARN, "transform: %s to %s of %s (%s)", from, to,
                        conf_show(l->vhost, name, sizeof name), conf_node_where(old, where, sizeof where));
    else
        conf_report_add(l->report, LOG_WARN, "transform: %s to %s (%s)", from, to,
                        conf_node_where(old, where, sizeof where));
}

/* Give `parent { block { name … } }` the words and children of `old`. */
static void put(struct legacy *l, struct conf_node *parent, const char *block, const char *name,
                const struct conf_node *old)
{
    struct conf_node *to = conf_tree_obtain(l->tree, parent, block, old);
    if (to) {
        to->block = true;
        to = conf_tree_obtain(l->tree, to, name, old);
    }
    if (!to) {
        l->failed = true;
        return;
    }
    to->args = old->args;
    to->n_args = old->n_args;
    to->first = old->first;
    to->last = old->last;
    to->file = old->file;
    to->line = old->line;
}

static void put_word(struct legacy *l, struct conf_node *parent, const char *block, const char *name, const char *word,
                     const struct conf_node *like)
{
    char            *args[] = { (char *)word }; /* it is only read, and copied below */
    struct conf_node one = { .file = like->file, .line = like->line, .args = args, .n_args = 1 };
    put(l, parent, block, name, &one);
    struct conf_node *to = conf_node_child(conf_node_child(parent, block), name);
    if (!to || !conf_tree_set_word(l->tree, to, word))
        l->failed = true;
}

static void rename_node(struct legacy *l, struct conf_node *n, const char *name)
{
    char *copy = conf_arena_strdup(&l->tree->arena, name);
    if (copy)
        n->name = copy;
    else
        l->failed = true;
}

/* Rename `old` to `name`. The children of a node that has the name already are overwritten by those of `old`. */
static void rename_or_merge(struct legacy *l, struct conf_node *parent, struct conf_node *old, const char *name)
{
    struct conf_node *there = conf_node_child(parent, name);
    if (!there) {
        rename_node(l, old, name);
        return;
    }
    conf_node_unlink(parent, old);
    if (!old->block) {
        there->args = old->args;
        there->n_args = old->n_args;
    }
    for (struct conf_node *c = old->first; c; c = c->next) {
        struct conf_node *to = conf_tree_obtain(l->tree, there, c->name, c);
        if (!to) {
            l->failed = true;
            return;
        }
        struct conf_node *next = to->next;
        *to = *c;
        to->next = next;
    }
}

/* Remove every child of those names, with a warning for each. */
static void drop(struct legacy *l, struct conf_node *parent, const char *path, const char *const *names)
{
    for (struct conf_node *n = parent->first, *after; n; n = after) {
        after = n->next;
        for (size_t i = 0; names[i]; i++) {
            if (strcmp(n->name, names[i]) != 0)
                continue;
            char where[CONF_WHERE_MAX];
            conf_report_add(l->report, LOG_WARN, "transform: %s.%s is removed, it has no effect any more (%s)", path,
                            names[i], conf_node_where(n, where, sizeof where));
            conf_node_unlink(parent, n);
            break;
        }
    }
}

/* A directive of the vhost that now stands in one of its blocks. */
struct move {
    const char *name, *block, *to;
};

static const struct move moves[] = {
    { "time_jitter", "play", "time_jitter" },
    { "mix_correct", "play", "mix_correct" },
    { "atc", "play", "atc" },
    { "atc_auto", "play", "atc_auto" },
    { "mw_latency", "play", "mw_latency" },
    { "gop_cache", "play", "gop_cache" },
    { "gop_cache_max_frames", "play", "gop_cache_max_frames" },
    { "queue_length", "play", "queue_length" },
    { "send_min_interval", "play", "send_min_interval" },
    { "reduce_sequence_header", "play", "reduce_sequence_header" },
    { "publish_1stpkt_timeout", "publish", "firstpkt_timeout" },
    { "publish_normal_timeout", "publish", "normal_timeout" },
    { "mode", "cluster", "mode" },
    { "origin", "cluster", "origin" },
    { "token_traverse", "cluster", "token_traverse" },
    { "vhost", "cluster", "vhost" },
    { "debug_srs_upnode", "cluster", "debug_srs_upnode" },
};

/* A block of the vhost whose children now stand in another block. */
struct spread {
    const char *name, *child, *block, *to;
};

static const struct spread spreads[] = {
    { "mr", "enabled", "publish", "mr" }, { "mr", "latency", "publish", "mr_latency" },
    { "nack", "enabled", "rtc", "nack" }, { "nack", "no_copy", "rtc", "nack_no_copy" },
    { "twcc", "enabled", "rtc", "twcc" },
};

static bool move_one(struct legacy *l, struct conf_node *vhost, struct conf_node *n)
{
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        if (strcmp(n->name, moves[i].name) != 0)
            continue;
        char       from[64], to[64];
        struct str f = str_over(from, sizeof from), t = str_over(to, sizeof to);
        str_printf(&f, "vhost.%s", moves[i].name);
        str_printf(&t, "vhost.%s.%s", moves[i].block, moves[i].to);
        say(l, n, from, to);
        conf_node_unlink(vhost, n);
        put(l, vhost, moves[i].block, moves[i].to, n);
        return true;
    }
    return false;
}

static bool spread_one(struct legacy *l, struct conf_node *vhost, struct conf_node *n)
{
    bool known = false;
    for (size_t i = 0; i < ARRAY_LEN(spreads); i++) {
        const struct spread *s = &spreads[i];
        if (strcmp(n->name, s->name) != 0)
            continue;
        known = true;
        struct conf_node *child = conf_node_child(n, s->child);
        if (!child)
            continue;
        char       from[64], to[64];
        struct str f = str_over(from, sizeof from), t = str_over(to, sizeof to);
        str_printf(&f, "vhost.%s.%s", s->name, s->child);
        str_printf(&t, "vhost.%s.%s", s->block, s->to);
        say(l, child, from, to);
        put(l, vhost, s->block, s->to, child);
    }
    if (known)
        conf_node_unlink(vhost, n);
    return known;
}

/* `refer_play D …;` and similar: they become `refer { enabled on; play D …; }`. */
static bool enable_one(struct legacy *l, struct conf_node *vhost, struct conf_node *n)
{
    static const struct move enables[] = {
        { "refer", "refer", "all" },
        { "refer_play", "refer", "play" },
        { "refer_publish", "refer", "publish" },
        { "forward", "forward", "destination" },
    };
    for (size_t i = 0; i < ARRAY_LEN(enables); i++) {
        if (strcmp(n->name, enables[i].name) != 0 || n->block)
            continue;
        char       from[64], to[64];
        struct str f = str_over(from, sizeof from), t = str_over(to, sizeof to);
        str_printf(&f, "vhost.%s", enables[i].name);
        str_printf(&t, "vhost.%s.%s", enables[i].block, enables[i].to);
        say(l, n, from, to);
        conf_node_unlink(vhost, n);
        put_word(l, vhost, enables[i].block, "enabled", "on", n);
        put(l, vhost, enables[i].block, enables[i].to, n);
        return true;
    }
    return false;
}

static void fix_rtc(struct legacy *l, struct conf_node *vhost)
{
    static const struct {
        const char *old, *word, *now, *from, *to;
    } words[] = {
        { "aac", "transcode", "rtmp_to_rtc", "vhost.rtc.aac", "vhost.rtc.rtmp_to_rtc" },
        { "bframe", "keep", "keep_bframe", "vhost.rtc.bframe", "vhost.rtc.keep_bframe" },
    };
    struct conf_node *rtc = conf_node_child(vhost, "rtc");
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct conf_node *n;
        while ((n = conf_node_child(rtc, words[i].old))) {
            say(l, n, words[i].from, words[i].to);
            conf_node_unlink(rtc, n);
            put_word(l, vhost, "rtc", words[i].now, str_equal(conf_node_word(n), words[i].word) ? "on" : "off", n);
            if (l->failed)
                return;
        }
    }
}

static void fix_hls(struct legacy *l, struct conf_node *hls)
{
    struct conf_node *old;
    while (hls && !l->failed && (old = conf_node_child(hls, "variants"))) {
        say(l, old, "vhost.hls.variants", "vhost.hls.hls_variants");
        rename_or_merge(l, hls, old, "hls_variants");
    }
}

static void fix_vhost(struct legacy *l, struct conf_node *vhost)
{
    static const char *const remux_gone[] = { "hstrs", NULL };
    const char              *name = conf_node_word(vhost);
    l->vhost = name ? name : "";
    for (struct conf_node *n = vhost->first, *after; n && !l->failed; n = after) {
        after = n->next;
        if (move_one(l, vhost, n) || spread_one(l, vhost, n) || enable_one(l, vhost, n))
            continue;
        if (strcmp(n->name, "http") == 0) {
            say(l, n, "vhost.http", "vhost.http_static");
            rename_or_merge(l, vhost, n, "http_static");
        } else if (strcmp(n->name, "http_remux") == 0) {
            drop(l, n, "vhost.http_remux", remux_gone);
        }
    }
    fix_rtc(l, vhost);
    fix_hls(l, conf_node_child(vhost, "hls"));
    l->vhost = NULL;
}

static void fix_caster(struct legacy *l, struct conf_node *caster)
{
    static const char *const gone[] = { "tcp_enable",          "rtp_port_min",        "rtp_port_max",
                                        "wait_keyframe",       "rtp_idle_timeout",    "audio_enable",
                                        "auto_create_channel", "jitterbuffer_enable", NULL };
    static const char *const sip_gone[] = {
        "serial",    "realm", "ack_timeout", "keepalive_timeout", "invite_port_fixed", "query_catalog_interval",
        "auto_play", "host",  NULL
    };
    drop(l, caster, "stream_caster", gone);
    struct conf_node *sip = conf_node_child(caster, "sip");
    if (sip)
        drop(l, sip, "stream_caster.sip", sip_gone);
    struct conf_node *host;
    while (!l->failed && (host = conf_node_child(caster, "host"))) {
        say(l, host, "stream_caster.host", "stream_caster.sip.candidate");
        conf_node_unlink(caster, host);
        put(l, caster, "sip", "candidate", host);
    }
}

static void fix_srt(struct legacy *l, struct conf_node *srt)
{
    struct conf_node *old;
    while (!l->failed && (old = conf_node_child(srt, "tlpkdrop"))) {
        say(l, old, "srt_server.tlpkdrop", "srt_server.tlpktdrop");
        rename_or_merge(l, srt, old, "tlpktdrop");
    }
}

/* The latest SRS 7 has these two in a block. All other releases have them at the root, where they win. */
static void fix_rtmp(struct legacy *l, struct conf_node *rtmp)
{
    static const char *const names[] = { "listen", "chunk_size" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct conf_node *n = conf_node_child(rtmp, names[i]);
        if (!n || conf_node_child(&l->tree->root, names[i]))
            continue;
        struct conf_node *to = conf_tree_add(l->tree, &l->tree->root, names[i], n);
        if (!to) {
            l->failed = true;
            return;
        }
        to->args = n->args;
        to->n_args = n->n_args;
    }
}

/*
 * `listen 1935` without its `;`, as in sample files of old releases, swallows the directive on the next line. From the
 * first word there that is no endpoint on, the words are left out.
 */
static void fix_listen(struct legacy *l, struct conf_node *listen)
{
    for (size_t i = listen->n_on_line; i && i < listen->n_args; i++) {
        struct conf_endpoint e;
        char                 where[CONF_WHERE_MAX], word[CONF_SHOW_MAX];
        if (conf_endpoint_parse(listen->args[i], &e) == CONF_ENDPOINT_OK)
            continue;
        conf_report_add(l->report, LOG_WARN,
                        "transform: %s is no endpoint: it and the words behind it are left out of listen (%s)",
                        conf_show(listen->args[i], word, sizeof word), conf_node_where(listen, where, sizeof where));
        listen->n_args = i;
    }
}

static void fix_root_block(struct legacy *l, struct conf_node *n)
{
    static const char *const rtc_gone[] = { "perf_stat", "queue_length", NULL };
    if (strcmp(n->name, "listen") == 0) {
        fix_listen(l, n);
    } else if (strcmp(n->name, "http_stream") == 0) {
        say(l, n, "http_stream", "http_server");
        rename_or_merge(l, &l->tree->root, n, "http_server");
    } else if (strcmp(n->name, "rtc_server") == 0) {
        drop(l, n, "rtc_server", rtc_gone);
    } else if (strcmp(n->name, "srt_server") == 0) {
        fix_srt(l, n);
    } else if (strcmp(n->name, "stream_caster") == 0) {
        fix_caster(l, n);
    } else if (strcmp(n->name, "rtmp") == 0) {
        fix_rtmp(l, n);
    } else if (strcmp(n->name, "vhost") == 0) {
        fix_vhost(l, n);
    }
}

struct err *conf_legacy_apply(struct conf_tree *tree, struct conf_report *report)
{
    struct legacy l = { .tree = tree, .report = report };
    for (struct conf_node *n = tree->root.first, *after; n && !l.failed; n = after) {
        after = n->next;
        fix_root_block(&l, n);
    }
    return l.failed ? err_no_memory() : NULL;
}
