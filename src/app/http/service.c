#include "app/http/service.h"

#include "app/http/conn.h"

static const struct conf_words *api_endpoints(const struct conf *conf)
{
    return conf->http_api.enabled && !conf_http_is_shared(conf) ? &conf->http_api.listen : NULL;
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

static const struct conf_https *api_tls(const struct conf *conf)
{
    return &conf->http_api.https;
}

static const struct conf_https *server_tls(const struct conf *conf)
{
    return &conf->http_server.https;
}

static bool has_api(const struct conf *conf, const struct listen_service *self)
{
    return http_service_faces(conf, self) & HTTP_FACE_API;
}

/* clang-format off */
const struct listen_service http_api_service = { "HTTP-API", api_endpoints, http_conn_start, NULL, has_api };
const struct listen_service http_server_service = { "HTTP-Server", server_endpoints, http_conn_start, NULL, has_api };
const struct listen_service https_api_service = { "HTTPS-API", api_tls_endpoints, http_conn_start, api_tls, has_api };
const struct listen_service https_server_service = { "HTTPS-Server", server_tls_endpoints, http_conn_start, server_tls, has_api };
/* clang-format on */

unsigned http_service_faces(const struct conf *conf, const struct listen_service *by)
{
    if (by == &http_api_service || by == &https_api_service)
        return HTTP_FACE_API;
    return HTTP_FACE_STREAM | (conf_http_is_shared(conf) ? HTTP_FACE_API : 0);
}

const struct conf_https *http_service_tls(const struct conf *conf, const struct listen_service *by)
{
    return by->tls ? by->tls(conf) : NULL;
}
