/**
 * What the doctor looks at: copies of the facts at one moment, so that a check is a function of them alone.
 *
 * Ownership  texts are borrowed until the next yield
 * Units      at the end of each name
 */
#ifndef APP_DOCTOR_FACTS_H
#define APP_DOCTOR_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/session/refusals.h"
#include "kernel/frame.h"

enum { FACTS_LANES_MAX = 8 };

/** One container that a stream is cut into. */
struct facts_lane {
    const char *container; /* "ts", "mp4" … */
    uint32_t    left_out;  /* set of codecs that it cannot carry */
    uint64_t    n_lost_files;
};

/** One stream that has a publisher or a player. */
struct facts_stream {
    const char              *name; /* vhost/app/stream, as the log has it */
    const struct conf_vhost *vhost;
    bool                     is_live;
    int64_t                  live_us; /* since the publish began */
    size_t                   n_players;

    enum codec video, audio;           /* CODEC_NONE: nothing came */
    bool       video_told, audio_told; /* The metadata announces it. */
    double     fps;                    /* pictures that came in a second; 0: not sampled */
    int        kbps;                   /* that came in the last seconds */
    int        kbps_30s;               /* in the last 30 s */

    int64_t n_pictures, n_reordered, n_keys;
    int64_t gop_us;     /* 0: not known */
    int64_t key_age_us; /* since the last key frame came */
    int64_t silence_us; /* since the last frame came; -1: none has come */

    bool    has_speed;
    double  speed; /* 1: real time */
    int64_t speed_over_us;
    bool    has_drift;
    int64_t drift_us, drift_over_us; /* sound has gained on the picture by so much */
    int64_t n_gaps, gaps_us, longest_gap_us, gap_age_us;
    int64_t n_breaks, break_age_us; /* jumps of the encoder's time in this publish; since the newest */
    int64_t n_skipped, skip_age_us; /* jumps of players that fell behind; since the newest */

    size_t            n_lanes;
    struct facts_lane lanes[FACTS_LANES_MAX];

    bool is_rtc_wanted; /* The configuration has WebRTC on. */

    /* For a stream that nobody publishes: a published one that may be meant; NULL: none is near. */
    const char *near_name;
    bool        near_is_other_vhost; /* the same app and stream in another vhost */
};

/** A folder that the server writes to. */
struct facts_folder {
    const char *path, *what; /* "HLS" */
    int         error;       /* errno of the look at it; 0: none */
    bool        is_read_only, is_closed /* to this server */, is_silent /* The disk did not answer. */;
    int64_t     bytes, free_bytes;
};

/** A pair of certificate and key. */
struct facts_pair {
    const char *key, *cert;
    bool        is_usable;
    int64_t     days_left; /* negative: expired that long ago */
    const char *why;       /* it is not usable, or the newer files are not; "": it is */
    const char *missed;    /* a name that a client asked for lately and the certificate has not; "": none */
};

/** Something that the configuration asks for and that is not built. */
struct facts_unbuilt {
    const char *feature, *effect, *vhost; /* vhost NULL: outside of vhosts */
    const char *where;                    /* file and line */
};

/** The process and its machine. */
struct facts_server {
    const struct conf *conf;
    bool               has_reload_failed, is_bind_failure;
    const char        *reload_text;

    size_t  n_connections;
    int64_t n_refused;               /* connections since the start */
    int64_t n_fds, max_fds;          /* open descriptors, and the limit; 0: not known */
    int64_t held_bytes, limit_bytes; /* memory; limit 0: none */
    double  cpu;                     /* of this process; 1: one processor */

    size_t n_backends_failing, n_callbacks,
        n_callbacks_lost; /* callbacks that wait in memory; dropped since the start */

    const char *candidate; /* of rtc_server, if WebRTC is on; NULL: it is not, or none is written */
};

/** A refusal of the last minutes. */
struct facts_refusal {
    const struct refusal    *refusal;
    char                     name[3 * REFUSAL_NAME_CAP]; /* of the stream */
    int64_t                  age_us;
    const char              *near_name; /* as above; of E_RTMP_VHOST_NOT_FOUND: a vhost */
    const struct conf_vhost *vhost;     /* in which the stream would be; NULL: there is none */
    bool is_published;                  /* of a path (E_HTTP_HANDLER_MATCH_URL): the stream of its name is published */
};

#endif
