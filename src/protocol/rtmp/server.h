/**
 * The server's end of an RTMP conversation.
 *
 *     rtmp_server_init(&s, &io);
 *     rtmp_server_handshake(&s, "name", deadline)
 *     rtmp_server_connect(&s, &req, deadline, &told)          req.url has the tcUrl's vhost and app
 *     rtmp_server_reply_connect(&s, &req, &settings, &result)
 *     rtmp_identify(&s, &req, &role, deadline)                req.url has the stream too (identify.h)
 *     role is RTMP_PLAY                                       role is a publisher's
 *         rtmp_server_refuse() and close, or                      rtmp_server_refuse() and close, or
 *         rtmp_server_start_play()                                rtmp_server_start_publish()
 *         rtmp_link_next_now() between batches                    rtmp_link_read_message()
 *                                                                 rtmp_server_end_publish()
 *     again from rtmp_identify(), or
 *     rtmp_request_finish(&req); rtmp_server_finish(&s);
 *
 * Messages are read from s.link (link.h). Replies are written whole, within RTMP_REPLY_TIMEOUT_US: a caller that writes
 * media itself must not call these functions while a message of its own is half written.
 *
 * Units      deadlines are absolute now_us() times
 * Errors     those of a link; others are named
 * Yields     every function that takes a deadline or sends something
 */
#ifndef PROTOCOL_RTMP_SERVER_H
#define PROTOCOL_RTMP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "protocol/io.h"
#include "protocol/rtmp/command.h"
#include "protocol/rtmp/handshake.h"
#include "protocol/rtmp/link.h"
#include "protocol/rtmp/request.h"

enum { RTMP_MSID = 1 /* the one message stream of a connection */ };

enum rtmp_role { RTMP_PLAY, RTMP_FMLE_PUBLISH, RTMP_FLASH_PUBLISH, RTMP_HAIVISION_PUBLISH };

/** The name of a role in the API and the log: "rtmp-play", "fmle-publish" … */
const char *rtmp_role_name(enum rtmp_role role);

static inline bool rtmp_role_is_publish(enum rtmp_role role)
{
    return role != RTMP_PLAY;
}

struct rtmp_server {
    struct rtmp_link         link;
    enum rtmp_handshake_kind handshake; /* form of the client's handshake */
    bool                     proxied;   /* A proxy has told the client's address. */
    uint8_t                  proxied_ip[RTMP_PROXY_IP_LEN];
};

/** Borrows the io. */
void rtmp_server_init(struct rtmp_server *s, struct io *io);

/** Free what the server's end holds. Takes one that is all zero. Does not close the io. */
void rtmp_server_finish(struct rtmp_server *s);

/**
 * Make the handshake. `name` is written into an S2 of the digest form. If a proxy has sent a prefix, s->proxied is set and
 * s->proxied_ip is the client's IPv4 address.
 *
 * Errors     E_RTMP_PLAIN_REQUIRED, E_RTMP_PROXY_EXCEED
 */
struct err *rtmp_server_handshake(struct rtmp_server *s, const char *name, int64_t deadline_us) ATTR_MUST_USE;

/**
 * Wait for connect. req->tc_url is the client's tcUrl, completed by its app (tc_url.h). If `*told`, connect failed and the client
 * has got the reason in an `_error`; the caller closes.
 *
 * Ownership  release `req` with rtmp_request_finish(), also after an error
 * Errors     E_RTMP_REQ_CONNECT  the first command is not connect, or it has neither tcUrl nor app
 *            E_RTMP_REQ_TCURL, E_LIMIT, E_RTMP_AMF0_DECODE
 */
struct err *rtmp_server_connect(struct rtmp_server *s, struct rtmp_request *req, int64_t deadline_us,
                                bool *told) ATTR_MUST_USE;

/** Refuse connect by an `_error` with this description; the caller closes. */
struct err *rtmp_server_reject(struct rtmp_server *s, const struct rtmp_request *req,
                               const char *description) ATTR_MUST_USE;

struct rtmp_server_settings {
    uint32_t out_ack_size; /* Window Acknowledgement Size that is sent; 0: none is sent */
    uint32_t in_ack_size;  /* window for our acknowledgements until the client announces one; 0: none */
    uint32_t chunk_size;   /* chunk size of our messages, 128..65536 */
};

/**
 * Accept connect. Window Acknowledgement Size, Set Peer Bandwidth, Set Chunk Size, _result and onBWDone go out in one write.
 * `result` describes this server; tid and objectEncoding are taken from the request.
 */
