#include "app/hls/life.h"

#include "app/hls/dateranges.h"
#include "app/hls/files.h"
#include "app/hls/group.h"
#include "app/hls/group_serve.h"
#include "app/hls/keys.h"
#include "app/hls/master_playlist.h"
#include "app/hls/media_playlist.h"
#include "app/hls/names.h"
#include "app/hls/parts.h"
#include "app/hls/renditions.h"
#include "app/hls/serve.h"
#include "app/hls/timeshift_index.h"
#include "app/hls/told.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/status.h"

/* ---- the playlist ---- */

/* True if the master is asked for: by a newcomer, or where the path is that of the master by itself. */
static bool asks_for_master(const struct http_exchange *x, const struct hls *h, const struct hls_ask *ask)
{
    return ask->is_new || (h->is_master && !ask->viewer && !http_request_param(http_request_of(x), HLS_GROUP_MEDIA));
}

static struct err *reply_playlist(struct http_exchange *x, struct shelf_item *item, const struct hls_ask *ask)
{
    struct hls *h = CONTAINER_OF(item, struct hls, playlist);
    return asks_for_master(x, h, ask) ? hls_master_playlist_reply(x, h, ask) : hls_media_playlist_reply(x, h, ask);
}

/* Nobody becomes a viewer of a stream that has nothing to show. */
static struct err *serve_playlist(struct http_exchange *x, struct shelf_item *item)
{
    const struct hls *h = CONTAINER_OF(item, struct hls, playlist);
    if (!hls_media_playlist_is_there(h))
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    return hls_serve(x, item, h->show, HLS_ASK_PLAYLIST, reply_playlist);
}

/* The playlist of a stream with the name of its group is served by the group. */
static struct err *put_playlist(struct hls *h)
{
    struct err *e = h->main ? NULL : hls_group_enter(h, hls_group_serve);
    return e || hls_group_is_base(h) ? e : hls_put(h, &h->playlist, h->m3u8_path);
}

void hls_follow_group(struct hls *h)
{
    shelf_take(&h->playlist);
    hls_group_leave(h);
    struct err *e = put_playlist(h);
    if (e)
        log_err(LOG_WARN, e, "HLS of %s", h->show->label);
}

/* ---- begin and end ---- */

static bool writes_files(const struct hls *h)
{
    return h->show->vhost->hls.storage != CONF_HLS_MEMORY;
}

/* Show the segments that the lane has from before a reload. Those that were encrypted have lost their keys. */
static void show_former(struct hls *h)
{
    const struct hls_key none = { 0 };
    for (struct list *it = h->lane->segments.next; it != &h->lane->segments; it = it->next) {
        struct segment *s = LIST_ENTRY(it, struct segment, link);
        if (s->is_sealed)
            continue;
        hls_add_entry(h, s, &none);
        hls_add_init(h, s);
        struct hls_entry *entry = hls_find_entry(h, s);
        if (entry && h->files && s->n_parts > 0)
            hls_files_add(h, entry);
    }
}

static struct err *begin_with(struct hls *h, const struct lane_kind *kind, unsigned track)
{
    struct err *e = hls_name_playlist(&h->m3u8_path, h->show, h->track);
    if (!e && !(h->lane = plan_lane(h->viewing->plan, kind, track)))
        e = err_no_memory();
    if (!e)
        e = put_playlist(h);
    if (!e && writes_files(h))
        e = hls_files_create(h);
    if (!e)
        show_former(h);
    if (!e && h->show->vhost->hls.keys)
        e = hls_keys_create(h);
    return e;
}

static struct hls *make(struct viewing *v)
{
    struct hls *h = mem_calloc(1, sizeof *h);
    if (!h)
        return NULL;
    *h = (struct hls){
        .viewing = v,
        .show = v->show,
        .conf = conf_ref(v->show->conf),
        .began_with = &v->show->vhost->hls,
        .playlist.serve = serve_playlist,
        .when_written = hls_timeshift_note,
    };
    list_init(&h->renditions);
    list_init(&h->in_main);
    list_init(&h->entries);
    list_init(&h->inits);
    list_init(&h->parts);
    hls_dateranges_init(h);
    return h;
}

