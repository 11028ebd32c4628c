/**
 * What HDS (Adobe HTTP Dynamic Streaming) knows of a stream, as a view of its segments (hds/view.h).
 *
 * Fragment N is the segment of number N - 1: `mdat` and FLV tags. Names are those of SRS, below `hds_path`:
 *
 *     live/livestream.f4m   live/livestream.abst   live/livestreamSeg1-Frag7
 *
 * Ownership  a struct hds belongs to its viewing, and owns all below it
 */
#ifndef APP_HDS_HDS_H
#define APP_HDS_HDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/segment/view.h"
#include "core/list.h"
#include "kernel/hds/bootstrap.h"

/** A complete segment as a fragment. */
struct hds_entry {
    struct shelf_item item;
    struct list       link; /* entry in hds->entries, the newest last */
    struct hds       *hds;
    struct segment   *segment; /* a reference */
    char             *path;    /* below hds_path */
};

struct hds {
    struct show        *show; /* not counted: the viewing ends before the show is freed */
    struct lane        *lane;
    struct shelf_item   f4m, abst;
    char               *base;                 /* path of the files before their endings, below hds_path */
    char               *f4m_path, *abst_path; /* likewise */
    char               *path;                 /* hds_path */
    struct list         entries;
    size_t              n_entries;
    uint32_t            version; /* of the bootstrap */
    int64_t             bitrate_kbps;
    struct file_writer *writer;
};

/** The number of a fragment. */
static inline uint32_t hds_number(const struct hds_entry *entry)
{
    return (uint32_t)(entry->segment->number + 1);
}

#endif
