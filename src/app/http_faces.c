#include "app/http_faces.h"

#include <stddef.h>

#include "app/api/routes.h"
#include "app/caster/post.h"
#include "app/cluster/http.h"
#include "app/exporter/exporter.h"
#include "app/hls/old_files.h"
#include "app/hls/timeshift.h"
#include "app/http/bring.h"
#include "app/http/file_guard.h"
#include "app/http/live.h"
#include "app/http/shelf.h"
#include "app/http/static_files.h"
#include "app/rtc/routes.h"

/* The API's ports serve the console too. */
static const struct http_route console_rows[] = {
    { "/console/", HTTP_METHOD(GET), static_files_handle },
};
static const struct http_routes console = { console_rows, ARRAY_LEN(console_rows) };

/* The features that may claim a path on a port of streams, in the order in which they are asked. A new feature is a new row. */
static struct err *(*const claimants[])(struct http_exchange *x, bool *taken) = {
    /* Playlists of the past have the paths of live ones. */
    hls_timeshift_handle,
    /* What another origin of the cluster has. */
    cluster_http_handle,
    /* What an edge, a relay or an ingest has to fetch first. */
    http_bring_handle,
    /* What is shown now. */
    http_shelf_handle,
    /* A live stream. */
    http_live_handle,
    /* What has left the shelf, and files that are not for everybody. */
    hls_old_files_handle,
    file_guard_handle,
};

/* Let the features claim the path; a path that none of them claims names a file. */
static struct err *handle_path(struct http_exchange *x)
{
    for (size_t i = 0; i < ARRAY_LEN(claimants); i++) {
        bool        taken = false;
        struct err *e = claimants[i](x, &taken);
        if (e || taken)
            return e;
    }
    return static_files_handle(x);
}

static const struct http_route path_rows[] = {
    { "/", HTTP_METHOD(GET), handle_path },
};
static const struct http_routes paths = { path_rows, ARRAY_LEN(path_rows) };

static const struct http_routes *const api_tables[] = {
    &api_routes, &exporter_routes, &rtc_routes, &console, NULL,
};

static const struct http_routes *const stream_tables[] = {
    &api_stream_routes,
    &rtc_routes,
    &paths,
    NULL,
};

static const struct http_routes *const exporter_tables[] = {
    &exporter_routes,
    NULL,
};

static const struct http_routes *const caster_tables[] = {
    &caster_routes,
    NULL,
};

static const struct http_router api_router = { api_tables };
static const struct http_router stream_router = { stream_tables };
static const struct http_router exporter_router = { exporter_tables };
static const struct http_router caster_router = { caster_tables };

static const struct http_face api_face = { .router = &api_router, .is_api = true };
static const struct http_face stream_face = { .router = &stream_router };
static const struct http_face exporter_face = { .router = &exporter_router, .is_api = true };

static const struct http_face caster_face = { .router = &caster_router };

static const struct http_face *const caster_alone[] = { &caster_face, NULL };
static const struct http_face *const api_alone[] = { &api_face, NULL };
static const struct http_face *const exporter_alone[] = { &exporter_face, NULL };
static const struct http_face *const streams_alone[] = { &stream_face, NULL };
static const struct http_face *const api_and_streams[] = { &api_face, &stream_face, NULL };

const struct http_face *const *http_api_faces(const struct conf *conf)
{
    (void)conf;
    return api_alone;
}

const struct http_face *const *http_exporter_faces(const struct conf *conf)
{
    (void)conf;
    return exporter_alone;
}

const struct http_face *const *http_caster_faces(const struct conf *conf)
{
    (void)conf;
    return caster_alone;
}

const struct http_face *const *http_stream_faces(const struct conf *conf)
{
    return conf_http_is_shared(conf) ? api_and_streams : streams_alone;
}
