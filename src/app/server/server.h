/**
 * The state of the server that its parts share: configuration in force, sources, statistics, certificates, the groups of its
 * coroutines. One a process, handed down to every part that needs it. server_run.h runs it.
 */
#ifndef APP_SERVER_SERVER_H
#define APP_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/conf.h"
#include "app/server/api_places.h"
#include "app/server/config_keeper.h"
#include "app/server/reload_result.h"
#include "app/session/histories.h"
#include "app/session/registry.h"
#include "app/session/session.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "app/stat/system/host.h"
#include "app/tls/store.h"
#include "core/err.h"
#include "core/ident.h"
#include "core/list.h"
#include "protocol/co.h"

enum { SERVER_SECRET_LEN = 32 };

enum server_stop { SERVER_RUNS, SERVER_STOPS_GRACEFULLY, SERVER_STOPS_QUICKLY };

struct server {
    struct conf         *conf;
    const char          *server_id;                 /* stays the same over restarts */
    char                 service_id[IDENT_CAP];     /* new at each start */
    uint8_t              secret[SERVER_SECRET_LEN]; /* signs what clients are given and bring back; no client sees it */
    struct sources       sources;
    struct registry      registry;
    struct histories     histories;
    struct session_door  door; /* admits the clients of every protocol */
    struct host          host; /* the machine */
    struct tls_store     tls;  /* certificates */
    struct list          listeners;
    struct co_group      accepters, connections, services;
    struct api_places    api_places; /* reserved for the API, beyond max_connections */
    struct co           *main;       /* runs server_run(); NULL: not started */
    struct co           *reloader;   /* runs reloads; NULL: not started */
    bool                 reload_wanted;
    uint64_t             reloads_begun, reloads_ended;
    struct reload_result reloaded; /* the result of the last reload */
    struct config_keeper config;   /* where the configuration comes from, and its earlier texts */
    enum server_stop     stop;
};

/**
 * Needs co_init(), io_init(), offload_init(). Takes a reference to `conf`, borrows `server_id`; `s` must not move. The secret is
 * a new one; a caller that keeps one over restarts sets it afterwards.
 */
void server_init(struct server *s, struct conf *conf, const char *server_id);

void server_finish(struct server *s);

/** Begin to stop; a quick stop replaces a graceful one that is under way. Does not yield. */
void server_request_stop(struct server *s, enum server_stop how);

/** Reload the configuration soon; requests that come while one runs are answered by one more. Does not yield. */
void server_request_reload(struct server *s);

/** Set the memory limit to that of the configuration in force: at start and after a reload. */
void server_apply_memory_limit(struct server *s);

/** True when one more connection would exceed max_connections. */
bool server_is_full(const struct server *s);

#endif
