#include "app/rtmp/introduction.h"

#include <arpa/inet.h>
#include <unistd.h>

#include "app/rtmp/bandcheck.h"
#include "app/rtmp/login.h"
#include "app/session/client_address.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/version.h"
#include "protocol/rtmp/peer.h"
#include "protocol/rtmp/signature.h"
#include "protocol/tls/tls.h"

/* The time that a client has for its TLS handshake. */
enum { TLS_TIMEOUT_US = 10 * US_PER_SECOND };

/* The default of `out_ack_size`, for a client whose vhost does not exist. */
enum { OUT_ACK_SIZE_DEFAULT = 2500000 };

/* Find out whether the client is another server, and for whom that asks: its word counts as that of a proxy. */
static struct err *meet_peer(struct rtmp_conn *c)
{
    struct rtmp_peer peer;
    struct rd        args = rd_over(c->request.args ? c->request.args : (const uint8_t *)"", c->request.args_len);
    char             text[RTMP_PEER_TEXT_CAP], claimed[INET6_ADDRSTRLEN];
    if (amf0_text_copy(claimed, sizeof claimed, amf0_get_string(args, "srs_client_ip")) && *claimed &&
        client_address_is_trusted(c->server->conf, c->ip) && client_address_claim(c->server->conf, c->ip, claimed))
        log_info("an edge asks for the client ip=%s", c->ip);
    if (!rtmp_peer_read(&peer, args))
        return NULL;
    log_info("the client is %s", rtmp_peer_text(&peer, text));
    if (!(c->peer = mem_alloc(sizeof peer)))
        return err_no_memory();
    *c->peer = peer;
    return NULL;
}

static struct err *accept_connect(struct rtmp_conn *c)
{
    /* A vhost that does not exist is refused later, when it is known whether the client plays or publishes. */
    const struct conf          *conf = c->server->conf;
    const struct conf_vhost    *vhost = conf_find_vhost(conf, c->request.url.vhost);
    char                        ip[INET6_ADDRSTRLEN];
    struct rtmp_server_settings settings = {
        .out_ack_size = vhost ? (uint32_t)vhost->out_ack_size : OUT_ACK_SIZE_DEFAULT,
        .in_ack_size = vhost ? (uint32_t)vhost->in_ack_size : 0,
        .chunk_size = (uint32_t)(vhost ? vhost->chunk_size : conf->chunk_size),
    };
    struct rtmp_connect_result result = {
        .signature = &rtmp_own_signature,
        .server_ip = io_local_host(&c->io, ip, sizeof ip),
        .pid = getpid(),
        .id = c->trace,
    };
    const struct rtmp_request *req = &c->request;
    log_info("connect app, tcUrl=%s, pageUrl=%s, swfUrl=%s, schema=%s, vhost=%s, port=%d, app=%s, args=%s", req->tc_url,
             req->page_url, req->swf_url, req->url.schema, req->url.vhost, req->url.port, req->url.app,
             req->args ? "(obj)" : "null");
    log_info("protocol in.buffer=%u, in.ack=%u, out.ack=0, in.chunk=%u, out.chunk=%u", c->rtmp.link.buffer_ms,
             c->rtmp.link.ack_window, c->rtmp.link.in.chunk_size, c->rtmp.link.out_chunk_size);
    struct err *e = vhost && vhost->bandcheck.enabled ? bandcheck_begin(c, vhost) : NULL;
    return e ? e : rtmp_server_reply_connect(&c->rtmp, req, &settings, &result);
}

static struct err *begin_tls(struct rtmp_conn *c)
{
    char                   text[TLS_TEXT_CAP];
    struct conf           *conf = c->server->conf;
    const struct tls_offer lasting = { .resumable = false };
    struct err *e = tls_store_accept(&c->server->tls, conf, &c->io, &conf->rtmps, &lasting, now_us() + TLS_TIMEOUT_US);
    if (!e)
        log_info("TLS handshake success, %s", tls_describe(&c->io, text));
    return e;
}

struct err *rtmp_introduce(struct rtmp_conn *c)
{
    struct err *e = client_address_accept(c->server->conf, &c->io, c->ip, now_us() + RTMP_STEP_TIMEOUT_US);
    if (!e && c->is_tls && (e = begin_tls(c)))
        return e;
    if (!e)
        e = rtmp_server_handshake(&c->rtmp, SERVER_SIGNATURE, now_us() + RTMP_STEP_TIMEOUT_US);
    if (e)
        return err_wrap(e, "handshake");
    if (c->rtmp.handshake == RTMP_HANDSHAKE_PLAIN)
        log_info("simple handshake success.");
    else
        log_info("complex handshake success"); /* SRS writes this line without a full stop. */
    if (c->rtmp.proxied) {
        char claimed[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, c->rtmp.proxied_ip, claimed, sizeof claimed);
        if (client_address_claim(c->server->conf, c->ip, claimed))
            log_info("RTMP proxy real client ip=%s", c->ip);
    }
    bool told;
    e = rtmp_server_connect(&c->rtmp, &c->request, now_us() + RTMP_STEP_TIMEOUT_US, &told);
    if (told ||
        err_code(e) == E_LIMIT) /* The bytes on their way are read: a reset would look like a fault of this server. */
        rtmp_conn_linger(c);
    if (e)
        return err_wrap(e, "wait for connect");
    if ((e = meet_peer(c)))
        return e;
    if ((e = rtmp_login(c)))
        return err_wrap(e, "log in");
    return err_wrap(accept_connect(c), "answer connect");
}
