#include "app/hls/view.h"

#include <string.h>

#include "app/hls/dateranges.h"
#include "app/hls/file_guard.h"
#include "app/hls/files.h"
#include "app/hls/hls.h"
#include "app/hls/keys.h"
#include "app/hls/life.h"
#include "app/hls/media_playlist.h"
#include "app/hls/parts.h"
#include "app/hls/recover.h"
#include "app/hls/renditions.h"
#include "app/hls/timeshift_index.h"
#include "app/hls/told.h"

/* Without low latency, parts only limit how much is made at once. */
enum { PART_US = 2 * US_PER_SECOND };

static bool wanted(const struct conf_vhost *vhost)
{
    return vhost->hls.enabled;
}

static void wish(const struct conf_vhost *vhost, struct view_wish *w)
{
    const struct conf_hls *c = &vhost->hls;
    w->policy = (struct cut_policy){
        .fragment_us = c->fragment_us,
        .td_ratio = c->td_ratio,
        .aof_ratio = c->aof_ratio,
        .wait_keyframe = c->wait_keyframe,
        .part_us = c->ll ? c->part_us : PART_US,
        .shows_parts = c->ll,
        .leaves_out_sound = c->acodec == CONF_HLS_NO_AUDIO,
        .leaves_out_pictures = c->vcodec == CONF_HLS_NO_VIDEO,
        .keeps_to_wall = c->ts_floor,
        .counts_samples = !c->dts_directly,
        .by_wall = vhost->cluster.common_segments,
    };
    w->lanes[0] = c->use_fmp4 ? &lane_mp4 : &lane_ts;
    w->is_prompt = c->ll;
}

static const char *playlist(const struct conf_vhost *vhost)
{
    return vhost->hls.m3u8_file;
}

static bool is_there(const struct viewing *v)
{
    return hls_media_playlist_is_there(v->state);
}

static struct err *begin(struct viewing *v)
{
    struct hls *h;
    struct err *e = hls_begin(&h, v);
    v->state = h;
    return e;
}

static void end(struct viewing *v, enum view_end why)
{
    hls_end(v->state, why);
    v->state = NULL;
}

static void hear(struct viewing *v, unsigned track)
{
    hls_hear(v->state, track);
}

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Containers, names and keys stay as the view began. */
static bool fits(const struct viewing *v)
{
    const struct conf_hls *a = ((const struct hls *)v->state)->began_with, *b = &v->show->vhost->hls;
    return a->use_fmp4 == b->use_fmp4 && a->storage == b->storage && a->keys == b->keys &&
           a->encryption == b->encryption && a->ll == b->ll && a->ts_floor == b->ts_floor && same(a->path, b->path) &&
           same(a->m3u8_file, b->m3u8_file) && same(a->ts_file, b->ts_file) && same(a->fmp4_file, b->fmp4_file) &&
           same(a->init_file, b->init_file) && same(a->key_file, b->key_file) &&
           same(a->key_file_path, b->key_file_path) && same(a->key_url, b->key_url);
}

static struct err *recover(struct viewing *v)
{
    struct hls *h = v->state;
    struct err *e = v->show->vhost->hls.recover ? hls_recover(h) : NULL;
    return e ? e : hls_timeshift_recover(h);
}

static void add_part(struct hls *h, struct segment *s)
{
    hls_add_init(h, s);
    if (!h->show->vhost->hls.ll)
        return;
    hls_parts_announce(h, s);
    if (h->files && s->n_parts == 1)
        hls_files_add_init(h, s);
}

static void open_segment(struct hls *h, struct segment *s)
{
    struct hls_key key = { 0 };
    if (h->keys && !hls_keys_begin(h->keys, s->number, &key))
        return;
    hls_add_entry(h, s, &key);
    if (h->keys && h->files)
        hls_files_add_key(h, hls_keys_newest(h->keys));
    if (h->show->vhost->hls.ll)
        hls_parts_announce(h, s);
}

static void close_segment(struct hls *h, struct segment *s)
{
    hls_parts_close(h, s);
    struct hls_entry *entry = hls_find_entry(h, s);
    if (entry)
        hls_close_entry(entry);
    hls_add_init(h, s);
    entry = hls_find_entry(h, s);
    if (entry && h->files)
        hls_files_add(h, entry);
    else if (entry)
        hls_told_segment(h, entry);
}

