/**
 * The show of a stream: its segments in all forms. It outlives the publish, so that viewers see the end and a publisher that comes
 * back continues the numbers, until it has been silent for as long as its views keep it.
 *
 * Life       show_enter() finds or makes it when its stream is published; shows_run() disposes of it; show_ref()/show_unref() count
 * Ownership  the process has one list of shows (shows_finish() frees it); a reply that yields holds a reference
 */
#ifndef APP_SEGMENT_SHOW_H
#define APP_SEGMENT_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/segment/lane.h"
#include "app/segment/plan.h"
#include "app/segment/view.h"
#include "core/attr.h"
#include "core/budget.h"
#include "core/err.h"
#include "core/list.h"
#include "kernel/media_info.h"

struct source;

/*
 * Most cues of a stream in a second, and most bytes of their messages. Further ones are left out. A publisher may have been cut off
 * for some seconds: the cues of that time come at once.
 */
enum {
    SHOW_CUES_A_SECOND = 32,
    SHOW_CUES_AT_ONCE = 128,
    SHOW_CUE_BYTES_A_SECOND = 128 << 10,
    SHOW_CUE_BYTES_AT_ONCE = 256 << 10
};

enum { SHOW_VIEWS_MAX = 8, SHOW_SOUNDS_MAX = 64 };

struct show {
    int                      refs;
    char                    *key;          /* key in the list of shows */
    char                    *label;        /* the stream, for the log */
    char                    *app, *stream; /* in normal form (stream_name.h) */
    struct conf             *conf;         /* the snapshot that `vhost` belongs to */
    const struct conf_vhost *vhost;
    bool                     is_live, is_recovered;
    bool                     has_given_up[SHOW_VIEWS_MAX]; /* views that have failed in this publish */
    bool                     ends_publish;                 /* A view wants the publisher to be disconnected. */
    bool                     is_disposed; /* It is in no list any more: what is left is for replies that hold it. */
    int64_t                  newest_us;   /* stream time of the newest frame */
    int64_t                  ended_us;    /* time at which it was live last */
    struct list              plans;
    struct viewing           viewings[SHOW_VIEWS_MAX];
    struct video_info        video; /* as of the newest publish */
    struct audio_info        audio;
    double                   fps;
    uint64_t sounds; /* set of the tracks of sound beside the first that have been seen: 1 to SHOW_SOUNDS_MAX - 1 */
    struct budget cues, cue_bytes;
    uint32_t      captions; /* set of services (kernel/captions.h) of the newest publish */
    struct frame *metadata; /* the newest of the newest publish; NULL: none */
};

/** The show of a stream that is published now: made if there is none, with the views that its vhost wants. */
struct err *show_enter(struct source *s, struct show **show) ATTR_MUST_USE;

/**
 * Continue what a former run of the server has left of a show that was just made.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes
 */
struct err *show_recover(struct show *show) ATTR_MUST_USE;

/** Follow a new configuration of the source: views begin and end, plans are cut differently. */
void show_apply_conf(struct show *show, const struct source *s);

/** End the views that have failed. */
void show_end_failed(struct show *show);

/** The wall clock at the time 0 of the stream (source/wall.h), by which frames are cut from now on. */
void show_keep_to_wall(struct show *show, int64_t wall_0_us);

/** Take the next frame of the stream. */
void show_take(struct show *show, struct frame *f);

/** The publish has ended: open segments end. */
void show_over(struct show *show);

/** Note that frames are missing: the next segment does not continue the last one. */
void show_break(struct show *show);

/** Stream time at which the next part of any plan ends. */
int64_t show_next_part_us(const struct show *show);

/** True if a view wants parts as soon as they can be made. */
bool show_is_prompt(const struct show *show);

/** Segments of this lane that the disk refused, or that could not wait for it: the sum over all views. */
uint64_t show_lost_files(const struct show *show, const struct lane *lane);

/** The show of a stream, borrowed; NULL: there is none. */
struct show *show_find(const struct conf_vhost *vhost, const char *app, const char *stream);

static inline struct show *show_ref(struct show *show)
{
    show->refs++;
    return show;
}
void show_unref(struct show **show);

/** A coroutine that disposes of shows whose time is over. `arg` is not used. */
void shows_run(void *arg);

/** Dispose of all shows, at the end of the server. Does not yield. */
void shows_finish(void);

#endif
