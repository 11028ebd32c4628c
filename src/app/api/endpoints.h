/**
 * The endpoints of the HTTP API: each answers a request for its path (routes.c has the paths).
 *
 * Errors     out of memory, the socket's
 * Yields     yes
 */
#ifndef APP_API_ENDPOINTS_H
#define APP_API_ENDPOINTS_H

#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/* index.c */
struct err *api_index_root(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_index_api(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_index_v1(struct http_exchange *x) ATTR_MUST_USE;

/* about.c */
struct err *api_versions(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_authors(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_features(struct http_exchange *x) ATTR_MUST_USE;

/* machine.c */
struct err *api_summaries(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_rusages(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_self_proc_stats(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_system_proc_stats(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_meminfos(struct http_exchange *x) ATTR_MUST_USE;

/* memory.c */
struct err *api_memory(struct http_exchange *x) ATTR_MUST_USE;

/* callbacks.c */
struct err *api_callbacks(struct http_exchange *x) ATTR_MUST_USE;

/* vhosts.c, streams.c, clients.c, bans.c */
struct err *api_vhosts(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_streams(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_clients(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_bans(struct http_exchange *x) ATTR_MUST_USE;

/* snapshots.c */
struct err *api_snapshots(struct http_exchange *x) ATTR_MUST_USE;

/* origins.c */
struct err *api_origins(struct http_exchange *x) ATTR_MUST_USE;

/* trace.c */
struct err *api_trace(struct http_exchange *x) ATTR_MUST_USE;

/* forwards.c */
struct err *api_forwards(struct http_exchange *x) ATTR_MUST_USE;

/* dvrs.c */
struct err *api_dvrs(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_dvr_files(struct http_exchange *x) ATTR_MUST_USE;

/* programs.c */
struct err *api_programs(struct http_exchange *x) ATTR_MUST_USE;

/* doctor.c */
struct err *api_doctor(struct http_exchange *x) ATTR_MUST_USE;

/* events.c */
struct err *api_events(struct http_exchange *x) ATTR_MUST_USE;

/* logs.c */
struct err *api_logs(struct http_exchange *x) ATTR_MUST_USE;

/* relays.c */
struct err *api_relays(struct http_exchange *x) ATTR_MUST_USE;

/* clusters.c */
struct err *api_clusters(struct http_exchange *x) ATTR_MUST_USE;

/* history.c */
struct err *api_history(struct http_exchange *x) ATTR_MUST_USE;

/* openapi.c */
struct err *api_openapi(struct http_exchange *x) ATTR_MUST_USE;

/* raw.c */
struct err *api_raw(struct http_exchange *x) ATTR_MUST_USE;

/* client_trials.c */
struct err *api_requests(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_errors(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_redirects(struct http_exchange *x) ATTR_MUST_USE;

/* config.c */
struct err *api_config(struct http_exchange *x) ATTR_MUST_USE;
struct err *api_config_rollback(struct http_exchange *x) ATTR_MUST_USE;

#endif
