#include "app/services.h"

#include "app/caster/post.h"
#include "app/caster/udp.h"
#include "app/http/gzip.h"
#include "app/http/port.h"
#include "app/http_faces.h"
#include "app/rtc/black_hole.h"
#include "app/rtc/identity.h"
#include "app/rtc/service.h"
#include "app/rtc/tcp_service.h"
#include "app/rtmp/port.h"
#include "app/snapshot/shots.h"
#include "protocol/rtc/framing.h"

static const struct conf_words *rtmp_endpoints(const struct conf *conf)
{
    return &conf->listen;
}

static const struct conf_words *rtmps_endpoints(const struct conf *conf)
{
    return conf->rtmps.enabled ? &conf->rtmps.listen : NULL;
}

static const struct conf_https *rtmps_tls(const struct conf *conf)
{
    return &conf->rtmps;
}

/* The API's endpoints. If the API and streams have the same `listen`, the port of the streams serves both. */
static const struct conf_words *api_endpoints(const struct conf *conf)
{
    return conf->http_api.enabled && !conf_http_is_shared(conf) ? &conf->http_api.listen : NULL;
}

static const struct conf_words *api_tls_endpoints(const struct conf *conf)
{
    return conf->http_api.https.enabled && api_endpoints(conf) ? &conf->http_api.https.listen : NULL;
}

static const struct conf_https *api_tls(const struct conf *conf)
{
    return &conf->http_api.https;
}

static const struct conf_words *exporter_endpoints(const struct conf *conf)
{
    return conf->exporter.enabled ? &conf->exporter.listen : NULL;
}

/* A full server serves the API and its metrics in the places reserved for them: that is when somebody looks. */
static bool api_always(const struct conf *conf)
{
    (void)conf;
    return true;
}

static const struct conf_words *stream_endpoints(const struct conf *conf)
{
    return conf->http_server.enabled ? &conf->http_server.listen : NULL;
}

static const struct conf_words *stream_tls_endpoints(const struct conf *conf)
{
    return conf->http_server.https.enabled && stream_endpoints(conf) ? &conf->http_server.https.listen : NULL;
}

static const struct conf_https *stream_tls(const struct conf *conf)
{
    return &conf->http_server.https;
}

/* ICE over TCP may share a port of HTTP or HTTPS. */
static const struct listen_guest rtc_guest = { .host = conf_rtc_tcp_host,
                                               .may_begin = rtc_framing_may_begin,
                                               .start = rtc_tcp_service_start };

/* A new port is a new row. */
const struct listen_service listen_services[] = {
    { .name = "RTMP", .endpoints = rtmp_endpoints, .start = rtmp_port_start },
    { .name = "RTMPS", .endpoints = rtmps_endpoints, .tls = rtmps_tls, .start = rtmp_port_start },
    { .name = "HTTP-API",
      .endpoints = api_endpoints,
      .start = http_port_start,
      .has_api = api_always,
      .faces = http_api_faces,
      .guest = &rtc_guest },
    { .name = "HTTP-Server",
      .endpoints = stream_endpoints,
      .start = http_port_start,
      .has_api = conf_http_is_shared,
      .faces = http_stream_faces,
      .guest = &rtc_guest },
    { .name = "HTTPS-API",
      .endpoints = api_tls_endpoints,
      .tls = api_tls,
      .start = http_port_start,
      .has_api = api_always,
      .faces = http_api_faces,
      .guest = &rtc_guest },
    { .name = "HTTPS-Server",
      .endpoints = stream_tls_endpoints,
      .tls = stream_tls,
      .start = http_port_start,
      .has_api = conf_http_is_shared,
      .faces = http_stream_faces,
      .guest = &rtc_guest },
    { .name = "Exporter",
      .endpoints = exporter_endpoints,
      .start = http_port_start,
      .has_api = api_always,
      .faces = http_exporter_faces },
    { .name = "HTTP-Caster", .endpoints = caster_post_endpoints, .start = http_port_start, .faces = http_caster_faces },
    { .name = "UDP-Caster", .kind = LISTEN_DATAGRAM, .endpoints = caster_udp_endpoints, .run = caster_udp_run },
    { .name = "WebRTC",
      .kind = LISTEN_DATAGRAM,
      .endpoints = rtc_service_endpoints,
      .run = rtc_service_run,
      .outlasts_clients = true },
    { .name = "WebRTC",
      .endpoints = rtc_tcp_service_endpoints,
      .start = rtc_tcp_service_start,
      .has_own_bounds = true },
    { .name = NULL },
};

void services_finish(void)
{
    rtc_identity_forget();
    rtc_black_hole_close();
    gzip_forget();
    shots_forget();
}
