#include "app/heartbeat/report.h"

#include <stdio.h>
#include <unistd.h>

#include "app/api/summaries.h"
#include "app/conf/endpoint.h"

static void put_words(struct jw *j, const char *key, const struct conf_words *words)
{
    jw_array(j, key);
    for (size_t i = 0; i < words->count; i++)
        jw_string(j, NULL, words->items[i]);
    jw_array_end(j);
}

/* Ports as SRS reports them: without the addresses on which they listen. */
static void put_endpoints(struct jw *j, const char *transport, const struct conf_words *words)
{
    struct conf_endpoint e;
    char                 text[32];
    for (size_t i = 0; i < words->count; i++) {
        if (conf_endpoint_parse(words->items[i], &e) != CONF_ENDPOINT_OK)
            continue;
        snprintf(text, sizeof text, "%s://0.0.0.0:%d", transport, e.port);
        jw_string(j, NULL, text);
    }
}

static void put_rtc(struct jw *j, const struct conf_rtc_server *rtc)
{
    jw_array(j, "rtc");
    put_endpoints(j, "udp", &rtc->listen);
    if (rtc->tcp.enabled)
        put_endpoints(j, "tcp", &rtc->tcp.listen);
    jw_array_end(j);
}

/* Ports of what is on; those of SRT come with it. */
static void put_ports(struct jw *j, const struct conf *conf)
{
    put_words(j, "rtmp", &conf->listen);
    if (conf->http_server.enabled)
        put_words(j, "http", &conf->http_server.listen);
    if (conf->http_api.enabled)
        put_words(j, "api", &conf->http_api.listen);
    if (conf->rtc_server.enabled)
        put_rtc(j, &conf->rtc_server);
}

void heartbeat_report(struct jw *j, const struct server *s, const char *ip)
{
    const struct conf_heartbeat *conf = &s->conf->heartbeat;
    char                         pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    jw_object(j, NULL);
    if (*conf->device_id)
        jw_string(j, "device_id", conf->device_id);
    jw_string(j, "ip", ip);
    jw_string(j, "server", s->server_id);
    jw_string(j, "service", s->service_id);
    jw_string(j, "pid", pid);
    if (conf->summaries) {
        jw_object(j, "summaries");
        jw_object(j, "data");
        api_put_summaries(j, s);
        jw_object_end(j);
        jw_object_end(j);
    }
    if (conf->ports)
        put_ports(j, s->conf);
    jw_object_end(j);
}
