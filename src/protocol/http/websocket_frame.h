/**
 * The frames of WebSocket on the server's side: heads to write, and a reader of the client's frames.
 *
 * Client frames are masked, ours are not. No extension is negotiated, so reserved bits are refused. The reader returns control
 * frames whole, and messages in the pieces in which they arrive. Text must be UTF-8.
 *
 * Source     RFC 6455, 5 to 8
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_WEBSOCKET_FRAME_H
#define PROTOCOL_HTTP_WEBSOCKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/utf8.h"

/* 5.2 */
enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10,
};

/* 7.4.1 */
enum websocket_status {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_NO_STATUS = 1005, /* never sent: a Close without a code */
    WEBSOCKET_BAD_TEXT = 1007,
    WEBSOCKET_POLICY = 1008,
    WEBSOCKET_TOO_BIG = 1009,
    WEBSOCKET_SERVER_ERROR = 1011,
};

enum {
    WEBSOCKET_HEAD_MAX = 10,          /* head of our frames; a client's has 4 bytes of mask more */
    WEBSOCKET_CONTROL_MAX = 125,      /* 5.5 */
    WEBSOCKET_REASON_MAX = 123,       /* 5.5.1: bytes after the code */
    WEBSOCKET_MESSAGE_MAX = 64 << 10, /* message of a client, all fragments together; ours have no bound */
    WEBSOCKET_KEY_LEN = 24,           /* 4.1: 16 bytes in base64 */
    WEBSOCKET_ACCEPT_CAP = 29,        /* 20 bytes in base64, and a terminator */
};

/** Sec-WebSocket-Accept for a Sec-WebSocket-Key (4.2.2). False when the key is invalid. */
bool websocket_accept_key(const char *key, char accept[static WEBSOCKET_ACCEPT_CAP]);

/** Write the head of a frame: of a whole message, or of a control frame. Returns its length: 2, 4 or 10. */
size_t websocket_head(uint8_t buf[static WEBSOCKET_HEAD_MAX], enum websocket_opcode opcode, uint64_t payload_len);

/** The state of a reader of a client's frames. All zero at the start. */
struct websocket_reader {
    uint8_t     head[WEBSOCKET_HEAD_MAX + 4];
    uint8_t     head_len; /* bytes of the head that have come; 0: between two frames */
    bool        in_payload;
    uint8_t     mask_at;
    uint8_t     message;     /* opcode of the message under way; 0: none */
    uint64_t    left;        /* payload bytes of the frame that are still to come */
    uint64_t    message_len; /* bytes of the message so far */
    uint8_t     control[WEBSOCKET_CONTROL_MAX];
    uint8_t     control_len;
    struct utf8 utf8;
};

enum websocket_read {
    WEBSOCKET_NEED_MORE, /* all input has been read */
    WEBSOCKET_DATA,      /* a piece of a message */
    WEBSOCKET_CONTROL,   /* a ping, a pong or a close */
    WEBSOCKET_BAD,       /* fail the connection with `status` */
};

struct websocket_event {
    enum websocket_opcode opcode; /* opcode of the message, WEBSOCKET_TEXT or _BINARY, or of the control frame */
    const uint8_t        *data;
    size_t                len;
    bool                  last;   /* WEBSOCKET_DATA: the message ends with this piece, which may be empty */
    uint16_t              status; /* code of a close, or for WEBSOCKET_BAD */
    const char           *why;    /* reason of WEBSOCKET_BAD, a literal */
};

/**
 * Read the next event of the input. After a close, or WEBSOCKET_BAD, nothing more may be read.
 *
 * Shape      input: unmasked in place; *used bytes of it are done with
 * Ownership  event->data points into the input, or into the reader until the next call
 */
enum websocket_read websocket_read(struct websocket_reader *r, uint8_t *input, size_t len, size_t *used,
                                   struct websocket_event *event);

#endif
