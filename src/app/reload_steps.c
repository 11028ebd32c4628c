#include "app/reload_steps.h"

#include <string.h>

#include "app/auth/param_names.h"
#include "app/cluster/find.h"
#include "app/conf/diff.h"
#include "app/conf/open_files.h"
#include "app/edge/edge.h"
#include "app/exposure_log.h"
#include "app/hooks/kafka.h"
#include "app/ingest/ingest.h"
#include "app/listener.h"
#include "app/log_move.h"
#include "app/relay/relay.h"
#include "app/services.h"
#include "app/source/life.h"
#include "app/tls/store.h"
#include "core/log.h"

static struct err *load_certificates(struct server *s, struct conf *next)
{
    return tls_store_load(&s->tls, next);
}

/* Drop certificates that the configuration in force does not name. Runs after a reload, and after one that was refused. */
static void keep_certificates(struct server *s, const struct conf *other)
{
    (void)other;
    tls_store_keep(&s->tls, s->conf);
}

static struct err *check_kafka(struct server *s, struct conf *next)
{
    (void)s;
    return hook_kafka_check(next);
}

static struct err *reserve_open_files(struct server *s, struct conf *next)
{
    (void)s;
    return open_files_reserve_for(next);
}

static struct err *open_listeners(struct server *s, struct conf *next)
{
    return listeners_open(s, listen_services, next);
}

static void close_listeners(struct server *s, const struct conf *before)
{
    (void)before;
    listeners_close_unwanted(s);
}

static void restore_listeners(struct server *s, const struct conf *refused)
{
    (void)refused;
    listeners_restore(s);
}

static void mask_params(struct server *s, const struct conf *before)
{
    (void)before;
    auth_mask_params(s->conf);
}

static bool log_differs(const struct log_settings *a, const struct log_settings *b)
{
    return a->level != b->level || a->to_console != b->to_console || a->utc != b->utc || strcmp(a->path, b->path) != 0;
}

static void move_log(struct server *s, const struct conf *before)
{
    if (log_differs(&s->conf->log, &before->log))
        log_move(&s->conf->log);
}

/* Log each difference; one that needs a restart is a warning. */
static void say_difference(struct server *s, const struct conf *before)
{
    struct conf_changes changes = { 0 };
    struct err         *e = conf_diff(before, s->conf, &changes);
    for (size_t i = 0; i < changes.count; i++)
        log_write(conf_change_needs_restart(&changes.items[i]) ? LOG_WARN : LOG_INFO, "%s", changes.items[i].text);
    if (!e && !changes.count)
        log_info("nothing has changed");
    log_err(LOG_WARN, e, "compare the configurations");
    conf_changes_finish(&changes);
}

static void say_exposure(struct server *s, const struct conf *before)
{
    exposure_log(s->conf, before);
}

static void apply_to_sources(struct server *s, const struct conf *before)
{
    (void)before;
    size_t         at = 0;
    struct source *source;
    while ((source = map_next(&s->sources.by_key, &at, NULL))) {
        const struct conf_vhost *vhost = conf_vhost_named(s->conf, source->vhost->name);
        if (!vhost)
            log_info("vhost %s is gone, its stream %s goes on as it was", source->vhost->name, source->identity);
        source_apply_conf(source, s->conf, vhost);
    }
}

static void apply_memory_limit(struct server *s, const struct conf *before)
{
    (void)before;
    server_apply_memory_limit(s);
}

static void apply_ingests(struct server *s, const struct conf *before)
{
    (void)s;
    (void)before;
    ingest_follow_conf();
}

static void apply_relays(struct server *s, const struct conf *before)
{
    (void)s;
    (void)before;
    relay_follow_conf();
}

static void apply_edges(struct server *s, const struct conf *before)
{
    (void)s;
    (void)before;
    edge_follow_conf();
}

static void apply_clusters(struct server *s, const struct conf *before)
{
    (void)s;
    (void)before;
    cluster_follow_conf();
}

/* Nothing may yield between the two halves of the listeners: they prepare last, and commit before the steps that yield. */
const struct reload_step reload_steps[] = {
    { "certificates", load_certificates, keep_certificates, keep_certificates },
    { "kafka", .prepare = check_kafka },
    { "open files", .prepare = reserve_open_files },
    { "listeners", open_listeners, close_listeners, restore_listeners },
    { "secrets", .commit = mask_params },
    { "log", .commit = move_log },
    { "difference", .commit = say_difference },
    { "exposure", .commit = say_exposure },
    { "sources", .commit = apply_to_sources },
    { "ingests", .commit = apply_ingests },
    { "relays", .commit = apply_relays },
    { "edges", .commit = apply_edges },
    { "clusters", .commit = apply_clusters },
    { "memory limit", .commit = apply_memory_limit },
    { 0 },
};
