/**
 * One live stream: a log of frames with one publisher and any number of readers.
 *
 * Publishing is one append, whatever the audience. Each reader (reader.h) is a cursor into the log with its
 * own coroutine and pace. Appended frames are released to the readers in batches: at once while
 * the server has time to spare, in larger batches as it fills, or as `play` configures it (pacer.h).
 *
 * This header is the data, which the nouns of this folder share: sources.h finds and ends a source, life.h changes its state,
 * append.h writes to its log, audience.h and reader.h read it.
 *
 * Life       source_acquire() finds or makes it, every publisher and reader holds a reference, and with the
 *            last source_release() it is gone
 * Units      microseconds; sequence numbers count frames
 */
#ifndef APP_SOURCE_SOURCE_H
#define APP_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/source/gops.h"
#include "app/source/headers.h"
#include "app/source/mix_queue.h"
#include "app/source/moments.h"
#include "app/source/ring.h"
#include "app/source/stream_clock.h"
#include "app/stat/stream_stat.h"
#include "app/stat/traffic.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/ident.h"
#include "core/list.h"
#include "core/map.h"
#include "kernel/media_info.h"
#include "protocol/co.h"

/* A source never holds more than this, whatever the configuration allows. The log tells when it drops frames for it. */
enum { SOURCE_BYTES_MAX = 256 << 20 };

/**
 * Where the frames of a stream come from. Features that are not built yet will enter the states `pulled` and `held`.
 *
 *     idle    nobody publishes. Readers may wait for a publisher.
 *     pulled  readers came to a stream that nobody publishes here, and an attendant fetches it from an origin; no frame has come
 *             yet. Its first frame makes the stream live, its giving up makes it idle.
 *     live    a publisher appends frames: a client, or an attendant that pulls the stream.
 *     held    the publisher has gone, and what it sent is kept, because an attendant expects it back or stands in for it. Readers
 *             are not told of an end. The next publish makes the stream live, the end of the patience makes it idle.
 */
enum source_state { SOURCE_IDLE, SOURCE_PULLED, SOURCE_LIVE, SOURCE_HELD };

/** A publisher of a stream: its session fills this in and keeps it alive. */
struct publisher {
    struct co  *co;
    const char *trace; /* of the session, for the log line of another one that is refused */
    bool        taken_over;

    /* How its client names what it publishes, for attendants that hand it on; NULL or 0 where its protocol names none. */
    const char *tc_url, *page_url, *swf_url, *host, *param; /* `param`: "?k=v" */
    int         port;
};

struct sources;

struct source {
    int             refs;
    uint64_t        serial; /* no other source of this process ever has the same */
    struct sources *owner;
    char           *key;           /* its key in `owner` */
    char *identity, *app, *stream; /* as the publisher spells them; before a publish, as the first client does */
    char  id[VID_CAP];             /* the id that the API shows */

    struct conf             *conf; /* the snapshot that `vhost` belongs to; a reload replaces it */
    const struct conf_vhost *vhost;

    enum source_state state;     /* life.h changes it */
    struct moments    moments;   /* the moments that have come */
    struct list       attending; /* its struct attendance */
    struct publisher *publisher; /* set while SOURCE_LIVE, else NULL */
    int64_t           published_at_us;
    int64_t           unwatched_since_us; /* the time when the last reader left or publishing began */

    struct stream_clock clock;
    int64_t unsettled_until_us; /* the first frames wait for the other kind until then; 0: they do not wait */

    struct ring      ring;
    struct headers   headers; /* the newest ones */
    struct gops      gops;
    bool             atc; /* configured, or switched on by the metadata */
    struct mix_queue mix;

    struct list  readers;
    struct list  joining; /* the readers that have not begun */
    size_t       n_readers;
    struct list *next_served; /* the next reader, while the pacer hands a release out */
    const struct reader_delivery
                   *under_way;     /* the delivery that has taken a release for readers of this source; NULL: none */
    uint64_t        released;      /* readers may send frames before this one */
    uint64_t        release_began; /* what `released` was before the newest release */
    struct co_group pacer_group;
    struct co      *pacer;
    int64_t         first_held_us;                /* arrival of the oldest frame that is not released yet */
    int64_t         round_start_us, round_end_us; /* begin and end of the last batch to all readers */
    int64_t         round_cost_us;                /* the computing time of the last batch */
    uint64_t        trimmed_at;      /* the head when the log was last searched for frames that no reader needs */
    bool            trims_on;        /* more is to be forgotten than a slice allowed */
    bool            is_overfull;     /* beyond SOURCE_BYTES_MAX, and not yet back at half of it */
    bool            publisher_waits; /* the publisher waits for the pacer, because too many frames are held back */

    struct video_info  video; /* codec is CODEC_NONE until it is known */
    struct audio_info  audio;
    bool               video_told, audio_told;   /* the newest metadata announces this kind */
    uint8_t            video_track, audio_track; /* the track that `video` and `audio` describe: the first that came */
    int64_t            frames_video, frames_audio; /* frames of the first track, without configurations */
    int64_t            n_jumps;                    /* jumps of readers that fell behind */
    struct traffic     traffic;
    struct stream_stat stat;
    int64_t            sampled_us, sampled_frames;
    double             fps; /* measured over the last sample */
};

/** True while somebody publishes: the only state in which frames come. */
static inline bool source_is_live(const struct source *s)
{
    return s->state == SOURCE_LIVE;
}

/** False while the first frames of a publish wait for the first one of the other kind. Nothing is due then. */
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

/** Bring the rates up to date. A second call at the same time does nothing. */
void source_sample(struct source *s, int64_t now_us);

/* Lower bound of queue_length: one batch plus this. */
enum { SOURCE_QUEUE_LENGTH_MIN_US = US_PER_SECOND };

/** How long players may fall behind before they jump, by the configuration in force. */
static inline int64_t source_queue_length_us(const struct source *s)
{
    int64_t least_us = s->vhost->play.mw_latency_us + SOURCE_QUEUE_LENGTH_MIN_US;
    return s->vhost->play.queue_length_us > least_us ? s->vhost->play.queue_length_us : least_us;
}

#endif
