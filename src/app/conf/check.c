#include "app/conf/check.h"

#include <inttypes.h>
#include <string.h>

#include "app/conf/check_kafka.h"
#include "app/conf/check_names.h"
#include "app/conf/check_rtc.h"
#include "app/conf/check_vhost.h"
#include "app/conf/cidr.h"
#include "app/conf/endpoint.h"
#include "app/conf/open_files.h"
#include "app/conf/run_mode.h"
#include "app/conf/show.h"
#include "app/conf/size.h"
#include "app/conf/value.h"
#include "core/str.h"

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

/* ---- access */

/* `security { enabled yes; }` would be off, and a mistaken word must not let anybody in. Recursion follows the table. */
static struct err *check_guards(const struct conf_node *parent, const struct conf_block *block, const char *path)
{
    for (const struct conf_node *n = parent->first; n; n = n->next) {
        const struct directive *row = conf_row(block, n->name);
        char                    here[CONF_PATH_MAX], complaint[CONF_VALUE_TEXT_MAX], shown[CONF_SHOW_MAX];
        char                    where[CONF_AT_MAX];
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
                           conf_show(n->n_args ? n->args[0] : "", shown, sizeof shown),
                           conf_node_at(n, where, sizeof where));
    }
    return NULL;
}

static struct err *check_auth(const struct check *c)
{
    const struct conf_block *rows = conf_row(conf_row_at("http_api")->children, "auth")->children;
    const struct conf_node  *auth = conf_node_child(root_node(c, "http_api"), "auth");
    char                     where[CONF_AT_MAX];
    bool                     on = conf_value(conf_row(rows, "enabled"), conf_node_child(auth, "enabled")).on;
    if (on && !conf_value(conf_row(rows, "password"), conf_node_child(auth, "password")).text[0])
        return err_new(E_SYSTEM_CONFIG_INVALID, "http_api.auth is enabled without a password%s",
                       conf_node_at(auth, where, sizeof where));
    return NULL;
}

/* ---- values, and directives that exclude each other */

static struct err *check_listen(const struct check *c)
{
    const struct conf_node *listen = root_node(c, "listen");
    char                    where[CONF_AT_MAX], shown[CONF_SHOW_MAX];
    if (!listen || !listen->n_args) {
        /* The latest SRS 7 has these blocks, and runs without RTMP. */
        bool may_miss =
            c->source->env_only || root_node(c, "rtmp") || root_node(c, "rtmps") || root_node(c, "rtsp_server");
        return may_miss ? NULL
                        : err_new(E_SYSTEM_CONFIG_INVALID, "listen requires params%s",
                                  conf_node_at(listen, where, sizeof where));
    }
    conf_node_at(listen, where, sizeof where);
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
    char                    where[CONF_AT_MAX], shown[CONF_SHOW_MAX];
    struct cidr             range;
    for (size_t i = 0; n && i < n->n_args; i++)
        if (!cidr_parse(n->args[i], strlen(n->args[i]), &range) && strcmp(n->args[i], "none") != 0)
            return err_new(E_SYSTEM_CONFIG_INVALID, "trusted_proxies=%s is neither an address nor a range, nor none%s",
                           conf_show(n->args[i], shown, sizeof shown), conf_node_at(n, where, sizeof where));
    return NULL;
}

static struct err *check_memory_limit(const struct check *c)
{
    enum { LEAST_BYTES = 32 << 20 };
    const struct conf_node *n = root_node(c, "memory_limit");
    const char             *word = conf_node_word(n);
    char                    where[CONF_AT_MAX], shown[CONF_SHOW_MAX];
    struct conf_size        size;
    if (!word)
        return NULL;
    if (!conf_size_parse(word, &size))
        return err_new(E_SYSTEM_CONFIG_INVALID, "memory_limit=%s is no size (try 50%%, 512m, 2g or off)%s",
                       conf_show(word, shown, sizeof shown), conf_node_at(n, where, sizeof where));
    if (!size.percent && strcmp(word, "off") != 0 && size.bytes < LEAST_BYTES)
        return err_new(E_SYSTEM_CONFIG_INVALID, "memory_limit=%s is less than the server needs, %dm%s",
                       conf_show(word, shown, sizeof shown), LEAST_BYTES >> 20, conf_node_at(n, where, sizeof where));
    return NULL;
}

