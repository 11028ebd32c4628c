#include "app/conf/check_vhost.h"

#include <string.h>

#include "app/conf/check_auth.h"
#include "app/conf/check_hls.h"
#include "app/conf/cidr.h"
#include "app/conf/conf.h"
#include "app/conf/directive.h"
#include "app/conf/relay.h"
#include "app/conf/show.h"
#include "app/conf/value.h"
#include "core/map.h"
#include "core/str.h"
#include "kernel/stream_format.h"
#include "protocol/redis/place.h"

static const char *vhost_name(const struct conf_node *vhost, char *buf, size_t cap)
{
    return conf_show(vhost->n_args ? vhost->args[0] : "", buf, cap);
}

static struct err *check_remux(const struct conf_node *vhost)
{
    int n_remux = 0;
    for (const struct conf_node *n = conf_node_child(vhost, "http_remux"); n; n = conf_node_same(n))
        n_remux++;
    char name[CONF_SHOW_MAX], where[CONF_AT_MAX];
    if (n_remux > 1)
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost.http_remux only one but count=%d of %s%s", n_remux,
                       vhost_name(vhost, name, sizeof name), conf_node_at(vhost, where, sizeof where));
    return NULL;
}

/* As in SRS, HTTP-TS is seen only where `enabled on` stands before the mount: existing files rely on it. */
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
    char                    name[CONF_SHOW_MAX], where[CONF_AT_MAX];
    if (conf_node_is_on(conf_node_child(vhost, "hls")) && mounts_ts(remux))
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost.hls conflict with vhost.http-ts of %s%s",
                       vhost_name(vhost, name, sizeof name), conf_node_at(remux, where, sizeof where));
    return NULL;
}

static struct err *check_kickoff(const struct conf_node *vhost)
{
    const struct conf_node *kickoff = conf_node_child(conf_node_child(vhost, "publish"), "kickoff_for_idle");
    char                    where[CONF_AT_MAX];
    if (conf_node_is_on(conf_node_child(vhost, "forward")) &&
        conf_value(conf_row(&conf_publish_block, "kickoff_for_idle"), kickoff).integer > 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "vhost.forward conflicts with vhost.publish.kickoff_for_idle%s",
                       conf_node_at(kickoff, where, sizeof where));
    return NULL;
}

/* The URL may have a password, so it is not shown. */
static struct err *check_directory(const struct conf_node *vhost)
{
    const struct conf_node *line = conf_node_child(conf_node_child(vhost, "cluster"), "directory");
    const char             *url = conf_node_word(line);
    struct redis_place      place;
    char                    name[CONF_SHOW_MAX], where[CONF_AT_MAX];
    if (!url || !*url || redis_place_parse(&place, url))
        return NULL;
    return err_new(E_SYSTEM_CONFIG_INVALID,
                   "cluster.directory of %s is not of the form redis://[[user]:password@]host[:port][/database]%s",
                   vhost_name(vhost, name, sizeof name), conf_node_at(line, where, sizeof where));
}

static struct err *check_ingests(const struct conf_node *vhost)
{
    struct err *e = NULL;
    struct map  ids = MAP_INIT;
    for (struct conf_node *n = conf_node_child(vhost, "ingest"); n && !e; n = conf_node_same(n)) {
        const char *id = n->n_args ? n->args[0] : "";
        char        shown[CONF_SHOW_MAX], name[CONF_SHOW_MAX], where[CONF_AT_MAX];
        if (map_find(&ids, id))
            e = err_new(E_SYSTEM_CONFIG_INVALID, "ingest id=%s exists for %s%s", conf_show(id, shown, sizeof shown),
                        vhost_name(vhost, name, sizeof name), conf_node_at(n, where, sizeof where));
        else if (!map_put(&ids, id, n))
            e = err_no_memory();
    }
    map_finish(&ids);
    return e;
}

/* The key of the stream that a relay makes, or an error. */
static struct err *check_relay(const struct conf_node *vhost, const struct conf_node *relay,
                               char key[static STREAM_IDENTITY_CAP])
{
    const struct conf_node *urls = conf_node_child(relay, "pull");
    char                    shown[CONF_SHOW_MAX], name[CONF_SHOW_MAX], where[CONF_AT_MAX];
    struct conf_relay_name  names;
    for (size_t i = 0; urls && i < urls->n_args; i++)
        if (!conf_relay_url_is_known(urls->args[i]))
            return err_new(E_SYSTEM_CONFIG_INVALID,
                           "relay.pull=%s of %s is no rtmp, rtmps, http, https, whep or wheps URL%s",
                           conf_show(urls->args[i], shown, sizeof shown), vhost_name(vhost, name, sizeof name),
                           conf_node_at(relay, where, sizeof where));
    if (!urls || !urls->n_args || urls->n_args > CONF_RELAY_URLS_MAX)
        return err_new(E_SYSTEM_CONFIG_INVALID, "a relay of %s has no URL, or more than %d%s",
                       vhost_name(vhost, name, sizeof name), CONF_RELAY_URLS_MAX,
                       conf_node_at(relay, where, sizeof where));
    if (!conf_relay_name_find(&names, relay->n_args ? relay->args[0] : "", urls->args[0]))
        return err_new(E_SYSTEM_CONFIG_INVALID, "a relay of %s names no stream as app/stream%s",
                       vhost_name(vhost, name, sizeof name), conf_node_at(relay, where, sizeof where));
    stream_name_key(key, "", names.app, names.stream);
    return NULL;
}

