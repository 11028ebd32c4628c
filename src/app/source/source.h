/**
 * One live stream: a log of frames with one publisher and any number of readers.
 *
 * Publishing a frame is one append for any number of readers. Each reader (reader.h) is a cursor into the log with its
 * own coroutine and pace. Appended frames are released to the readers in batches: at once while
 * the server has time to spare, in larger batches when it is busy, or as `play` configures it (pacer.h).
 *
 * This header has the data that the files of this folder share: sources.h finds and ends a source, life.h changes its state,
 * append.h writes to its log, audience.h and reader.h read it.
 *
 * Life       source_acquire() finds or makes it; each publisher and reader holds a reference; the last source_release()
 *            frees it
 * Units      microseconds; sequence numbers count frames
 */
#ifndef APP_SOURCE_SOURCE_H
#define APP_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/source/delay.h"
#include "app/source/gops.h"
#include "app/source/hand_back.h"
#include "app/source/headers.h"
#include "app/source/mix_queue.h"
#include "app/source/moments.h"
#include "app/source/pulse.h"
#include "app/source/ring.h"
#include "app/source/seam.h"
#include "app/source/stream_clock.h"
#include "app/source/wall.h"
#include "app/stat/protocol_stat.h"
#include "app/stat/stream_stat.h"
#include "app/stat/traffic.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/histogram.h"
#include "core/ident.h"
#include "core/list.h"
#include "core/map.h"
#include "kernel/media_info.h"
#include "protocol/co.h"

/* Most bytes that a source holds, whatever the configuration allows. The log tells when it drops frames for this reason. */
enum { SOURCE_BYTES_MAX = 256 << 20 };

/**
 * Where the frames of a stream come from.
 *
 *     idle    there is no publisher. Readers may wait for one.
 *     pulled  readers came to a stream that is not published here, and an attendant fetches it from an origin; no frame has come
 *             yet. Its first frame makes the stream live; if the attendant gives up, the stream is idle.
 *     live    a publisher appends frames: a client, or an attendant that pulls the stream.
 *     held    the publisher has gone, and its frames are kept, because an attendant expects it back or replaces it. Readers
 *             are not told of an end. The next publish makes the stream live, and so does a stand-in, whose frames the attendant
 *             brings; if none comes in time, the stream is idle. A publisher that may go on in the log waits in this state until that
 *             is decided (seaming.h).
 */
enum source_state { SOURCE_IDLE, SOURCE_PULLED, SOURCE_LIVE, SOURCE_HELD };

struct rtmp_peer;

/** A publisher of a stream. Its session fills this in and keeps it alive. */
struct publisher {
    struct co  *co;
    const char *trace; /* trace id of the session, for the log line of another publisher that is refused */
    bool        taken_over;
    const bool *is_there; /* while it is false, the client was not heard, and gives way to others; NULL: it was */
    bool        seams;    /* Another one may bring the same frames after it (seam.h). */

    const struct rtmp_peer *upnode; /* the server from which it is pulled; NULL: none, or it does not say who it is */

    /* The client's own names, for attendants that hand them on; NULL or 0 if its protocol has none. */
    const char *tc_url, *page_url, *swf_url, *host, *param; /* `param`: "?k=v" */
    int         port;
};

struct sources;

struct source {
    int             refs;
    uint64_t        serial; /* number that no other source of this process ever has */
    struct sources *owner;
    char           *key;             /* key of the source in `owner` */
    char *identity, *app, *stream;   /* names as the publisher, or before a publish the first client, spells them */
    char *param;                     /* of an edge: those of the player for whom it is pulled, "?k=v"; NULL: none */
    enum stat_protocol first_player; /* of an edge: the protocol of that player */
    char               id[VID_CAP];  /* id that the API shows */

    struct conf             *conf; /* the snapshot that `vhost` belongs to; a reload replaces it */
    const struct conf_vhost *vhost;

    enum source_state state;     /* changed by life.h */
    struct moments    moments;   /* the moments that have come */
    struct list       attending; /* list of struct attendance */
    struct publisher *publisher; /* set while SOURCE_LIVE, unless what a delay holds still goes out; otherwise NULL */
    int64_t           published_at_us;
    struct hand_back  hand_back; /* the wait of a publisher that is back, behind a stand-in */
    struct seam       seam;      /* where the publisher goes on in the log */
    bool              seams;     /* of the publisher, or of the last one while SOURCE_HELD: struct publisher */
    uint64_t
        broke_at; /* number of the first frame after a hold in which all was expected to go on, but does not; 0: none */
    const char *stand_in;           /* what replaces the publisher that has left: "backup", "slate"; NULL: nothing */
    bool        has_holder;         /* An attendant waits to end the hold: without one the stream is not held. */
    int64_t     held_from_us;       /* time at which the publisher left, while SOURCE_HELD */
    int64_t     viewed_until_us;    /* audience_view(): until then somebody watches its segments; 0: nobody has */
    int64_t     unwatched_since_us; /* time at which the last reader left or publishing began */

    struct delay delay; /* what waits before it enters */

    struct stream_clock clock;
    int64_t             unsettled_until_us; /* end of the wait for the other kind of media; 0: none */

    struct ring      ring;
    struct headers   headers; /* the newest headers */
    struct headers   before;  /* those of the last publish, until a frame of the next one comes */
    struct gops      gops;
    bool             atc; /* `atc` is configured, or switched on by the metadata. */
    struct wall      wall;
    struct mix_queue mix;

