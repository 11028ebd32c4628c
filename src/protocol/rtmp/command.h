/**
 * RTMP commands: the calls of clients and servers, and the bodies of all answers.
 *
 * A writer makes the body of one AMF0 command (type 20) or data message (type 18), without chunk headers (outbox.h).
 *
 * Source     RTMP 1.0, 7.2; names, fields and their order are those that live encoders and players use
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_COMMAND_H
#define PROTOCOL_RTMP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/wr.h"
#include "kernel/amf0.h"
#include "protocol/rtmp/message.h"

/* ---- reading ---- */

enum rtmp_call_kind {
    RTMP_CALL_OTHER, /* an unknown name */
    RTMP_CALL_CONNECT,
    RTMP_CALL_CREATE_STREAM,
    RTMP_CALL_RELEASE_STREAM,
    RTMP_CALL_FC_PUBLISH,
    RTMP_CALL_FC_UNPUBLISH,
    RTMP_CALL_PUBLISH,
    RTMP_CALL_PLAY,
    RTMP_CALL_PAUSE,
    RTMP_CALL_SEEK,
    RTMP_CALL_CLOSE_STREAM,
    RTMP_CALL_DELETE_STREAM,
    RTMP_CALL_RECEIVE_AUDIO,
    RTMP_CALL_RECEIVE_VIDEO,
    RTMP_CALL_GET_STREAM_LENGTH,
    RTMP_CALL_FC_SUBSCRIBE,
    RTMP_CALL_RESULT, /* _result: the answer to a call of ours */
    RTMP_CALL_ERROR,  /* _error: an answer that refuses */
    RTMP_CALL_STATUS, /* onStatus */
};

/* RTMP 1.0, 7.2.2.1, the defaults of play: a live stream, or a recorded one if it is not live; up to its end. */
enum { RTMP_PLAY_START = -2, RTMP_PLAY_DURATION = -1 };
enum { RTMP_PLAY_LIVE = -1 }; /* as start: a live stream alone */

/* Longest body of a command. Usual commands have some hundred bytes, and each lookup of a property reads all of them. */
enum { RTMP_CALL_MAX = 64 << 10 };

/** A command, decoded. Texts and readers point into the message. */
struct rtmp_call {
    enum rtmp_call_kind kind;
    struct amf0_text    name;
    double              tid;
    struct rd           object; /* reader over the command object; at its end if there is none */
    struct rd           args;   /* reader over the arguments behind the command object */
    struct amf0_text    text;   /* the first argument if it is a string, usually the name of the stream */
    double              number; /* the first number among the arguments, a stream id or a position in ms; 0 if absent */
    bool                flag;   /* the first boolean among the arguments: pause, receive */
    double              play_start, play_duration_ms; /* 2nd and 3rd argument of play, or their defaults */
};

/**
 * Decode a command message: type 20, or type 17, whose first byte is skipped.
 *
 * Errors     E_RTMP_AMF0_DECODE; E_LIMIT above RTMP_CALL_MAX
 */
struct err *rtmp_call_decode(struct rtmp_call *call, uint8_t type_id, const uint8_t *body, size_t len) ATTR_MUST_USE;

/** True if the call is `publish(false)`, `publish(null)` or `play(false)`: the client ends its publish or play. */
bool rtmp_call_is_stop(const struct rtmp_call *call);

/* ---- answers of a server ---- */

/** The server's description of itself in the answer to connect. Texts are borrowed. */
struct rtmp_signature {
    const char *sig;    /* "SRS" */
    const char *server; /* name and version, as in onMetaData */
    const char *license, *url, *version, *authors;
};

struct rtmp_connect_result {
    const struct rtmp_signature *signature;
    double                       tid, object_encoding;
    const char                  *server_ip; /* local address of the socket */
    int64_t                      pid;
    const char                  *id; /* id of this connection */
};

/* The longest body that the writers below make of texts within their bounds: two URLs, and fixed words. */
enum { RTMP_REPLY_MAX = 12 << 10 };

void rtmp_write_connect_result(struct wr *w, const struct rtmp_connect_result *c);
void rtmp_write_connect_rejected(struct wr *w, double tid, const char *description); /* _error */
void rtmp_write_bw_done(struct wr *w);

