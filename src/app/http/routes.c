#include "app/http/routes.h"

#include <stddef.h>

static const struct http_routes *const api_tables[] = {
    NULL,
};

static const struct http_routes *const stream_tables[] = {
    NULL,
};

const struct http_router http_api_router = { api_tables };
const struct http_router http_stream_router = { stream_tables };
