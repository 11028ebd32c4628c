#include "protocol/http/websocket_frame.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "core/rd.h"
#include "core/wr.h"

enum { MASK_LEN = 4, SMALL_MAX = 125, LEN_16 = 126, LEN_64 = 127 };
enum { BIT_FIN = 0x80, BITS_RESERVED = 0x70, BITS_OPCODE = 0x0f, BIT_MASK = 0x80, BITS_LEN = 0x7f };
enum { KEY_BYTES = 16 };

bool websocket_accept_key(const char *key, char accept[static WEBSOCKET_ACCEPT_CAP])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* 1.3 */
    unsigned char     text[WEBSOCKET_KEY_LEN + sizeof guid - 1], digest[SHA_DIGEST_LENGTH], decoded[KEY_BYTES + 2];
    if (strlen(key) != WEBSOCKET_KEY_LEN || strcmp(key + WEBSOCKET_KEY_LEN - 2, "==") != 0 ||
        EVP_DecodeBlock(decoded, (const unsigned char *)key, WEBSOCKET_KEY_LEN) != KEY_BYTES + 2)
        return false;
    memcpy(text, key, WEBSOCKET_KEY_LEN);
    memcpy(text + WEBSOCKET_KEY_LEN, guid, sizeof guid - 1);
    SHA1(text, sizeof text, digest);
    EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
    return true;
}

size_t websocket_head(uint8_t buf[static WEBSOCKET_HEAD_MAX], enum websocket_opcode opcode, uint64_t payload_len)
{
    struct wr w = wr_over(buf, WEBSOCKET_HEAD_MAX);
    wr_u8(&w, (uint8_t)(BIT_FIN | opcode));
    if (payload_len <= SMALL_MAX) {
        wr_u8(&w, (uint8_t)payload_len);
    } else if (payload_len <= UINT16_MAX) {
        wr_u8(&w, LEN_16);
        wr_u16(&w, (uint16_t)payload_len);
    } else {
        wr_u8(&w, LEN_64);
        wr_u64(&w, payload_len);
    }
    return wr_len(&w);
}

/* ---- reading */

static enum websocket_read bad(struct websocket_event *event, uint16_t status, const char *why)
{
    event->status = status;
    event->why = why;
    return WEBSOCKET_BAD;
}

static bool is_control(uint8_t opcode)
{
    return opcode & 8;
}

/* Length of the head, by its first two bytes. */
static size_t head_wanted(const struct websocket_reader *r)
{
    uint8_t len = r->head[1] & BITS_LEN;
    return r->head_len < 2 ? 2 : 2 + (size_t)(len == LEN_16 ? 2 : len == LEN_64 ? 8 : 0) + MASK_LEN;
}

/* Check the first two bytes, so that a bad frame is refused before more of it has come. */
static enum websocket_read check_start(const struct websocket_reader *r, struct websocket_event *event)
{
    uint8_t opcode = r->head[0] & BITS_OPCODE;
    if (r->head[0] & BITS_RESERVED)
        return bad(event, WEBSOCKET_PROTOCOL_ERROR, "a reserved bit is set, and no extension was agreed upon");
    if (!(r->head[1] & BIT_MASK))
        return bad(event, WEBSOCKET_PROTOCOL_ERROR, "a client's frame without a mask");
    switch (opcode) {
    case WEBSOCKET_CONTINUATION:
        if (!r->message)
            return bad(event, WEBSOCKET_PROTOCOL_ERROR, "a continuation of nothing");
        break;
    case WEBSOCKET_TEXT:
    case WEBSOCKET_BINARY:
        if (r->message)
            return bad(event, WEBSOCKET_PROTOCOL_ERROR, "a new message inside another");
        break;
    case WEBSOCKET_CLOSE:
    case WEBSOCKET_PING:
    case WEBSOCKET_PONG:
        if (!(r->head[0] & BIT_FIN) || (r->head[1] & BITS_LEN) > WEBSOCKET_CONTROL_MAX)
            return bad(event, WEBSOCKET_PROTOCOL_ERROR, "a control frame in fragments, or of more than 125 bytes");
        break;
    default: return bad(event, WEBSOCKET_PROTOCOL_ERROR, "a reserved opcode");
    }
    return WEBSOCKET_NEED_MORE;
}

/* The head is complete: read the length, and check it. */
static enum websocket_read begin_payload(struct websocket_reader *r, struct websocket_event *event)
{
    struct rd in = rd_over(r->head, r->head_len);
    uint8_t   opcode = rd_u8(&in) & BITS_OPCODE, small = rd_u8(&in) & BITS_LEN;
    r->left = small == LEN_16 ? rd_u16(&in) : small == LEN_64 ? rd_u64(&in) : small;
    if ((small == LEN_16 && r->left <= SMALL_MAX) || (small == LEN_64 && r->left <= UINT16_MAX))
        return bad(event, WEBSOCKET_PROTOCOL_ERROR, "a length that is not written in its shortest form");
    r->in_payload = true;
    r->mask_at = 0;
    if (is_control(opcode)) {
        r->control_len = 0;
        return WEBSOCKET_NEED_MORE;
    }
    if (opcode != WEBSOCKET_CONTINUATION) {
        r->message = opcode;
        r->message_len = 0;
        r->utf8 = (struct utf8){ 0 };
    }
    if (r->left > WEBSOCKET_MESSAGE_MAX - r->message_len)
        return bad(event, WEBSOCKET_TOO_BIG, "a message beyond the bound");
    r->message_len += r->left;
    return WEBSOCKET_NEED_MORE;
}

