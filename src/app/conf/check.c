#include "app/conf/check.h"

#include <inttypes.h>
#include <string.h>

#include "app/conf/cidr.h"
#include "app/conf/endpoint.h"
#include "app/conf/open_files.h"
#include "app/conf/size.h"
#include "app/conf/snapshot.h"
#include "app/conf/spell.h"
#include "app/conf/value.h"
#include "core/map.h"
#include "core/str.h"
#include "kernel/stream_format.h"

struct check {
    struct conf_tree         *tree;
    const struct conf_source *source;
    struct conf_report       *report;
};

static const struct conf_node *root_node(const struct check *c, const char *name)
{
    return conf_node_child(&c->tree->root, name);
}

/* The value of `block.name` at the root, or of `name` when `block` is NULL. */
static struct conf_value root_value(const struct check *c, const char *block, const char *name)
{
    const struct conf_node *in = block ? root_node(c, block) : &c->tree->root;
    const struct directive *row = conf_row(block ? conf_row_at(block)->children : &conf_root_block, name);
    return conf_value(row, conf_node_child(in, name));
}

/* "" when the node is no part of any file, which is when something is absent. */
static const char *at(const struct conf_node *n, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    char       where[CONF_WHERE_MAX];
    if (n)
        str_printf(&out, ", at %s", conf_node_where(n, where, sizeof where));
    return buf;
}

/* ---- names */

struct place {
    const char             *path;  /* "vhost.play" */
    const struct conf_node *vhost; /* or NULL */
    bool                    all;   /* also what stands a second time and never counts */
};

static struct err *illegal(const struct conf_block *block, const struct place *p, const struct conf_node *n)
{
    char name[CONF_SHOW_MAX], vhost[CONF_SHOW_MAX] = "", hint[CONF_HINT_MAX], where[CONF_WHERE_MAX];
    conf_show(n->name, name, sizeof name);
    conf_spell_hint(block, n->name, hint, sizeof hint);
    conf_node_where(n, where, sizeof where);
    if (!p->path[0])
        return err_new(E_SYSTEM_CONFIG_INVALID, "illegal directive %s%s, at %s", name, hint, where);
    if (!p->vhost || strcmp(p->path, "vhost") == 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "illegal %s.%s%s, at %s", block->called ? block->called : p->path, name,
                       hint, where);
    if (p->vhost->n_args)
        conf_show(p->vhost->args[0], vhost, sizeof vhost);
    return err_new(E_SYSTEM_CONFIG_INVALID, "illegal %s.%s of %s%s, at %s", p->path, name, vhost, hint, where);
}

/* The names in one block, and below it as far as those are checked. Recursion follows the table. */
static struct err *check_names(const struct conf_node *parent, const struct conf_block *block, const struct place *p)
{
    struct err *e;
    for (const struct conf_node *n = parent->first; n; n = n->next) {
        const struct directive *row = conf_row(block, n->name);
        if (!row)
            return illegal(block, p, n);
        if (!row->children || row->children->unchecked || !p->path[0])
            continue;
        if (!p->all && conf_node_child(parent, n->name) != n)
            continue;
        char         path[CONF_PATH_MAX];
        struct place below = { conf_path_join(p->path, row->name, path, sizeof path), p->vhost, p->all };
        if ((e = check_names(n, row->children, &below)))
            return e;
    }
    return NULL;
}

static struct err *check_root_names(const struct check *c)
{
    struct place p = { .path = "" };
    return check_names(&c->tree->root, &conf_root_block, &p);
}

/* Of two blocks of one name only the first counts, and is checked. */
static struct err *check_root_blocks(const struct check *c)
{
    static const char *const blocks[] = { "http_api",   "http_server", "srt_server", "heartbeat", "stats",
                                          "rtc_server", "exporter",    "rtmp",       "rtmps",     "rtsp_server" };
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        const struct conf_node *n = root_node(c, blocks[i]);
        struct place            p = { .path = blocks[i] };
        struct err             *e = n ? check_names(n, conf_row_at(blocks[i])->children, &p) : NULL;
        if (e)
            return e;
    }
    return NULL;
}

