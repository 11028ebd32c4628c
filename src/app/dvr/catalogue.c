#include "app/dvr/catalogue.h"

#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"

static struct map  by_id, by_vhost; /* struct dvr_recording, struct catalogue_vhost */
static struct roll roll;

/* ---- vhosts ------------------------------------------------------------------------------------------------------ */

static struct catalogue_vhost *make_vhost(const char *name)
{
    struct catalogue_vhost *v = mem_calloc(1, sizeof *v);
    if (!v)
        return NULL;
    list_init(&v->recordings);
    v->name = mem_strdup(name);
    if (v->name && map_put(&by_vhost, name, v))
        return v;
    mem_free(v->name);
    mem_free(v);
    return NULL;
}

struct catalogue_vhost *catalogue_of(const char *vhost)
{
    return map_find(&by_vhost, vhost);
}

static void drop_vhost(struct catalogue_vhost *v)
{
    map_remove(&by_vhost, v->name);
    if (by_vhost.count == 0)
        map_finish(&by_vhost);
    mem_free(v->name);
    mem_free(v);
}

/* Most come in the order of their times. */
static void insert(struct catalogue_vhost *v, struct dvr_recording *r)
{
    struct list *before = v->recordings.prev;
    while (before != &v->recordings && LIST_ENTRY(before, struct dvr_recording, link)->begin_us > r->begin_us)
        before = before->prev;
    list_push(before->next, &r->link);
    v->n++;
}

static void forget_oldest(struct catalogue_vhost *v)
{
    struct list *it = v->recordings.next;
    while (it != &v->recordings && LIST_ENTRY(it, struct dvr_recording, link)->state != DVR_COMPLETE)
        it = it->next;
    if (it == &v->recordings)
        return;
    if (v->n_forgotten++ == 0)
        log_warn("DVR of vhost %s: more than %d recordings; the list forgets the oldest ones, their files stay",
                 v->name, CATALOGUE_VHOST_MAX);
    catalogue_remove(LIST_ENTRY(it, struct dvr_recording, link));
}

/* ---- recordings -------------------------------------------------------------------------------------------------- */

bool catalogue_add(struct dvr_recording *r)
{
    struct catalogue_vhost *v = catalogue_of(r->vhost);
    if (map_find(&by_id, r->id) || (!v && !(v = make_vhost(r->vhost))))
        return false;
    if (!map_put(&by_id, r->id, r) || !roll_add(&roll, &r->place, r)) {
        map_remove(&by_id, r->id);
        if (v->n == 0)
            drop_vhost(v);
        return false;
    }
    insert(v, dvr_recording_ref(r));
    if (v->n > CATALOGUE_VHOST_MAX)
        forget_oldest(v);
    return true;
}

void catalogue_remove(struct dvr_recording *r)
{
    struct catalogue_vhost *v = r->place.block ? catalogue_of(r->vhost) : NULL;
    if (!v)
        return;
    map_remove(&by_id, r->id);
    if (by_id.count == 0)
        map_finish(&by_id);
    roll_remove(&roll, &r->place);
    list_remove(&r->link);
    if (--v->n == 0)
        drop_vhost(v);
    dvr_recording_unref(&r);
}

struct dvr_recording *catalogue_find(const char *id)
{
    return map_find(&by_id, id);
}

const struct roll *catalogue_roll(void)
{
    return &roll;
}

struct dvr_recording *catalogue_newest(const char *vhost, const char *app, const char *stream,
                                       const struct dvr_recording *but)
{
    struct catalogue_vhost *v = catalogue_of(vhost);
    for (struct list *it = v ? v->recordings.prev : NULL; v && it != &v->recordings; it = it->prev) {
        struct dvr_recording *r = LIST_ENTRY(it, struct dvr_recording, link);
        if (r != but && r->state != DVR_LOST && str_equal(r->stream, stream) && str_equal(r->app, app))
            return r;
    }
    return NULL;
}

void catalogue_finish(void)
{
    struct roll_cursor    at = roll_seek(&roll, 0);
    struct dvr_recording *r;
    while ((r = roll_next(&roll, &at)))
        catalogue_remove(r);
}
