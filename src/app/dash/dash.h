/**
 * What DASH knows of a stream, as a view of its segments (dash/view.h).
 *
 * Each track has a lane of CMAF segments. Segments of one number, one of each track, are a row; rows are grouped into Periods, whose
 * segments continue each other. Everything is on the shelf under the names of its files (dash/names.h).
 *
 * Time       The MPD counts from 1970: availabilityStartTime is 1970-01-01T00:00:00Z, and a Period starts at the wall clock of its
 *            first segment. So times go on over the end of a publish and over a restart of the server, and a viewer stays.
 *
 * Ownership  a struct dash belongs to its viewing, and owns all below it
 */
#ifndef APP_DASH_DASH_H
#define APP_DASH_DASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/segment/view.h"
#include "core/list.h"
#include "kernel/mp4/moov.h"

enum { DASH_TRACKS_MAX = VIEW_LANES_MAX };

struct dash;

/** An init segment, and what it says of its track. */
struct dash_init {
    struct shelf_item  item;
    struct list        link; /* entry in dash_track->inits, the newest last */
    struct dash_track *track;
    unsigned           n_users; /* segments that need it */
    struct blob       *bytes;
    bool               is_on_disk; /* or will be */
    uint64_t           number;
    char              *path; /* below dash_path */
    char               codecs[MP4_CODECS_CAP];
    uint32_t           timescale, width, height, sample_rate, channels;
    uint32_t           frame_rate, frame_rate_scale; /* 0/0: not known yet */
};

struct dash_track {
    struct dash       *dash;
    struct dash_track *source; /* the track of a member that this one of a group (group.h) shows; otherwise NULL */
    struct lane       *lane;   /* NULL: the member has gone */
    bool               is_video;
    char               name[16];         /* "video", "audio", "audio-2" */
    char               media_before[17]; /* the name of a segment before its number: "video-" */
    char              *folder;           /* of a group: where the member's segments are, from the MPD */
    struct list        inits;
    int64_t            bandwidth_bps; /* greatest of all segments up to now */
};

/** A segment under its two names: that of its file, and the one that the served MPD gives it. */
struct dash_entry {
    struct shelf_item  item, timed;
    uint64_t           timed_period; /* what is in the second name: the Period */
    int64_t            timed_at;     /* and the time in it */
    struct dash_track *track;
    struct segment    *segment; /* a reference */
    char              *path;    /* below dash_path */
    struct dash_init  *init;    /* NULL before the first part */
};

struct dash_period {
    struct list link; /* entry in dash->periods, the newest last */
    unsigned    n_rows;
    int64_t     start_us; /* wall clock */
    int64_t     base_us;  /* time of the tracks that is presented then */
    int64_t     end_us;   /* wall clock at which its last segment ends */
};

/** The segments of one number. */
struct dash_row {
    struct list         link; /* entry in dash->rows, the newest last */
    uint64_t            number;
    struct dash_entry  *entries[DASH_TRACKS_MAX]; /* NULL: the track has no such segment */
    struct dash_period *period;                   /* NULL: a track of the row is still open */
    bool                is_queued, is_lost;       /* for the disk; lost: it is missing in the files */
    uint64_t            batch;                    /* number of its batch; 0: none */
};

struct dash {
    bool                is_group;
    struct list         members;  /* of a group */
    struct list         in_group; /* entry in `members` of `group` */
    struct dash        *group;    /* NULL: none */
    struct viewing     *viewing;  /* of a group: that of a member */
    struct show        *show;     /* not counted: the viewing ends before the show is freed */
    struct shelf_item   mpd, clock;
    char               *mpd_path, *folder; /* below dash_path */
    struct dash_track   tracks[DASH_TRACKS_MAX];
    size_t              n_tracks;
    struct list         rows, periods;
    struct file_writer *writer;      /* NULL: no files */
    char               *path;        /* dash_path, as long as the names stay */
    bool                keeps_files; /* Files of what leaves are not removed. */
    uint64_t            n_batches, n_batches_done;
    struct blob        *text;         /* the MPD; NULL: it has to be written again */
    bool                is_published; /* `published_us` is that of what is to be written now */
    int64_t             published_us; /* wall clock of the newest text; it rises with each change */
};

/** The stream that a segment belongs to: in a group (group.h) it is the member. */
static inline struct dash *dash_of_segment(const struct dash_entry *entry)
{
    const struct dash_track *t = entry->track;
    return t->source ? t->source->dash : t->dash;
}

#endif
