#include "app/http/routes.h"

#include <stddef.h>

#include "app/http/static_files.h"

/* The API's ports serve the console too. */
static const struct http_route console_rows[] = {
    { "/console/", HTTP_METHOD(GET), static_files_handle },
};
static const struct http_routes console = { console_rows, ARRAY_LEN(console_rows), NULL };

static const struct http_route file_rows[] = {
    { "/", HTTP_METHOD(GET), static_files_handle },
};
static const struct http_routes files = { file_rows, ARRAY_LEN(file_rows), NULL };

static const struct http_routes *const api_tables[] = {
    &console,
    NULL,
};

static const struct http_routes *const stream_tables[] = {
    &files,
    NULL,
};

const struct http_router http_api_router = { api_tables };
const struct http_router http_stream_router = { stream_tables };
