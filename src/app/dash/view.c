#include "app/dash/view.h"

#include <string.h>

#include "app/dash/dash.h"
#include "app/dash/disk.h"
#include "app/dash/files.h"
#include "app/dash/group.h"
#include "app/dash/http.h"
#include "app/dash/inits.h"
#include "app/dash/mpd_reply.h"
#include "app/dash/mpd_text.h"
#include "app/dash/names.h"
#include "app/dash/rows.h"
#include "app/http/play_rules.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"

/* Without low latency, parts only limit how much is made at once. */
enum { PART_US = 2 * US_PER_SECOND };

/* Segments that stay after they have left the MPD, for viewers that have loaded it before. */
enum { ROWS_KEPT = 2 };

/* Key frames often come a little before the time that their encoder was told. A segment may be shorter by one in twenty of its
 * length, but by this at most; otherwise it would last until the next key frame. */
enum { EARLY_PARTS = 20, EARLY_MAX_US = 100 * US_PER_MS };

/* A GOP that is longer than this many segments is cut by its sound, as in HLS (hls_aof_ratio). */
static const double long_gop_ratio = 2.1;

static bool wanted(const struct conf_vhost *vhost)
{
    return vhost->dash.enabled;
}

static double early_ratio(int64_t fragment_us)
{
    int64_t early_us = fragment_us / EARLY_PARTS < EARLY_MAX_US ? fragment_us / EARLY_PARTS : EARLY_MAX_US;
    return fragment_us > 0 ? 1 - (double)early_us / (double)fragment_us : 1;
}

static void wish(const struct conf_vhost *vhost, struct view_wish *w)
{
    const struct conf_dash *c = &vhost->dash;
    w->policy = (struct cut_policy){
        .fragment_us = c->fragment_us,
        .td_ratio = early_ratio(c->fragment_us),
        .aof_ratio = long_gop_ratio,
        .sound_ratio = 1,
        .wait_keyframe = true,
        .part_us = c->ll ? vhost->hls.part_us : PART_US,
        .shows_parts = c->ll,
        .by_wall = vhost->cluster.common_segments,
    };
    w->lanes[0] = &lane_video;
    w->lanes[1] = &lane_audio;
    w->is_prompt = c->ll;
}

static const char *playlist(const struct conf_vhost *vhost)
{
    return vhost->dash.mpd_file;
}

static bool is_there(const struct viewing *v)
{
    return dash_in_window(v->state) > 0;
}

/* ---- begin and end ---- */

static void add_track(struct dash *d, const struct lane_kind *kind, unsigned index)
{
    struct dash_track *t = &d->tracks[d->n_tracks];
    struct lane       *lane = plan_lane(d->viewing->plan, kind, index);
    if (!lane)
        return;
    *t = (struct dash_track){ .dash = d, .lane = lane, .is_video = kind == &lane_video };
    list_init(&t->inits);
    struct str name = str_over(t->name, sizeof t->name), before = str_over(t->media_before, sizeof t->media_before);
    str_printf(&name, "%s", t->is_video ? "video" : "audio");
    if (index > 0)
        str_printf(&name, "-%u", index + 1);
    str_printf(&before, "%s-", t->name);
    d->n_tracks++;
}

/* A track of sound beside the first. */
static void hear(struct viewing *v, unsigned track)
{
    struct dash *d = v->state;
    size_t       had = d ? d->n_tracks : DASH_TRACKS_MAX;
    if (had < DASH_TRACKS_MAX)
        add_track(d, &lane_audio, track);
    if (d && d->group && d->n_tracks > had)
        dash_group_add_track(&d->tracks[had]);
}

static void add_tracks(struct dash *d)
{
    add_track(d, &lane_video, 0);
    add_track(d, &lane_audio, 0);
    for (unsigned i = 1; i < SHOW_SOUNDS_MAX; i++)
        if (d->show->sounds >> i & 1)
            hear(d->viewing, i);
}

static bool put_on_shelf(struct dash *d)
{
    const struct conf_vhost *vhost = d->show->vhost;
    char                     path[2048];
    struct str               out = str_over(path, sizeof path);
    str_printf(&out, "%stime", d->folder);
    return !out.cut && (dash_group_has_path_of(d) || shelf_put(&d->mpd, vhost, d->mpd_path)) &&
           shelf_put(&d->clock, vhost, path);
}

/* Free everything; the files stay or go as d->keeps_files says. The MPD goes before what it names. */
static void finish(struct viewing *v)
{
    struct dash *d = v->state;
    v->state = NULL;
    if (!d)
        return;
    dash_group_leave(d);
    if (d->mpd_path)
        dash_disk_remove(d, d->mpd_path);
    dash_rows_drop(d);
    if (d->folder)
        dash_disk_remove_folder(d);
    dash_disk_leave(d);
    mem_free(d->path);
    shelf_take(&d->mpd);
    shelf_take(&d->clock);
    blob_unref(&d->text);
    mem_free(d->mpd_path);
    mem_free(d->folder);
    mem_free(d);
}

