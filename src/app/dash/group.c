#include "app/dash/group.h"

#include <string.h>

#include "app/dash/dash.h"
#include "app/dash/inits.h"
#include "app/dash/mpd_reply.h"
#include "app/dash/names.h"
#include "app/dash/rows.h"
#include "app/segment/variants.h"
#include "core/mem.h"
#include "core/str.h"

/* ---- life ---- */

static void destroy(struct dash *g)
{
    dash_rows_drop(g);
    shelf_take(&g->mpd);
    blob_unref(&g->text);
    mem_free(g->mpd_path);
    mem_free(g->folder);
    mem_free(g);
}

static struct err *create(const struct dash *d, const char *path, struct dash **out)
{
    struct dash *g = *out = mem_calloc(1, sizeof *g);
    if (!g)
        return err_no_memory();
    g->is_group = true;
    g->show = d->show;
    g->viewing = d->viewing;
    g->mpd = (struct shelf_item){ .serve = dash_serve_mpd, .guarded = d->show };
    list_init(&g->rows);
    list_init(&g->periods);
    list_init(&g->members);
    g->mpd_path = mem_strdup(path);
    g->folder = mem_strdup(d->folder);
    if (g->mpd_path && g->folder && shelf_put(&g->mpd, g->show->vhost, path))
        return NULL;
    destroy(g);
    *out = NULL;
    return err_no_memory();
}

static struct dash *find(const struct dash *d, const char *path)
{
    struct shelf_item *item = shelf_find(d->show->vhost, path);
    struct dash       *g = item && item->serve == dash_serve_mpd ? CONTAINER_OF(item, struct dash, mpd) : NULL;
    return g && g->is_group ? g : NULL;
}

/* The path of the group's MPD. NULL: the vhost has no variants. */
static struct err *path_of_group(const struct dash *d, char **path)
{
    char        name[STREAM_NAME_MAX + 1], *folder = NULL;
    struct show group = { .vhost = d->show->vhost, .app = d->show->app, .stream = name };
    *path = NULL;
    if (!variants_group_of(name, d->show->vhost, d->show->stream))
        return NULL;
    struct err *e = dash_names_make(path, &folder, &group);
    mem_free(folder);
    return e;
}

bool dash_group_has_path_of(const struct dash *d)
{
    return d->group && strcmp(d->group->mpd_path, d->mpd_path) == 0;
}

bool dash_group_fits(const struct dash *d)
{
    char       *path = NULL;
    struct err *e = path_of_group(d, &path);
    bool        fits = !e && (path ? d->group && strcmp(d->group->mpd_path, path) == 0 : !d->group);
    err_free(e);
    mem_free(path);
    return fits;
}

struct err *dash_group_enter(struct dash *d)
{
    char       *path = NULL;
    struct err *e = path_of_group(d, &path);
    if (!e && path && !(d->group = find(d, path)))
        e = create(d, path, &d->group);
    mem_free(path);
    if (!d->group)
        return e;
    list_push(&d->group->members, &d->in_group);
    for (size_t i = 0; i < d->n_tracks; i++)
        dash_group_add_track(&d->tracks[i]);
    return NULL;
}

/* ---- tracks ---- */

static bool has_entries(const struct dash *g, size_t track)
{
    bool any = false;
    for (const struct list *it = g->rows.next; it != &g->rows; it = it->next)
        any |= LIST_ENTRY(it, const struct dash_row, link)->entries[track] != NULL;
    return any;
}

/* The folder of a member as it is named from the MPD of its group: below it, or from the root. NULL: out of memory. */
static char *folder_from_mpd(const struct dash *g, const char *folder)
{
    const char *slash = strrchr(g->mpd_path, '/');
    size_t      len = slash ? (size_t)(slash + 1 - g->mpd_path) : 0;
    char        path[2048];
    struct str  out = str_over(path, sizeof path);
    if (strncmp(folder, g->mpd_path, len) == 0)
        return mem_strdup(folder + len);
    str_printf(&out, "/%s", folder);
    return out.cut ? NULL : mem_strdup(path);
}

/* A place that is free, or one more. NULL: there are too many; the variant is left out. */
static struct dash_track *free_place(struct dash *g)
{
    for (size_t i = 0; i < g->n_tracks; i++)
        if (!g->tracks[i].source && !has_entries(g, i))
            return &g->tracks[i];
    return g->n_tracks < DASH_TRACKS_MAX ? &g->tracks[g->n_tracks++] : NULL;
}

void dash_group_add_track(struct dash_track *of)
{
    struct dash       *g = of->dash->group;
    char              *folder = g ? folder_from_mpd(g, of->dash->folder) : NULL;
    struct dash_track *t = folder ? free_place(g) : NULL;
    if (!t) {
        mem_free(folder);
        return;
    }
    *t = (struct dash_track){ .dash = g, .source = of, .lane = of->lane, .is_video = of->is_video, .folder = folder };
    list_init(&t->inits);
    struct str name = str_over(t->name, sizeof t->name);
    str_printf(&name, "%s-v%zu", of->name, variants_place_of(g->show->vhost, of->dash->show->stream));
}

/* Rows whose segments are about to leave memory are of no use any more. */
static void drop_up_to(struct dash *g, uint64_t number)
{
    while (!list_is_empty(&g->rows) && LIST_ENTRY(g->rows.next, struct dash_row, link)->number <= number)
        dash_row_drop(g, LIST_ENTRY(g->rows.next, struct dash_row, link));
}

void dash_group_tell(struct dash *d, enum segment_event event, struct lane *lane, struct segment *s)
{
    struct dash       *g = d->group;
    struct dash_track *t = g && lane ? dash_track_of(g, lane) : NULL;
    if (!t)
        return;
    if (event == SEGMENT_PART_ADDED || event == SEGMENT_CLOSED)
        dash_rows_describe(t, s);
    dash_rows_complete(g);
    switch (event) {
    case SEGMENT_OPENED: dash_rows_add(t, s); break;
    case SEGMENT_FORGOTTEN: dash_rows_remove(t, s); break;
    case SEGMENT_LEAVES: drop_up_to(g, s->number); break;
    default: break;
    }
    dash_rows_complete(g);
}

/* The clock of players lies in the folder of a member. */
static void follow_folder(struct dash *g, const struct dash *member)
{
    char *folder = mem_strdup(member->folder);
    if (!folder)
        return;
    mem_free(g->folder);
    g->folder = folder;
}

void dash_group_leave(struct dash *d)
{
    struct dash *g = d->group;
    if (!g)
        return;
    d->group = NULL;
    list_remove(&d->in_group);
    for (size_t i = 0; i < g->n_tracks; i++) {
        if (!g->tracks[i].source || g->tracks[i].source->dash != d)
            continue;
        dash_rows_drop_track(&g->tracks[i]);
        g->tracks[i].source = NULL;
        g->tracks[i].lane = NULL;
        mem_free(g->tracks[i].folder);
        g->tracks[i].folder = NULL;
    }
    if (list_is_empty(&g->members)) {
        destroy(g);
        return;
    }
    const struct dash *other = LIST_ENTRY(g->members.next, const struct dash, in_group);
    g->show = other->show;
    g->viewing = other->viewing;
    follow_folder(g, other);
    dash_rows_complete(g);
    dash_changed(g);
}
