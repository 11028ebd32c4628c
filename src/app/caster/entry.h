/**
 * A stream that comes in by a caster, or by a relay that pulls it: it is published to a URL, that of the caster's `output`, through
 * the door that all publishers pass.
 *
 *     entry_open(&entry, server, output, &who)      all guards let it in, and it is the publisher
 *     entry_take(&entry, bytes, len)                bytes of it; entry_take_end() at their end
 *     entry_take_body(&entry, &body, ts_ms)         or FLV bodies
 *     entry_take_unit(&entry, &unit)                or units of codecs
 *     entry_close(&entry, e)                        always, after a refusal too
 *
 * The client of a caster counts as one that publishes over RTMP: hooks, bans, limits, the API and the log see it as such, under its own
 * address.
 *
 * Source     the table of casters in doc/casters.md
 */
#ifndef APP_CASTER_ENTRY_H
#define APP_CASTER_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "app/session/patience.h"
#include "app/session/session.h"
#include "app/source/feed.h"
#include "app/source/source.h"
#include "core/attr.h"
#include "core/err.h"
#include "kernel/flv_stream.h"
#include "kernel/ts/demux.h"
#include "protocol/rtmp/url.h"

struct rtmp_peer;
struct server;

/* Who sends, and what it named. Borrowed until entry_close(), but for `authorization`. */
struct entry_who {
    struct client client; /* id, ip, co or end, and the counters; a type of NULL is that of casters' clients */
    const struct session_door *door;          /* NULL: that of the server */
    const char                *by;            /* for the log; NULL: "a caster" */
    const struct rtmp_peer    *upnode;        /* struct publisher (app/source/source.h) */
    bool                       gives_way;     /* It never takes a stream over, whatever the vhost allows. */
    bool                       seams;         /* struct publisher (app/source/source.h) */
    struct io                 *io;            /* NULL: it has no connection */
    const char                *app, *stream;  /* for [app] and [stream] of the output; NULL: it named none */
    const char                *query;         /* parameters, which the output's follow; "" */
    const char                *authorization; /* of HTTP; NULL: none */
};

/* What the bytes are. */
enum entry_form { ENTRY_UNKNOWN, ENTRY_FLV, ENTRY_TS, ENTRY_OTHER };

struct entry {
    struct session            session;    /* session.client.n_messages counts tags, or units */
    struct session_connection connection; /* of a caster: the client is one that connects */
    struct publisher          publisher;
    struct rtmp_url           url;
    char                     *tc_url, *param; /* memory of the session's texts */
    struct feed               feed;
    struct patience           patience;
    bool                      publishes;
    const char               *by;
    bool                      gives_way, seams;
    const struct rtmp_peer   *upnode;
    enum entry_form           form;
    struct flv_stream         flv;
    struct ts_demux          *ts;
};

/**
 * Admit the client, and become the publisher.
 *
 * Errors     those of session_admit() and source_publish(): entry->session.verdict tells what the client is to hear, SESSION_BUSY
 *            when the stream is published already
 * Yields     as session_admit()
 */
struct err *entry_open(struct entry *entry, struct server *server, const char *output,
                       const struct entry_who *who) ATTR_MUST_USE;

/**
 * Take the next bytes: FLV or a transport stream, as the first one tells. They are used up.
 *
 * Errors     E_HTTP_DATA_INVALID: neither of the two, or broken FLV; out of memory
 * Yields     while the pacer has too many frames, and by time
 */
struct err *entry_take(struct entry *entry, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/**
 * Take an FLV body, as RTMP messages and FLV tags have it.
 *
 * Shape      as feed_body() (app/source/feed.h)
 * Ownership  `*body` stays the caller's; it may be replaced by another frame
 * Errors     out of memory, E_LIMIT; E_THREAD_INTERRUPTED
 * Yields     as entry_take()
 */
struct err *entry_take_body(struct entry *entry, struct frame **body, uint32_t ts_ms) ATTR_MUST_USE;

/** As entry_take_unit(), without a yield: a unit that there is no room for is dropped. */
struct err *entry_put_unit(struct entry *entry, struct frame_unit *unit) ATTR_MUST_USE;

/** Take a unit of a codec, as feed_unit() does; it is used up. Errors and yields as entry_take_body(). */
struct err *entry_take_unit(struct entry *entry, struct frame_unit *unit) ATTR_MUST_USE;

/** The next bytes of a transport stream begin with a packet, as a datagram does. */
void entry_restart(struct entry *entry);

/** The bytes have come to their end: take what was still open. False: they ended within a tag, or held no frame. *e as entry_take(). */
bool entry_take_end(struct entry *entry, struct err **e) ATTR_MUST_USE;

/** The error to end with: another publisher may have the stream, or the client's time may be over. Takes `e` over. */
struct err *entry_end_reason(const struct entry *entry, struct err *e) ATTR_MUST_USE;

/** Unpublish and leave. Takes an entry that is all zero. `e` is only read. Yields as session_leave(). */
void entry_close(struct entry *entry, const struct err *e);

#endif