static struct err *check_each(const struct check *c, const char *name, struct err *(*one)(const struct conf_node *))
{
    for (const struct conf_node *n = c->tree->root.first; n; n = n->next) {
        struct err *e = strcmp(n->name, name) == 0 ? one(n) : NULL;
        if (e)
            return e;
    }
    return NULL;
}

static struct err *check_caster(const struct conf_node *n)
{
    struct place p = { .path = "stream_caster" };
    return check_names(n, &conf_stream_caster_block, &p);
}

static const char *vhost_name(const struct conf_node *vhost, char *buf, size_t cap)
{
    return conf_show(vhost->n_args ? vhost->args[0] : "", buf, cap);
}

static struct err *check_vhost_names(const struct conf_node *vhost)
{
    struct place p = { .path = "vhost", .vhost = vhost, .all = true };
    struct err  *e = check_names(vhost, &conf_vhost_block, &p);
    if (e)
        return e;
    int n_remux = 0;
    for (const struct conf_node *n = conf_node_child(vhost, "http_remux"); n; n = conf_node_same(n))
        n_remux++;
    char name[CONF_SHOW_MAX], where[CONF_WHERE_MAX + 8];
    if (n_remux > 1)
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost.http_remux only one but count=%d of %s%s", n_remux,
                       vhost_name(vhost, name, sizeof name), at(vhost, where, sizeof where));
    return NULL;
}

/* ---- who may */

/* `security { enabled yes; }` would be off: a mistaken word must not let anybody in. Recursion follows the table. */
static struct err *check_guards(const struct conf_node *parent, const struct conf_block *block, const char *path)
{
    for (const struct conf_node *n = parent->first; n; n = n->next) {
        const struct directive *row = conf_row(block, n->name);
        char                    here[CONF_PATH_MAX], complaint[CONF_VALUE_TEXT_MAX], shown[CONF_SHOW_MAX];
        char                    where[CONF_WHERE_MAX + 8];
        if (!row || (!(row->flags & CONF_GUARD) && (!row->children || row->type != CONF_BLOCK)))
            continue;
        conf_path_join(path, row->name, here, sizeof here);
        struct err *e = row->children ? check_guards(n, row->children, here) : NULL;
        if (e)
            return e;
        if (!(row->flags & CONF_GUARD))
            continue;
        conf_value_judge(row, n, complaint, sizeof complaint);
        if (complaint[0])
            return err_new(E_SYSTEM_CONFIG_INVALID, "%s=%s is neither on nor off%s", here,
                           conf_show(n->n_args ? n->args[0] : "", shown, sizeof shown), at(n, where, sizeof where));
    }
    return NULL;
}

static struct err *check_auth(const struct check *c)
{
    const struct conf_block *rows = conf_row(conf_row_at("http_api")->children, "auth")->children;
    const struct conf_node  *auth = conf_node_child(root_node(c, "http_api"), "auth");
    char                     where[CONF_WHERE_MAX + 8];
    bool                     on = conf_value(conf_row(rows, "enabled"), conf_node_child(auth, "enabled")).on;
    if (on && !conf_value(conf_row(rows, "password"), conf_node_child(auth, "password")).text[0])
        return err_new(E_SYSTEM_CONFIG_INVALID, "http_api.auth is enabled without a password%s",
                       at(auth, where, sizeof where));
    return NULL;
}

/* ---- what cannot go together */

static struct err *check_listen(const struct check *c)
{
    const struct conf_node *listen = root_node(c, "listen");
    char                    where[CONF_WHERE_MAX + 8], shown[CONF_SHOW_MAX];
    if (!listen || !listen->n_args) {
        /* The latest SRS 7, which has these blocks, runs without RTMP. */
        bool may_miss =
            c->source->env_only || root_node(c, "rtmp") || root_node(c, "rtmps") || root_node(c, "rtsp_server");
        return may_miss ? NULL
                        : err_new(E_SYSTEM_CONFIG_INVALID, "listen requires params%s", at(listen, where, sizeof where));
    }
    at(listen, where, sizeof where);
    for (size_t i = 0; i < listen->n_args; i++) {
        struct conf_endpoint e;
        switch (conf_endpoint_parse(listen->args[i], &e)) {
        case CONF_ENDPOINT_BAD_IP:
            return err_new(E_SYSTEM_CONFIG_INVALID, "listen.ip=%s is invalid%s", conf_show(e.ip, shown, sizeof shown),
                           where);
        case CONF_ENDPOINT_BAD_PORT:
            return err_new(E_SYSTEM_CONFIG_INVALID, "listen.port=%d is invalid%s", e.port, where);
        default: break;
        }
    }
    return NULL;
}