/* Files are removed when their time is over, and at the end of the server, which writes new ones after a restart. */
static void end(struct viewing *v, enum view_end why)
{
    struct dash *d = v->state;
    (void)why;
    if (d)
        d->keeps_files = v->show->vhost->dash.dispose_us == 0;
    finish(v);
}

static struct err *begin(struct viewing *v)
{
    struct dash *d = v->state = mem_calloc(1, sizeof *d);
    if (!d)
        return err_no_memory();
    d->viewing = v;
    d->show = v->show;
    d->mpd = (struct shelf_item){ .serve = dash_serve_mpd, .guarded = v->show };
    d->clock = (struct shelf_item){ .serve = dash_serve_clock, .guarded = v->show };
    list_init(&d->rows);
    list_init(&d->periods);
    add_tracks(d);
    struct err *e = dash_names_make(&d->mpd_path, &d->folder, d->show);
    d->path = mem_strdup(d->show->vhost->dash.path);
    if (!e)
        e = dash_group_enter(d);
    if (!e && (d->n_tracks < 2 || !d->path || !put_on_shelf(d)))
        e = err_no_memory();
    if (!e)
        e = dash_disk_open(d);
    if (e) {
        finish(v);
        return e;
    }
    d->keeps_files = !d->show->vhost->dash.cleanup;
    dash_rows_load(d);
    dash_files_follow(d);
    return NULL;
}

/* With another `dash_mpd_file` or `dash_path` everything gets its new name. What is on the disk stays there. */
static void follow_conf(struct viewing *v)
{
    struct dash *d = v->state;
    char        *path = NULL, *folder = NULL;
    struct err  *e = dash_names_make(&path, &folder, d->show);
    bool         moves = !e && (strcmp(path, d->mpd_path) != 0 || strcmp(d->path, v->show->vhost->dash.path) != 0);
    if (moves || (!e && !dash_group_fits(d))) {
        d->keeps_files = true;
        finish(v);
        e = begin(v);
    } else {
        d->keeps_files = !v->show->vhost->dash.cleanup;
    }
    log_err(LOG_WARN, e, "DASH of %s/%s", v->show->app, v->show->stream);
    mem_free(path);
    mem_free(folder);
}

/* ---- events ---- */

static void tell(struct viewing *v, enum segment_event event, struct lane *lane, struct segment *s)
{
    struct dash       *d = v->state;
    struct dash_track *t = d && lane ? dash_track_of(d, lane) : NULL;
    if (!d || (lane && !t))
        return;
    if (event == SEGMENT_PART_ADDED || event == SEGMENT_CLOSED)
        dash_rows_describe(t, s);
    dash_rows_complete(d); /* a row of which another track has ended without a segment */
    switch (event) {
    case SEGMENT_OPENED: dash_rows_add(t, s); break;
    case SEGMENT_PART_ADDED:
    case SEGMENT_CLOSED: break;
    case SEGMENT_FORGOTTEN:
    case SEGMENT_LEAVES: dash_rows_remove(t, s); break;
    case SEGMENT_CONF_CHANGED: follow_conf(v); return;
    default: dash_changed(d); break;
    }
    dash_rows_complete(d);
    dash_group_tell(d, event, lane, s);
    dash_files_follow(d);
}

static bool keeps(const struct viewing *v, const struct lane *lane, const struct segment *oldest)
{
    const struct dash *d = v->state;
    (void)oldest;
    return d && lane->n_segments <= dash_in_window(d) + ROWS_KEPT;
}

static int64_t dispose_us(const struct conf_vhost *vhost)
{
    return vhost->dash.dispose_us;
}

static struct err *refuse_file(const struct conf_vhost *vhost, const char *path, const struct http_exchange *x)
{
    const struct template_names any = { .vhost = vhost->name };
    bool                        has = vhost->enabled && vhost->dash.enabled && dash_names_has(vhost, path, &any);
    struct play_rules           rules;
    return has ? play_rules_check(x, vhost, NULL, &rules) : NULL;
}

const struct segment_view dash_view = {
    .name = "DASH",
    .wanted = wanted,
    .wish = wish,
    .playlist = playlist,
    .is_there = is_there,
    .begin = begin,
    .tell = tell,
    .hear = hear,
    .keeps = keeps,
    .dispose_us = dispose_us,
    .refuse_file = refuse_file,
    .has_file = dash_names_has,
    .end = end,
};
