/* Connections: begin, play, publish, end. */
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/str.h"
#include "kernel/amf0.h"
#include "srs_rtmp/handle.h"
#include "srs_rtmp/tls.h"

/* ---- the handle ---- */

struct srs_rtmp *srs_rtmp_create(const char *url)
{
    struct srs_rtmp *c = mem_calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->client.io.fd = -1;
    c->client.peer.pid = -1;
    c->timeout_ms = SRS_RTMP_TIMEOUT_MS;
    if (!(c->url = mem_strdup(url ? url : ""))) {
        mem_free(c);
        return NULL;
    }
    return c;
}

void srs_rtmp_destroy(struct srs_rtmp *c)
{
    if (!c)
        return;
    frame_unref(&c->read);
    frame_maker_finish(&c->maker);
    mem_free(c->kept);
    rtmp_client_close(&c->client);
    mem_free(c->url);
    mem_free(c->page_url);
    mem_free(c->swf_url);
    mem_free(c->ca_file);
    mem_free(c);
}

void srs_rtmp_set_timeout(struct srs_rtmp *c, int timeout_ms)
{
    c->timeout_ms = timeout_ms > 0 ? timeout_ms : 1;
}

/* Replace a text of the handle by a copy. NULL removes it. */
static enum srs_rtmp_result set_text(struct srs_rtmp *c, char **at, const char *text)
{
    enum srs_rtmp_result result = handle_expect(c, HANDLE_NEW, "set");
    char                *copy = text ? mem_strdup(text) : NULL;
    if (result == SRS_RTMP_OK && text && !copy)
        result = handle_fail(c, err_no_memory());
    if (result != SRS_RTMP_OK) {
        mem_free(copy);
        return result;
    }
    mem_free(*at);
    *at = copy;
    return SRS_RTMP_OK;
}

enum srs_rtmp_result srs_rtmp_set_page(struct srs_rtmp *c, const char *page_url, const char *swf_url)
{
    enum srs_rtmp_result result = set_text(c, &c->page_url, page_url);
    return result ? result : set_text(c, &c->swf_url, swf_url);
}

enum srs_rtmp_result srs_rtmp_set_ca_file(struct srs_rtmp *c, const char *path)
{
    return set_text(c, &c->ca_file, path);
}

void srs_rtmp_trust_any(struct srs_rtmp *c)
{
    c->trusts_any = true;
}

/* ---- begin and end ---- */

enum srs_rtmp_result srs_rtmp_connect(struct srs_rtmp *c)
{
    enum srs_rtmp_result result = handle_expect(c, HANDLE_NEW, "connect");
    if (result != SRS_RTMP_OK)
        return result;
    struct tls_ctx           *tls = NULL;
    struct rtmp_client_target target = { .url = c->url, .page_url = c->page_url, .swf_url = c->swf_url };
    struct err               *e = NULL;
    if (strncasecmp(c->url, "rtmps:", strlen("rtmps:")) == 0)
        e = tls_trust(&tls, c->ca_file, c->trusts_any);
    target.tls = tls;
    if (!e)
        e = rtmp_client_open(&c->client, &target, handle_deadline(c));
    tls_forget(tls);
    if (!e)
        c->stage = HANDLE_CONNECTED;
    return handle_end(c, e);
}

enum srs_rtmp_result srs_rtmp_play(struct srs_rtmp *c)
{
    enum srs_rtmp_result result = handle_expect(c, HANDLE_CONNECTED, "play");
    if (result != SRS_RTMP_OK)
        return result;
    c->stage = HANDLE_PLAYS;
    return handle_end(c, rtmp_client_play(&c->client, NULL, handle_deadline(c)));
}

enum srs_rtmp_result srs_rtmp_publish(struct srs_rtmp *c)
{
    enum srs_rtmp_result result = handle_expect(c, HANDLE_CONNECTED, "publish");
    if (result != SRS_RTMP_OK)
        return result;
    c->stage = HANDLE_PUBLISHES;
    return handle_end(c, rtmp_client_publish(&c->client, handle_deadline(c)));
}

enum srs_rtmp_result srs_rtmp_close(struct srs_rtmp *c)
{
    if (c->stage == HANDLE_OVER)
        return c->ended_by;
    if (c->stage != HANDLE_NEW)
        rtmp_client_leave(&c->client, handle_deadline(c));
    c->stage = HANDLE_OVER;
    c->ended_by = SRS_RTMP_BAD_USE;
    str_copy(c->error, sizeof c->error, "the connection has been closed");
    io_close(&c->client.io);
    return SRS_RTMP_OK;
}

/* ---- packets ---- */