static struct err *check_trusted_proxies(const struct check *c)
{
    const struct conf_node *n = root_node(c, "trusted_proxies");
    char                    where[CONF_WHERE_MAX + 8], shown[CONF_SHOW_MAX];
    struct cidr             range;
    for (size_t i = 0; n && i < n->n_args; i++)
        if (!cidr_parse(n->args[i], strlen(n->args[i]), &range) && strcmp(n->args[i], "none") != 0)
            return err_new(E_SYSTEM_CONFIG_INVALID, "trusted_proxies=%s is neither an address nor a range, nor none%s",
                           conf_show(n->args[i], shown, sizeof shown), at(n, where, sizeof where));
    return NULL;
}

static struct err *check_memory_limit(const struct check *c)
{
    enum { LEAST_BYTES = 32 << 20 };
    const struct conf_node *n = root_node(c, "memory_limit");
    const char             *word = conf_node_word(n);
    char                    where[CONF_WHERE_MAX + 8], shown[CONF_SHOW_MAX];
    struct conf_size        size;
    if (!word)
        return NULL;
    if (!conf_size_parse(word, &size))
        return err_new(E_SYSTEM_CONFIG_INVALID, "memory_limit=%s is no size (try 50%%, 512m, 2g or off)%s",
                       conf_show(word, shown, sizeof shown), at(n, where, sizeof where));
    if (!size.percent && strcmp(word, "off") != 0 && size.bytes < LEAST_BYTES)
        return err_new(E_SYSTEM_CONFIG_INVALID, "memory_limit=%s is less than the server needs, %dm%s",
                       conf_show(word, shown, sizeof shown), LEAST_BYTES >> 20, at(n, where, sizeof where));
    return NULL;
}

/* A fraction below 1 was a fine interval for SRS 1 to 3: it counts as 1, with a warning. */
static struct err *check_heartbeat(const struct check *c)
{
    struct conf_node *n = conf_node_child(root_node(c, "heartbeat"), "interval");
    const char       *word = conf_node_word(n);
    char              where[CONF_WHERE_MAX + 8];
    if (!word)
        return NULL;
    static const struct directive as_int = { .type = CONF_INT }, as_float = { .type = CONF_FLOAT };
    int64_t                       seconds = conf_value(&as_int, n).integer;
    if (seconds < 1 && conf_value(&as_float, n).real <= 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "invalid heartbeat.interval=%" PRId64 "%s", seconds,
                       at(n, where, sizeof where));
    return NULL;
}

static struct err *check_stats(const struct check *c)
{
    const struct conf_node *n = conf_node_child(root_node(c, "stats"), "network");
    int64_t                 index = root_value(c, "stats", "network").integer;
    char                    where[CONF_WHERE_MAX + 8];
    at(n, where, sizeof where);
    if (index < 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "invalid stats.network=%" PRId64 "%s", index, where);
    if (c->source->local_addresses > 0 && index >= c->source->local_addresses)
        return err_new(E_SYSTEM_CONFIG_INVALID, "invalid stats.network=%" PRId64 " of %d%s", index,
                       c->source->local_addresses, where);
    return NULL;
}

/* The text of a `listen`, of the block itself or of the https in it. */
static const char *listen_text(const struct check *c, const char *block, bool https, char *buf, size_t cap)
{
    const struct conf_block *rows = conf_row_at(block)->children;
    const struct conf_node  *n = root_node(c, block);
    if (https) {
        rows = conf_row(rows, "https")->children;
        n = conf_node_child(n, "https");
    }
    return conf_value_show(conf_row(rows, "listen"), conf_node_child(n, "listen"), buf, cap);
}

static bool https_enabled(const struct check *c, const char *block)
{
    const struct conf_block *rows = conf_row(conf_row_at(block)->children, "https")->children;
    const struct conf_node  *https = conf_node_child(root_node(c, block), "https");
    return conf_value(conf_row(rows, "enabled"), conf_node_child(https, "enabled")).on;
}