/* `_result, tid, null, …`: the last value is undefined for releaseStream and FCPublish, null for an unknown command. */
void rtmp_write_result_undefined(struct wr *w, double tid);
void rtmp_write_result_null(struct wr *w, double tid);
void rtmp_write_result_number(struct wr *w, double tid, double number); /* createStream: the message stream id */
void rtmp_write_error(struct wr *w, double tid, const char *code, const char *description);

void rtmp_write_on_fc_publish(struct wr *w);
void rtmp_write_on_fc_unpublish(struct wr *w);
void rtmp_write_on_fc_subscribe(struct wr *w);
void rtmp_write_sample_access(struct wr *w); /* a data message */
void rtmp_write_play_complete(struct wr *w); /* a data message: onPlayStatus, NetStream.Play.Complete */

/** The onStatus messages with fixed words. */
enum rtmp_status {
    RTMP_STATUS_PUBLISH_START,
    RTMP_STATUS_UNPUBLISH_SUCCESS,
    RTMP_STATUS_PLAY_RESET,
    RTMP_STATUS_PLAY_START,
    RTMP_STATUS_PLAY_STOP,
    RTMP_STATUS_PUBLISH_NOTIFY,   /* sent to a player when its stream is published again */
    RTMP_STATUS_UNPUBLISH_NOTIFY, /* sent to a player when its stream has ended */
    RTMP_STATUS_PAUSE,
    RTMP_STATUS_UNPAUSE,
    RTMP_STATUS_SEEK, /* 7.2.2.7: a client that seeks waits for it. */
};
void rtmp_write_status(struct wr *w, enum rtmp_status status);

/** Write an onStatus at level error. */
void rtmp_write_status_error(struct wr *w, const char *code, const char *description);

/** Write the onStatus that sends a player to another server. `redirect` is without the stream, `redirect2` with it. */
void rtmp_write_redirect(struct wr *w, const char *redirect, const char *redirect2);

/* ---- calls of a client ---- */

/** The arguments of connect. A text that is NULL is left out; tc_url is required. */
struct rtmp_connect {
    const char    *app, *flash_ver, *swf_url, *tc_url, *page_url;
    double         capabilities, audio_codecs, video_codecs, video_function, object_encoding;
    const uint8_t *args; /* a second object, as AMF0; NULL: none */
    size_t         args_len;
};

/** The usual values of edges. */
#define RTMP_CONNECT_INIT \
    ((struct rtmp_connect){ .flash_ver = "WIN 15,0,0,239", \
                            .swf_url = "", \
                            .page_url = "", \
                            .capabilities = 239, \
                            .audio_codecs = 3575, \
                            .video_codecs = 252, \
                            .video_function = 1 })

void rtmp_write_connect(struct wr *w, const struct rtmp_connect *c); /* The transaction id is 1. */

/** What a relay says in the second object of connect (peer.h). */
struct rtmp_connect_relay {
    const struct rtmp_connect_result *self;      /* who it is; NULL: not told */
    const char                       *client_ip; /* for whom it asks; NULL: nobody */
    const char                       *path;      /* the servers that ask, one after another; NULL: not told */
    struct rd args; /* the object of its client, whose other properties are passed on; empty: none */
};

/** How many relays have asked for the client before, by the second object of connect; at most RTMP_HOPS_MAX. */
enum { RTMP_HOPS_MAX = 8 };
int rtmp_connect_hops(struct rd args);

/** Write it. What the client's object says of the relay is left out, and an object that is malformed altogether. */
void rtmp_write_connect_args(struct wr *w, const struct rtmp_connect_relay *relay);

void rtmp_write_create_stream(struct wr *w, double tid);
void rtmp_write_release_stream(struct wr *w, double tid, const char *stream);
void rtmp_write_fc_publish(struct wr *w, double tid, const char *stream);
void rtmp_write_fc_unpublish(struct wr *w, double tid, const char *stream);
void rtmp_write_publish(struct wr *w, double tid, const char *stream);
void rtmp_write_play(struct wr *w, double tid, const char *stream, double start_ms, double duration_ms);
void rtmp_write_delete_stream(struct wr *w, double tid, double msid);

#endif
