#include "protocol/rtmp/client.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/hex.h"
#include "core/ident.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/dial.h"
#include "protocol/rtmp/outbox.h"
#include "protocol/rtmp/signature.h"
#include "protocol/rtmp/url.h"
#include "protocol/tls/tls.h"

/* RTMP 1.0, 7.2.1.1: the transaction id of every connect. */
enum { CONNECT_TID = 1 };

/* Window after which the server acknowledges our bytes: the usual number of edges. */
enum { WINDOW_ACK_SIZE = 2500000 };

/* authmod.h: a client connects at most twice more. */
enum { AUTHMOD_STEPS = 2 };

/* Most messages of the server that are read between two messages of a publisher. */
enum { LISTEN_MESSAGES_MAX = 256 };

/* Most buffers of one write of media. */
enum { WRITE_IOVECS = 32 };

/* ---- refusals ---- */

/* Keep the URL of a redirect: the URL of the stream, or a tcUrl to which the name of the stream is added. */
static struct err *keep_redirect(struct rtmp_client *c, const struct rtmp_answer *a)
{
    struct amf0_text to = a->redirect2.len ? a->redirect2 : a->redirect;
    bool             is_whole = a->redirect2.len > 0;
    size_t           cap = to.len + strlen(c->address.stream) + 2;
    if (to.len > RTMP_URL_MAX || memchr(to.p, '\0', to.len))
        return err_new(E_LIMIT, "a redirect to a URL of %zu bytes, or with a NUL in it", to.len);
    char *url = mem_alloc(cap);
    if (!url)
        return err_no_memory();
    snprintf(url, cap, is_whole ? "%.*s" : "%.*s/%s", (int)to.len, to.p, c->address.stream);
    mem_free(c->moved_to);
    c->moved_to = url;
    return NULL;
}

static struct err *check_answer(struct rtmp_client *c, const struct rtmp_answer *a)
{
    struct err *e = rtmp_answer_check(a), *unkept;
    if (e) {
        amf0_text_copy(c->refusal, sizeof c->refusal, a->description);
        str_tame(c->refusal, strlen(c->refusal));
    }
    if (err_code(e) == E_AUTH_REQUIRED)
        authmod_demand_read(&c->demand, a->description.p, a->description.len);
    if (err_code(e) != E_CONTROL_REDIRECT || !(unkept = keep_redirect(c, a)))
        return e;
    err_free(e);
    return unkept;
}

/* ---- what a message means ---- */

static enum rtmp_client_news news_of(struct amf0_text code)
{
    static const struct {
        const char           *code;
        enum rtmp_client_news news;
    } rows[] = {
        { "NetStream.Publish.Start", RTMP_NEWS_BEGUN },      { "NetStream.Play.Start", RTMP_NEWS_BEGUN },
        { "NetStream.Play.PublishNotify", RTMP_NEWS_BEGUN }, { "NetStream.Play.UnpublishNotify", RTMP_NEWS_ENDED },
        { "NetStream.Play.Stop", RTMP_NEWS_ENDED },          { "NetStream.Play.Complete", RTMP_NEWS_ENDED },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (amf0_text_is(code, rows[i].code))
            return rows[i].news;
    return RTMP_NEWS_NONE;
}

static struct err *judge_command(struct rtmp_client *c, const struct rtmp_message *msg, enum rtmp_client_news *news)
{
    struct rtmp_call   call;
    struct rtmp_answer answer;
    struct err        *e = rtmp_link_decode(msg, &call);
    if (e)
        return err_wrap(e, "decode what the server says");
    rtmp_answer_read(&answer, &call);
    if (call.kind == RTMP_CALL_STATUS)
        *news = news_of(answer.code);
    else if (call.kind != RTMP_CALL_ERROR || call.tid != c->tid)
        return NULL; /* An answer that is not waited for, or a call that has no meaning for a client. */
    return check_answer(c, &answer);
}

/* Tell the data messages of the stream from those of the conversation. */
static enum rtmp_client_news judge_data(const struct rtmp_message *msg)
{
    struct rd r = rd_over(msg->payload->data, msg->payload->len);
    if (amf0_peek(&r) != AMF0_STRING)
        return RTMP_NEWS_MEDIA;
    struct amf0_text name = amf0_read_string(&r);
    if (amf0_text_is(name, "onPlayStatus"))
        return news_of(amf0_get_string(r, "code"));
    bool is_word = amf0_text_is(name, "|RtmpSampleAccess") || amf0_text_is(name, "onStatus");
    return is_word ? RTMP_NEWS_NONE : RTMP_NEWS_MEDIA;
}

struct err *rtmp_client_judge(struct rtmp_client *c, const struct rtmp_message *msg, enum rtmp_client_news *news)
{
    *news = RTMP_NEWS_NONE;
    switch (msg->type_id) {
    case RTMP_TYPE_COMMAND: return judge_command(c, msg, news);
    case RTMP_TYPE_DATA: *news = judge_data(msg); break;
    default: *news = RTMP_NEWS_MEDIA; break;
    }
    return NULL;
}

/* ---- handshake and connect ---- */

struct handshake_bytes {
    uint8_t c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN], c2[RTMP_C2_LEN];
};