static struct err *check_http_ports(const struct check *c)
{
    char api[CONF_VALUE_TEXT_MAX], server[CONF_VALUE_TEXT_MAX], apis[CONF_VALUE_TEXT_MAX], servers[CONF_VALUE_TEXT_MAX];
    char where[CONF_WHERE_MAX + 8];
    listen_text(c, "http_api", false, api, sizeof api);
    listen_text(c, "http_server", false, server, sizeof server);
    listen_text(c, "http_server", true, servers, sizeof servers);

    bool                    shared = strcmp(api, server) == 0;
    const struct conf_node *api_https = conf_node_child(root_node(c, "http_api"), "https");
    if (shared && !conf_node_child(api_https, "listen"))
        str_copy(apis, sizeof apis, servers);
    else
        listen_text(c, "http_api", true, apis, sizeof apis);
    at(root_node(c, "http_api"), where, sizeof where);
    if (shared && strcmp(apis, servers) != 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "for same http, https api(%.100s) != server(%.100s)%s", apis, servers,
                       where);
    if (!shared && strcmp(apis, servers) == 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "for same https, http api(%.100s) != server(%.100s)%s", api, server,
                       where);
    if (https_enabled(c, "http_api") && !root_value(c, "http_api", "enabled").on)
        return err_new(E_SYSTEM_CONFIG_INVALID, "https api depends on http%s", at(api_https, where, sizeof where));
    if (https_enabled(c, "http_server") && !root_value(c, "http_server", "enabled").on)
        return err_new(E_SYSTEM_CONFIG_INVALID, "https stream depends on http%s",
                       at(conf_node_child(root_node(c, "http_server"), "https"), where, sizeof where));
    return NULL;
}

static bool is_on(const struct conf_node *block)
{
    return str_equal(conf_node_word(conf_node_child(block, "enabled")), "on");
}

/* HTTP-TS is seen only where `enabled on` stands before the mount: files rely on not being refused. */
static bool mounts_ts(const struct conf_node *remux)
{
    bool on = false;
    for (const struct conf_node *n = remux ? remux->first : NULL; n; n = n->next) {
        const char *word = conf_node_word(n);
        if (strcmp(n->name, "enabled") == 0)
            on = str_equal(word, "on");
        else if (strcmp(n->name, "mount") == 0 && word && on &&
                 stream_format_of_path(word) == &stream_formats[STREAM_TS])
            return true;
    }
    return false;
}

static struct err *check_hls(const struct conf_node *vhost)
{
    const struct conf_node *remux = conf_node_child(vhost, "http_remux");
    char                    name[CONF_SHOW_MAX], where[CONF_WHERE_MAX + 8];
    if (is_on(conf_node_child(vhost, "hls")) && mounts_ts(remux))
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost.hls conflict with vhost.http-ts of %s%s",
                       vhost_name(vhost, name, sizeof name), at(remux, where, sizeof where));
    return NULL;
}

static struct err *check_kickoff(const struct conf_node *vhost)
{
    const struct conf_node *kickoff = conf_node_child(conf_node_child(vhost, "publish"), "kickoff_for_idle");
    char                    where[CONF_WHERE_MAX + 8];
    if (is_on(conf_node_child(vhost, "forward")) &&
        conf_value(conf_row(&conf_publish_block, "kickoff_for_idle"), kickoff).integer > 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost.forward conflicts with vhost.publish.kickoff_for_idle%s",
                       at(kickoff, where, sizeof where));
    return NULL;
}

static struct err *check_ingests(const struct conf_node *vhost)
{
    struct err *e = NULL;
    struct map  ids = MAP_INIT;
    for (struct conf_node *n = conf_node_child(vhost, "ingest"); n && !e; n = conf_node_same(n)) {
        const char *id = n->n_args ? n->args[0] : "";
        char        shown[CONF_SHOW_MAX], name[CONF_SHOW_MAX], where[CONF_WHERE_MAX + 8];
        if (map_find(&ids, id))
            e = err_new(E_SYSTEM_CONFIG_INVALID, "ingest id=%s exists for %s%s", conf_show(id, shown, sizeof shown),
                        vhost_name(vhost, name, sizeof name), at(n, where, sizeof where));
        else if (!map_put(&ids, id, n))
            e = err_no_memory();
    }
    map_finish(&ids);
    return e;
}

