#include "protocol/rtmp/link.h"

#include <netinet/tcp.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "kernel/amf3.h"
#include "protocol/co.h"

/* Usual encoders announce at most this; a larger chunk size is logged. */
enum { CHUNK_SIZE_USUAL_MAX = 65536 };

/* Bytes that a part of an aggregate counts at least before a yield is due: one aggregate may hold a million parts. */
enum { PART_COST = 64 };

/* Pings that are answered before the link gives way: an answer is a system call, and one buffer holds ten thousand pings. */
enum { PINGS_A_TURN = 64 };

void rtmp_link_init(struct rtmp_link *l, struct io *io)
{
    *l = (struct rtmp_link){ .io = io, .out_chunk_size = RTMP_CHUNK_SIZE_DEFAULT };
    l->buffer = rtmp_receive_buffer_of(io);
    rtmp_chunk_reader_init(&l->in);
    l->in.unfinished.io = io;
    rtmp_chunk_reader_expect_media(&l->in, false);
}

void rtmp_link_finish(struct rtmp_link *l)
{
    if (l->buffer && l->buffer->holder == l)
        l->buffer->holder = NULL;
    frame_unref(&l->aggregate.payload);
    frame_unref(&l->unread.payload);
    rtmp_chunk_reader_finish(&l->in);
    l->io = NULL;
}

/* ---- control messages to the peer ---- */

static struct err *send_control(struct rtmp_link *l, const struct wr *w)
{
    return err_wrap(io_write_taken(l->io, w->start, wr_len(w), RTMP_REPLY_TIMEOUT_US), "send a control message");
}

