/**
 * HLS of one stream: its lane, and what of it is on the shelf (segment/shelf.h), under the names of the configuration.
 *
 * A rendition (renditions.h) is a struct hls as well: of one track, with a lane, a playlist, files and keys of its own.
 *
 * Ownership  a struct hls belongs to its viewing (view.h), and has its renditions
 * Yields     no
 */
#ifndef APP_HLS_HLS_H
#define APP_HLS_HLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/hls/playlist_text.h"
#include "app/hls/track_path.h"
#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/segment/view.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"
#include "kernel/hls/key.h"

/* Segments that stay on the shelf after they have left the playlist, for viewers that have loaded it before. */
enum { HLS_SEGMENTS_KEPT = 2 };

struct hls_files;
struct hls_group;
struct hls_keys;
struct hls_timeshift;

/** A segment under its name. */
struct hls_entry {
    struct shelf_item item;
    struct list       link; /* entry in hls->entries, the oldest first; the open segment is the last */
    struct hls       *hls;
    struct segment   *segment; /* a reference */
    char             *path;
    struct hls_key    key;        /* without a URI: the segment is not encrypted */
    uint64_t          batch;      /* of the file writer; 0: none */
    bool              is_on_disk; /* or on its way there */
    bool              is_written; /* It is on the disk for sure. */
    bool              is_adopted; /* by a former run of the server */
    bool              is_indexed; /* The index of timeshift has it, and decides how long the file stays. */
};

/** An init segment under its name. */
struct hls_init {
    struct shelf_item item;
    struct list       link;
    struct hls       *hls;
    struct blob      *bytes; /* NULL: they are in the file */
    uint64_t          number;
    char             *path;
    bool              is_on_disk;
};

/** Its date ranges (dateranges.h). */
struct hls_dateranges {
    struct list list; /* in the order in which they came */
    size_t      n, bytes;
};

struct hls {
    struct hls            *main;                      /* of a rendition: the stream; NULL: it is the stream */
    char                   track[HLS_TRACK_NAME_CAP]; /* of a rendition: its name; otherwise "" */
    struct list            renditions, in_main; /* in the order of the master: pictures, then sound by its tracks */
    struct viewing        *viewing;
    struct conf           *conf; /* snapshot with which the view began */
    const struct conf_hls *began_with;
    struct show           *show; /* not counted: the viewing ends before the show is freed */
    struct lane           *lane;
    struct shelf_item      playlist; /* not on the shelf if its path is that of the master of its group */
    char                  *m3u8_path;
    bool is_settled; /* Players may have loaded the playlist: what its path is does not change any more. */
    bool
        is_master; /* Without an id of a viewer its path is the master playlist (HLS_GROUP_MEDIA: the media playlist). */
    struct hls_group     *group; /* NULL: the stream is no variant */
    struct list           in_group;
    struct list           entries;
    size_t                n_entries;
    struct list           inits;
    struct hls_files     *files;     /* NULL: nothing is written */
    struct hls_keys      *keys;      /* NULL: segments are not encrypted */
    struct hls_timeshift *timeshift; /* NULL: none, or not begun */

    /** Called by the files when segments have been written. It may not yield. */
    void (*when_written)(struct hls *h);

    struct list               parts; /* of the newest segments (parts.h) */
    struct hls_dateranges     dateranges;
    struct hls_playlist_cache media, delta, delta_v2, master; /* delta_v2: date ranges are skipped as well */
    int64_t                   part_target_us;                 /* does not change once it is told; 0: it was not yet */
    int64_t                   target_s;                       /* target duration; never falls (RFC 8216 6.2.1) */
    int64_t                   peak_bps; /* largest that was measured: players ask for it once, and stay for hours */
};

/** The stream that a rendition is of; a stream itself. */
static inline const struct hls *hls_main(const struct hls *h)
{
    return h->main ? h->main : h;
}

/** Put an item on the shelf. */
struct err *hls_put(struct hls *h, struct shelf_item *item, const char *path) ATTR_MUST_USE;

/** Give a segment its name and put it on the shelf. A failure is logged, and the segment stays unknown. `key` is copied. */
void hls_add_entry(struct hls *h, struct segment *s, const struct hls_key *key);

/**
 * Put a segment on the shelf whose bytes are in the file `path`, and are served from there.
 *
 * Ownership  takes `path` over, also after an error
 */
struct err *hls_adopt_entry(struct hls *h, struct segment *s, char *path) ATTR_MUST_USE;

/** The same for an init segment. One that is known already stays. */
struct err *hls_adopt_init(struct hls *h, char *path, uint64_t number) ATTR_MUST_USE;

/** The segment is complete: if its name has its duration in it, it gets another one. */
void hls_close_entry(struct hls_entry *entry);

void hls_drop_entry(struct hls_entry *entry);

/** The entry of a segment; NULL: it has none. */
struct hls_entry *hls_find_entry(const struct hls *h, const struct segment *s);

/** Put the init segment of a segment on the shelf, unless it is there. */
void hls_add_init(struct hls *h, const struct segment *s);

/** The init segment of that number; NULL: there is none. */
struct hls_init *hls_find_init(const struct hls *h, uint64_t number);

/** An init segment that no segment on the shelf needs; NULL: there is none. */
struct hls_init *hls_unneeded_init(const struct hls *h);

void hls_drop_init(struct hls_init *init);

/** Files could not be written: do what `hls_on_error` says, at the next frame. */
void hls_failed(struct hls *h);

/** How many of the newest segments of the stream's lane the playlist lists; a rendition lists the same numbers. */
size_t hls_in_window(const struct hls *h);

#endif