/* A `deny` that cannot be read would let in whom it is to keep out. An `allow` of that kind lets nobody in: a warning. */
static struct err *check_security(const struct conf_node *vhost)
{
    const struct conf_node *security = conf_node_child(vhost, "security");
    char                    shown[CONF_SHOW_MAX], name[CONF_SHOW_MAX], where[CONF_WHERE_MAX + 8];
    for (const struct conf_node *n = is_on(security) ? security->first : NULL; n; n = n->next) {
        const char *role = n->n_args ? n->args[0] : "", *who = n->n_args > 1 ? n->args[1] : "";
        struct cidr range;
        if (strcmp(n->name, "deny") != 0)
            continue;
        if (strcmp(role, "publish") != 0 && strcmp(role, "play") != 0)
            return err_new(E_SYSTEM_CONFIG_INVALID, "security.deny=%s of %s is neither publish nor play%s",
                           conf_show(role, shown, sizeof shown), vhost_name(vhost, name, sizeof name),
                           at(n, where, sizeof where));
        if (strcmp(who, "all") != 0 && !cidr_parse(who, strlen(who), &range))
            return err_new(E_SYSTEM_CONFIG_INVALID,
                           "security.deny %s %s of %s is neither all, nor an address, nor a range%s", role,
                           conf_show(who, shown, sizeof shown), vhost_name(vhost, name, sizeof name),
                           at(n, where, sizeof where));
    }
    return NULL;
}

static struct err *check_process(const struct check *c)
{
    char where[CONF_WHERE_MAX + 8];
    if (conf_is_daemon(c->tree, c->source) && root_value(c, NULL, "asprocess").on)
        return err_new(E_SYSTEM_CONFIG_INVALID, "daemon conflicts with asprocess%s",
                       at(root_node(c, "asprocess"), where, sizeof where));

    const struct conf_node *n = root_node(c, "max_connections");
    int64_t                 max = root_value(c, NULL, "max_connections").integer;
    at(n, where, sizeof where);
    if (max < 1)
        return err_new(E_SYSTEM_CONFIG_INVALID, "max_connections=%" PRId64 " is invalid%s", max, where);
    if (c->source->open_files > 0 && max + OPEN_FILES_SPARE >= c->source->open_files)
        return err_new(E_SYSTEM_CONFIG_INVALID,
                       "%" PRId64 " exceed max open files=%" PRId64 " (max_connections %" PRId64
                       " and %d files of the server itself; raise the limit with: ulimit -HSn %" PRId64 ")%s",
                       max + OPEN_FILES_SPARE, c->source->open_files, max, OPEN_FILES_SPARE, max + OPEN_FILES_SPARE + 1,
                       where);
    if (root_value(c, NULL, "is_full").on)
        return err_new(E_SYSTEM_CONFIG_INVALID, "never use full.conf(%s)%s", c->source->path,
                       at(root_node(c, "is_full"), where, sizeof where));
    return NULL;
}

struct err *conf_check(struct conf_tree *tree, const struct conf_source *source, struct conf_report *report)
{
    struct check c = { .tree = tree, .source = source, .report = report };
    struct err  *e;
    if ((e = check_root_names(&c)) || (e = check_root_blocks(&c)) || (e = check_listen(&c)) ||
        (e = check_trusted_proxies(&c)) || (e = check_heartbeat(&c)) || (e = check_stats(&c)) ||
        (e = check_guards(&tree->root, &conf_root_block, "")) || (e = check_auth(&c)) || (e = check_http_ports(&c)) ||
        (e = check_each(&c, "stream_caster", check_caster)) || (e = check_each(&c, "vhost", check_vhost_names)) ||
        (e = check_each(&c, "vhost", check_hls)) || (e = check_each(&c, "vhost", check_kickoff)) ||
        (e = check_each(&c, "vhost", check_ingests)) || (e = check_each(&c, "vhost", check_security)) ||
        (e = check_process(&c)) || (e = check_memory_limit(&c)))
        return e;
    return NULL;
}
