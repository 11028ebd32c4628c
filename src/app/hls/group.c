#include "app/hls/group.h"

#include "app/hls/hls.h"
#include "app/segment/template.h"
#include "app/segment/variants.h"
#include "core/mem.h"
#include "core/str.h"

static struct hls *member_at(const struct list *link)
{
    return LIST_ENTRY(link, struct hls, in_group);
}

struct hls *hls_group_base(const struct hls_group *g)
{
    if (list_is_empty(&g->members))
        return NULL;
    struct hls *first = member_at(g->members.next);
    return str_equal(first->show->stream, g->name) ? first : NULL;
}

bool hls_group_is_base(const struct hls *h)
{
    return h->group && hls_group_base(h->group) == h;
}

void hls_group_put_query(const struct hls *h, struct buf *uri)
{
    if (hls_group_is_base(h) || h->is_master)
        buf_text(uri, "?" HLS_GROUP_MEDIA "=1");
}

static size_t list_those(const struct hls_group *g, struct hls **members, size_t cap, bool live_only)
{
    size_t n = 0;
    for (const struct list *it = g->members.next; it != &g->members && n < cap; it = it->next)
        if (member_at(it)->lane->n_segments > 0 && (!live_only || member_at(it)->show->is_live))
            members[n++] = member_at(it);
    return n;
}

size_t hls_group_list(const struct hls_group *g, struct hls **members, size_t cap)
{
    size_t n = list_those(g, members, cap, true);
    return n ? n : list_those(g, members, cap, false);
}

/* ---- life ---- */

static void destroy(struct hls_group *g)
{
    shelf_take(&g->item);
    hls_playlist_text_unref(&g->master.text);
    mem_free(g->name);
    mem_free(g->path);
    mem_free(g);
}

static struct hls_group *find(const struct hls *h, const char *path, const char *name, hls_group_serve_by *serve)
{
    struct shelf_item *item = shelf_find(h->show->vhost, path);
    struct hls_group  *g = item && item->serve == serve ? CONTAINER_OF(item, struct hls_group, item) : NULL;
    return g && str_equal(g->name, name) ? g : NULL;
}

/* Find or make the group of that name. Takes `path` over, also after an error. */
static struct err *get(struct hls *h, char *path, const char *name, hls_group_serve_by *serve, struct hls_group **out)
{
    struct hls_group *g = *out = find(h, path, name, serve);
    if (g) {
        mem_free(path);
        return NULL;
    }
    if (!(g = mem_calloc(1, sizeof *g))) {
        mem_free(path);
        return err_no_memory();
    }
    *g = (struct hls_group){ .item.serve = serve, .name = mem_strdup(name), .path = path };
    list_init(&g->members);
    struct err *e = g->name ? hls_put(h, &g->item, path) : err_no_memory();
    if (e)
        destroy(g);
    else
        *out = g;
    return e;
}

/* In the order of the configuration. */
static void insert(struct hls_group *g, struct hls *h)
{
    const struct conf_vhost *vhost = h->show->vhost;
    size_t                   place = variants_place_of(vhost, h->show->stream);
    struct list             *before = g->members.next;
    while (before != &g->members && variants_place_of(vhost, member_at(before)->show->stream) < place)
        before = before->next;
    list_push(before, &h->in_group);
    h->group = g;
}

struct err *hls_group_enter(struct hls *h, hls_group_serve_by *serve)
{
    char                     name[STREAM_NAME_MAX + 1], *path = NULL;
    const struct conf_vhost *vhost = h->show->vhost;
    struct hls_group        *g = NULL;
    if (!variants_group_of(name, vhost, h->show->stream))
        return NULL;
    const struct template_names names = { .vhost = vhost->name, .app = h->show->app, .stream = name };
    struct err                 *e = template_make(&path, TEMPLATE_PLAYLIST, vhost->hls.m3u8_file, &names, NULL);
    if (!e)
        e = get(h, path, name, serve, &g);
    if (!e)
        insert(g, h);
    return e;
}

void hls_group_leave(struct hls *h)
{
    struct hls_group *g = h->group;
    if (!g)
        return;
    list_remove(&h->in_group);
    h->group = NULL;
    if (list_is_empty(&g->members))
        destroy(g);
}