struct err *rtmp_server_reply_connect(struct rtmp_server *s, const struct rtmp_request *req,
                                      const struct rtmp_server_settings *settings,
                                      const struct rtmp_connect_result  *result) ATTR_MUST_USE;

/** Accept a play. StreamBegin, Play.Reset, Play.Start and |RtmpSampleAccess go out in one write; media may follow. */
struct err *rtmp_server_start_play(struct rtmp_server *s) ATTR_MUST_USE;

/** Accept a publish. onFCPublish (not for Flash) and Publish.Start go out in one write; then the client sends media. */
struct err *rtmp_server_start_publish(struct rtmp_server *s, enum rtmp_role role) ATTR_MUST_USE;

enum rtmp_refusal {
    RTMP_REFUSE_BUSY,      /* Another publisher has the stream: NetStream.Publish.BadName. */
    RTMP_REFUSE_DENIED,    /* A rule or a hook forbids it: NetStream.Publish.Denied, NetStream.Play.Failed. */
    RTMP_REFUSE_NOT_FOUND, /* No such vhost or stream: NetStream.Play.StreamNotFound, NetStream.Publish.Denied. */
    RTMP_REFUSE_FAILED,    /* The server failed: NetStream.Publish.Failed, NetStream.Play.Failed. */
};

/** Tell the client the reason by an onStatus at level error; the caller closes. */
struct err *rtmp_server_refuse(struct rtmp_server *s, enum rtmp_role role, enum rtmp_refusal why,
                               const char *description) ATTR_MUST_USE;

typedef void rtmp_write_result(struct wr *w, double tid);

/** Answer a command with a `_result` only. */
struct err *rtmp_server_reply_result(struct rtmp_server *s, double tid, rtmp_write_result *write) ATTR_MUST_USE;

/**
 * Answer a command that changes nothing in the server. getStreamLength gets 0, because a live stream has no length. FCSubscribe
 * also gets onFCSubscribe. Other commands get `_result, tid, null, null`. A command with tid 0 gets no `_result`, and an answer
 * is not answered.
 */
struct err *rtmp_server_reply_unknown(struct rtmp_server *s, const struct rtmp_call *call) ATTR_MUST_USE;

/** Answer a pause with Pause.Notify and StreamEOF, or its end with Unpause.Notify and StreamBegin. */
struct err *rtmp_server_reply_pause(struct rtmp_server *s, bool pause) ATTR_MUST_USE;

/** The effect of a command on a connection that publishes. */
enum rtmp_publish_call {
    RTMP_PUBLISH_GOES_ON,   /* The command has no effect. */
    RTMP_PUBLISH_ENDS,      /* The publish ends: FCUnpublish, closeStream, deleteStream, publish(false). */
    RTMP_PUBLISH_GIVES_WAY, /* A Flash client begins something else: the publish ends without an answer. */
};

/**
 * Judge a command. Its message stream id is ignored: a connection has one stream, so that is the stream that is closed or
 * deleted.
 */
enum rtmp_publish_call rtmp_server_judge_publish_call(enum rtmp_role role, const struct rtmp_call *call);

/**
 * Answer a command that ends a publish (RTMP_PUBLISH_ENDS). FCUnpublish gets onFCUnpublish, _result and Unpublish.Success.
 * Other commands get _result, unless their tid is 0, and Unpublish.Success. Flash clients get only the _result.
 */
struct err *rtmp_server_end_publish(struct rtmp_server *s, enum rtmp_role role,
                                    const struct rtmp_call *call) ATTR_MUST_USE;

/** Send an onStatus with fixed words on the stream: UnpublishNotify, Play.Stop … */
struct err *rtmp_server_send_status(struct rtmp_server *s, enum rtmp_status status) ATTR_MUST_USE;

/** Tell a player that a recorded file has been sent to its end: StreamEOF, NetStream.Play.Complete, NetStream.Play.Stop. */
struct err *rtmp_server_end_play(struct rtmp_server *s) ATTR_MUST_USE;

/** Send a User Control event on the stream: StreamEOF, StreamBegin. */
struct err *rtmp_server_send_event(struct rtmp_server *s, enum rtmp_user_event event) ATTR_MUST_USE;

/**
 * Send a player to another server, and wait for its answer, at most until the deadline. The answer is a command with a text, or
 * the end of the connection. A missing answer is no error. The caller closes.
 */
struct err *rtmp_server_redirect(struct rtmp_server *s, const char *redirect, const char *redirect2,
                                 int64_t deadline_us, bool *accepted) ATTR_MUST_USE;

#endif
