#include "protocol/rtmp/server.h"

#include <math.h>
#include <netinet/tcp.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

/* What we tell clients to send at most without an acknowledgement; a number that is known to suit all. */
enum { PEER_BANDWIDTH = 2500000 };

/* SRS and its encoders never announce more; beyond is worth a line in the log. */
enum { CHUNK_SIZE_USUAL_MAX = 65536 };

/* A part of an aggregate counts at least so many bytes on the way to a yield: a million may be in one. */
enum { PART_COST = 64 };

/* The one receive buffer, and who may still borrow from it. */
static uint8_t             receive_buffer[RTMP_RECEIVE_BUFFER];
static struct rtmp_server *holder;

const char *rtmp_role_name(enum rtmp_role role)
{
    static const char *const names[] = {
        [RTMP_PLAY] = "rtmp-play",
        [RTMP_FMLE_PUBLISH] = "fmle-publish",
        [RTMP_FLASH_PUBLISH] = "flash-publish",
        [RTMP_HAIVISION_PUBLISH] = "haivision-publish",
    };
    return role < ARRAY_LEN(names) ? names[role] : "unknown";
}

void rtmp_server_init(struct rtmp_server *s, struct io *io)
{
    *s = (struct rtmp_server){ .io = io, .out_chunk_size = RTMP_CHUNK_SIZE_DEFAULT };
    rtmp_chunk_reader_init(&s->in);
}

void rtmp_server_finish(struct rtmp_server *s)
{
    if (holder == s)
        holder = NULL;
    frame_unref(&s->aggregate.payload);
    rtmp_chunk_reader_finish(&s->in);
    s->io = NULL;
}

void rtmp_request_finish(struct rtmp_request *req)
{
    rtmp_url_finish(&req->url);
    mem_free(req->args);
    mem_free(req->block);
    *req = (struct rtmp_request){ .url = req->url, .tc_url = "", .page_url = "", .swf_url = "" };
}

/* ---- sending ---- */

static int64_t reply_deadline(void)
{
    return now_us() + RTMP_REPLY_TIMEOUT_US;
}

/* Several messages that leave in one write. On the heap: it is large and soon gone. */
struct reply {
    struct rtmp_server *s;
    struct wr           body; /* of the message being made */
    struct wr           wire;
    uint8_t            *storage;
};

static struct err *reply_begin(struct reply *r, struct rtmp_server *s)
{
    enum { WIRE_MAX = RTMP_REPLY_MAX + RTMP_REPLY_MAX / 8 };
    *r = (struct reply){ .s = s, .storage = mem_alloc(RTMP_REPLY_MAX + WIRE_MAX) };
    if (!r->storage)
        return err_no_memory();
    r->body = wr_over(r->storage, RTMP_REPLY_MAX);
    r->wire = wr_over(r->storage + RTMP_REPLY_MAX, WIRE_MAX);
    return NULL;
}

/* The body is complete: put it on the wire, and begin the next. */
static void reply_add(struct reply *r, uint32_t csid, uint32_t msid, uint8_t type_id)
{
    struct rtmp_out m = {
        .csid = csid, .msid = msid, .type_id = type_id, .len = (uint32_t)wr_len(&r->body), .body = r->body.start
    };
    rtmp_message_write(&r->wire, &m, r->s->out_chunk_size);
    r->wire.full |= r->body.full;
    r->body = wr_over(r->storage, RTMP_REPLY_MAX);
}

