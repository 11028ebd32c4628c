#include "app/server/server.h"

#include "app/conf/size.h"
#include "app/source/attend.h"
#include "app/source/give_way.h"
#include "app/stat/system/memory_max.h"
#include "core/log.h"
#include "core/mem.h"

void server_init(struct server *s, struct conf *conf, const char *server_id)
{
    *s = (struct server){ .conf = conf_ref(conf), .server_id = server_id };
    ident_random(s->service_id, IDENT_LEN);
    if (!random_secret(s->secret, sizeof s->secret))
        log_error("the kernel has no random bytes for the server's secret");
    s->host.conf = &s->conf;
    sources_init(&s->sources, attendants);
    registry_init(&s->registry);
    histories_init(&s->histories);
    s->door = (struct session_door){
        .conf = &s->conf,
        .sources = &s->sources,
        .registry = &s->registry,
        .guards = session_guards,
        .server_id = server_id,
        .service_id = s->service_id,
    };
    tls_store_init(&s->tls);
    list_init(&s->listeners);
    co_group_init(&s->accepters);
    co_group_init(&s->connections);
    co_group_init(&s->services);
}

void server_apply_memory_limit(struct server *s)
{
    struct conf_size size;
    int64_t          whole = memory_max("");
    if (!conf_size_parse(s->conf->memory_limit, &size))
        size = (struct conf_size){ 0 }; /* cannot happen: the configuration was checked */
    int64_t bytes = conf_size_of(&size, whole);
    if ((size_t)bytes == mem_limit())
        return;
    mem_set_limit((size_t)bytes, give_way_relieve, &s->sources);
    if (bytes)
        log_info("memory_limit %s: %lld MiB for all streams and connections, the process may have %lld MiB",
                 s->conf->memory_limit, (long long)(bytes >> 20), (long long)(whole >> 20));
    else
        log_warn("there is no memory limit for all streams and connections together");
}

void server_finish(struct server *s)
{
    config_keeper_finish(&s->config);
    mem_set_limit(0, NULL, NULL);
    registry_finish(&s->registry);
    histories_finish(&s->histories);
    tls_store_finish(&s->tls);
    sources_finish(&s->sources);
    conf_unref(&s->conf);
}

bool server_is_full(const struct server *s)
{
    return s->connections.count - s->api_places.count >= (size_t)s->conf->max_connections;
}

void server_request_stop(struct server *s, enum server_stop how)
{
    if (how > s->stop)
        s->stop = how;
    if (s->main)
        co_unpark(s->main);
}

void server_request_reload(struct server *s)
{
    if (!s->reloader || s->stop != SERVER_RUNS)
        return;
    s->reload_wanted = true;
    co_unpark(s->reloader);
}
