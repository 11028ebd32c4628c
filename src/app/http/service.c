#include "app/http/service.h"

#include <string.h>

#include "app/http/conn.h"

static bool same_words(const struct conf_words *a, const struct conf_words *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

static bool port_is_shared(const struct conf *conf)
{
    return conf->http_api.enabled && conf->http_server.enabled &&
           same_words(&conf->http_api.listen, &conf->http_server.listen);
}

static const struct conf_words *api_endpoints(const struct conf *conf)
{
    return conf->http_api.enabled && !port_is_shared(conf) ? &conf->http_api.listen : NULL;
}

static const struct conf_words *server_endpoints(const struct conf *conf)
{
    return conf->http_server.enabled ? &conf->http_server.listen : NULL;
}

static const struct conf_words *api_tls_endpoints(const struct conf *conf)
{
    return conf->http_api.https.enabled && api_endpoints(conf) ? &conf->http_api.https.listen : NULL;
}

static const struct conf_words *server_tls_endpoints(const struct conf *conf)
{
    return conf->http_server.https.enabled && server_endpoints(conf) ? &conf->http_server.https.listen : NULL;
}

const struct listen_service http_api_service = { "HTTP-API", api_endpoints, http_conn_start };
const struct listen_service http_server_service = { "HTTP-Server", server_endpoints, http_conn_start };
const struct listen_service https_api_service = { "HTTPS-API", api_tls_endpoints, http_conn_start };
const struct listen_service https_server_service = { "HTTPS-Server", server_tls_endpoints, http_conn_start };

unsigned http_service_faces(const struct conf *conf, const struct listen_service *by)
{
    if (by == &http_api_service || by == &https_api_service)
        return HTTP_FACE_API;
    return HTTP_FACE_STREAM | (port_is_shared(conf) ? HTTP_FACE_API : 0);
}

const struct conf_https *http_service_tls(const struct conf *conf, const struct listen_service *by)
{
    if (by == &https_api_service)
        return &conf->http_api.https;
    return by == &https_server_service ? &conf->http_server.https : NULL;
}