static struct err *check_relays(const struct conf_node *vhost)
{
    struct err *e = NULL;
    struct map  keys = MAP_INIT;
    for (const struct conf_node *n = conf_node_child(vhost, "relay"); n && !e; n = conf_node_same(n)) {
        char key[STREAM_IDENTITY_CAP], shown[CONF_SHOW_MAX], name[CONF_SHOW_MAX], where[CONF_AT_MAX];
        if ((e = check_relay(vhost, n, key)))
            break;
        if (map_find(&keys, key))
            e = err_new(E_SYSTEM_CONFIG_INVALID, "relay %s exists already in %s%s", conf_show(key, shown, sizeof shown),
                        vhost_name(vhost, name, sizeof name), conf_node_at(n, where, sizeof where));
        else if (!map_put(&keys, key, (void *)n))
            e = err_no_memory();
    }
    map_finish(&keys);
    return e;
}

/* A `deny` that cannot be read would let in the clients that it names. Such an `allow` lets nobody in, which is a warning. */
static struct err *check_security(const struct conf_node *vhost)
{
    const struct conf_node *security = conf_node_child(vhost, "security");
    char                    shown[CONF_SHOW_MAX], name[CONF_SHOW_MAX], where[CONF_AT_MAX];
    for (const struct conf_node *n = conf_node_is_on(security) ? security->first : NULL; n; n = n->next) {
        const char *role = n->n_args ? n->args[0] : "", *who = n->n_args > 1 ? n->args[1] : "";
        struct cidr range;
        if (strcmp(n->name, "deny") != 0)
            continue;
        if (strcmp(role, "publish") != 0 && strcmp(role, "play") != 0)
            return err_new(E_SYSTEM_CONFIG_INVALID, "security.deny=%s of %s is neither publish nor play%s",
                           conf_show(role, shown, sizeof shown), vhost_name(vhost, name, sizeof name),
                           conf_node_at(n, where, sizeof where));
        if (strcmp(who, "all") != 0 && !cidr_parse(who, strlen(who), &range))
            return err_new(E_SYSTEM_CONFIG_INVALID,
                           "security.deny %s %s of %s is neither all, nor an address, nor a range%s", role,
                           conf_show(who, shown, sizeof shown), vhost_name(vhost, name, sizeof name),
                           conf_node_at(n, where, sizeof where));
    }
    return NULL;
}

/* SRS ends every publish and play of such a vhost, recording or not. */
static struct err *check_dvr(const struct conf_node *vhost)
{
    const struct conf_node *dvr = conf_node_child(vhost, "dvr"), *plan = conf_node_child(dvr, "dvr_plan");
    char                    shown[CONF_SHOW_MAX], name[CONF_SHOW_MAX], where[CONF_AT_MAX];
    if (!conf_node_is_on(dvr) || conf_value(conf_row(&conf_dvr_block, "dvr_plan"), plan).integer != CONF_DVR_UNKNOWN)
        return NULL;
    return err_new(E_DVR_ILLEGAL_PLAN, "vhost.dvr.dvr_plan=%s of %s is none of session, segment and append%s",
                   conf_show(conf_node_word(plan), shown, sizeof shown), vhost_name(vhost, name, sizeof name),
                   conf_node_at(plan, where, sizeof where));
}

static bool is_of_picture(const char *path)
{
    return str_ends_with(path, ".jpg") || str_ends_with(path, ".jpeg") || str_ends_with(path, ".webp");
}

static struct err *check_snapshot(const struct conf_node *vhost)
{
    static const char *const paths[] = { "path", "sheet" };
    const struct conf_node  *snapshot = conf_node_child(vhost, "snapshot");
    char                     shown[CONF_SHOW_MAX], name[CONF_SHOW_MAX], where[CONF_AT_MAX];
    for (size_t i = 0; conf_node_is_on(snapshot) && i < ARRAY_LEN(paths); i++) {
        const struct conf_node *node = conf_node_child(snapshot, paths[i]);
        const char             *path = conf_value(conf_row(&conf_pictures_block, paths[i]), node).text;
        if (path && *path && !is_of_picture(path))
            return err_new(E_SYSTEM_CONFIG_INVALID,
                           "vhost.snapshot.%s=%s of %s ends with none of .jpg, .jpeg and .webp%s", paths[i],
                           conf_show(path, shown, sizeof shown), vhost_name(vhost, name, sizeof name),
                           conf_node_at(node, where, sizeof where));
    }
    return NULL;
}

struct err *conf_check_vhosts(const struct conf_tree *tree)
{
    static struct err *(*const checks[])(
        const struct conf_node *) = { check_remux,    check_hls,      check_kickoff,   check_ingests,
                                      check_relays,   check_security, conf_check_auth, conf_check_segment_files,
                                      conf_check_hls, check_dvr,      check_snapshot,  check_directory };
    const struct conf_node *first = conf_node_child(&tree->root, "vhost");
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        for (const struct conf_node *n = first; n; n = conf_node_same(n)) {
            struct err *e = checks[i](n);
            if (e)
                return e;
        }
    return NULL;
}