static struct err *exchange(struct rtmp_client *c, struct handshake_bytes *b, bool plain, int64_t deadline_us)
{
    struct rtmp_handshake_client shake;
    struct err *e = rtmp_handshake_offer(&shake, b->c0c1, plain, (uint32_t)(wall_now_us() / US_PER_SECOND));
    if (!e)
        e = io_write(&c->io, b->c0c1, sizeof b->c0c1, deadline_us);
    if (!e)
        e = io_read_full(&c->io, b->s0s1s2, sizeof b->s0s1s2, deadline_us);
    if (!e)
        e = rtmp_handshake_finish(&shake, b->s0s1s2, b->c2, &c->handshake);
    return e ? e : io_write(&c->io, b->c2, sizeof b->c2, deadline_us);
}

static struct err *shake_hands(struct rtmp_client *c, bool plain, int64_t deadline_us)
{
    struct handshake_bytes *bytes = mem_alloc(sizeof *bytes);
    struct err             *e = bytes ? exchange(c, bytes, plain, deadline_us) : err_no_memory();
    mem_free(bytes);
    return err_wrap(e, "handshake");
}

/* Wait for the answer to a call. An onStatus that comes before it may also be a refusal. */
static struct err *wait_answer(struct rtmp_client *c, double tid, struct rtmp_message *msg, struct rtmp_answer *answer,
                               int64_t deadline_us)
{
    for (;;) {
        struct rtmp_call call;
        struct err      *e = rtmp_link_read_call(&c->link, msg, &call, deadline_us);
        if (e)
            return e;
        bool is_answer = (call.kind == RTMP_CALL_RESULT || call.kind == RTMP_CALL_ERROR) && call.tid == tid;
        rtmp_answer_read(answer, &call);
        if (is_answer || call.kind == RTMP_CALL_STATUS)
            e = check_answer(c, answer);
        if (is_answer && !e)
            return NULL;
        frame_unref(&msg->payload);
        if (e)
            return e;
    }
}

/* The texts of connect, with the answer to a demand for user and password in their queries. */
struct connect_names {
    char app[RTMP_URL_MAX + AUTHMOD_QUERY_CAP + 2], tc_url[RTMP_URL_MAX + AUTHMOD_QUERY_CAP + 2];
};

static void add_query(char *text, size_t cap, const char *name, const char *query)
{
    struct str out = str_over(text, cap);
    str_text(&out, name);
    if (*query)
        str_printf(&out, "%c%s", strchr(name, '?') ? '&' : '?', query);
}

/* Write the second object of connect with what is added to it. */
static void add_args(const struct rtmp_client *c, const struct rtmp_client_target *t, struct wr *w)
{
    char                             ip[INET6_ADDRSTRLEN];
    const struct rtmp_connect_result self = { .signature = &rtmp_own_signature,
                                              .server_ip = io_local_host(&c->io, ip, sizeof ip),
                                              .pid = getpid(),
                                              .id = t->own_id };
    const struct rtmp_connect_relay  relay = { .self = t->own_id ? &self : NULL,
                                               .client_ip = t->client_ip,
                                               .path = t->path,
                                               .args = rd_over(t->args ? t->args : (const uint8_t *)"", t->args_len) };
    rtmp_write_connect_args(w, &relay);
}