static void forget_segment(struct hls *h, const struct segment *s)
{
    struct hls_entry *entry = hls_find_entry(h, s);
    hls_parts_drop(h, s);
    if (entry)
        hls_drop_entry(entry);
}

/* Segments of timeshift need what they were made with for as long as they are there. */
static bool removes_what_is_old(const struct hls *h)
{
    return h->files && !h->timeshift && h->show->vhost->hls.cleanup;
}

static void drop_old_inits(struct hls *h)
{
    bool             removes = removes_what_is_old(h);
    struct hls_init *init = NULL;
    while ((init = hls_unneeded_init(h))) {
        if (removes)
            hls_files_remove_init(h, init);
        hls_drop_init(init);
    }
}

static void drop_old_keys(struct hls *h, uint64_t number)
{
    bool               removes = removes_what_is_old(h);
    struct hls_secret *s;
    while (h->keys && (s = hls_keys_unneeded(h->keys, number))) {
        if (removes)
            hls_files_remove_key(h, s);
        hls_keys_drop(s);
    }
}

static void drop_segment(struct hls *h, const struct segment *s)
{
    const struct hls_entry *entry = hls_find_entry(h, s);
    if (entry && h->files && !entry->is_indexed && h->show->vhost->hls.cleanup)
        hls_files_remove(h, entry);
    forget_segment(h, s);
    drop_old_inits(h);
    drop_old_keys(h, s->number + 1);
}

/* The stream or the rendition that shows a lane. */
static struct hls *showing(const struct viewing *v, const struct lane *lane)
{
    struct hls *h = v->state;
    return lane == h->lane ? h : hls_renditions_of_lane(h, lane);
}

/* The first segment is complete, so players may load the playlist now. */
static void settle(struct hls *h)
{
    h->is_master |= !h->is_settled && !list_is_empty(&h->renditions);
    h->is_settled = true;
}

static void tell(struct viewing *v, enum segment_event event, struct lane *lane, struct segment *s)
{
    struct hls *h = lane ? showing(v, lane) : NULL;
    if (event == SEGMENT_CONF_CHANGED)
        hls_follow_group(v->state);
    if (event == SEGMENT_STREAM_ENDS)
        hls_files_over(v->state);
    if (!h)
        return;
    if (event == SEGMENT_CLOSED && !h->main)
        settle(h);
    switch (event) {
    case SEGMENT_OPENED: open_segment(h, s); break;
    case SEGMENT_PART_ADDED: add_part(h, s); break;
    case SEGMENT_CLOSED: close_segment(h, s); break;
    case SEGMENT_FORGOTTEN: forget_segment(h, s); break;
    case SEGMENT_LEAVES: drop_segment(h, s); break;
    default: break;
    }
}

static void take_cue(struct viewing *v, const struct cue *cue)
{
    hls_dateranges_take(v->state, cue);
}

static bool keeps(const struct viewing *v, const struct lane *lane, const struct segment *oldest)
{
    const struct hls     *h = showing(v, lane);
    const struct segment *newest = h ? lane_newest(hls_main(h)->lane) : NULL;
    if (!newest)
        return h && lane->n_segments <= HLS_SEGMENTS_KEPT;
    size_t kept = hls_in_window(h) + HLS_SEGMENTS_KEPT;
    if (h->main) /* numbers, because segments of a rendition may be missing */
        return newest->number < oldest->number + kept;
    return lane->n_segments <= kept ||
           (lane->n_segments <= kept + HLS_TIMESHIFT_AWAITED_MAX && hls_timeshift_awaits(h, oldest));
}

static int64_t dispose_us(const struct conf_vhost *vhost)
{
    return vhost->hls.dispose_us;
}

static uint64_t lost_files(const struct viewing *v)
{
    const struct hls *h = v->state;
    uint64_t          lost = hls_files_lost(h);
    for (const struct list *it = h->renditions.next; it != &h->renditions; it = it->next)
        lost += hls_files_lost(LIST_ENTRY(it, const struct hls, in_main));
    return lost;
}

const struct segment_view hls_view = {
    .name = "HLS",
    .wanted = wanted,
    .wish = wish,
    .playlist = playlist,
    .is_there = is_there,
    .begin = begin,
    .recover = recover,
    .fits = fits,
    .tell = tell,
    .take_cue = take_cue,
    .hear = hear,
    .keeps = keeps,
    .dispose_us = dispose_us,
    .refuse_file = hls_file_guard_refuse,
    .has_file = hls_file_guard_has,
    .end = end,
    .lost_files = lost_files,
};
