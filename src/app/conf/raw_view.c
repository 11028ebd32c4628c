#include "app/conf/raw_view.h"

#include <stdlib.h>
#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/value.h"
#include "app/conf/view.h"

static void put_word(struct jw *j, const char *key, const struct directive *row, const struct conf_node *n)
{
    char text[CONF_VALUE_TEXT_MAX];
    switch (row ? row->type : CONF_ANYTHING) {
    case CONF_BOOL: jw_bool(j, key, conf_value(row, n).on); return;
    case CONF_INT:
    case CONF_INT64:
    case CONF_SECONDS:
    case CONF_MS:
        if (conf_value(row, n).text[0])
            jw_int(j, key, strtoll(conf_value_show(row, n, text, sizeof text), NULL, 10));
        else
            jw_null(j, key);
        return;
    default: break;
    }
    if (n->n_args == 1 && (!row || row->type != CONF_LIST)) {
        conf_view_put_word(j, key, row, n, 0);
        return;
    }
    jw_array(j, key);
    for (size_t i = 0; i < n->n_args; i++)
        conf_view_put_word(j, NULL, row, n, i);
    jw_array_end(j);
}

static void put_members(struct jw *j, const struct conf_block *block, const struct conf_node *parent);

static void put_one(struct jw *j, const char *key, const struct directive *row, const struct conf_node *n)
{
    if (!n->block) {
        put_word(j, key, row, n);
        return;
    }
    jw_object(j, key);
    if (n->n_args)
        jw_string(j, "name", n->args[0]);
    put_members(j, row ? row->children : NULL, n);
    jw_object_end(j);
}

/* A key stands once. What may stand several times is an array; of others the first one counts. Recursion: CONF_DEPTH_MAX. */
static void put_member(struct jw *j, const struct directive *row, const struct conf_node *n)
{
    if (row ? !(row->flags & CONF_REPEAT) : !conf_node_same(n)) {
        put_one(j, n->name, row, n);
        return;
    }
    jw_array(j, n->name);
    for (; n; n = conf_node_same(n))
        put_one(j, NULL, row, n);
    jw_array_end(j);
}

static void put_members(struct jw *j, const struct conf_block *block, const struct conf_node *parent)
{
    for (const struct conf_node *n = parent->first; n; n = n->next)
        if (conf_node_child(parent, n->name) == n && strcmp(n->name, "vhost") != 0)
            put_member(j, block ? conf_row(block, n->name) : NULL, n);
}

void conf_raw_view_put_root(struct jw *j, const struct conf_node *root)
{
    put_members(j, &conf_root_block, root);
}

void conf_raw_view_put_vhost(struct jw *j, const struct conf_node *vhost)
{
    put_members(j, &conf_vhost_block, vhost);
}

/* ---- features ------------------------------------------------------------------------------------------------------- */

/* A block that says `enabled on`; any one of several. */
static bool has_on(const struct conf_node *vhost, const char *name)
{
    const struct conf_node *n = conf_node_child(vhost, name);
    while (n && !conf_node_is_on(n))
        n = conf_node_same(n);
    return n;
}

/* A switch of a block, or its default. */
static bool is_on(const struct conf_node *vhost, const char *block, const char *name)
{
    const struct directive *row =
        conf_row(*block ? conf_row(&conf_vhost_block, block)->children : &conf_vhost_block, name);
    struct conf_value v = conf_value(row, conf_node_child(*block ? conf_node_child(vhost, block) : vhost, name));
    return row->type == CONF_BOOL ? v.on : strcmp(v.text, "off") != 0;
}

void conf_raw_view_put_features(struct jw *j, const struct conf_node *vhost)
{
    static const char *const blocks[] = { "dvr",  "http_static", "http_remux", "hls",      "hds",  "http_hooks",
                                          "exec", "bandcheck",   "forward",    "security", "refer" };
    static const struct {
        const char *block, *name;
    } switches[] = {
        { "publish", "mr" },       { "", "min_latency" },     { "play", "gop_cache" }, { "", "tcp_nodelay" },
        { "play", "mix_correct" }, { "play", "time_jitter" }, { "play", "atc" },
    };
    jw_bool(j, "enabled", is_on(vhost, "", "enabled"));
    for (int i = 0; i < (int)ARRAY_LEN(blocks); i++)
        jw_bool(j, blocks[i], has_on(vhost, blocks[i]));
    const char *mode = conf_node_word(conf_node_child(conf_node_child(vhost, "cluster"), "mode"));
    jw_bool(j, "origin", !mode || strcmp(mode, "remote") != 0);
    for (int i = 0; i < (int)ARRAY_LEN(switches); i++)
        jw_bool(j, switches[i].name, is_on(vhost, switches[i].block, switches[i].name));
    jw_bool(j, "transcode", has_on(vhost, "transcode"));
    jw_bool(j, "ingest", has_on(vhost, "ingest"));
}