static struct err *write_connect(struct rtmp_client *c, const struct rtmp_client_target *t,
                                 const struct connect_names *names, int64_t deadline_us)
{
    struct rtmp_connect connect = RTMP_CONNECT_INIT;
    struct rtmp_outbox  o;
    struct err         *e = rtmp_outbox_begin(&o, &c->link);
    if (e)
        return e;
    connect.app = names->app;
    connect.tc_url = names->tc_url;
    if (*c->address.user)
        connect.flash_ver = "FMLE/3.0 (compatible; relay)"; /* Servers ask encoders alone for a user. */
    connect.page_url = t->page_url ? t->page_url : "";
    connect.swf_url = t->swf_url ? t->swf_url : "";
    bool is_relay = t->own_id || t->client_ip || t->path;
    connect.args = is_relay ? NULL : t->args;
    connect.args_len = t->args_len;
    rtmp_write_connect(&o.body, &connect);
    if (is_relay)
        add_args(c, t, &o.body);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    rtmp_write_window_ack_size(&o.wire, WINDOW_ACK_SIZE);
    rtmp_outbox_set_chunk_size(&o, t->chunk_size ? t->chunk_size : RTMP_CLIENT_CHUNK_SIZE);
    return rtmp_outbox_send_by(&o, deadline_us);
}

static struct err *say_connect(struct rtmp_client *c, const struct rtmp_client_target *t, const char *auth,
                               int64_t deadline_us)
{
    struct connect_names *names = mem_alloc(sizeof *names);
    if (!names)
        return err_no_memory();
    add_query(names->app, sizeof names->app, c->address.app, auth);
    add_query(names->tc_url, sizeof names->tc_url, t->tc_url ? t->tc_url : c->address.tc_url, auth);
    struct err *e = write_connect(c, t, names, deadline_us);
    mem_free(names);
    return e;
}

static struct err *connect_app(struct rtmp_client *c, const struct rtmp_client_target *t, const char *auth,
                               int64_t deadline_us)
{
    struct rtmp_message msg;
    struct rtmp_answer  answer;
    c->tid = CONNECT_TID;
    struct err *e = say_connect(c, t, auth, deadline_us);
    if (!e)
        e = wait_answer(c, CONNECT_TID, &msg, &answer, deadline_us);
    if (e)
        return err_wrap(e, "connect to the app %s", c->address.app);
    c->peer = answer.peer;
    frame_unref(&msg.payload);
    return NULL;
}

static struct err *begin(struct rtmp_client *c, const struct rtmp_client_target *t)
{
    *c = (struct rtmp_client){ .io.fd = -1, .no_fc = t->no_fc, .peer.pid = -1 };
    rtmp_link_init(&c->link, &c->io);
    struct err *e = rtmp_address_parse_names(&c->address, t->url, t->stream ? t->stream : "");
    if (!e && c->address.tls && !t->tls)
        e = err_new(E_HTTPS_NOT_SUPPORTED, "rtmps is not to be used here");
    return e;
}

/* Make the handshake and call connect, once the socket is connected. */
static struct err *introduce(struct rtmp_client *c, const struct rtmp_client_target *t, const char *auth,
                             int64_t deadline_us)
{
    struct err *e = NULL;
    if (c->address.tls)
        e = err_wrap(tls_connect(&c->io, t->tls, c->address.host, deadline_us), "TLS");
    if (!e)
        e = shake_hands(c, t->plain, deadline_us);
    return e ? e : connect_app(c, t, auth, deadline_us);
}

static struct err *open_once(struct rtmp_client *c, const struct rtmp_client_target *t, const char *auth,
                             int64_t deadline_us)
{
    struct err *e = begin(c, t);
    if (!e)
        e = dial(&c->io, c->address.host, c->address.port, deadline_us);
    if (!e && t->judge)
        e = t->judge(t->judge_arg, c->io.fd);
    return e ? e : introduce(c, t, auth, deadline_us);
}

/* Write the answer to the server's demand; false: there is none. */
static bool answer_demand(const struct rtmp_client *c, char auth[static AUTHMOD_QUERY_CAP])
{
    uint8_t random[AUTHMOD_OWN_CHALLENGE_BYTES];
    char    own[2 * AUTHMOD_OWN_CHALLENGE_BYTES + 1];
    random_bytes(random, sizeof random);
    hex_encode(random, own, sizeof random);
    return authmod_answer(auth, &c->demand, c->address.user, c->address.password, own);
}

struct err *rtmp_client_open(struct rtmp_client *c, const struct rtmp_client_target *t, int64_t deadline_us)
{
    char        auth[AUTHMOD_QUERY_CAP] = "";
    struct err *e;
    for (int n = 0; (e = open_once(c, t, auth, deadline_us)); n++) {
        if (err_code(e) != E_AUTH_REQUIRED || n == AUTHMOD_STEPS || !answer_demand(c, auth))
            break;
        err_free(e);
        rtmp_client_close(c);
    }
    return err_wrap(e, "open %.200s", t->url);
}