    struct list  cursors;  /* list of struct log_cursor */
    int          n_prompt; /* cursors for which the publisher is read at once */
    struct list  readers;
    struct list  joining; /* the readers that have not begun */
    size_t       n_readers;
    struct list *next_served; /* the next reader, while the pacer hands a release out */
    const struct reader_delivery
                   *under_way;     /* the delivery that has taken a release for readers of this source; NULL: none */
    uint64_t        released;      /* Readers may send the frames before this number. */
    uint64_t        release_began; /* value of `released` before the newest release */
    struct co_group pacer_group;
    struct co      *pacer;
    int64_t         first_held_us;                /* arrival of the oldest frame that is not released yet */
    int64_t         round_start_us, round_end_us; /* begin and end of the last batch to all readers */
    int64_t         round_cost_us;                /* computing time of the last batch */
    uint64_t        trimmed_at;      /* head of the ring at the last search for frames that no reader needs */
    bool            trims_on;        /* More is to be forgotten than a slice allowed. */
    bool            is_overfull;     /* The log exceeded SOURCE_BYTES_MAX and is not yet back at half of it. */
    bool            publisher_waits; /* The publisher waits for the pacer: too many frames are held back. */

    struct video_info  video; /* codec is CODEC_NONE until it is known */
    struct audio_info  audio;
    bool               video_told, audio_told;   /* The newest metadata announces this kind. */
    uint8_t            video_track, audio_track; /* the track that `video` and `audio` describe: the first that came */
    int64_t            frames_video, frames_audio; /* frames of the first track, without configurations */
    int64_t            n_jumps;                    /* jumps of readers that fell behind */
    int64_t            jumped_us;                  /* the newest of these jumps */
    struct pulse       pulse;                      /* how the frames of this publish come in */
    struct histogram   latency; /* from the arrival of a frame to the socket of a player that keeps up */
    struct traffic     traffic;
    struct stream_stat stat;
    int64_t            sampled_us, sampled_frames;
    double             fps; /* frames per second over the last sample */
};

/** True while the stream is published: the only state in which frames come. */
static inline bool source_is_live(const struct source *s)
{
    return s->state == SOURCE_LIVE;
}

/** True if the stream has a publisher that does not give way to another one. */
static inline bool source_is_busy(const struct source *s)
{
    const struct publisher *p = s->publisher;
    return p && (!p->is_there || *p->is_there) && !s->vhost->publish.republish_takeover;
}

/** True while a stand-in may begin: the stream is held, or one plays already. */
static inline bool source_is_replaceable(const struct source *s)
{
    return s->state == SOURCE_HELD || s->stand_in;
}

/** True if the vhost takes its streams from origins. */
static inline bool source_is_edge(const struct source *s)
{
    return s->vhost->cluster.mode == CONF_CLUSTER_REMOTE;
}

/** True if `words` has the stream's app/stream, or "all". */
bool source_is_among(const struct source *s, const struct conf_words *words);

/** The delay that the configuration in force has for the stream; 0: none. */
int64_t source_delay_us(const struct source *s);

/** True while players are not told of an end: the stream is published, or held for its publisher. */
static inline bool source_is_on_air(const struct source *s)
{
    return s->state == SOURCE_LIVE || s->state == SOURCE_HELD;
}

/** True if somebody wants each frame at once. Otherwise the publisher may be read by the clock. */
static inline bool source_is_awaited(const struct source *s)
{
    return s->n_readers > 0 || s->n_prompt > 0;
}

/** True while somebody reads the stream, or watches its segments. */
static inline bool source_is_watched(const struct source *s)
{
    return s->n_readers > 0 || now_us() < s->viewed_until_us;
}

/** When the stream will have been unwatched for `linger_us`; DEADLINE_NEVER while it has readers. */
static inline int64_t source_unwatched_until_us(const struct source *s, int64_t linger_us)
{
    int64_t since_us = s->viewed_until_us > s->unwatched_since_us ? s->viewed_until_us : s->unwatched_since_us;
    return s->n_readers > 0 ? DEADLINE_NEVER : since_us + linger_us;
}

/** False while the first frames of a publish wait for the first frame of the other kind. No frame is due then. */
static inline bool source_is_settled(const struct source *s)
{
    return s->unsettled_until_us == 0 || s->unsettled_until_us <= now_us();
}

static inline enum codec source_codec(const struct source *s, enum frame_kind kind)
{
    return kind == FRAME_VIDEO ? s->video.codec : s->audio.codec;
}

static inline bool source_knows_codec(const struct source *s, enum frame_kind kind)
{
    return source_codec(s, kind) != CODEC_NONE;
}

/** Update the rates. A second call within a second does nothing. */
void source_sample(struct source *s, int64_t now_us);

/* The lower bound of queue_length is one batch (mw_latency) plus this. */
enum { SOURCE_QUEUE_LENGTH_MIN_US = US_PER_SECOND };

/** The delay at which players jump, by the configuration in force. */
static inline int64_t source_queue_length_us(const struct source *s)
{
    int64_t least_us = s->vhost->play.mw_latency_us + SOURCE_QUEUE_LENGTH_MIN_US;
    return s->vhost->play.queue_length_us > least_us ? s->vhost->play.queue_length_us : least_us;
}

#endif
