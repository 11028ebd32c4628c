#include "app/hds/view.h"

#include <inttypes.h>

#include "app/hds/files.h"
#include "app/hds/hds.h"
#include "app/hds/http.h"
#include "app/hds/texts.h"
#include "app/http/play_rules.h"
#include "app/segment/file_path.h"
#include "app/segment/template.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"

/* Fragments are not played before they are complete; parts only limit how much is made at once. */
enum { PART_US = 2 * US_PER_SECOND };

/* Fragments that stay after they have left the bootstrap, for viewers that have loaded it before. */
enum { ENTRIES_KEPT = 2 };

/* The files of a stream go this long after its publish. SRS has no directive for it, and leaves them for ever. */
enum { DISPOSE_US = 120 * US_PER_SECOND };

static bool wanted(const struct conf_vhost *vhost)
{
    return vhost->hds.enabled;
}

static void wish(const struct conf_vhost *vhost, struct view_wish *w)
{
    w->policy = (struct cut_policy){
        .fragment_us = vhost->hds.fragment_us,
        .td_ratio = 1,
        .aof_ratio = 2.1,
        .sound_ratio = 1,
        .wait_keyframe = true,
        .part_us = PART_US,
    };
    w->lanes[0] = &lane_flv;
}

/* ---- names and the shelf ---- */

static char *join(const char *base, const char *ending)
{
    struct buf path = buf_up_to(TEMPLATE_FULL_MAX);
    buf_text(&path, base);
    buf_text(&path, ending);
    char *text = path.fault ? NULL : buf_take(&path);
    buf_finish(&path);
    return text;
}

static struct err *make_names(struct hds *h)
{
    struct template_names names = { h->show->vhost->name, h->show->app, h->show->stream };
    struct err           *e = template_make(&h->base, TEMPLATE_PLAYLIST, "[app]/[stream]", &names, NULL);
    if (e)
        return err_wrap(e, "name the files of HDS");
    h->path = mem_strdup(h->show->vhost->hds.path);
    h->f4m_path = join(h->base, ".f4m");
    h->abst_path = join(h->base, ".abst");
    return h->path && h->f4m_path && h->abst_path ? NULL : err_no_memory();
}

/* ---- entries ---- */

static void drop_entry(struct hds_entry *entry)
{
    shelf_take(&entry->item);
    list_remove(&entry->link);
    segment_unref(&entry->segment);
    mem_free(entry->path);
    mem_free(entry);
}

static void drop_oldest(struct hds *h)
{
    struct hds_entry *oldest = LIST_ENTRY(h->entries.next, struct hds_entry, link);
    hds_files_remove(h, oldest->path);
    drop_entry(oldest);
    h->n_entries--;
}

static struct hds_entry *new_entry(struct hds *h, struct segment *s)
{
    char              ending[64];
    struct str        text = str_over(ending, sizeof ending);
    struct hds_entry *entry = mem_calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    *entry = (struct hds_entry){ .item = { .serve = hds_serve_fragment, .guarded = h->show },
                                 .hds = h,
                                 .segment = segment_ref(s) };
    list_init(&entry->link);
    str_printf(&text, "Seg1-Frag%" PRIu32, hds_number(entry));
    entry->path = join(h->base, ending);
    if (entry->path && shelf_put(&entry->item, h->show->vhost, entry->path))
        return entry;
    drop_entry(entry);
    return NULL;
}

static void add_entry(struct hds *h, struct segment *s)
{
    struct hds_entry *entry = new_entry(h, s);
    if (!entry)
        return;
    list_push(&h->entries, &entry->link);
    h->n_entries++;
    h->version++;
    int64_t kbps = s->duration_us > 0 ? (int64_t)((double)s->bytes * 8e3 / (double)s->duration_us) : 0;
    if (kbps > h->bitrate_kbps)
        h->bitrate_kbps = kbps;
    hds_files_add(h, entry);
}

