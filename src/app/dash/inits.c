#include "app/dash/inits.h"

#include "app/dash/disk.h"
#include "app/dash/http.h"
#include "app/dash/names.h"
#include "core/mem.h"
#include "kernel/mp4/cmaf.h"

static void drop_init(struct dash_init *init)
{
    if (init->is_on_disk)
        dash_disk_remove(init->track->dash, init->path);
    shelf_take(&init->item);
    list_remove(&init->link);
    blob_unref(&init->bytes);
    mem_free(init->path);
    mem_free(init);
}

static struct dash_init *find_init(struct dash_track *t, uint64_t number)
{
    for (struct list *it = t->inits.prev; it != &t->inits; it = it->prev) {
        struct dash_init *init = LIST_ENTRY(it, struct dash_init, link);
        if (init->number == number)
            return init;
    }
    return NULL;
}

/* What the lane's muxer knows, which has just made a part with this init segment. */
static void take_facts(struct dash_init *init, const struct dash_track *t)
{
    const struct cmaf *mux = lane_cmaf(t->lane);
    if (!mux)
        return;
    const struct cmaf_track *track = &mux->tracks[t->is_video ? MP4_TRACK_VIDEO : MP4_TRACK_AUDIO];
    cmaf_codecs(mux, init->codecs, sizeof init->codecs);
    init->timescale = track->clock.timescale;
    init->width = track->entry.width;
    init->height = track->entry.height;
    init->sample_rate = track->entry.sample_rate;
    init->channels = track->entry.channels;
}

static struct dash_init *new_init(struct dash_track *t, const struct segment *s)
{
    struct dash_init *init = mem_calloc(1, sizeof *init);
    if (!init)
        return NULL;
    list_init(&init->link);
    init->item = (struct shelf_item){ .serve = dash_serve_init, .guarded = t->dash->show };
    init->track = t;
    init->number = s->init_number;
    init->bytes = blob_ref(s->init);
    init->path = dash_names_init(t->dash->folder, t->name, s->init_number);
    take_facts(init, t);
    if (!init->timescale || !init->path || !shelf_put(&init->item, t->dash->show->vhost, init->path)) {
        drop_init(init);
        return NULL;
    }
    list_push(&t->inits, &init->link);
    return init;
}

void dash_inits_use(struct dash_entry *entry)
{
    struct segment *s = entry->segment;
    if (entry->init || !s->init)
        return;
    struct dash_track *t = entry->track->source ? entry->track->source : entry->track;
    struct dash_init  *init = find_init(t, s->init_number);
    entry->init = init || entry->track->source ? init : new_init(t, s);
    if (entry->init)
        entry->init->n_users++;
}

void dash_inits_release(struct dash_entry *entry)
{
    if (entry->init && --entry->init->n_users == 0)
        drop_init(entry->init);
    entry->init = NULL;
}
