#include "protocol/rtmp/chunk_writer.h"

/* RTMP 1.0, 5.3.1.2.1 and 5.3.1.3: this value of a 24-bit timestamp says that 32 bits follow the header. */
enum { TIMESTAMP_IS_EXTENDED = 0xFFFFFF };

static void write_basic_header(struct wr *w, uint8_t type, uint32_t csid)
{
    if (csid < 64) {
        wr_u8(w, (uint8_t)(type << 6 | csid));
    } else if (csid < 64 + 256) {
        wr_u8(w, (uint8_t)(type << 6));
        wr_u8(w, (uint8_t)(csid - 64));
    } else {
        wr_u8(w, (uint8_t)(type << 6 | 1));
        wr_u8(w, (uint8_t)((csid - 64) & 0xFF));
        wr_u8(w, (uint8_t)((csid - 64) >> 8));
    }
}

size_t rtmp_chunk_header(uint8_t out[static RTMP_CHUNK_HEADER_MAX], uint32_t csid, uint32_t msid, uint8_t type_id,
                         uint32_t len, uint32_t timestamp_ms)
{
    struct wr w = wr_over(out, RTMP_CHUNK_HEADER_MAX);
    bool      extended = timestamp_ms >= TIMESTAMP_IS_EXTENDED;
    write_basic_header(&w, 0, csid);
    wr_u24(&w, extended ? TIMESTAMP_IS_EXTENDED : timestamp_ms);
    wr_u24(&w, len);
    wr_u8(&w, type_id);
    wr_u32le(&w, msid);
    if (extended)
        wr_u32(&w, timestamp_ms);
    return wr_len(&w);
}

size_t rtmp_chunk_continuation(uint8_t out[static RTMP_CONTINUATION_MAX], uint32_t csid, uint32_t timestamp_ms)
{
    struct wr w = wr_over(out, RTMP_CONTINUATION_MAX);
    write_basic_header(&w, 3, csid);
    if (timestamp_ms >= TIMESTAMP_IS_EXTENDED)
        wr_u32(&w, timestamp_ms);
    return wr_len(&w);
}

/* Both headers of a message, for arithmetic on offsets. */
struct headers {
    uint8_t first[RTMP_CHUNK_HEADER_MAX], next[RTMP_CONTINUATION_MAX];
    size_t  first_len, next_len;
};

static void make_headers(struct headers *h, const struct rtmp_out *m)
{
    h->first_len = rtmp_chunk_header(h->first, m->csid, m->msid, m->type_id, m->len, m->timestamp_ms);
    h->next_len = rtmp_chunk_continuation(h->next, m->csid, m->timestamp_ms);
}

size_t rtmp_message_wire_len(const struct rtmp_out *m, uint32_t chunk_size)
{
    struct headers h;
    make_headers(&h, m);
    size_t further = m->len ? (m->len - 1) / chunk_size : 0;
    return h.first_len + further * h.next_len + m->len;
}

int rtmp_message_iov(const struct rtmp_out *m, uint32_t chunk_size, size_t offset, struct iovec *iov, int n_iov,
                     struct wr *scratch, size_t *covered)
{
    struct headers h;
    make_headers(&h, m);

    /* The offset lies `at` bytes into chunk number `chunk`. */
    size_t chunk = 0, at = offset;
    if (at >= h.first_len + chunk_size) {
        at -= h.first_len + chunk_size;
        chunk = 1 + at / (h.next_len + chunk_size);
        at %= h.next_len + chunk_size;
    }
    int n = 0;
    *covered = 0;
    for (; chunk == 0 || chunk * chunk_size < m->len; chunk++, at = 0) {
        size_t         body_at = chunk * chunk_size;
        size_t         body_len = m->len - body_at < chunk_size ? m->len - body_at : chunk_size;
        const uint8_t *header = chunk ? h.next : h.first;
        size_t         header_len = chunk ? h.next_len : h.first_len;
        if (at < header_len) {
            uint8_t *copy = n < n_iov ? wr_room(scratch, header_len - at) : NULL;
            if (!copy)
                return n;
            memcpy(copy, header + at, header_len - at);
            iov[n++] = (struct iovec){ copy, header_len - at };
            *covered += header_len - at;
            at = header_len;
        }
        size_t skip = at - header_len;
        if (skip < body_len) {
            if (n == n_iov)
                return n;
            iov[n++] = (struct iovec){ (uint8_t *)m->body + body_at + skip, body_len - skip };
            *covered += body_len - skip;
        }
    }
    return n;
}

void rtmp_message_write(struct wr *w, const struct rtmp_out *m, uint32_t chunk_size)
{
    struct headers h;
    make_headers(&h, m);
    wr_bytes(w, h.first, h.first_len);
    for (uint32_t at = 0; at < m->len;) {
        uint32_t n = m->len - at < chunk_size ? m->len - at : chunk_size;
        if (at)
            wr_bytes(w, h.next, h.next_len);
        wr_bytes(w, m->body + at, n);
        at += n;
    }
}

/* Write a control message. It is shorter than any chunk size, so it is one chunk. */
static void write_control(struct wr *w, uint8_t type_id, const uint8_t *body, uint32_t len)
{
    struct rtmp_out m = { .csid = RTMP_CSID_CONTROL, .type_id = type_id, .len = len, .body = body };
    rtmp_message_write(w, &m, RTMP_CHUNK_SIZE_MIN);
}

static void write_control_u32(struct wr *w, uint8_t type_id, uint32_t value)
{
    uint8_t   body[4];
    struct wr b = wr_over(body, sizeof body);
    wr_u32(&b, value);
    write_control(w, type_id, body, sizeof body);
}

void rtmp_write_set_chunk_size(struct wr *w, uint32_t chunk_size)
{
    write_control_u32(w, RTMP_TYPE_SET_CHUNK_SIZE, chunk_size);
}

void rtmp_write_ack(struct wr *w, uint32_t bytes_received)
{
    write_control_u32(w, RTMP_TYPE_ACK, bytes_received);
}

void rtmp_write_window_ack_size(struct wr *w, uint32_t bytes)
{
    write_control_u32(w, RTMP_TYPE_WINDOW_ACK_SIZE, bytes);
}

void rtmp_write_set_peer_bandwidth(struct wr *w, uint32_t bytes, enum rtmp_bandwidth_limit limit)
{
    uint8_t   body[5];
    struct wr b = wr_over(body, sizeof body);
    wr_u32(&b, bytes);
    wr_u8(&b, (uint8_t)limit);
    write_control(w, RTMP_TYPE_SET_PEER_BANDWIDTH, body, sizeof body);
}

void rtmp_write_user_control(struct wr *w, enum rtmp_user_event event, uint32_t value)
{
    uint8_t   body[6];
    struct wr b = wr_over(body, sizeof body);
    wr_u16(&b, (uint16_t)event);
    wr_u32(&b, value);
    write_control(w, RTMP_TYPE_USER_CONTROL, body, sizeof body);
}

void rtmp_write_set_buffer_length(struct wr *w, uint32_t msid, uint32_t buffer_ms)
{
    uint8_t   body[10];
    struct wr b = wr_over(body, sizeof body);
    wr_u16(&b, RTMP_EVENT_SET_BUFFER_LENGTH);
    wr_u32(&b, msid);
    wr_u32(&b, buffer_ms);
    write_control(w, RTMP_TYPE_USER_CONTROL, body, sizeof body);
}