static void remove_segment(struct hds *h, const struct segment *s)
{
    while (h->n_entries > 0 && LIST_ENTRY(h->entries.next, struct hds_entry, link)->segment->number <= s->number)
        drop_oldest(h);
}

/* ---- the view ---- */

static void end(struct viewing *v, enum view_end why)
{
    struct hds *h = v->state;
    (void)why;
    v->state = NULL;
    if (!h)
        return;
    if (h->f4m_path && h->abst_path && h->path) {
        hds_files_remove(h, h->f4m_path);
        hds_files_remove(h, h->abst_path);
    }
    while (h->n_entries > 0)
        drop_oldest(h);
    hds_files_leave(h);
    shelf_take(&h->f4m);
    shelf_take(&h->abst);
    mem_free(h->base);
    mem_free(h->path);
    mem_free(h->f4m_path);
    mem_free(h->abst_path);
    mem_free(h);
}

static const char *playlist(const struct conf_vhost *vhost)
{
    (void)vhost;
    return "[app]/[stream].f4m";
}

static bool is_there(const struct viewing *v)
{
    return hds_in_window(v->state) > 0;
}

static struct err *begin(struct viewing *v)
{
    struct hds *h = v->state = mem_calloc(1, sizeof *h);
    if (!h)
        return err_no_memory();
    *h = (struct hds){ .show = v->show,
                       .f4m = { .serve = hds_serve_f4m, .guarded = v->show },
                       .abst = { .serve = hds_serve_abst, .guarded = v->show } };
    list_init(&h->entries);
    h->lane = plan_lane(v->plan, &lane_flv, 0);
    struct err *e = make_names(h);
    if (!e && (!h->lane || !shelf_put(&h->f4m, h->show->vhost, h->f4m_path) ||
               !shelf_put(&h->abst, h->show->vhost, h->abst_path)))
        e = err_no_memory();
    if (!e)
        e = hds_files_open(h);
    if (e)
        end(v, VIEW_NOT_WANTED);
    return e;
}

static void tell(struct viewing *v, enum segment_event event, struct lane *lane, struct segment *s)
{
    struct hds *h = v->state;
    if (!h || !lane || lane != h->lane)
        return;
    if (event == SEGMENT_CLOSED)
        add_entry(h, s);
    else if (event == SEGMENT_LEAVES)
        remove_segment(h, s);
}

static bool keeps(const struct viewing *v, const struct lane *lane, const struct segment *oldest)
{
    const struct hds *h = v->state;
    (void)oldest;
    return h && lane == h->lane && lane->n_segments <= hds_in_window(h) + ENTRIES_KEPT;
}

static int64_t dispose_us(const struct conf_vhost *vhost)
{
    (void)vhost;
    return DISPOSE_US;
}

static bool has_file(const struct conf_vhost *vhost, const char *path, const struct template_names *names)
{
    static const char *const files[] = { "[app]/[stream].f4m", "[app]/[stream].abst",
                                         "[app]/[stream]Seg1-Frag[number]" };
    bool                     is_made = false;
    for (size_t i = 0; i < ARRAY_LEN(files) && !is_made; i++)
        is_made = file_path_is_made_by(path, vhost->hds.path, files[i], names);
    return is_made;
}

static struct err *refuse_file(const struct conf_vhost *vhost, const char *path, const struct http_exchange *x)
{
    const struct template_names any = { .vhost = vhost->name };
    struct play_rules           rules;
    bool                        has = vhost->enabled && vhost->hds.enabled && has_file(vhost, path, &any);
    return has ? play_rules_check(x, vhost, NULL, &rules) : NULL;
}

const struct segment_view hds_view = {
    .name = "HDS",
    .wanted = wanted,
    .wish = wish,
    .playlist = playlist,
    .is_there = is_there,
    .begin = begin,
    .tell = tell,
    .keeps = keeps,
    .dispose_us = dispose_us,
    .refuse_file = refuse_file,
    .has_file = has_file,
    .end = end,
};
