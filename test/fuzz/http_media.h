/**
 * The media of a live reply, taken out of HTTP chunks or WebSocket messages, whose form is checked on the way.
 */
#ifndef TEST_FUZZ_HTTP_MEDIA_H
#define TEST_FUZZ_HTTP_MEDIA_H

#include <string.h>

#include "core/wr.h"
#include "fuzzing.h"

/* Take the bytes that have come of the next `len`; false when some are missing. */
static inline bool take_part(struct rd *in, struct wr *media, uint64_t len)
{
    bool   whole = len <= rd_left(in);
    size_t n = whole ? (size_t)len : rd_left(in);
    if (media)
        wr_bytes(media, in->p, n);
    rd_bytes(in, n);
    return whole;
}

/* Remove the chunked coding of RFC 9112 7.1 in the form that we write: no extensions, no trailers. */
static inline void unchunk(struct rd in, struct wr *media)
{
    for (const uint8_t *line; (line = memmem(in.p, rd_left(&in), "\r\n", 2));) {
        char          *end;
        const uint8_t *digits = in.p;
        uint64_t       len = strtoul((const char *)digits, &end, 16);
        check((const uint8_t *)end == line && line > digits);
        rd_bytes(&in, (size_t)(line - digits) + 2);
        if (!len || !take_part(&in, media, len) || rd_left(&in) < 2)
            return;
        check(rd_u16(&in) == 0x0d0a);
    }
}

/* Remove the frames of RFC 6455 5.2: a server does not mask, and we send each message in one frame. */
static inline void unframe(struct rd in, struct wr *media)
{
    enum { FIN = 0x80, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
    while (rd_left(&in) >= 2) {
        uint8_t  first = rd_u8(&in), second = rd_u8(&in), kind = first & 15;
        uint64_t len = second == 127 ? rd_u64(&in) : second == 126 ? rd_u16(&in) : second;
        if (in.bad)
            return;
        check(second < 128 && (first & 0xf0) == FIN);
        check(kind == BINARY || kind == CLOSE || kind == PING || kind == PONG);
        if (!take_part(&in, kind == BINARY ? media : NULL, len))
            return;
    }
}

static inline bool head_has(struct rd head, const char *text)
{
    return memmem(head.p, rd_left(&head), text, strlen(text)) != NULL;
}

/** Copy the media that the reply to one request carries to `media`; false when it is no live reply, or its head is not complete. */
static inline bool http_media(struct rd reply, struct wr *media)
{
    const uint8_t *end = memmem(reply.p, rd_left(&reply), "\r\n\r\n", 4);
    if (!end)
        return false;
    struct rd head = rd_over(reply.p, (size_t)(end - reply.p));
    rd_bytes(&reply, rd_left(&head) + 4);
    check(memcmp(head.p, "HTTP/1.1 ", 9) == 0);
    if (head_has(head, " 101 "))
        unframe(reply, media);
    else if (!head_has(head, " 200 ") || !head_has(head, "no-store"))
        return false;
    else if (head_has(head, "chunked"))
        unchunk(reply, media);
    else
        take_part(&reply, media, rd_left(&reply));
    return true;
}

#endif