/* Collect the head; WEBSOCKET_NEED_MORE also when it has just become complete. */
static enum websocket_read read_head(struct websocket_reader *r, struct rd *in, struct websocket_event *event)
{
    while (!r->in_payload && rd_left(in) > 0) {
        r->head[r->head_len++] = rd_u8(in);
        enum websocket_read verdict = r->head_len == 2                ? check_start(r, event)
                                      : r->head_len == head_wanted(r) ? begin_payload(r, event)
                                                                      : WEBSOCKET_NEED_MORE;
        if (verdict == WEBSOCKET_BAD)
            return verdict;
    }
    return WEBSOCKET_NEED_MORE;
}

static void unmask(struct websocket_reader *r, uint8_t *bytes, size_t len)
{
    const uint8_t *mask = r->head + r->head_len - MASK_LEN;
    for (size_t i = 0; i < len; i++)
        bytes[i] ^= mask[(r->mask_at + i) % MASK_LEN];
    r->mask_at = (uint8_t)((r->mask_at + len) % MASK_LEN);
}

static void end_frame(struct websocket_reader *r)
{
    r->in_payload = false;
    r->head_len = 0;
}

/* True for a status that a Close may contain (7.4). */
static bool is_sendable(uint16_t status)
{
    return (status >= 1000 && status <= 1014 && status != 1004 && status != 1005 && status != 1006) ||
           (status >= 3000 && status <= 4999);
}

static enum websocket_read end_control(struct websocket_reader *r, struct websocket_event *event)
{
    *event = (struct websocket_event){
        .opcode = r->head[0] & BITS_OPCODE, .data = r->control, .len = r->control_len, .last = true
    };
    end_frame(r);
    if (event->opcode != WEBSOCKET_CLOSE)
        return WEBSOCKET_CONTROL;
    struct rd   in = rd_over(r->control, r->control_len);
    struct utf8 reason = { 0 };
    event->status = r->control_len ? rd_u16(&in) : WEBSOCKET_NO_STATUS;
    if (in.bad || (r->control_len && !is_sendable(event->status)))
        return bad(event, WEBSOCKET_PROTOCOL_ERROR, "a close without a code that may be sent");
    if (!utf8_feed(&reason, in.p, rd_left(&in)) || !utf8_is_whole(&reason))
        return bad(event, WEBSOCKET_BAD_TEXT, "a reason that is not UTF-8");
    return WEBSOCKET_CONTROL;
}

static enum websocket_read read_control(struct websocket_reader *r, uint8_t *bytes, size_t len,
                                        struct websocket_event *event)
{
    memcpy(r->control + r->control_len, bytes, len);
    r->control_len = (uint8_t)(r->control_len + len);
    return r->left ? WEBSOCKET_NEED_MORE : end_control(r, event);
}

static enum websocket_read read_data(struct websocket_reader *r, uint8_t *bytes, size_t len,
                                     struct websocket_event *event)
{
    bool ends_frame = r->left == 0, ends_message = ends_frame && (r->head[0] & BIT_FIN);
    *event = (struct websocket_event){ .opcode = r->message, .data = bytes, .len = len, .last = ends_message };
    if (r->message == WEBSOCKET_TEXT &&
        (!utf8_feed(&r->utf8, bytes, len) || (ends_message && !utf8_is_whole(&r->utf8))))
        return bad(event, WEBSOCKET_BAD_TEXT, "a text that is not UTF-8");
    if (ends_frame)
        end_frame(r);
    if (ends_message)
        r->message = 0;
    return len || ends_message ? WEBSOCKET_DATA : WEBSOCKET_NEED_MORE;
}

enum websocket_read websocket_read(struct websocket_reader *r, uint8_t *input, size_t len, size_t *used,
                                   struct websocket_event *event)
{
    struct rd in = rd_over(input, len);
    *event = (struct websocket_event){ 0 };
    enum websocket_read verdict;
    do {
        verdict = read_head(r, &in, event);
        if (verdict != WEBSOCKET_NEED_MORE || !r->in_payload)
            break;
        size_t   n = r->left < rd_left(&in) ? (size_t)r->left : rd_left(&in);
        uint8_t *bytes = input + (in.p - (const uint8_t *)input);
        if (n == 0 && r->left > 0)
            break;
        rd_bytes(&in, n);
        unmask(r, bytes, n);
        r->left -= n;
        verdict =
            is_control(r->head[0] & BITS_OPCODE) ? read_control(r, bytes, n, event) : read_data(r, bytes, n, event);
    } while (verdict == WEBSOCKET_NEED_MORE && rd_left(&in) > 0);
    *used = len - rd_left(&in);
    return verdict;
}
