#include "protocol/rtmp/address.h"

#include <string.h>

#include "core/hex.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtmp/url.h"

enum { RTMPS_PORT_DEFAULT = 443 };

static uint16_t port_of(const struct rtmp_url *url, bool tls)
{
    return url->has_port ? url->port : tls ? RTMPS_PORT_DEFAULT : RTMP_PORT_DEFAULT;
}

static void print_tc_url(struct str *out, const struct rtmp_url *url)
{
    bool is_ipv6 = strchr(url->host, ':') != NULL;
    str_printf(out, is_ipv6 ? "%s://[%s]" : "%s://%s", url->schema, url->host);
    if (url->has_port)
        str_printf(out, ":%u", url->port);
    str_printf(out, "/%s", url->app);
    if (!str_equal(url->vhost, url->host))
        str_printf(out, "?vhost=%s", url->vhost);
}

/* RFC 3986, 3.2.1: the user information of a URL, which the last @ of its authority ends. */
struct userinfo {
    const char *user, *password;
    size_t      user_len, password_len;
};

static struct userinfo find_userinfo(const char *url)
{
    static const char mark[] = "://";
    const char       *at = strstr(url, mark);
    const char       *begin = at ? at + sizeof mark - 1 : url;
    const char       *end = memrchr(begin, '@', strcspn(begin, "/?#"));
    if (!at || !end)
        return (struct userinfo){ "", "", 0, 0 };
    const char *colon = memchr(begin, ':', (size_t)(end - begin));
    const char *password = colon ? colon + 1 : end;
    return (struct userinfo){ begin, password, (size_t)((colon ? colon : end) - begin), (size_t)(end - password) };
}

/* Copy a text of a URL with its escapes decoded, and move *to behind it. An escape that is none, or a NUL, stays as it is. */
static const char *put_decoded(char **to, const char *text, size_t len)
{
    char *out = *to, *at = out;
    for (size_t i = 0; i < len; i++) {
        int byte = hex_escape(text + i, len - i);
        *at++ = byte > 0 ? (char)byte : text[i];
        i += byte > 0 ? 2 : 0;
    }
    *at++ = '\0';
    *to = at;
    return out;
}

/* Copy all texts into one block. */
static struct err *fill(struct rtmp_address *a, const struct rtmp_url *url, struct userinfo who)
{
    enum { AROUND = sizeof "://[]:65535/?vhost=" };
    size_t host_len = strlen(url->host), app_len = strlen(url->app);
    size_t tc_url_cap = strlen(url->schema) + host_len + app_len + strlen(url->vhost) + AROUND;
    size_t stream_cap = strlen(url->stream) + strlen(url->param) + 1;
    a->block = mem_alloc(tc_url_cap + host_len + app_len + 2 + stream_cap + who.user_len + who.password_len + 2);
    if (!a->block)
        return err_no_memory();
    char      *at = a->block;
    struct str tc_url = str_over(at, tc_url_cap);
    print_tc_url(&tc_url, url);
    a->tc_url = at;
    at += tc_url.len + 1;
    a->host = str_pack(&at, url->host, host_len);
    a->app = str_pack(&at, url->app, app_len);
    a->user = put_decoded(&at, who.user, who.user_len);
    a->password = put_decoded(&at, who.password, who.password_len);
    struct str stream = str_over(at, stream_cap);
    str_printf(&stream, "%s%s", url->stream, url->param);
    a->stream = at;
    return NULL;
}

struct err *rtmp_address_parse(struct rtmp_address *a, const char *url)
{
    return rtmp_address_parse_names(a, url, "");
}

struct err *rtmp_address_parse_names(struct rtmp_address *a, const char *url, const char *stream)
{
    struct rtmp_url parsed;
    *a = (struct rtmp_address){ .tls = false };
    struct err *e = rtmp_url_parse(&parsed, url, stream);
    a->tls = !e && str_equal_nocase(parsed.schema, "rtmps");
    if (!e && !a->tls && !str_equal_nocase(parsed.schema, "rtmp"))
        e = err_new(E_RTMP_REQ_TCURL, "not an rtmp:// or rtmps:// URL");
    if (!e && !*parsed.stream)
        e = err_new(E_RTMP_STREAM_NAME_EMPTY, "a URL without an app and a stream");
    if (!e) {
        a->port = port_of(&parsed, a->tls);
        e = fill(a, &parsed, find_userinfo(url));
    }
    rtmp_url_finish(&parsed);
    return err_wrap(e, "%.200s", url);
}

void rtmp_address_finish(struct rtmp_address *a)
{
    mem_free(a->block);
    *a = (struct rtmp_address){ .tls = false };
}
