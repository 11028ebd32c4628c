#include "app/rtmp/publisher.h"

#include <string.h>

#include "app/rtmp/conn.h"
#include "app/rtmp/intake.h"
#include "app/session/patience.h"
#include "app/source/feed.h"
#include "app/source/life.h"
#include "app/source/pacer.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"

/* The interval at which the deadlines of a silent publisher are computed again, because a reload may have moved them. */
enum { LOOK_AGAIN_US = US_PER_SECOND };

/* Most bytes that are read after a publisher's deadline without a complete message: more than a receive buffer (tcp_rmem). */
enum { LATE_BYTES_MAX = 8 << 20 };

struct rtmp_publisher {
    struct rtmp_conn *conn;
    struct source    *source;
    struct publisher  publisher;
    struct intake     intake;
    struct feed       feed;
    struct patience   patience;
    int64_t           n_packets;
    uint64_t          seen;       /* number of the newest moment of the source that was handled */
    int64_t           late_bytes; /* bytes that were read after the deadline since the last message */
};

/* Feed a media message to the source. RTMP messages and FLV tags have the same type numbers and bodies. */
static struct err *take_media(struct rtmp_publisher *p, struct rtmp_message *msg)
{
    static const enum frame_kind kinds[] = {
        [RTMP_TYPE_AUDIO] = FRAME_AUDIO,
        [RTMP_TYPE_VIDEO] = FRAME_VIDEO,
        [RTMP_TYPE_DATA] = FRAME_SCRIPT,
    };
    msg->payload->kind = kinds[msg->type_id];
    return feed_body(&p->feed, &msg->payload, msg->timestamp_ms);
}

/* Handle a command. *ended is true if it ended the publish. */
static struct err *take_command(struct rtmp_publisher *p, struct rtmp_message *msg, bool *ended)
{
    struct rtmp_conn *c = p->conn;
    struct rtmp_call  call;
    struct err       *e = rtmp_link_decode(msg, &call);
    if (e)
        return err_wrap(e, "decode a publisher's command");
    enum rtmp_publish_call verdict = rtmp_server_judge_publish_call(c->role, &call);
    if (verdict == RTMP_PUBLISH_GOES_ON)
        return rtmp_server_reply_unknown(&c->rtmp, &call);
    *ended = true;
    source_unpublish(
        p->source, &p->publisher); /* This comes before the answer, so that the name is free when the client gets it. */
    if (verdict == RTMP_PUBLISH_ENDS)
        return rtmp_server_end_publish(&c->rtmp, c->role, &call);
    rtmp_link_unread(&c->rtmp.link, msg);
    return NULL;
}

static struct err *take_message(struct rtmp_publisher *p, struct rtmp_message *msg, bool *ended)
{
    switch (msg->type_id) {
    case RTMP_TYPE_AUDIO:
    case RTMP_TYPE_VIDEO:
    case RTMP_TYPE_DATA: return take_media(p, msg);
    case RTMP_TYPE_COMMAND: return take_command(p, msg, ended);
    default: return NULL;
    }
}

/* Read what has come before the publisher counts as silent. A part of a message is a sign of life, up to LATE_BYTES_MAX. */
static struct err *look_and_judge(struct rtmp_publisher *p, struct rtmp_message *msg)
{
    bool        heard = false;
    int64_t     bytes = p->conn->io.bytes_in;
    struct err *e = NULL;
    if (now_us() >= patience_silence_deadline(&p->patience) && p->late_bytes < LATE_BYTES_MAX)
        e = intake_look(&p->intake, msg, &heard);
    p->late_bytes += p->conn->io.bytes_in - bytes;
    return e || heard ? e : patience_judge(&p->patience);
}

/* Replace the error with which the wait ended: the reason is that another publisher has the stream. */
static struct err *taken_over(const struct rtmp_publisher *p, struct err *e)
{
    err_free(e);
    return err_new(E_TAKEOVER, "another publisher took %s over", p->source->identity);
}

