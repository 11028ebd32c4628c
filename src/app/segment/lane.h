/**
 * A lane: one stream in one container, as a row of segments. All lanes of a plan are cut at the same frames and share their numbers.
 *
 *     lane_take(lane, frame)                      each frame between two cuts
 *     lane_end_part(lane, end_us)                 its bytes are made now, and readers are woken
 *     lane_end_segment(lane, end_us)
 *
 * Frames are kept by reference until their part ends; then its bytes are made in one piece, of exactly its length. Where nobody sees
 * the parts, a part ends as soon as its frames are worth the call, and lies behind the one before: a segment has one piece in
 * the end, and the frames of a stream do not wait in memory for as long as a segment is.
 *
 * A kind of lane is a container. A new one is a struct lane_kind.
 *
 * Ownership  a lane belongs to its plan; segments are counted
 * Yields     only lane_wait()
 */
#ifndef APP_SEGMENT_LANE_H
#define APP_SEGMENT_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/segment/segment.h"
#include "core/attr.h"
#include "core/blob_store.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/list.h"
#include "kernel/frame.h"
#include "kernel/media_info.h"

/* Bounds of an open part, beyond which it ends: its bytes are made in one turn. */
enum { LANE_PART_FRAMES_MAX = 2048, LANE_PART_BYTES_MAX = 4 << 20 };

/* Cues of an open part beyond this are left out. */
enum { LANE_PART_CUES_MAX = 256 };

/* How long a first part waits for the other kind of media. */
enum { LANE_SETTLE_US = 500 * US_PER_MS };

/* Frames are packed when there are so many bytes of them, if their part may end anywhere. */
enum { LANE_PACK_BYTES = 32 << 10 };

/* An open segment ends when no more than this is left of its bytes: the largest frame still has room. */
enum { LANE_SEGMENT_SPARE_BYTES = 40 << 20, LANE_SEGMENT_SPARE_PARTS = 4 };

struct cbcs;
struct co;
struct cue;
struct lane;
struct plan;

/** A container: how frames become the bytes of a part. */
struct lane_kind {
    const char *name;
    const char *type; /* media type of a segment */
    bool        has_pictures, has_sound;
    bool        has_cues;    /* It can carry cues beside its media. */
    bool        is_seamless; /* The bytes do not tell where a part ends. */

    /** Make what the lane needs for its frames; false without memory. */
    bool (*begin)(struct lane *lane);
    void (*finish)(struct lane *lane);

    /** True if the container carries frames of this codec. */
    bool (*carries)(enum codec codec);

    /** True if the frame belongs into this lane. */
    bool (*takes)(const struct lane *lane, const struct frame *f);

    /**
     * The bytes of the frames of the open part.
     *
     * Shape      next: the frame that follows, or NULL: not known; is_first: the part begins its segment, lane->open
     * Returns    NULL if memory is out, or no frame can be expressed
     */
    struct blob *(*pack)(struct lane *lane, const struct frame *next, bool is_first);
};

extern const struct lane_kind lane_ts;                      /* MPEG-TS: pictures and the first track of sound */
extern const struct lane_kind lane_ts_video, lane_ts_audio; /* MPEG-TS: pictures alone; one track of sound */
extern const struct lane_kind lane_mp4;                     /* fragmented MP4 of the same */
extern const struct lane_kind lane_video;                   /* CMAF: pictures alone */
extern const struct lane_kind lane_audio;                   /* CMAF: one track of sound */
extern const struct lane_kind lane_flv;                     /* FLV tags: pictures and the first track of sound */

/** The time in `lane_mp4`, `lane_video` and `lane_audio` of the stream's time 0: the same for all, with room for reordering. */
#define LANE_MP4_ORIGIN_US INT64_C(10000000)

/** What a view does to the bytes of a lane before anybody sees them: encryption. The functions must not yield. */
struct lane_seal {
    /** The bytes to show instead of a part; NULL: the part is lost. `plain` is borrowed. NULL: parts are shown as they are. */
    struct blob *(*part)(void *arg, struct blob *plain, bool is_first);

    /** The last bytes of a segment, which become a part of their own. NULL: they are lost, and so is the segment. */
    struct blob *(*end)(void *arg);
    void              *arg;
    const struct cbcs *cbcs; /* MP4: samples are encrypted; NULL: they are not */
};

