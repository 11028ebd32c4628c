#include "app/relay/http_get.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/conf/endpoint.h"
#include "app/conf/relay.h"
#include "app/forward/loop.h"
#include "app/relay/order.h"
#include "app/relay/reach.h"
#include "app/server/server.h"
#include "core/str.h"
#include "protocol/http/location.h"
#include "protocol/http/pool.h"
#include "protocol/http/status.h"

/* "bytes=" and two numbers */
enum { RANGE_CAP = 64 };

static bool is_own_port(const struct conf *conf, int port)
{
    const struct conf_http_server *h = &conf->http_server;
    return (h->enabled && conf_endpoints_have_port(&h->listen, port)) ||
           (h->enabled && h->https.enabled && conf_endpoints_have_port(&h->https.listen, port));
}

/* The vhost that a parameter of the URL names, else its host. */
static const char *vhost_of(char name[static STREAM_VHOST_MAX + 1], const char *url, const char *host)
{
    static const char param[] = "vhost=";
    const char       *pair = url + strcspn(url, "?#");
    while (*pair && *pair != '#') {
        pair++;
        size_t len = strcspn(pair, "&#");
        if (len >= sizeof param - 1 && memcmp(pair, param, sizeof param - 1) == 0) {
            struct str out = str_over(name, STREAM_VHOST_MAX + 1);
            str_append(&out, pair + sizeof param - 1, len - (sizeof param - 1));
            return name;
        }
        pair += len;
    }
    return host;
}

/* True if this server would serve the URL, and it names the stream that is to be made. */
static bool is_itself(const struct attempt *a, const char *url)
{
    struct http_location     at;
    struct conf_relay_name   names;
    const struct conf_vhost *vhost;
    char                     key[STREAM_IDENTITY_CAP], name[STREAM_VHOST_MAX + 1];
    const struct conf       *conf = a->server->conf;
    struct err              *e = http_location_parse(&at, url);
    bool                     is_own = !e && is_own_port(conf, at.port) && conf_relay_name_find(&names, "", url);
    err_free(e);
    return is_own && (vhost = conf_find_vhost(conf, vhost_of(name, url, at.host))) &&
           str_equal(stream_name_key(key, vhost->name, names.app, names.stream), a->order->key);
}

/* An http URL needs no certificates, but may redirect to an https one. */
static struct err *find_trust(struct attempt *a, const char *url)
{
    struct err *e = attempt_trust(a);
    if (strncasecmp(url, "https:", strlen("https:")) == 0)
        return e;
    err_free(e);
    return NULL;
}

struct err *http_get_open(struct http_client *c, struct attempt *a, const struct http_get *get, int64_t deadline_us)
{
    char                       range[RANGE_CAP];
    const struct http_pair     field = { "Range", range };
    struct http_client_request request = {
        .method = HTTP_GET,
        .url = get->url,
        .pool = get->pool,
        .redirects_max = ATTEMPT_REDIRECTS_MAX,
        .judge = reach_judge,
        .judge_arg = &a->reach,
    };
    struct err *e = find_trust(a, get->url);
    request.tls = a->tls;
    if (get->len) {
        snprintf(range, sizeof range, "bytes=%" PRId64 "-%" PRId64, get->offset, get->offset + get->len - 1);
        request.fields = &field;
        request.n_fields = 1;
    }
    if (!e)
        e = http_client_open(c, &request, deadline_us);
    attempt_heard(a, e);
    if (e)
        return e;
    if (forward_loop_is_to_this_host(c->line->io.fd) && is_itself(a, c->url))
        return err_new(E_SYSTEM_FORWARD_LOOP, "%s would come from itself", a->order->key);
    if (c->response.status != (get->len ? HTTP_STATUS_PARTIAL_CONTENT : HTTP_STATUS_OK))
        return err_new(E_HTTP_STATUS_INVALID, "%s: status %d", c->url, c->response.status);
    return NULL;
}