struct err *rtmp_client_open_over(struct rtmp_client *c, const struct rtmp_client_target *t, int fd,
                                  int64_t deadline_us)
{
    struct err *e = begin(c, t), *unopened = io_open(&c->io, fd);
    if (e)
        err_free(unopened);
    else
        e = unopened ? unopened : introduce(c, t, "", deadline_us);
    return err_wrap(e, "open %.200s", t->url);
}

void rtmp_client_close(struct rtmp_client *c)
{
    if (c->link.io)
        io_close(&c->io);
    rtmp_link_finish(&c->link);
    rtmp_address_finish(&c->address);
    mem_free(c->moved_to);
    *c = (struct rtmp_client){ .io.fd = -1 };
}

/* False if what was asked over TLS would be asked again in the clear. */
static bool is_safe_move(const struct rtmp_client *c)
{
    static const char schema[] = "rtmps:";
    return !c->address.tls || strncasecmp(c->moved_to, schema, sizeof schema - 1) == 0;
}

char *rtmp_client_take_redirect(struct rtmp_client *c, struct err **e)
{
    if (err_code(*e) != E_CONTROL_REDIRECT || !c->moved_to || !is_safe_move(c))
        return NULL;
    char *url = c->moved_to;
    c->moved_to = NULL;
    rtmp_client_close(c);
    err_free(*e);
    *e = NULL;
    return url;
}

/* ---- play and publish ---- */

static void add_call(struct rtmp_outbox *o)
{
    rtmp_outbox_add(o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
}

/* Call createStream. A publisher announces its stream first (releaseStream, FCPublish). */
static struct err *say_create_stream(struct rtmp_client *c, int64_t deadline_us)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &c->link);
    if (e)
        return e;
    if (c->publishes && !c->no_fc) {
        rtmp_write_release_stream(&o.body, ++c->tid, c->address.stream);
        add_call(&o);
        rtmp_write_fc_publish(&o.body, ++c->tid, c->address.stream);
        add_call(&o);
    }
    rtmp_write_create_stream(&o.body, ++c->tid);
    add_call(&o);
    return rtmp_outbox_send_by(&o, deadline_us);
}

static struct err *create_stream(struct rtmp_client *c, int64_t deadline_us)
{
    struct rtmp_message msg;
    struct rtmp_answer  answer;
    struct err         *e = say_create_stream(c, deadline_us);
    if (!e)
        e = wait_answer(c, c->tid, &msg, &answer, deadline_us);
    if (e)
        return err_wrap(e, "createStream");
    frame_unref(&msg.payload);
    if (!(answer.number >= 1 && answer.number <= UINT32_MAX))
        return err_new(E_RTMP_MESSAGE_DECODE, "createStream is answered without a message stream id");
    c->msid = (uint32_t)answer.number;
    return NULL;
}

/* Wait until the server says that the stream begins. Some servers send media without saying so. */
static struct err *wait_start(struct rtmp_client *c, int64_t deadline_us)
{
    for (;;) {
        struct rtmp_message   msg;
        enum rtmp_client_news news;
        struct err           *e = rtmp_link_read_message(&c->link, &msg, deadline_us);
        if (e)
            return e;
        e = rtmp_client_judge(c, &msg, &news);
        bool has_begun = news == RTMP_NEWS_BEGUN || (news == RTMP_NEWS_MEDIA && !c->publishes);
        if (!e && news == RTMP_NEWS_MEDIA && has_begun)
            rtmp_link_unread(&c->link, &msg);
        frame_unref(&msg.payload);
        if (e || has_begun)
            return e;
    }
}

static struct err *say_play(struct rtmp_client *c, const struct rtmp_client_part *part, int64_t deadline_us)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &c->link);
    if (e)
        return e;
    rtmp_write_set_buffer_length(&o.wire, c->msid, part->buffer_ms);
    rtmp_write_play(&o.body, ++c->tid, c->address.stream, part->start_ms, part->duration_ms);
    rtmp_outbox_add(&o, RTMP_CSID_STREAM, c->msid, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send_by(&o, deadline_us);
}

struct err *rtmp_client_play(struct rtmp_client *c, const struct rtmp_client_part *part, int64_t deadline_us)
{
    enum { BUFFER_MS = 1000 };
    static const struct rtmp_client_part all = { RTMP_PLAY_START, RTMP_PLAY_DURATION, BUFFER_MS };
    struct err                          *e = create_stream(c, deadline_us);
    rtmp_chunk_reader_expect_media(&c->link.in, true);
    if (!e)
        e = say_play(c, part ? part : &all, deadline_us);
    if (!e)
        e = wait_start(c, deadline_us);
    return err_wrap(e, "play %.200s", c->address.stream);
}

