#include "app/ffmpeg/own_url.h"

#include "app/conf/endpoint.h"
#include "core/err.h"
#include "core/str.h"
#include "core/uri.h"

static const char *const loopback[] = { "127.0.0.1", "localhost", "::1", "[::1]" };

/* The next valid endpoint of `listen`. */
static bool next_endpoint(const struct conf *conf, size_t *at, struct conf_endpoint *out)
{
    while (*at < conf->listen.count)
        if (conf_endpoint_parse(conf->listen.items[(*at)++], out) == CONF_ENDPOINT_OK)
            return true;
    return false;
}

/* The first endpoint, or the default port of every address. */
static struct conf_endpoint first_endpoint(const struct conf *conf)
{
    struct conf_endpoint e;
    size_t               at = 0;
    if (!next_endpoint(conf, &at, &e))
        e = (struct conf_endpoint){ .ip = "0.0.0.0", .port = RTMP_PORT_DEFAULT, .any = true };
    return e;
}

int own_url_port(const struct conf *conf)
{
    return first_endpoint(conf).port;
}

bool own_url_has_port(const struct conf *conf, int port)
{
    return conf_endpoints_have_port(&conf->listen, port);
}

void own_url_put(struct buf *b, const struct conf *conf, const char *vhost, const char *app, const char *stream)
{
    struct conf_endpoint e = first_endpoint(conf);
    bool                 is_any = conf_endpoint_is_any(&e), in_brackets = e.ipv6 && !is_any;
    buf_printf(b, "rtmp://%s%s%s:%d/", in_brackets ? "[" : "", is_any ? loopback[0] : e.ip, in_brackets ? "]" : "",
               e.port);
    uri_put_path(b, app);
    buf_text(b, "/");
    uri_put_path(b, stream);
    if (!str_equal(vhost, STREAM_DEFAULT_VHOST))
        buf_printf(b, "?vhost=%s", vhost);
}

static bool is_own_host(const struct conf *conf, const char *host, const char *own_name)
{
    struct conf_endpoint e;
    size_t               at = 0;
    bool                 own = own_name[0] && str_equal_nocase(host, own_name);
    for (size_t i = 0; i < ARRAY_LEN(loopback); i++)
        own |= str_equal_nocase(host, loopback[i]);
    while (!own && next_endpoint(conf, &at, &e))
        own = str_equal(host, e.ip);
    return own;
}

bool own_url_is_own(const struct conf *conf, const struct rtmp_url *url, const char *own_name)
{
    return own_url_has_port(conf, url->port) && is_own_host(conf, url->host, own_name);
}

const char *own_url_key(char key[static STREAM_IDENTITY_CAP], const struct conf *conf, const char *url,
                        const char *own_name)
{
    struct rtmp_url parsed = { 0 };
    key[0] = '\0';
    if (!str_starts_with(url, "rtmp://"))
        return key;
    struct err *e = rtmp_url_parse(&parsed, url, "");
    if (!e && own_url_is_own(conf, &parsed, own_name)) {
        const struct conf_vhost *vhost = conf_find_vhost(conf, parsed.vhost);
        if (vhost)
            stream_name_key(key, vhost->name, parsed.app, parsed.stream);
    }
    err_free(e);
    rtmp_url_finish(&parsed);
    return key;
}
