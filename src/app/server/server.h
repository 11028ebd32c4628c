/**
 * The server: configuration in force, listeners, connections, sources, statistics; its run and its end.
 *
 * One per process, handed down to whoever needs it.
 */
#ifndef APP_SERVER_SERVER_H
#define APP_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/conf.h"
#include "app/reload.h"
#include "app/server/api_places.h"
#include "app/session/stat.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "app/stat/system/host.h"
#include "app/tls/store.h"
#include "core/err.h"
#include "core/ident.h"
#include "core/list.h"
#include "protocol/co.h"

struct reload;

enum server_stop { SERVER_RUNS, SERVER_STOPS_GRACEFULLY, SERVER_STOPS_QUICKLY };

struct server {
    struct conf         *conf;
    const char          *server_id;             /* stable over restarts */
    char                 service_id[IDENT_CAP]; /* of this run */
    struct sources       sources;
    struct stats         stat;
    struct host          host; /* the machine */
    struct tls_store     tls;  /* certificates */
    struct list          listeners;
    struct co_group      accepters, connections, services;
    struct api_places    api_places; /* beyond max_connections */
    struct co           *main;       /* runs server_run() */
    struct reload       *reload;     /* reload.h; NULL: there is none */
    struct reload_result reloaded;   /* the last time */
    enum server_stop     stop;
};

/** Needs co_init(), io_init(), offload_init(). Takes a reference to `conf`, borrows `server_id`. */
void server_init(struct server *s, struct conf *conf, const char *server_id);

/** Serve until server_request_stop(); on return no connection is left. The listeners are open already. Yields. */
struct err *server_run(struct server *s) ATTR_MUST_USE;

void server_finish(struct server *s);

/** Begin to stop; a quick stop overtakes a graceful one. Does not yield. */
void server_request_stop(struct server *s, enum server_stop how);

/** Make the memory limit that of the configuration in force; at start and after a reload. */
void server_apply_memory_limit(struct server *s);

/** True when one more connection would exceed max_connections. */
bool server_is_full(const struct server *s);

#endif
