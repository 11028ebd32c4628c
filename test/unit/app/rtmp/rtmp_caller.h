/**
 * An RTMP client at the other end of a socket pair: it sends commands, and searches for words in the replies.
 *
 * The server's replies are shorter than its chunks, so their words stand in one piece.
 */
#ifndef TEST_APP_RTMP_RTMP_CALLER_H
#define TEST_APP_RTMP_RTMP_CALLER_H

#include "app/serving.h"
#include "kernel/amf0.h"
#include "protocol/rtmp/chunk_writer.h"
#include "protocol/rtmp/command.h"
#include "protocol/rtmp/handshake.h"

static inline void say_message(const struct caller *c, uint8_t type_id, uint32_t timestamp_ms, const void *body,
                               size_t len)
{
    uint8_t         bytes[8192];
    struct wr       w = wr_over(bytes, sizeof bytes);
    struct rtmp_out m = { 3, 1, timestamp_ms, type_id, (uint32_t)len, body };
    rtmp_message_write(&w, &m, RTMP_CHUNK_SIZE_DEFAULT);
    assert_false(w.full);
    say_bytes(c, bytes, wr_len(&w));
}

/** Send the command `name, tid, null` with a text, unless the text is NULL. */
static inline void say_call(const struct caller *c, const char *name, double tid, const char *text)
{
    uint8_t   body[2048];
    struct wr w = wr_over(body, sizeof body);
    amf0_write_string(&w, name);
    amf0_write_number(&w, tid);
    amf0_write_null(&w);
    if (text)
        amf0_write_string(&w, text);
    say_message(c, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
}

/** Send a proxy's header if there is one, a handshake without digest, and connect. */
static inline void introduce_behind(struct caller *c, const char *proxy, size_t proxy_len, const char *tc_url)
{
    uint8_t             c0c1[RTMP_C0C1_LEN] = { 3 }, c2[RTMP_C2_LEN] = { 0 }, body[2048];
    struct wr           w = wr_over(body, sizeof body);
    struct rtmp_connect connect = RTMP_CONNECT_INIT;
    call_up(c, "RTMP");
    if (proxy_len)
        say_bytes(c, proxy, proxy_len);
    say_bytes(c, c0c1, sizeof c0c1);
    say_bytes(c, c2, sizeof c2);
    connect.tc_url = tc_url;
    connect.page_url = "http://page.test/";
    rtmp_write_connect(&w, &connect);
    say_message(c, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
}

static inline void introduce(struct caller *c, const char *tc_url)
{
    introduce_behind(c, NULL, 0, tc_url);
}

static inline void begin_publishing(struct caller *c, const char *tc_url, const char *stream)
{
    introduce(c, tc_url);
    say_call(c, "releaseStream", 2, stream);
    say_call(c, "FCPublish", 3, stream);
    say_call(c, "createStream", 4, NULL);
    say_call(c, "publish", 5, stream);
}

static inline void begin_playing(struct caller *c, const char *tc_url, const char *stream)
{
    introduce(c, tc_url);
    say_call(c, "createStream", 2, NULL);
    say_call(c, "play", 3, stream);
}

#endif
