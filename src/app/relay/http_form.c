/* FLV and MPEG-TS over HTTP and HTTPS. */
#include <string.h>
#include <strings.h>

#include "app/conf/endpoint.h"
#include "app/conf/relay.h"
#include "app/forward/loop.h"
#include "app/relay/forms.h"
#include "app/relay/order.h"
#include "app/server/server.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/client.h"
#include "protocol/http/location.h"
#include "protocol/http/pool.h"
#include "protocol/http/status.h"

/* An FLV file header with its first PreviousTagSize (Adobe FLV 10.1, E.2): servers send it before the stream is there. */
enum { HEAD_BYTES = 13 };

struct reading {
    struct attempt    *a;
    struct http_client client;
    uint8_t            head[HEAD_BYTES]; /* what has come before the stream is published */
    size_t             head_len;
};

/* ---- connecting ---- */

static bool is_own_port(const struct conf *conf, int port)
{
    const struct conf_http_server *h = &conf->http_server;
    return (h->enabled && conf_endpoints_have_port(&h->listen, port)) ||
           (h->enabled && h->https.enabled && conf_endpoints_have_port(&h->https.listen, port));
}

/* True if this server would serve the URL, and it names the stream that is to be made. */
static bool is_itself(const struct attempt *a, const char *url)
{
    struct http_location     at;
    struct conf_relay_name   names;
    const struct conf_vhost *vhost;
    char                     key[STREAM_IDENTITY_CAP];
    const struct conf       *conf = a->server->conf;
    struct err              *e = http_location_parse(&at, url);
    bool                     is_own = !e && is_own_port(conf, at.port) && conf_relay_name_find(&names, "", url);
    err_free(e);
    return is_own && (vhost = conf_find_vhost(conf, at.host)) &&
           str_equal(stream_name_key(key, vhost->name, names.app, names.stream), a->order->key);
}

/* An http URL needs no certificates, but may redirect to an https one. */
static struct err *find_trust(struct attempt *a)
{
    struct err *e = attempt_trust(a);
    if (strncasecmp(a->url, "https:", strlen("https:")) == 0)
        return e;
    err_free(e);
    return NULL;
}

static struct err *open_client(struct reading *r)
{
    struct http_client_request request = { .method = HTTP_GET,
                                           .url = r->a->url,
                                           .redirects_max = ATTEMPT_REDIRECTS_MAX };
    int64_t                    deadline_us = attempt_deadline(r->a);
    struct err                *e = find_trust(r->a);
    request.tls = r->a->tls;
    if (!e)
        e = http_client_open(&r->client, &request, deadline_us);
    if (e)
        return e;
    if (forward_loop_is_to_this_host(r->client.line->io.fd) && is_itself(r->a, r->client.url))
        return err_new(E_SYSTEM_FORWARD_LOOP, "%s would come from itself", r->a->order->key);
    if (r->client.response.status != HTTP_STATUS_OK)
        return err_new(E_HTTP_STATUS_INVALID, "%s: status %d", r->client.url, r->client.response.status);
    return NULL;
}

/* ---- media ---- */

/* Keep what comes before the first tag or packet; false when the stream has begun. */
static bool keeps(struct reading *r, const uint8_t *bytes, size_t len)
{
    if (r->head_len + len > HEAD_BYTES)
        return false;
    memcpy(r->head + r->head_len, bytes, len);
    r->head_len += len;
    return true;
}

static struct err *begin(struct reading *r)
{
    struct err *e = attempt_begin(r->a, r->client.line->io.fd);
    return e ? e : attempt_take(r->a, r->head, r->head_len);
}

static struct err *take(struct reading *r, const uint8_t *bytes, size_t len)
{
    struct err *e = NULL;
    r->a->bytes_in += (int64_t)len;
    if (!r->a->began_us) {
        if (keeps(r, bytes, len))
            return NULL;
        e = begin(r);
    }
    return e ? e : attempt_take(r->a, bytes, len);
}

/* The body has ended: take what is left of a transport stream. */
static struct err *end(struct reading *r)
{
    struct err *e = NULL;
    bool        is_whole = !r->a->began_us || entry_take_end(&r->a->entry, &e);
    if (e)
        return e;
    return is_whole ? attempt_end(r->a) : err_new(E_HTTP_DATA_INVALID, "%s has ended within a tag", r->a->url);
}

static struct err *read_all(struct reading *r)
{
    const void *bytes;
    size_t      len = 1;
    struct err *e = NULL;
    while (!e && len > 0) {
        e = http_client_read(&r->client, &bytes, &len, attempt_deadline(r->a));
        if (!e && len > 0)
            e = take(r, bytes, len);
        if (!e && len > 0 && now_us() >= attempt_deadline(r->a))
            e = err_new(E_SOCKET_TIMEOUT, "no frame came");
    }
    return e ? e : end(r);
}

struct err *http_form_run(struct attempt *a)
{
    struct reading *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_no_memory();
    r->a = a;
    struct err *e = open_client(r);
    a->heard_us = now_us(); /* It has answered: now it has as long again for its first frame. */
    if (!e)
        e = read_all(r);
    http_client_close(&r->client);
    mem_free(r);
    return e;
}