static struct err *say_publish(struct rtmp_client *c, int64_t deadline_us)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &c->link);
    if (e)
        return e;
    rtmp_write_publish(&o.body, ++c->tid, c->address.stream);
    rtmp_outbox_add(&o, RTMP_CSID_STREAM, c->msid, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send_by(&o, deadline_us);
}

struct err *rtmp_client_publish(struct rtmp_client *c, int64_t deadline_us)
{
    c->publishes = true;
    struct err *e = create_stream(c, deadline_us);
    if (!e)
        e = say_publish(c, deadline_us);
    if (!e)
        e = wait_start(c, deadline_us);
    return err_wrap(e, "publish %.200s", c->address.stream);
}

/* ---- media ---- */

struct err *rtmp_client_read(struct rtmp_client *c, struct rtmp_message *msg, enum rtmp_client_news *news,
                             int64_t deadline_us)
{
    for (;;) {
        struct err *e = rtmp_link_read_message(&c->link, msg, deadline_us);
        if (!e && (e = rtmp_client_judge(c, msg, news)))
            frame_unref(&msg->payload);
        if (e)
            return err_wrap(e, "play %.200s", c->address.stream);
        if (*news != RTMP_NEWS_MEDIA)
            frame_unref(&msg->payload);
        if (*news != RTMP_NEWS_NONE)
            return NULL;
    }
}

static struct err *listen_once(struct rtmp_client *c, bool *got)
{
    struct rtmp_message   msg;
    enum rtmp_client_news news;
    struct err           *e = rtmp_link_next_now(&c->link, &msg, got);
    if (e || !*got)
        return e;
    e = rtmp_client_judge(c, &msg, &news);
    frame_unref(&msg.payload);
    return e;
}

struct err *rtmp_client_listen(struct rtmp_client *c)
{
    struct err *e = NULL;
    bool        got = true;
    for (int n = 0; !e && got && n < LISTEN_MESSAGES_MAX; n++) {
        e = listen_once(c, &got);
        co_give_way_by_time();
    }
    return err_wrap(e, "publish %.200s", c->address.stream);
}

struct err *rtmp_client_last_words(struct rtmp_client *c, struct err *e)
{
    if (err_code(e) != E_SOCKET_WRITE)
        return e;
    io_look_again(&c->io);
    struct err *heard = rtmp_client_listen(c);
    bool        is_refusal = heard && err_code(heard) != E_END_OF_STREAM && err_code(heard) != E_SOCKET_READ;
    err_free(is_refusal ? e : heard);
    return is_refusal ? heard : e;
}

struct err *rtmp_client_write(struct rtmp_client *c, const struct rtmp_out *m, int64_t deadline_us)
{
    struct rtmp_out out = *m;
    out.msid = c->msid;
    size_t      len = rtmp_message_wire_len(&out, c->link.out_chunk_size);
    struct err *e = NULL;
    for (size_t at = 0; !e && at < len;) {
        struct iovec iov[WRITE_IOVECS];
        uint8_t      headers[WRITE_IOVECS * RTMP_CHUNK_HEADER_MAX];
        struct wr    scratch = wr_over(headers, sizeof headers);
        size_t       covered, sent;
        int          n = rtmp_message_iov(&out, c->link.out_chunk_size, at, iov, WRITE_IOVECS, &scratch, &covered);
        e = io_writev_now(&c->io, iov, n, &sent);
        at += sent;
        if (!e && sent < covered)
            e = io_wait_writable(&c->io, deadline_us);
    }
    return rtmp_client_last_words(c, err_wrap(e, "publish %.200s", c->address.stream));
}

/* ---- the end ---- */

static struct err *say_end(struct rtmp_client *c, int64_t deadline_us)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &c->link);
    if (e)
        return e;
    if (c->publishes && !c->no_fc) {
        rtmp_write_fc_unpublish(&o.body, ++c->tid, c->address.stream);
        add_call(&o);
    }
    rtmp_write_delete_stream(&o.body, ++c->tid, c->msid);
    add_call(&o);
    return rtmp_outbox_send_by(&o, deadline_us);
}

void rtmp_client_leave(struct rtmp_client *c, int64_t deadline_us)
{
    struct err *e = c->msid ? say_end(c, deadline_us) : NULL;
    if (!e)
        io_linger(&c->io, deadline_us);
    err_free(e);
}
