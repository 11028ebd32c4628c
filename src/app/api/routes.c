#include "app/api/routes.h"

#include "app/api/endpoints.h"
#include "core/attr.h"

/* vhosts, streams and clients check the method themselves; the others accept every method, as SRS does. A path that ends in a slash
 * stands for all paths below it; its handler answers 404 where no other row matches. */
static const struct http_route rows[] = {
    { "/", HTTP_METHODS_ALL, api_index_root },
    { "/api/", HTTP_METHODS_ALL, api_index_api },
    { "/api/v1/", HTTP_METHODS_ALL, api_index_v1 },
    { "/api/v1/versions", HTTP_METHODS_ALL, api_versions },
    { "/api/v1/authors", HTTP_METHODS_ALL, api_authors },
    { "/api/v1/features", HTTP_METHODS_ALL, api_features },
    { "/api/v1/summaries", HTTP_METHODS_ALL, api_summaries },
    { "/api/v1/rusages", HTTP_METHODS_ALL, api_rusages },
    { "/api/v1/self_proc_stats", HTTP_METHODS_ALL, api_self_proc_stats },
    { "/api/v1/system_proc_stats", HTTP_METHODS_ALL, api_system_proc_stats },
    { "/api/v1/meminfos", HTTP_METHODS_ALL, api_meminfos },
    { "/api/v1/memory", HTTP_METHODS_ALL, api_memory },
    { "/api/v1/callbacks", HTTP_METHODS_ALL, api_callbacks },
    { "/api/v1/vhosts/", HTTP_METHODS_ALL, api_vhosts },
    { "/api/v1/streams/", HTTP_METHODS_ALL, api_streams },
    { "/api/v1/clients/", HTTP_METHODS_ALL, api_clients },
    { "/api/v1/origins", HTTP_METHODS_ALL, api_origins },
    { "/api/v1/trace/", HTTP_METHODS_ALL, api_trace },
    { "/api/v1/snapshots/", HTTP_METHODS_ALL, api_snapshots },
    { "/api/v1/forwards/", HTTP_METHODS_ALL, api_forwards },
    { "/api/v1/dvrs/", HTTP_METHODS_ALL, api_dvrs },
    { "/api/v1/dvrs/files/", HTTP_METHODS_ALL, api_dvr_files },
    { "/api/v1/relays/", HTTP_METHODS_ALL, api_relays },
    { "/api/v1/doctor", HTTP_METHODS_ALL, api_doctor },
    { "/api/v1/bans/", HTTP_METHODS_ALL, api_bans },
    { "/api/v1/programs", HTTP_METHODS_ALL, api_programs },
    { "/api/v1/events", HTTP_METHODS_ALL, api_events },
    { "/api/v1/logs", HTTP_METHODS_ALL, api_logs },
    { "/api/v1/history", HTTP_METHODS_ALL, api_history },
    { "/api/v1/raw", HTTP_METHODS_ALL, api_raw },
    { "/api/v1/config", HTTP_METHODS_ALL, api_config },
    { "/api/v1/config/rollback", HTTP_METHODS_ALL, api_config_rollback },
    { "/api/v1/clusters", HTTP_METHODS_ALL, api_clusters },
    { "/api/v1/openapi.json", HTTP_METHODS_ALL, api_openapi },
    { "/api/v1/requests", HTTP_METHODS_ALL, api_requests },
    { "/api/v1/tests/requests", HTTP_METHODS_ALL, api_requests },
    { "/api/v1/tests/errors", HTTP_METHODS_ALL, api_errors },
    { "/api/v1/tests/redirects", HTTP_METHODS_ALL, api_redirects },
};
const struct http_routes api_routes = { rows, ARRAY_LEN(rows) };

static const struct http_route stream_rows[] = {
    { "/api/v1/versions", HTTP_METHODS_ALL, api_versions },
};
const struct http_routes api_stream_routes = { stream_rows, ARRAY_LEN(stream_rows) };