struct err *rtmp_link_send_event(struct rtmp_link *l, enum rtmp_user_event event, uint32_t value)
{
    uint8_t   bytes[RTMP_CONTROL_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    rtmp_write_user_control(&w, event, value);
    return send_control(l, &w);
}

static struct err *acknowledge(struct rtmp_link *l)
{
    int64_t n_new = l->io->bytes_in - l->acked;
    if (!l->ack_window || n_new == 0 || n_new < l->ack_window / 2)
        return NULL;
    uint8_t   bytes[RTMP_CONTROL_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    l->acked = l->io->bytes_in;
    rtmp_write_ack(&w, (uint32_t)l->acked); /* RTMP 1.0, 5.4.3: 32 bits, which wrap */
    return send_control(l, &w);
}

/* ---- the shared buffer ---- */

/* Take the shared buffer. Bytes in it that another link has not consumed are copied for that link first. */
static uint8_t *claim_buffer(struct rtmp_link *l)
{
    struct rtmp_link *holder = l->buffer->holder;
    if (holder && holder != l) {
        struct err *e = rtmp_chunk_reader_keep(&holder->in);
        holder->no_memory |= e != NULL;
        err_free(e);
    }
    l->buffer->holder = l;
    return l->buffer->bytes;
}

/* Feed the bytes in the socket to the reader, which has consumed all earlier ones. Never waits. */
static struct err *fill_now(struct rtmp_link *l, size_t *n)
{
    uint8_t    *bytes = claim_buffer(l);
    struct err *e = io_read_now(l->io, bytes, RTMP_RECEIVE_BUFFER, n);
    if (!e && *n)
        rtmp_chunk_reader_feed(&l->in, bytes, *n);
    return e;
}

/* Give way from time to time to other coroutines: a peer may send faster than it is read. */
static struct err *be_fair(struct rtmp_link *l, int64_t deadline_us)
{
    if (l->read_on_bytes < RTMP_RECEIVE_BUFFER && !co_slice_is_over())
        return NULL;
    l->read_on_bytes = 0;
    co_give_way();
    if (co_is_cancelled(co_self()))
        return err_new(E_THREAD_INTERRUPTED, "cancelled");
    if (now_us() >= co_deadline(deadline_us))
        return err_new(E_SOCKET_TIMEOUT, "much has come, but nothing of use, until the deadline");
    return NULL;
}

static struct err *fill(struct rtmp_link *l, int64_t deadline_us)
{
    for (;;) {
        struct err *e = be_fair(l, deadline_us);
        if (!io_is_readable(l->io))
            l->read_on_bytes = 0;
        if (!e)
            e = io_wait_readable(l->io, deadline_us);
        if (!e)
            e = rtmp_chunk_reader_check(&l->in);
        size_t n = 0;
        if (!e)
            e = fill_now(l, &n);
        l->read_on_bytes += (uint32_t)n;
        if (e || n)
            return e;
    }
}

/* ---- messages of the protocol itself ---- */

static struct err *too_short(const struct rtmp_message *msg)
{
    return err_new(E_RTMP_MESSAGE_DECODE, "a control message of type %u with %u bytes", msg->type_id,
                   msg->payload->len);
}

static struct err *take_chunk_size(struct rtmp_link *l, uint32_t size)
{
    if (size > CHUNK_SIZE_USUAL_MAX && !l->said_big_chunks) {
        l->said_big_chunks = true;
        log_warn("the peer announces chunks of %u bytes, more than the usual %d", size, CHUNK_SIZE_USUAL_MAX);
    }
    return rtmp_chunk_reader_set_chunk_size(&l->in, size);
}

static struct err *take_user_control(struct rtmp_link *l, const struct rtmp_message *msg)
{
    struct rd r = rd_over(msg->payload->data, msg->payload->len);
    uint16_t  event = rd_u16(&r);
    if (r.bad)
        return too_short(msg);
    if (event == RTMP_EVENT_PING_REQUEST) {
        uint32_t time = rd_u32(&r);
        if (++l->n_pings % PINGS_A_TURN == 0)
            co_give_way();
        return r.bad ? too_short(msg) : rtmp_link_send_event(l, RTMP_EVENT_PING_RESPONSE, time);
    }
    if (event == RTMP_EVENT_SET_BUFFER_LENGTH) {
        rd_u32(&r);
        l->buffer_ms = rd_u32(&r);
    }
    return NULL; /* Other events, and older ones that are shorter, are ignored. */
}

/* Handle a protocol control message (RTMP 1.0, 5.4). */
static struct err *take_control(struct rtmp_link *l, const struct rtmp_message *msg)
{
    if (msg->type_id == RTMP_TYPE_USER_CONTROL)
        return take_user_control(l, msg);
    struct rd r = rd_over(msg->payload->data, msg->payload->len);
    uint32_t  value = rd_u32(&r);
    if (r.bad)
        return too_short(msg);
    switch (msg->type_id) {
    case RTMP_TYPE_SET_CHUNK_SIZE: return take_chunk_size(l, value);
    case RTMP_TYPE_ABORT: rtmp_chunk_reader_abort(&l->in, value); return NULL;
    case RTMP_TYPE_WINDOW_ACK_SIZE: l->ack_window = value ? value : l->ack_window; return NULL;
    default: return NULL; /* Acknowledgements and bandwidths are ignored: the socket alone says when to send. */
    }
}

static bool is_text_marker(uint8_t byte)
{
    return byte == AMF0_STRING || byte == AMF0_LONG_STRING || byte == AMF0_AVMPLUS || byte == AMF3_STRING;
}

/* Remove the byte before the first value of a message of an AMF3 type; some encoders leave it out. */
static void unwrap_amf3(struct rtmp_message *msg, uint8_t type_id)
{
    struct frame *f = msg->payload;
    msg->type_id = type_id;
    if (f->len && !is_text_marker(f->data[0])) {
        f->len--;
        memmove(f->data, f->data + 1, f->len);
    }
}

/* Convert AMF3 to AMF0. A message that cannot be converted stays as it is, and its reader finds it malformed. */
static struct err *convert_amf3(struct rtmp_message *msg)
{
    const struct frame *f = msg->payload;
    if (f->len > RTMP_CALL_MAX || !amf3_may_be_in(f->data, f->len))
        return NULL;
    struct amf3_tables *tables = mem_alloc(sizeof *tables);
    struct frame       *made = frame_new(RTMP_CALL_MAX);
    bool                ok = false;
    if (tables && made) {
        struct wr w = wr_over(made->data, RTMP_CALL_MAX);
        ok = amf3_to_amf0(&w, f->data, f->len, tables);
        made->len = (uint32_t)wr_len(&w);
    }
    struct err *e = tables && made ? NULL : err_no_memory();
    mem_free(tables);
    if (ok) {
        frame_unref(&msg->payload);
        msg->payload = made;
    } else {
        frame_unref(&made);
    }
    return e;
}

/* Handle a received message; `*wanted` if it is for the caller of the link. */
static struct err *take(struct rtmp_link *l, struct rtmp_message *msg, bool *wanted)
{
    *wanted = false;
    switch (msg->type_id) {
    case RTMP_TYPE_SET_CHUNK_SIZE:
    case RTMP_TYPE_ABORT:
    case RTMP_TYPE_ACK:
    case RTMP_TYPE_USER_CONTROL:
    case RTMP_TYPE_WINDOW_ACK_SIZE:
    case RTMP_TYPE_SET_PEER_BANDWIDTH: return take_control(l, msg);
    case RTMP_TYPE_AGGREGATE:
        l->aggregate = *msg;
        l->parts = rtmp_aggregate_over(msg->payload->data, msg->payload->len, msg->timestamp_ms);
        msg->payload = NULL;
        return NULL;
    case RTMP_TYPE_COMMAND_AMF3: unwrap_amf3(msg, RTMP_TYPE_COMMAND); break;
    case RTMP_TYPE_DATA_AMF3: unwrap_amf3(msg, RTMP_TYPE_DATA); break;
    case RTMP_TYPE_AUDIO:
    case RTMP_TYPE_VIDEO:
    case RTMP_TYPE_DATA:
    case RTMP_TYPE_COMMAND: break;
    default:
        if (!l->said_odd_type)
            log_info("drop messages of type %u, which mean nothing here", msg->type_id);
        l->said_odd_type = true;
        return NULL;
    }
    /* ffmpeg sends a time code as 4 bytes that are not AMF0; it is dropped. */
    *wanted = msg->type_id != RTMP_TYPE_DATA || msg->payload->len != 4 || msg->payload->data[0] != 0;
    return msg->type_id == RTMP_TYPE_DATA || msg->type_id == RTMP_TYPE_COMMAND ? convert_amf3(msg) : NULL;
}

/* ---- messages to the caller ---- */

/* Read the next media message of the current aggregate. */
static struct err *take_part(struct rtmp_link *l, struct rtmp_message *msg, bool *got)
{
    struct rtmp_part part;
    for (;;) {
        struct err *e = rtmp_aggregate_next(&l->parts, &part, got);
        if (e || !*got) {
            frame_unref(&l->aggregate.payload);
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
    l->read_on_bytes += PART_COST + part.len;
    *msg = (struct rtmp_message){ part.type_id, l->aggregate.csid, l->aggregate.msid, part.timestamp_ms, f };
    return part.type_id == RTMP_TYPE_DATA ? convert_amf3(msg) : NULL;
}

/* Find the next message for the caller among the bytes that have been read. */
static struct err *next(struct rtmp_link *l, struct rtmp_message *msg, bool *got)
{
    for (;;) {
        struct err *e;
        *got = false;
        if (l->no_memory)
            return err_no_memory();
        if (l->unread.payload) {
            *msg = l->unread;
            l->unread.payload = NULL;
            *got = true;
            return NULL;
        }
        if (l->aggregate.payload && ((e = take_part(l, msg, got)) || *got))
            return e;
        if ((e = rtmp_chunk_reader_next(&l->in, msg, got)) || !*got)
            return e;
        if (l->in.began_with_type1 && !l->said_type1) {
            l->said_type1 = true;
            log_warn("the peer begins chunk stream %u with a chunk of type 1", msg->csid);
        }
        if (!(e = take(l, msg, got)) && *got)
            return NULL;
        frame_unref(&msg->payload);
        if (e)
            return e;
    }
}

void rtmp_link_unread(struct rtmp_link *l, struct rtmp_message *msg)
{
    l->unread = *msg;
    msg->payload = NULL;
}

struct err *rtmp_link_read_message(struct rtmp_link *l, struct rtmp_message *msg, int64_t deadline_us)
{
    for (;;) {
        bool        got;
        struct err *e = l->aggregate.payload ? be_fair(l, deadline_us) : NULL;
        if (e || (e = next(l, msg, &got)) || got)
            return e;
        if ((e = acknowledge(l)) || (e = fill(l, deadline_us)))
            return e;
    }
}

struct err *rtmp_link_next_now(struct rtmp_link *l, struct rtmp_message *msg, bool *got)
{
    *got = false;
    for (size_t sum = 0;;) {
        size_t      n = 0;
        struct err *e = l->aggregate.payload ? be_fair(l, DEADLINE_NEVER) : NULL;
        if (e || (e = next(l, msg, got)) || *got)
            return e;
        if (!io_is_readable(l->io))
            l->read_on_bytes = 0;
        if ((e = acknowledge(l)) || sum >= RTMP_RECEIVE_BUFFER || !io_is_readable(l->io))
            return e;
        if ((e = be_fair(l, DEADLINE_NEVER)) || (e = fill_now(l, &n)))
            return e;
        l->read_on_bytes += (uint32_t)n;
        sum += n;
    }
}

struct err *rtmp_link_decode(const struct rtmp_message *msg, struct rtmp_call *call)
{
    if (msg->type_id == RTMP_TYPE_COMMAND)
        return rtmp_call_decode(call, msg->type_id, msg->payload->data, msg->payload->len);
    *call = (struct rtmp_call){ .kind = RTMP_CALL_OTHER };
    return NULL;
}

void rtmp_link_acknowledge_at_once(const struct rtmp_link *l)
{
    setsockopt(l->io->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
}

struct err *rtmp_link_read_call(struct rtmp_link *l, struct rtmp_message *msg, struct rtmp_call *call,
                                int64_t deadline_us)
{
    for (;;) {
        rtmp_link_acknowledge_at_once(l);
        struct err *e = rtmp_link_read_message(l, msg, deadline_us);
        if (e)
            return e;
        if (msg->type_id == RTMP_TYPE_COMMAND) {
            if ((e = rtmp_link_decode(msg, call)))
                frame_unref(&msg->payload);
            return e;
        }
        frame_unref(&msg->payload);
    }
}