/* SRS 1 to 3 accepted a fraction below 1 as an interval: it counts as 1, with a warning. */
static struct err *check_heartbeat(const struct check *c)
{
    struct conf_node *n = conf_node_child(root_node(c, "heartbeat"), "interval");
    const char       *word = conf_node_word(n);
    char              where[CONF_AT_MAX];
    if (!word)
        return NULL;
    static const struct directive as_int = { .type = CONF_INT }, as_float = { .type = CONF_FLOAT };
    int64_t                       seconds = conf_value(&as_int, n).integer;
    if (seconds < 1 && conf_value(&as_float, n).real <= 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "invalid heartbeat.interval=%" PRId64 "%s", seconds,
                       conf_node_at(n, where, sizeof where));
    return NULL;
}

static struct err *check_stats(const struct check *c)
{
    const struct conf_node *n = conf_node_child(root_node(c, "stats"), "network");
    int64_t                 index = root_value(c, "stats", "network").integer;
    char                    where[CONF_AT_MAX];
    conf_node_at(n, where, sizeof where);
    if (index < 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "invalid stats.network=%" PRId64 "%s", index, where);
    if (c->source->local_addresses > 0 && index >= c->source->local_addresses)
        return err_new(E_SYSTEM_CONFIG_INVALID, "invalid stats.network=%" PRId64 " of %d%s", index,
                       c->source->local_addresses, where);
    return NULL;
}

/* The words of a `listen`: that of the block, or that of the `https` in it. */
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
    char where[CONF_AT_MAX];
    listen_text(c, "http_api", false, api, sizeof api);
    listen_text(c, "http_server", false, server, sizeof server);
    listen_text(c, "http_server", true, servers, sizeof servers);

    bool                    shared = strcmp(api, server) == 0;
    const struct conf_node *api_https = conf_node_child(root_node(c, "http_api"), "https");
    if (shared && !conf_node_child(api_https, "listen"))
        str_copy(apis, sizeof apis, servers);
    else
        listen_text(c, "http_api", true, apis, sizeof apis);
    conf_node_at(root_node(c, "http_api"), where, sizeof where);
    if (shared && strcmp(apis, servers) != 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "for same http, https api(%.100s) != server(%.100s)%s", apis, servers,
                       where);
    if (!shared && strcmp(apis, servers) == 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "for same https, http api(%.100s) != server(%.100s)%s", api, server,
                       where);
    if (https_enabled(c, "http_api") && !root_value(c, "http_api", "enabled").on)
        return err_new(E_SYSTEM_CONFIG_INVALID, "https api depends on http%s",
                       conf_node_at(api_https, where, sizeof where));
    if (https_enabled(c, "http_server") && !root_value(c, "http_server", "enabled").on)
        return err_new(E_SYSTEM_CONFIG_INVALID, "https stream depends on http%s",
                       conf_node_at(conf_node_child(root_node(c, "http_server"), "https"), where, sizeof where));
    return NULL;
}

/* ---- the process */

static struct err *check_process(const struct check *c)
{
    char where[CONF_AT_MAX];
    if (conf_run_mode_is_daemon(c->tree, c->source) && root_value(c, NULL, "asprocess").on)
        return err_new(E_SYSTEM_CONFIG_INVALID, "daemon conflicts with asprocess%s",
                       conf_node_at(root_node(c, "asprocess"), where, sizeof where));

    const struct conf_node *n = root_node(c, "max_connections");
    int64_t                 max = root_value(c, NULL, "max_connections").integer;
    conf_node_at(n, where, sizeof where);
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
                       conf_node_at(root_node(c, "is_full"), where, sizeof where));
    return NULL;
}

struct err *conf_check(struct conf_tree *tree, const struct conf_source *source, struct conf_report *report)
{
    struct check c = { .tree = tree, .source = source, .report = report };
    struct err  *e;
    if ((e = conf_check_names(tree)) || (e = check_listen(&c)) || (e = check_trusted_proxies(&c)) ||
        (e = check_heartbeat(&c)) || (e = conf_check_kafka(root_node(&c, "kafka"), report)) ||
        (e = conf_check_rtc(root_node(&c, "rtc_server"))) || (e = check_stats(&c)) ||
        (e = check_guards(&tree->root, &conf_root_block, "")) || (e = check_auth(&c)) || (e = check_http_ports(&c)) ||
        (e = conf_check_names_of_lists(tree)) || (e = conf_check_vhosts(tree)) || (e = check_process(&c)) ||
        (e = check_memory_limit(&c)))
        return e;
    return NULL;
}