static void forget_all(struct hls *h)
{
    while (!list_is_empty(&h->entries))
        hls_drop_entry(LIST_ENTRY(h->entries.next, struct hls_entry, link));
    for (struct hls_init *init = NULL; (init = hls_unneeded_init(h));)
        hls_drop_init(init);
    hls_parts_drop(h, NULL);
    hls_dateranges_drop(h);
    shelf_take(&h->playlist);
    hls_group_leave(h);
    hls_playlist_text_unref(&h->media.text);
    hls_playlist_text_unref(&h->delta.text);
    hls_playlist_text_unref(&h->delta_v2.text);
    hls_playlist_text_unref(&h->master.text);
}

/* Files are removed when their time is over. A server that goes on with them after a restart leaves them. */
static bool removes_files(const struct hls *h, enum view_end why)
{
    const struct conf_hls *c = &h->show->vhost->hls;
    return h->files && c->dispose_us > 0 && !(why >= VIEW_SERVER_ENDS && c->recover);
}

void hls_end(struct hls *h, enum view_end why)
{
    if (!h)
        return;
    while (!list_is_empty(&h->renditions))
        hls_end(LIST_ENTRY(h->renditions.next, struct hls, in_main), why);
    list_remove(&h->in_main);
    hls_told_over(h);
    hls_timeshift_note_last(h);
    if (removes_files(h, why))
        hls_files_dispose(h);
    forget_all(h);
    hls_keys_destroy(h);
    hls_timeshift_leave(h);
    hls_files_leave(h);
    if (h->lane)
        h->lane->is_idle = true;
    conf_unref(&h->conf);
    mem_free(h->m3u8_path);
    mem_free(h);
}

struct err *hls_begin(struct hls **out, struct viewing *v)
{
    struct hls *h = *out = make(v);
    if (!h)
        return err_no_memory();
    struct err *e = begin_with(h, v->wish.lanes[0], 0);
    if (e) {
        hls_end(h, VIEW_NOT_WANTED);
        *out = NULL;
        return e;
    }
    for (unsigned i = 1; i < SHOW_SOUNDS_MAX; i++)
        if (v->show->sounds >> i & 1)
            hls_hear(h, i);
    return NULL;
}

/* ---- renditions ---- */

static const struct lane_kind *kind_of(const struct hls *main, bool is_sound)
{
    if (main->show->vhost->hls.use_fmp4)
        return is_sound ? &lane_audio : &lane_video;
    return is_sound ? &lane_ts_audio : &lane_ts_video;
}

/* Pictures come before sound, which comes in the order of its tracks. */
static unsigned place_of(const struct hls *rendition)
{
    return hls_rendition_is_sound(rendition) ? 1U + rendition->lane->track : 0;
}

static void insert(struct hls *main, struct hls *rendition)
{
    struct list *before = main->renditions.next;
    while (before != &main->renditions && place_of(LIST_ENTRY(before, struct hls, in_main)) < place_of(rendition))
        before = before->next;
    list_push(before, &rendition->in_main);
}

struct err *hls_rendition_get(struct hls *main, const char *track, struct hls **out)
{
    unsigned id = 0;
    bool     is_sound = hls_track_read(track, &id);
    if ((*out = hls_renditions_find(main, track)))
        return NULL;
    if (is_sound && hls_renditions_count_sounds(main) >= HLS_SOUNDS_MAX)
        return err_new(E_LIMIT, "it has more than %d tracks of sound", HLS_SOUNDS_MAX);
    struct hls *h = make(main->viewing);
    if (!h)
        return err_no_memory();
    h->main = main;
    str_copy(h->track, sizeof h->track, track);
    struct err *e = begin_with(h, kind_of(main, is_sound), is_sound ? id : 0);
    if (e) {
        hls_end(h, VIEW_NOT_WANTED);
        return e;
    }
    insert(main, h);
    *out = h;
    return NULL;
}

static void begin_rendition(struct hls *main, const char *track)
{
    struct hls *h;
    struct err *e = hls_rendition_get(main, track, &h);
    if (e)
        log_err(LOG_WARN, e, "the track %s of %s over HLS is not shown", track, main->show->label);
}

void hls_hear(struct hls *main, unsigned track)
{
    const struct cut_policy *policy = &main->viewing->plan->policy;
    char                     name[HLS_TRACK_NAME_CAP];
    if (policy->leaves_out_sound)
        return;
    if (!policy->leaves_out_pictures)
        begin_rendition(main, HLS_TRACK_PICTURES);
    hls_track_name(name, 0);
    begin_rendition(main, name);
    hls_track_name(name, track);
    begin_rendition(main, name);
}