static void reply_add_status(struct reply *r, enum rtmp_status status)
{
    rtmp_write_status(&r->body, status);
    reply_add(r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
}

static struct err *reply_send(struct reply *r)
{
    struct err *e = r->wire.full ? err_new(E_RTMP_MESSAGE_ENCODE, "a reply of more than %d bytes", RTMP_REPLY_MAX)
                                 : io_write(r->s->io, r->wire.start, wr_len(&r->wire), reply_deadline());
    mem_free(r->storage);
    return err_wrap(e, "send a reply");
}

/* A control message, small enough for the stack. */
static struct err *send_control(struct rtmp_server *s, const struct wr *w)
{
    return err_wrap(io_write(s->io, w->start, wr_len(w), reply_deadline()), "send a control message");
}

static struct err *send_user_control(struct rtmp_server *s, enum rtmp_user_event event, uint32_t value)
{
    uint8_t   bytes[RTMP_CONTROL_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    rtmp_write_user_control(&w, event, value);
    return send_control(s, &w);
}

static struct err *acknowledge(struct rtmp_server *s)
{
    if (!s->ack_window || s->io->bytes_in - s->acked < s->ack_window / 2)
        return NULL;
    uint8_t   bytes[RTMP_CONTROL_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    s->acked = s->io->bytes_in;
    rtmp_write_ack(&w, (uint32_t)s->acked); /* RTMP 1.0, 5.4.3: 32 bits, which wrap */
    return send_control(s, &w);
}

/* ---- receiving ---- */

/* Take the shared buffer: whoever has not consumed its bytes gets a copy of them first. */
static void claim_buffer(struct rtmp_server *s)
{
    if (holder && holder != s) {
        struct err *e = rtmp_chunk_reader_keep(&holder->in);
        holder->no_memory |= e != NULL;
        err_free(e);
    }
    holder = s;
}

/* Feed the reader what the socket has; it must be drained. Never waits. */
static struct err *fill_now(struct rtmp_server *s, size_t *n)
{
    claim_buffer(s);
    struct err *e = io_read_now(s->io, receive_buffer, sizeof receive_buffer, n);
    if (!e && *n)
        rtmp_chunk_reader_feed(&s->in, receive_buffer, *n);
    return e;
}

/* A peer that sends faster than we read would never let another coroutine run. */
static struct err *be_fair(struct rtmp_server *s, int64_t deadline_us)
{
    if (s->read_on_bytes < RTMP_RECEIVE_BUFFER)
        return NULL;
    s->read_on_bytes = 0;
    co_give_way();
    if (now_us() >= deadline_us)
        return err_new(E_SOCKET_TIMEOUT, "much has come, but nothing of use, until the deadline");
    return NULL;
}

static struct err *fill(struct rtmp_server *s, int64_t deadline_us)
{
    for (;;) {
        struct err *e = be_fair(s, deadline_us);
        if (!io_is_readable(s->io))
            s->read_on_bytes = 0;
        if (!e)
            e = io_wait_readable(s->io, deadline_us);
        size_t n = 0;
        if (!e)
            e = fill_now(s, &n);
        s->read_on_bytes += (uint32_t)n;
        if (e || n)
            return e;
    }
}

static struct err *too_short(const struct rtmp_message *msg)
{
    return err_new(E_RTMP_MESSAGE_DECODE, "a control message of type %u with %u bytes", msg->type_id,
                   msg->payload->len);
}

static struct err *take_chunk_size(struct rtmp_server *s, uint32_t size)
{
    if (size > CHUNK_SIZE_USUAL_MAX && !s->said_big_chunks) {
        s->said_big_chunks = true;
        log_warn("the peer announces chunks of %u bytes, more than the usual %d", size, CHUNK_SIZE_USUAL_MAX);
    }
    return rtmp_chunk_reader_set_chunk_size(&s->in, size);
}

static struct err *take_user_control(struct rtmp_server *s, const struct rtmp_message *msg)
{
    struct rd r = rd_over(msg->payload->data, msg->payload->len);
    uint16_t  event = rd_u16(&r);
    if (r.bad)
        return too_short(msg);
    if (event == RTMP_EVENT_PING_REQUEST) {
        uint32_t time = rd_u32(&r);
        return r.bad ? too_short(msg) : send_user_control(s, RTMP_EVENT_PING_RESPONSE, time);
    }
    if (event == RTMP_EVENT_SET_BUFFER_LENGTH) {
        rd_u32(&r);
        s->buffer_ms = rd_u32(&r);
    }
    return NULL; /* others, and old ones that are shorter, mean nothing here */
}

/* RTMP 1.0, 5.4: messages of the protocol itself */
static struct err *take_control(struct rtmp_server *s, const struct rtmp_message *msg)
{
    if (msg->type_id == RTMP_TYPE_USER_CONTROL)
        return take_user_control(s, msg);
    struct rd r = rd_over(msg->payload->data, msg->payload->len);
    uint32_t  value = rd_u32(&r);
    if (r.bad)
        return too_short(msg);
    switch (msg->type_id) {
    case RTMP_TYPE_SET_CHUNK_SIZE: return take_chunk_size(s, value);
    case RTMP_TYPE_ABORT: rtmp_chunk_reader_abort(&s->in, value); return NULL;
    case RTMP_TYPE_WINDOW_ACK_SIZE: s->ack_window = value ? value : s->ack_window; return NULL;
    default: /* an acknowledgement, a bandwidth: we send when the socket takes it */ return NULL;
    }
}

/* AMF3 messages as encoders make them: one byte, then AMF0. */
static void unwrap_amf3(struct rtmp_message *msg, uint8_t type_id)
{
    struct frame *f = msg->payload;
    msg->type_id = type_id;
    if (f->len) {
        f->len--;
        memmove(f->data, f->data + 1, f->len);
    }
}

/* Deal with a message from the wire; `*wanted` when the caller is to have it. */
static struct err *take(struct rtmp_server *s, struct rtmp_message *msg, bool *wanted)
{
    *wanted = false;
    switch (msg->type_id) {
    case RTMP_TYPE_SET_CHUNK_SIZE:
    case RTMP_TYPE_ABORT:
    case RTMP_TYPE_ACK:
    case RTMP_TYPE_USER_CONTROL:
    case RTMP_TYPE_WINDOW_ACK_SIZE:
    case RTMP_TYPE_SET_PEER_BANDWIDTH: return take_control(s, msg);
    case RTMP_TYPE_AGGREGATE:
        s->aggregate = *msg;
        s->parts = rtmp_aggregate_over(msg->payload->data, msg->payload->len, msg->timestamp_ms);
        msg->payload = NULL;
        return NULL;
    case RTMP_TYPE_COMMAND_AMF3: unwrap_amf3(msg, RTMP_TYPE_COMMAND); break;
    case RTMP_TYPE_DATA_AMF3: unwrap_amf3(msg, RTMP_TYPE_DATA); break;
    case RTMP_TYPE_AUDIO:
    case RTMP_TYPE_VIDEO:
    case RTMP_TYPE_DATA:
    case RTMP_TYPE_COMMAND: break;
    default:
        if (!s->said_odd_type)
            log_info("drop messages of type %u, which mean nothing here", msg->type_id);
        s->said_odd_type = true;
        return NULL;
    }
    /* ffmpeg sends a time code as 4 bytes that are no AMF0 */
    *wanted = msg->type_id != RTMP_TYPE_DATA || msg->payload->len != 4 || msg->payload->data[0] != 0;
    return NULL;
}

/* The next media message of the aggregate under way. */
static struct err *take_part(struct rtmp_server *s, struct rtmp_message *msg, bool *got)
{
    struct rtmp_part part;
    for (;;) {
        struct err *e = rtmp_aggregate_next(&s->parts, &part, got);
        if (e || !*got) {
            frame_unref(&s->aggregate.payload);
            return e;
        }
        if (part.type_id == RTMP_TYPE_AUDIO || part.type_id == RTMP_TYPE_VIDEO || part.type_id == RTMP_TYPE_DATA)
            break;
    }
    struct frame *f = frame_new(part.len);
    *got = f != NULL;
    if (!f)
        return err_no_memory();
    memcpy(f->data, part.body, part.len);
    f->len = part.len;
    s->read_on_bytes += PART_COST + part.len;
    *msg = (struct rtmp_message){ part.type_id, s->aggregate.csid, s->aggregate.msid, part.timestamp_ms, f };
    return NULL;
}

/* The next message that the caller is to have among the bytes that have been read. */
static struct err *next(struct rtmp_server *s, struct rtmp_message *msg, bool *got)
{
    for (;;) {
        struct err *e;
        *got = false;
        if (s->no_memory)
            return err_no_memory();
        if (s->aggregate.payload && ((e = take_part(s, msg, got)) || *got))
            return e;
        if ((e = rtmp_chunk_reader_next(&s->in, msg, got)) || !*got)
            return e;
        if (s->in.began_with_type1 && !s->said_type1) {
            s->said_type1 = true;
            log_warn("the peer begins chunk stream %u with a chunk of type 1", msg->csid);
        }
        if (!(e = take(s, msg, got)) && *got)
            return NULL;
        frame_unref(&msg->payload);
        if (e)
            return e;
    }
}

struct err *rtmp_server_read_message(struct rtmp_server *s, struct rtmp_message *msg, int64_t deadline_us)
{
    for (;;) {
        bool        got;
        struct err *e = s->aggregate.payload ? be_fair(s, deadline_us) : NULL;
        if (e || (e = next(s, msg, &got)) || got)
            return e;
        if ((e = acknowledge(s)) || (e = fill(s, deadline_us)))
            return e;
    }
}

struct err *rtmp_server_next_now(struct rtmp_server *s, struct rtmp_message *msg, bool *got)
{
    for (size_t sum = 0;;) {
        size_t      n = 0;
        struct err *e = next(s, msg, got);
        if (e || *got)
            return e;
        if ((e = acknowledge(s)) || sum >= RTMP_RECEIVE_BUFFER || !io_is_readable(s->io))
            return e;
        if ((e = fill_now(s, &n)))
            return e;
        sum += n;
    }
}

/*
 * Clients that leave Nagle's algorithm on hold their next small message back until the last one is acknowledged,
 * which the kernel puts off for 40 ms while we have nothing to answer: up to three times on the way to the first
 * frame. So acknowledge at once until the client has said what it wants; the kernel forgets this soon.
 */
static void acknowledge_at_once(const struct rtmp_server *s)
{
    setsockopt(s->io->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
}

/* ---- handshake ---- */

struct handshake_bytes {
    uint8_t c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN];
};

static struct err *read_proxy_prefix(struct rtmp_server *s, uint8_t first, int64_t deadline_us)
{
    uint8_t     header[RTMP_PROXY_HEADER_LEN] = { first }, data[RTMP_PROXY_DATA_MAX];
    size_t      len = 0;
    struct err *e = io_read_full(s->io, header + 1, sizeof header - 1, deadline_us);
    if (!e)
        e = rtmp_handshake_proxy_len(header, &len);
    if (!e)
        e = io_read_full(s->io, data, len, deadline_us);
    if (e)
        return err_wrap(e, "read the proxy's prefix");
    if (len >= sizeof s->proxied_ip) {
        memcpy(s->proxied_ip, data, sizeof s->proxied_ip);
        s->proxied = true;
    }
    return NULL;
}

static struct err *exchange(struct rtmp_server *s, struct handshake_bytes *b, const char *name, int64_t deadline_us)
{
    struct err              *e = io_read_full(s->io, b->c0c1, 1, deadline_us);
    if (!e && b->c0c1[0] == RTMP_PROXY_MARK) {
        if ((e = read_proxy_prefix(s, b->c0c1[0], deadline_us)))
            return e;
        e = io_read_full(s->io, b->c0c1, 1, deadline_us);
    }
    if (e)
        return err_wrap(e, "read C0");
    if (b->c0c1[0] != RTMP_VERSION)
        return err_new(E_RTMP_PLAIN_REQUIRED, "C0 says version %u, only %d is spoken here", b->c0c1[0], RTMP_VERSION);
    if ((e = io_read_full(s->io, b->c0c1 + 1, RTMP_C1_LEN, deadline_us)))
        return err_wrap(e, "read C1");
    if ((e = rtmp_handshake_answer(b->c0c1, b->s0s1s2, name, (uint32_t)(wall_now_us() / US_PER_SECOND),
                                   &s->handshake)))
        return e;
    if ((e = io_write(s->io, b->s0s1s2, sizeof b->s0s1s2, deadline_us)))
        return err_wrap(e, "write S0, S1 and S2");
    acknowledge_at_once(s);
    if ((e = io_read_full(s->io, b->c0c1, RTMP_C2_LEN, deadline_us))) /* what it says is not checked */
        return err_wrap(e, "read C2");
    return NULL;
}

struct err *rtmp_server_handshake(struct rtmp_server *s, const char *name, int64_t deadline_us)
{
    /* A connection that says nothing is given nothing. */
    struct err *e = io_wait_readable(s->io, deadline_us);
    if (e)
        return err_wrap(e, "wait for C0");
    struct handshake_bytes *bytes = mem_alloc(sizeof *bytes);
    e = bytes ? exchange(s, bytes, name, deadline_us) : err_no_memory();
    mem_free(bytes);
    return e;
}

/* ---- connect ---- */

/* A text of connect's object, cut where it is too long: only the tcUrl must be whole. */
static struct amf0_text text_of(const struct rtmp_call *call, const char *name)
{
    struct amf0_text text = amf0_get_string(call->object, name);
    if (!text.p)
        return (struct amf0_text){ "", 0 };
    text.len = strnlen(text.p, text.len < RTMP_URL_MAX ? text.len : RTMP_URL_MAX);
    return text;
}

static const char *put(char **at, struct amf0_text text)
{
    char *start = *at;
    memcpy(start, text.p, text.len);
    start[text.len] = '\0';
    *at += text.len + 1;
    return start;
}

/* Keep the second object of connect as it is: it is passed on to an origin. */
static struct err *keep_args(struct rtmp_request *req, const struct rtmp_call *call)
{
    struct rd      r = call->args;
    enum amf0_type type = amf0_peek(&r);
    if (type != AMF0_OBJECT && type != AMF0_ECMA_ARRAY)
        return NULL;
    amf0_skip(&r);
    size_t len = (size_t)(r.p - call->args.p);
    if (r.bad || len > RTMP_ARGS_MAX)
        return NULL;
    req->args = mem_alloc(len);
    if (!req->args)
        return err_no_memory();
    memcpy(req->args, call->args.p, len);
    req->args_len = len;
    return NULL;
}

static struct err *read_connect(struct rtmp_request *req, const struct rtmp_call *call)
{
    if (call->kind != RTMP_CALL_CONNECT)
        return err_new(E_RTMP_REQ_CONNECT, "the first command is %.*s, not connect",
                       call->name.len < 64 ? (int)call->name.len : 64, call->name.p);
    struct amf0_text given = amf0_get_string(call->object, "tcUrl");
    if (!given.len)
        return err_new(E_RTMP_REQ_CONNECT, "connect without tcUrl");
    struct amf0_text tc_url = text_of(call, "tcUrl"), page_url = text_of(call, "pageUrl"),
                     swf_url = text_of(call, "swfUrl");
    if (tc_url.len < given.len)
        return err_new(E_LIMIT, "a tcUrl of %zu bytes, or with a NUL in it", given.len);
    req->block = mem_alloc(tc_url.len + page_url.len + swf_url.len + 3);
    if (!req->block)
        return err_no_memory();
    char *at = req->block;
    req->tc_url = put(&at, tc_url);
    req->page_url = put(&at, page_url);
    req->swf_url = put(&at, swf_url);
    req->connect_tid = call->tid;
    req->object_encoding = amf0_get_number(call->object, "objectEncoding", 0);
    struct err *e = keep_args(req, call);
    return e ? e : rtmp_url_parse(&req->url, req->tc_url, NULL);
}

/* Wait for a command; other messages have no business yet. */
static struct err *read_call(struct rtmp_server *s, struct rtmp_message *msg, struct rtmp_call *call,
                             int64_t deadline_us)
{
    for (;;) {
        acknowledge_at_once(s);
        struct err *e = rtmp_server_read_message(s, msg, deadline_us);
        if (e)
            return e;
        if (msg->type_id == RTMP_TYPE_COMMAND) {
            if ((e = rtmp_server_decode(msg, call)))
                frame_unref(&msg->payload);
            return e;
        }
        frame_unref(&msg->payload);
    }
}

struct err *rtmp_server_connect(struct rtmp_server *s, struct rtmp_request *req, int64_t deadline_us)
{
    struct rtmp_message msg;
    struct rtmp_call    call;
    *req = (struct rtmp_request){ .tc_url = "", .page_url = "", .swf_url = "" };
    rtmp_url_finish(&req->url);
    struct err *e = read_call(s, &msg, &call, deadline_us);
    if (e)
        return e;
    e = read_connect(req, &call);
    frame_unref(&msg.payload);
    return e;
}

struct err *rtmp_server_reply_connect(struct rtmp_server *s, const struct rtmp_request *req,
                                      const struct rtmp_server_settings *settings,
                                      const struct rtmp_connect_result  *result)
{
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    if (settings->in_ack_size && !s->ack_window)
        s->ack_window = settings->in_ack_size;
    if (settings->out_ack_size)
        rtmp_write_window_ack_size(&r.wire, settings->out_ack_size);
    rtmp_write_set_peer_bandwidth(&r.wire, PEER_BANDWIDTH, RTMP_LIMIT_DYNAMIC);
    rtmp_write_set_chunk_size(&r.wire, settings->chunk_size);
    s->out_chunk_size = settings->chunk_size;

    struct rtmp_connect_result own = *result;
    own.tid = req->connect_tid;
    own.object_encoding = req->object_encoding;
    rtmp_write_connect_result(&r.body, &own);
    reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    rtmp_write_bw_done(&r.body);
    reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return reply_send(&r);
}

struct err *rtmp_server_reject_connect(struct rtmp_server *s, const struct rtmp_request *req, const char *description)
{
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    rtmp_write_connect_rejected(&r.body, req->connect_tid, description);
    reply_add(&r, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return reply_send(&r);
}

/* ---- identify ---- */

/* What a client has said on its way to play or publish. */
struct identification {
    struct rtmp_server *s;
    enum rtmp_role      role; /* of a publish; FLASH until something tells another */
    int                 n_create_stream;
    char               *released, *announced; /* by releaseStream, by FCPublish; NULL: not said */
};

static struct err *copy_name(char **name, struct amf0_text text)
{
    if (text.len > RTMP_URL_MAX)
        return err_new(E_LIMIT, "a stream name of %zu bytes", text.len);
    char *copy = mem_strndup(text.p ? text.p : "", text.len);
    if (!copy)
        return err_no_memory();
    mem_free(*name);
    *name = copy;
    return NULL;
}

typedef void write_result(struct wr *w, double tid);

static struct err *answer(struct rtmp_server *s, uint32_t msid, double tid, write_result *write)
{
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    write(&r.body, tid);
    reply_add(&r, RTMP_CSID_COMMAND, msid, RTMP_TYPE_COMMAND);
    return reply_send(&r);
}

static void write_stream_created(struct wr *w, double tid)
{
    rtmp_write_result_number(w, tid, RTMP_MSID);
}

/* releaseStream, FCPublish, FCUnpublish: the marks of FMLE, or after createStream of Haivision's encoders. */
static struct err *take_announcement(struct identification *id, const struct rtmp_call *call)
{
    struct err *e = NULL;
    if (call->kind == RTMP_CALL_RELEASE_STREAM)
        e = copy_name(&id->released, call->text);
    if (call->kind == RTMP_CALL_FC_PUBLISH)
        e = copy_name(&id->announced, call->text);
    if (e)
        return e;
    if (id->role == RTMP_FLASH_PUBLISH)
        id->role = id->n_create_stream ? RTMP_HAIVISION_PUBLISH : RTMP_FMLE_PUBLISH;
    return answer(id->s, 0, call->tid, rtmp_write_result_undefined);
}

static struct err *take_create_stream(struct identification *id, const struct rtmp_call *call)
{
    if (id->n_create_stream++ == RTMP_CREATE_STREAMS_MAX)
        return err_new(E_RTMP_CREATE_STREAM_DEPTH, "more than %d createStream before play or publish",
                       RTMP_CREATE_STREAMS_MAX);
    return answer(id->s, 0, call->tid, write_stream_created);
}

/*
 * The name to publish by. FMLE and its kin say it three times, and the first counts; but parameters
 * that stand only in publish are not lost.
 */
static const char *choose_name(const struct identification *id, const char *published)
{
    const char *first = id->released && *id->released ? id->released : id->announced;
    if (id->role == RTMP_FLASH_PUBLISH || !first || !*first)
        return published;
    bool adds_param = !strchr(first, '?') && str_starts_with(published, first) && published[strlen(first)] == '?';
    return adds_param ? published : first;
}

static int64_t duration_of(const struct rtmp_call *call)
{
    double ms = call->play_duration_ms;
    return isfinite(ms) && ms > 0 && ms < 1e12 ? (int64_t)ms : 0;
}

/* The client has said play or publish: find out which stream. */
static struct err *find_stream(struct identification *id, struct rtmp_request *req, const struct rtmp_call *call,
                               enum rtmp_role *role)
{
    char           *name = NULL;
    struct rtmp_url url;
    struct err     *e = copy_name(&name, call->text);
    if (e)
        return e;
    *role = call->kind == RTMP_CALL_PLAY ? RTMP_PLAY : id->role;
    req->duration_ms = *role == RTMP_PLAY ? duration_of(call) : 0;
    e = rtmp_url_parse(&url, req->tc_url, *role == RTMP_PLAY ? name : choose_name(id, name));
    mem_free(name);
    if (!e && !*url.stream)
        e = err_new(E_RTMP_STREAM_NAME_EMPTY, "%s without a stream name", *role == RTMP_PLAY ? "play" : "publish");
    if (!e) {
        rtmp_url_finish(&req->url);
        req->url = url;
        return NULL;
    }
    rtmp_url_finish(&url);
    char        text[ERR_TEXT_MAX];
    struct err *unsent = rtmp_server_refuse(id->s, *role, RTMP_REFUSE_NOT_FOUND, err_text(e, text, sizeof text));
    err_free(unsent); /* the connection ends in any case */
    return e;
}

static struct err *identify_by(struct identification *id, const struct rtmp_call *call, bool *done)
{
    switch (call->kind) {
    case RTMP_CALL_RELEASE_STREAM:
    case RTMP_CALL_FC_PUBLISH:
    case RTMP_CALL_FC_UNPUBLISH: return take_announcement(id, call);
    case RTMP_CALL_CREATE_STREAM: return take_create_stream(id, call);
    case RTMP_CALL_PLAY:
    case RTMP_CALL_PUBLISH: *done = true; return NULL;
    case RTMP_CALL_RESULT:
    case RTMP_CALL_ERROR:
    case RTMP_CALL_STATUS: return NULL; /* an answer is not answered */
    default: return answer(id->s, 0, call->tid, rtmp_write_result_null);
    }
}

struct err *rtmp_server_identify(struct rtmp_server *s, struct rtmp_request *req, enum rtmp_role *role,
                                 int64_t deadline_us)
{
    struct identification id = { .s = s, .role = RTMP_FLASH_PUBLISH };
    struct err           *e = NULL;
    for (bool done = false; !e && !done;) {
        struct rtmp_message msg;
        struct rtmp_call    call;
        if ((e = read_call(s, &msg, &call, deadline_us)))
            break;
        e = identify_by(&id, &call, &done);
        if (!e && done)
            e = find_stream(&id, req, &call, role);
        frame_unref(&msg.payload);
    }
    mem_free(id.released);
    mem_free(id.announced);
    return e;
}

/* ---- play and publish ---- */

struct err *rtmp_server_start_play(struct rtmp_server *s)
{
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    rtmp_write_user_control(&r.wire, RTMP_EVENT_STREAM_BEGIN, RTMP_MSID);
    reply_add_status(&r, RTMP_STATUS_PLAY_RESET);
    reply_add_status(&r, RTMP_STATUS_PLAY_START);
    rtmp_write_sample_access(&r.body);
    reply_add(&r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_DATA);
    return reply_send(&r);
}

struct err *rtmp_server_start_publish(struct rtmp_server *s, enum rtmp_role role)
{
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    if (role != RTMP_FLASH_PUBLISH) {
        rtmp_write_on_fc_publish(&r.body);
        reply_add(&r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
    }
    reply_add_status(&r, RTMP_STATUS_PUBLISH_START);
    return reply_send(&r);
}

struct err *rtmp_server_refuse(struct rtmp_server *s, enum rtmp_role role, enum rtmp_refusal why,
                               const char *description)
{
    static const struct {
        const char *publish, *play;
    } codes[] = {
        [RTMP_REFUSE_BUSY] = { "NetStream.Publish.BadName", "NetStream.Play.Failed" },
        [RTMP_REFUSE_DENIED] = { "NetStream.Publish.Denied", "NetStream.Play.Failed" },
        [RTMP_REFUSE_NOT_FOUND] = { "NetStream.Publish.Denied", "NetStream.Play.StreamNotFound" },
        [RTMP_REFUSE_FAILED] = { "NetStream.Publish.Failed", "NetStream.Play.Failed" },
    };
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    rtmp_write_status_error(&r.body, role == RTMP_PLAY ? codes[why].play : codes[why].publish, description);
    reply_add(&r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
    return reply_send(&r);
}

struct err *rtmp_server_decode(const struct rtmp_message *msg, struct rtmp_call *call)
{
    if (msg->type_id == RTMP_TYPE_COMMAND)
        return rtmp_call_decode(call, msg->type_id, msg->payload->data, msg->payload->len);
    *call = (struct rtmp_call){ .kind = RTMP_CALL_OTHER };
    return NULL;
}

struct err *rtmp_server_reply_unknown(struct rtmp_server *s, const struct rtmp_call *call)
{
    return call->tid > 0 ? answer(s, 0, call->tid, rtmp_write_result_null) : NULL;
}

struct err *rtmp_server_reply_pause(struct rtmp_server *s, bool pause)
{
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    reply_add_status(&r, pause ? RTMP_STATUS_PAUSE : RTMP_STATUS_UNPAUSE);
    rtmp_write_user_control(&r.wire, pause ? RTMP_EVENT_STREAM_EOF : RTMP_EVENT_STREAM_BEGIN, RTMP_MSID);
    return reply_send(&r);
}

bool rtmp_server_call_ends_publish(enum rtmp_role role, const struct rtmp_call *call)
{
    return role == RTMP_FLASH_PUBLISH || call->kind == RTMP_CALL_FC_UNPUBLISH;
}

struct err *rtmp_server_end_publish(struct rtmp_server *s, enum rtmp_role role, const struct rtmp_call *call)
{
    if (role == RTMP_FLASH_PUBLISH)
        return NULL;
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    rtmp_write_on_fc_unpublish(&r.body);
    reply_add(&r, RTMP_CSID_STREAM, RTMP_MSID, RTMP_TYPE_COMMAND);
    rtmp_write_result_undefined(&r.body, call->tid);
    reply_add(&r, RTMP_CSID_COMMAND, RTMP_MSID, RTMP_TYPE_COMMAND);
    reply_add_status(&r, RTMP_STATUS_UNPUBLISH_SUCCESS);
    return reply_send(&r);
}

struct err *rtmp_server_send_status(struct rtmp_server *s, enum rtmp_status status)
{
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    if (e)
        return e;
    reply_add_status(&r, status);
    return reply_send(&r);
}

struct err *rtmp_server_send_event(struct rtmp_server *s, enum rtmp_user_event event)
{
    return send_user_control(s, event, RTMP_MSID);
}

struct err *rtmp_server_redirect(struct rtmp_server *s, const char *redirect, const char *redirect2,
                                 int64_t deadline_us, bool *accepted)
{
    struct reply r;
    struct err  *e = reply_begin(&r, s);
    *accepted = false;
    if (e)
        return e;
    rtmp_write_redirect(&r.body, redirect, redirect2);
    reply_add(&r, RTMP_CSID_STREAM, 0, RTMP_TYPE_COMMAND);
    if ((e = reply_send(&r)))
        return err_wrap(e, "redirect");
    while (!e && !*accepted) {
        struct rtmp_message msg;
        struct rtmp_call    call;
        if ((e = read_call(s, &msg, &call, deadline_us)))
            break;
        *accepted = call.text.p != NULL;
        frame_unref(&msg.payload);
    }
    if (err_code(e) == E_SOCKET_TIMEOUT) { /* it did not answer, which it need not */
        err_free(e);
        e = NULL;
    }
    return err_wrap(e, "redirect");
}