enum srs_rtmp_result srs_rtmp_read(struct srs_rtmp *c, struct srs_rtmp_packet *packet)
{
    struct rtmp_message   msg = { 0 };
    enum rtmp_client_news news = RTMP_NEWS_BEGUN;
    int64_t               deadline_us = handle_deadline(c);
    enum srs_rtmp_result  result = handle_expect(c, HANDLE_PLAYS, "read");
    *packet = (struct srs_rtmp_packet){ 0 };
    frame_unref(&c->read);
    while (result == SRS_RTMP_OK && news == RTMP_NEWS_BEGUN) {
        struct err *e = rtmp_client_read(&c->client, &msg, &news, deadline_us);
        result = err_code(e) == E_SOCKET_TIMEOUT ? handle_fail(c, e) : handle_end(c, e);
    }
    if (result != SRS_RTMP_OK)
        return result;
    if (news == RTMP_NEWS_ENDED)
        return SRS_RTMP_ENDED;
    c->read = msg.payload;
    *packet = (struct srs_rtmp_packet){ msg.type_id, msg.timestamp_ms, msg.payload->data, msg.payload->len };
    return SRS_RTMP_OK;
}

static struct err *send_message(struct srs_rtmp *c, const struct srs_rtmp_packet *p, int64_t deadline_us)
{
    struct rtmp_out out = {
        .csid = p->type == SRS_RTMP_VIDEO ? RTMP_CSID_VIDEO : RTMP_CSID_AUDIO,
        .type_id = p->type,
        .timestamp_ms = p->time_ms,
        .len = (uint32_t)p->len,
        .body = p->len ? p->data : (const uint8_t *)"",
    };
    struct err *e = rtmp_client_write(&c->client, &out, deadline_us);
    if (!e) /* What TLS still holds goes out. */
        e = io_write(&c->client.io, "", 0, deadline_us);
    if (e)
        return e;
    io_look_again(&c->client.io);
    return rtmp_client_listen(&c->client);
}

static bool is_bare_metadata(const struct srs_rtmp_packet *p)
{
    if (p->type != SRS_RTMP_SCRIPT || !p->len)
        return false;
    struct rd r = rd_over(p->data, p->len);
    return amf0_peek(&r) == AMF0_STRING && amf0_text_is(amf0_read_string(&r), "onMetaData");
}

/* Send onMetaData with the word before it that makes servers keep it for players that come later. */
static struct err *send_metadata(struct srs_rtmp *c, const struct srs_rtmp_packet *p, int64_t deadline_us)
{
    size_t   cap = p->len + SRS_RTMP_PACKET_MAX - SRS_RTMP_SCRIPT_MAX;
    uint8_t *body = mem_alloc(cap);
    if (!body)
        return err_no_memory();
    struct wr w = wr_over(body, cap);
    amf0_write_string(&w, "@setDataFrame");
    wr_bytes(&w, p->data, p->len);
    struct srs_rtmp_packet whole = { p->type, p->time_ms, body, wr_len(&w) };
    struct err            *e = send_message(c, &whole, deadline_us);
    mem_free(body);
    return e;
}

static struct err *send_packet(struct srs_rtmp *c, const struct srs_rtmp_packet *p, int64_t deadline_us)
{
    return is_bare_metadata(p) ? send_metadata(c, p, deadline_us) : send_message(c, p, deadline_us);
}

static bool is_allowed(const struct srs_rtmp_packet *p)
{
    switch (p->type) {
    case SRS_RTMP_AUDIO:
    case SRS_RTMP_VIDEO: return p->len <= SRS_RTMP_PACKET_MAX;
    case SRS_RTMP_SCRIPT: return p->len <= SRS_RTMP_SCRIPT_MAX;
    default: return false;
    }
}

enum srs_rtmp_result srs_rtmp_write(struct srs_rtmp *c, const struct srs_rtmp_packet *packet)
{
    enum srs_rtmp_result result = handle_expect(c, HANDLE_PUBLISHES, "write");
    if (result != SRS_RTMP_OK)
        return result;
    if (!is_allowed(packet)) {
        str_copy(c->error, sizeof c->error, "write: a packet of an unknown type, or too long");
        return SRS_RTMP_BAD_USE;
    }
    return handle_end(c, send_packet(c, packet, handle_deadline(c)));
}

/* ---- what is known ---- */

const char *srs_rtmp_error(const struct srs_rtmp *c)
{
    return c ? c->error : srs_rtmp_result_text(SRS_RTMP_NO_MEMORY);
}

const char *srs_rtmp_moved_to(const struct srs_rtmp *c)
{
    return c->client.moved_to;
}

void srs_rtmp_get_server(const struct srs_rtmp *c, struct srs_rtmp_server *server)
{
    const struct rtmp_peer *peer = &c->client.peer;
    *server = (struct srs_rtmp_server){ peer->server, peer->ip, peer->id, peer->pid };
}

void srs_rtmp_get_traffic(const struct srs_rtmp *c, int64_t *received, int64_t *sent)
{
    *received = c->client.io.bytes_in;
    *sent = c->client.io.bytes_out;
}