struct lane {
    const struct lane_kind *kind;
    struct plan            *plan;
    const char             *label;       /* the stream, for the log; borrowed */
    bool                    is_idle;     /* No view wants its segments: none are made. */
    bool                    shows_parts; /* Parts are for viewers before their segment is complete. */
    uint8_t                 track;       /* audio track; 0: the first */
    struct list             segments;    /* complete segments, the oldest first */
    size_t                  n_segments;
    struct segment         *open;              /* NULL: none */
    uint64_t                version;           /* rises with each part, segment and end */
    struct list             waiters, sleepers; /* those that are woken, and those that may be answered in their sleep */
    struct frame          **frames;            /* frames of the open part */
    size_t                  n_frames, cap_frames, frame_bytes;
    struct cue            **cues; /* of the open part */
    size_t                  n_cues, cap_cues;
    uint64_t          n_carried_cues, n_carried_splices; /* cues up to now, and those of them with a splice section */
    struct frame     *video_config, *audio_config;       /* newest configurations; NULL: none */
    struct audio_info sound;                             /* as of the newest one; without a codec: none has come */
    struct blob_row   row;                               /* where the bytes of segments lie */
    struct blob      *init;                              /* of the next segment; NULL: the container needs none */
    uint64_t          init_number;
    const struct lane_seal *seal;         /* NULL: none; borrowed; set by lane_set_seal() */
    uint64_t                n_seals;      /* rises whenever `seal` is set: another seal may have the same address */
    uint32_t                left_out;     /* set of the codecs that the stream has and the container cannot carry */
    uint64_t                n_lost_parts; /* parts that found no memory, or could not be expressed */
    void                   *state;        /* of the kind */
};

struct cmaf;

/** The muxer of a lane of one of the kinds in MP4, which knows what its tracks are; NULL before the first part. Borrowed. */
const struct cmaf *lane_cmaf(const struct lane *lane);

/** A lane without segments; NULL without memory. */
struct lane *lane_create(const struct lane_kind *kind, struct plan *plan, const char *label,
                         unsigned track) ATTR_MUST_USE;

/** Takes NULL; *lane becomes NULL. No coroutine may wait for it. */
void lane_destroy(struct lane **lane);

/**
 * A blob with a copy of the bytes of a part, for pack(): on the heap while parts are shown or sealed, and are gathered later;
 * otherwise where complete segments lie. NULL without memory.
 */
struct blob *lane_keep(struct lane *lane, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/**
 * Encrypt the segments that begin from now on, or do not: NULL. Neither the open segment nor frames may be left of the time before.
 *
 * Ownership  `seal` is borrowed until the next call
 */
void lane_set_seal(struct lane *lane, const struct lane_seal *seal);

/**
 * Take note of a frame: a configuration, or one more frame of the open part. Frames that are not for this lane are left out, and so
 * is media while no segment is open.
 */
void lane_take(struct lane *lane, struct frame *f);

/** Add a cue to the open part. False if it is lost: out of memory, or too many in this part. */
bool lane_take_cue(struct lane *lane, struct cue *cue) ATTR_MUST_USE;

/**
 * Put a complete segment at the end of the lane whose bytes are not in memory; the lane keeps its reference. NULL without memory.
 *
 * Ownership  borrowed
 */
struct segment *lane_adopt(struct lane *lane, uint64_t number, int64_t duration_us) ATTR_MUST_USE;

/** True if the open part should end now, wherever that is: it has enough frames, and nobody sees where it ends. */
bool lane_is_due(const struct lane *lane);

/** True if the open part is at a bound. */
bool lane_is_full(const struct lane *lane);

/** True if the open segment is at a bound: it must end, because further parts would be lost. */
bool lane_segment_is_full(const struct lane *lane);

/** End the open part at `end_us`, before the frame `next`; NULL: no frame follows at once. */
void lane_end_part(struct lane *lane, const struct frame *next, int64_t end_us);

/** End the open segment as lane_end_part() ends a part. Returns it, borrowed; NULL if there is none, or nothing is in it. */
struct segment *lane_end_segment(struct lane *lane, const struct frame *next, int64_t end_us);

/** Take the oldest segment out. The caller gets the lane's reference. NULL: there is none. */
struct segment *lane_drop_oldest(struct lane *lane) ATTR_MUST_USE;

/** The complete segment of that number, borrowed; NULL: there is none. */
struct segment *lane_find(const struct lane *lane, uint64_t number);

static inline struct segment *lane_newest(const struct lane *lane)
{
    return lane->n_segments ? LIST_ENTRY(lane->segments.prev, struct segment, link) : NULL;
}

/* What became of a request that waits, when the lane has changed. */
enum lane_answer {
    LANE_ANSWERED, /* The reply is under way, and the coroutine may sleep on. */
    LANE_WAITS,    /* What it waits for has not come. */
    LANE_WAKES,    /* The coroutine must be woken, and replies by itself. */
};

/** A place among those that wait; the caller keeps it during lane_wait(). */
struct lane_waiter {
    struct list link;
    struct co  *co;
    uint64_t    seen;

    /** Answer the request while its coroutine sleeps (protocol/http/batch.h). It must not yield. NULL: the coroutine is woken. */
    enum lane_answer (*answer)(struct lane_waiter *w);
    bool is_answered;
};

/** Wake those that wait. Of those that may be answered in their sleep one is woken, which answers the others. */
void lane_changed(struct lane *lane);

/**
 * Wait until the lane's version is not `seen` any more, or the request has been answered.
 *
 * Shape      w: `answer` is set; w->is_answered tells afterwards
 * Errors     E_SOCKET_TIMEOUT at the deadline, E_THREAD_INTERRUPTED; the request may have been answered nevertheless
 * Yields     yes; the caller holds a reference to the show
 */
struct err *lane_wait(struct lane *lane, struct lane_waiter *w, uint64_t seen, int64_t deadline_us) ATTR_MUST_USE;

#endif