/* Read one message, or none if a deadline has only moved. */
static struct err *read_message(struct rtmp_publisher *p, struct rtmp_message *msg)
{
    struct err *e = pacer_wait_for_room(p->source);
    if (e)
        return p->publisher.taken_over ? taken_over(p, e) : e;
    co_give_way_by_time();
    int64_t now = now_us();
    if (now >= patience_idle_deadline(&p->patience))
        return patience_judge(&p->patience);
    int64_t deadline = patience_deadline(&p->patience), look = now + LOOK_AGAIN_US;
    e = intake_read(&p->intake, p->source, msg, deadline < look ? deadline : look);
    if (err_code(e) == E_SOCKET_TIMEOUT) {
        err_free(e);
        e = look_and_judge(p, msg);
    }
    return p->publisher.taken_over ? taken_over(p, e) : e;
}

/* Apply a reload to the socket. Audience and timeouts are checked with every message anyway. */
static void heed_moments(struct rtmp_publisher *p)
{
    const struct moments *moments = &p->source->moments;
    if (p->seen == moments->newest)
        return;
    if (moments_since(moments, p->seen) & moment_bit(MOMENT_CONF_CHANGED))
        rtmp_conn_apply_socket_options(p->conn);
    p->seen = moments->newest;
}

static struct err *publish_loop(struct rtmp_publisher *p)
{
    struct err *e = NULL;
    bool        ended = false;
    while (!e && !ended) {
        struct rtmp_message msg = { 0 };
        e = read_message(p, &msg);
        if (!e && msg.payload) {
            p->n_packets++;
            p->late_bytes = 0;
            p->conn->session.client.n_messages++;
            patience_heard(&p->patience);
            e = take_message(p, &msg, &ended);
        }
        frame_unref(&msg.payload);
        if (!e && !ended)
            heed_moments(p);
        if (!e && !ended && p->conn->session.client.over_kbps)
            e = err_new(E_THREAD_INTERRUPTED, "the publisher is cut"); /* session_end_reason() says why */
    }
    return e;
}

/* An edge that hears it does not come back with its encoder, which would take the stream over in turn. */
static struct err *say_taken_over(struct rtmp_conn *c, struct err *e)
{
    co_end_cancel();
    return rtmp_conn_refuse(c, RTMP_REFUSE_DENIED, e);
}

struct err *rtmp_publisher_run(struct rtmp_conn *c)
{
    const struct rtmp_request *req = &c->request;
    struct rtmp_publisher      p = { .conn = c, .source = c->session.source };
    p.publisher = (struct publisher){
        .co = co_self(),
        .trace = c->trace,
        .tc_url = req->tc_url,
        .page_url = req->page_url,
        .swf_url = req->swf_url,
        .host = req->url.host,
        .param = req->url.param,
        .port = req->url.port,
    };
    struct err *e = source_publish(p.source, &p.publisher);
    if (e) {
        session_note_refusal(&c->session, e);
        return rtmp_conn_refuse(c, RTMP_REFUSE_BUSY, e);
    }
    feed_init(&p.feed, p.source);
    source_spell(p.source, c->session.app, c->session.stream);
    const struct conf_publish *conf = &p.source->vhost->publish;
    patience_begin(&p.patience, p.source);
    log_info("start publish mr=%d/%lld, p1stpt=%lld, pnt=%lld, tcp_nodelay=%d", conf->mr,
             (long long)(conf->mr_latency_us / US_PER_MS), (long long)(conf->firstpkt_timeout_us / US_PER_MS),
             (long long)(conf->normal_timeout_us / US_PER_MS), c->tcp_nodelay);
    e = rtmp_server_start_publish(&c->rtmp, c->role);
    if (!e) {
        intake_init(&p.intake, &c->rtmp.link);
        e = publish_loop(&p);
        intake_finish(&p.intake);
    }
    feed_finish(&p.feed);
    source_unpublish(p.source, &p.publisher);
    log_info("published %s, packets=%lld, dropped=%lld", p.source->identity, (long long)p.n_packets,
             (long long)p.feed.n_dropped);
    log_info("cleanup when unpublish");
    if (err_code(e) == E_SOCKET_TIMEOUT)
        session_note_refusal(&c->session, e);
    if (err_code(e) == E_TAKEOVER)
        e = say_taken_over(c, e);
    return err_wrap(e, "publish %s", p.source->identity);
}
