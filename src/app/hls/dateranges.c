#include "app/hls/dateranges.h"

#include <inttypes.h>
#include <string.h>

#include "app/hls/hls.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/cue.h"
#include "kernel/hls/playlist.h"
#include "kernel/hls/text.h"

/* A splice of unknown length is listed for this long, unless it ends before. */
#define OPEN_MAX_US (INT64_C(3600) * US_PER_SECOND)

/* A splice is announced several times, beginning some seconds before it. */
enum { REPEAT_US = 60 * US_PER_SECOND };

/* How far apart the beginnings may be that a cue and its repetition tell. */
enum { ELAPSED_SLACK_US = US_PER_SECOND };

enum { ID_BYTES_MAX = CUE_ID_MAX + 32 };

struct range {
    struct list          link;
    struct hls_daterange d;              /* what it points to is behind the struct */
    int64_t              end_us;         /* wall clock */
    uint64_t             added, removed; /* number of the open segment when it came, and when it left */
    bool                 is_listed, awaits_in;
    uint32_t             event_id; /* of a way out, or back */
    size_t               bytes;
};

static struct range *range_at(const struct list *link)
{
    return LIST_ENTRY(link, struct range, link);
}

/* ---- copies ---- */

static size_t text_len(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static size_t texts_len(const struct hls_daterange *d)
{
    size_t len = text_len(d->id) + text_len(d->class_name);
    size_t n_bytes = d->scte35_cmd_len + d->scte35_out_len + d->scte35_in_len;
    for (size_t i = 0; i < d->n_attributes; i++)
        len += text_len(d->attributes[i].name) + text_len(d->attributes[i].text);
    return len + n_bytes + 3; /* Each of the sections is followed by a terminator. */
}

static const char *pack_text(char **at, const char *text)
{
    return text ? str_pack(at, text, strlen(text)) : NULL;
}

static const uint8_t *pack_bytes(char **at, const uint8_t *bytes, size_t len)
{
    return len ? (const uint8_t *)str_pack(at, (const char *)bytes, len) : NULL;
}

static struct range *copy(const struct hls_daterange *from)
{
    size_t        texts = texts_len(from), attributes = from->n_attributes * sizeof *from->attributes;
    struct range *r = mem_calloc(1, sizeof *r + attributes + texts);
    if (!r)
        return NULL;
    struct hls_attribute *a = (struct hls_attribute *)(r + 1);
    char                 *at = (char *)(a + from->n_attributes);
    r->d = *from;
    r->d.attributes = a;
    r->d.id = pack_text(&at, from->id);
    r->d.class_name = pack_text(&at, from->class_name);
    r->d.scte35_cmd = pack_bytes(&at, from->scte35_cmd, from->scte35_cmd_len);
    r->d.scte35_out = pack_bytes(&at, from->scte35_out, from->scte35_out_len);
    r->d.scte35_in = pack_bytes(&at, from->scte35_in, from->scte35_in_len);
    for (size_t i = 0; i < from->n_attributes; i++) {
        a[i].name = pack_text(&at, from->attributes[i].name);
        a[i].text = pack_text(&at, from->attributes[i].text);
    }
    r->bytes = attributes + 2 * texts; /* Sections are hexadecimal in the playlist. */
    return r;
}

static void drop(struct hls_dateranges *all, struct range *r)
{
    list_remove(&r->link);
    all->n--;
    all->bytes -= r->bytes;
    mem_free(r);
}

/* ---- times ---- */

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When the range is over, as far as it tells. */
static int64_t end_of(const struct hls_daterange *d)
{
    if (d->duration_us >= 0)
        return d->start_wall_us + d->duration_us;
    if (d->planned_duration_us >= 0)
        return d->start_wall_us + d->planned_duration_us;
    return d->start_wall_us + (d->scte35_out_len ? OPEN_MAX_US : 0);
}

/* The number of the segment that is open, or that comes next. */
static uint64_t number_now(const struct hls *h)
{
    const struct segment *newest = lane_newest(h->lane);
    return h->lane->open ? h->lane->open->number : newest ? newest->number + 1 : 0;
}

/* ---- the list ---- */

void hls_dateranges_init(struct hls *h)
{
    h->dateranges = (struct hls_dateranges){ 0 };
    list_init(&h->dateranges.list);
}

/* The way out of an event that has not come back yet; the newest counts. */
static struct range *find_out(const struct hls *h, uint32_t event_id)
{
    for (const struct list *it = h->dateranges.list.prev; it != &h->dateranges.list; it = it->prev) {
        struct range *r = range_at(it);
        if (r->awaits_in && r->event_id == event_id)
            return r;
    }
    return NULL;
}

/* Add a range. A way back ends its way out. NULL: it is left out. */
static struct range *add(struct hls *h, const struct hls_daterange *d, uint32_t event_id)
{
    struct hls_dateranges *all = &h->dateranges;
    struct range          *r = all->n < HLS_DATERANGES_MAX ? copy(d) : NULL;
    if (r && all->bytes + r->bytes > HLS_DATERANGE_BYTES_MAX) {
        mem_free(r);
        r = NULL;
    }
    if (!r)
        return NULL;
    struct range *out = d->scte35_in_len ? find_out(h, event_id) : NULL;
    r->is_listed = true;
    r->added = number_now(h);
    r->end_us = end_of(d);
    r->event_id = event_id;
    r->awaits_in = d->scte35_out_len > 0;
    if (out) {
        out->awaits_in = false;
        out->end_us = r->end_us;
    }
    list_push(&all->list, &r->link);
    all->n++;
    all->bytes += r->bytes;
    return r;
}

/* ---- cues ---- */

/* Identifiers are compared as they stand in the playlist. */
static void name_range(struct buf *id, const struct cue *cue, int64_t wall_us)
{
    int64_t ms = wall_us / US_PER_MS;
    hls_text_inside_quotes(id, cue->id);
    if (id->len > 0)
        return;
    if (cue->section_len)
        buf_printf(id, "splice-%08" PRIX32 "-%" PRId64, cue->splice.event_id, ms);
    else {
        hls_text_inside_quotes(id, cue->name);
        buf_printf(id, "-%" PRId64, ms);
    }
}

static void describe_splice(struct hls_daterange *d, const struct cue *cue)
{
    switch (cue->splice.kind) {
    case SCTE35_OUT:
        d->scte35_out = cue->section;
        d->scte35_out_len = cue->section_len;
        d->planned_duration_us = cue_planned_us(cue);
        break;
    case SCTE35_IN:
        d->scte35_in = cue->section;
        d->scte35_in_len = cue->section_len;
        break;
    default:
        d->scte35_cmd = cue->section;
        d->scte35_cmd_len = cue->section_len;
        d->duration_us = cue->duration_us;
    }
}

/* A way back adds to its way out: the identifier and the beginning are the same, and the duration is known. */
static void continue_out(struct hls_daterange *d, const struct range *out)
{
    d->duration_us = d->start_wall_us - out->d.start_wall_us;
    d->start_wall_us = out->d.start_wall_us;
    d->id = out->d.id;
    d->class_name = NULL;
    d->n_attributes = 0;
}

/* True if the cue tells again what this range has told. */
static bool is_told_by(const struct range *r, const struct cue *cue, const struct hls_daterange *d)
{
    int64_t later_us = d->start_wall_us - r->d.start_wall_us;
    if (strcmp(r->d.id, d->id) == 0)
        return true;
    if (cue->splice.kind == SCTE35_IN && cue->section_len)
        return r->d.scte35_in_len && r->event_id == cue->splice.event_id && d->start_wall_us - r->end_us < REPEAT_US;
    if (cue->splice.kind == SCTE35_OUT && cue->section_len)
        return r->d.scte35_out_len && r->event_id == cue->splice.event_id &&
               later_us < greatest(r->d.planned_duration_us, REPEAT_US);
    return cue->elapsed_us > 0 && !cue->section_len && r->d.class_name && d->class_name &&
           strcmp(r->d.class_name, d->class_name) == 0 && later_us < ELAPSED_SLACK_US && later_us > -ELAPSED_SLACK_US;
}

static bool is_repeated(const struct hls *h, const struct cue *cue, const struct hls_daterange *d)
{
    bool repeated = false;
    for (const struct list *it = h->dateranges.list.next; it != &h->dateranges.list && !repeated; it = it->next)
        repeated = is_told_by(range_at(it), cue, d);
    return repeated;
}

/* False if there is no room for the range of the cue, which begins at `wall_us`. */
static bool take_range(struct hls *h, const struct cue *cue, const char *id, int64_t wall_us)
{
    struct hls_attribute attributes[CUE_ATTRIBUTES_MAX];
    struct hls_daterange d = {
        .id = id,
        .class_name = *cue->name ? cue->name : NULL,
        .start_wall_us = wall_us,
        .duration_us = cue->section_len ? -1 : cue->duration_us,
        .planned_duration_us = -1,
        .attributes = attributes,
    };
    for (; d.n_attributes < cue->n_attributes; d.n_attributes++)
        attributes[d.n_attributes] = (struct hls_attribute){ .name = cue->attributes[d.n_attributes].name,
                                                             .text = cue->attributes[d.n_attributes].text };
    if (cue->section_len)
        describe_splice(&d, cue);
    const struct range *out = d.scte35_in_len ? find_out(h, cue->splice.event_id) : NULL;
    if (out && out->d.start_wall_us < wall_us)
        continue_out(&d, out);
    else if (is_repeated(h, cue, &d))
        return true;
    return add(h, &d, cue->splice.event_id) != NULL;
}

void hls_dateranges_take(struct hls *h, const struct cue *cue)
{
    const struct segment *open = h->lane->open;
    struct buf            id = buf_up_to(ID_BYTES_MAX);
    if (!open || !cue_is_range(cue))
        return;
    int64_t wall_us = open->wall_us + cue->at_us - open->start_us;
    name_range(&id, cue, wall_us);
    if (id.fault || !take_range(h, cue, id.bytes, wall_us))
        plan_lose_cue(h->viewing->plan);
    buf_finish(&id);
}

/* ---- recovery ---- */

static uint32_t event_of(const uint8_t *section, size_t len)
{
    struct scte35 s;
    return len && scte35_read(section, len, &s) ? s.event_id : 0;
}

void hls_dateranges_adopt(struct hls *h, const struct hls_daterange *d)
{
    uint32_t      out = event_of(d->scte35_out, d->scte35_out_len), in = event_of(d->scte35_in, d->scte35_in_len);
    struct range *r = add(h, d, d->scte35_in_len ? in : out);
    if (r)
        r->added = UINT64_MAX; /* It is in each delta update, because nobody knows which clients have it. */
}

/* ---- playlists ---- */

void hls_dateranges_trim(struct hls *h, const struct segment *oldest)
{
    LIST_FOREACH (&h->dateranges.list, it, after) {
        struct range *r = range_at(it);
        if (r->is_listed && r->end_us < oldest->wall_us) {
            r->is_listed = false;
            r->removed = number_now(h);
        }
        /* Delta updates tell of it while a client may have a playlist with it. */
        if (!r->is_listed && (!h->show->vhost->hls.ll || r->removed < oldest->number))
            drop(&h->dateranges, r);
    }
}

/* A splice has two ranges of one identifier. */
static bool has_removed(const struct hls_dateranges_listed *listed, const char *id)
{
    bool has = false;
    for (size_t i = 0; i < listed->n_removed && !has; i++)
        has = strcmp(listed->removed[i], id) == 0;
    return has;
}

bool hls_dateranges_list(const struct hls *h, uint64_t boundary, struct hls_dateranges_listed *listed)
{
    const struct hls_dateranges *all = &h->dateranges;
    *listed = (struct hls_dateranges_listed){ 0 };
    if (all->n == 0)
        return true;
    listed->ranges = mem_calloc(all->n, sizeof *listed->ranges);
    listed->removed = mem_calloc(all->n, sizeof *listed->removed);
    if (!listed->ranges || !listed->removed)
        return false;
    for (const struct list *it = all->list.next; it != &all->list; it = it->next) {
        const struct range *r = range_at(it);
        if (r->is_listed) {
            listed->ranges[listed->n_ranges] = r->d;
            listed->ranges[listed->n_ranges++].old = r->added < boundary;
        } else if (r->removed >= boundary && !has_removed(listed, r->d.id)) {
            listed->removed[listed->n_removed++] = r->d.id;
        }
    }
    return true;
}

void hls_dateranges_drop(struct hls *h)
{
    while (!list_is_empty(&h->dateranges.list))
        drop(&h->dateranges, range_at(h->dateranges.list.next));
}
