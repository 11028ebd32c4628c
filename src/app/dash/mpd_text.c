#include "app/dash/mpd_text.h"

#include <inttypes.h>
#include <string.h>

#include "app/dash/dash.h"
#include "app/dash/inits.h"
#include "app/dash/names.h"
#include "app/dash/rows.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "core/uri.h"
#include "kernel/dash/mpd.h"
#include "kernel/mp4/emsg.h"

/* A viewer of a low-latency stream plays this many parts, and a bit for the network, behind the encoder. */
enum { LATENCY_PARTS = 4, LATENCY_NETWORK_US = 500 * US_PER_MS };

/* How often a viewer of a low-latency stream looks for the next segment. */
enum { LL_UPDATE_US = 500 * US_PER_MS };

enum { URL_BYTES_MAX = 8192 };

/* The name of a segment in the served MPD, up to its time: the track, and the Period. */
enum { MEDIA_BEFORE_LEN = 48 };

/* The description of an MPD with all that it points to. */
struct model {
    struct mpd                 mpd;
    struct mpd_clock           clock;
    struct mpd_latency         latency;
    struct mpd_period         *periods;
    struct mpd_adaptation_set *sets;            /* n_tracks of them for each Period */
    struct mpd_representation *representations; /* likewise */
    struct mpd_segment        *segments;        /* n_rows of them for each track */
    char (*names)[MEDIA_BEFORE_LEN];            /* likewise */
    bool       for_files;                       /* The text is for the disk, where names have numbers. */
    bool       no_memory;
    size_t     n_rows;
    char       title[1024];
    struct buf clock_url;
};

/* ---- which rows are listed ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static const struct conf_dash *conf_of(const struct dash *d)
{
    return &d->show->vhost->dash;
}

size_t dash_in_window(const struct dash *d)
{
    const struct conf_dash *c = conf_of(d);
    int64_t                 sum_us = 0;
    size_t                  n = 0;
    for (const struct list *it = d->rows.prev; it != &d->rows; it = it->prev) {
        const struct dash_row *row = LIST_ENTRY(it, const struct dash_row, link);
        if (!row->period)
            continue;
        if (n > 0 && (n >= (size_t)c->window_size || (c->timeshift_us > 0 && sum_us >= c->timeshift_us)))
            break;
        sum_us += dash_row_first(d, row)->duration_us;
        n++;
    }
    return n;
}

static const struct dash_row *oldest_listed(const struct dash *d, size_t n)
{
    const struct dash_row *oldest = NULL;
    for (const struct list *it = d->rows.prev; it != &d->rows && n > 0; it = it->prev) {
        const struct dash_row *row = LIST_ENTRY(it, const struct dash_row, link);
        if (!row->period)
            continue;
        oldest = row;
        n--;
    }
    return oldest;
}

/* With low latency, the open row is listed as soon as it is open, if it belongs to the Period before it. */
static bool is_listed_open(const struct dash *d, const struct dash_row *row)
{
    const struct dash_row *before = dash_row_before(d, row);
    return conf_of(d)->ll && before && dash_row_may_continue(d, row, before);
}

/* ---- the model ---- */

static bool model_init(struct model *m, const struct dash *d, size_t n_complete, bool for_files)
{
    m->for_files = for_files;
    m->n_rows = n_complete + 1; /* and the open one */
    m->periods = mem_calloc(m->n_rows, sizeof *m->periods);
    m->sets = mem_calloc(m->n_rows * d->n_tracks, sizeof *m->sets);
    m->representations = mem_calloc(m->n_rows * d->n_tracks, sizeof *m->representations);
    m->segments = mem_calloc(m->n_rows * d->n_tracks, sizeof *m->segments);
    m->names = mem_calloc(m->n_rows * d->n_tracks, sizeof *m->names);
    m->clock_url = buf_up_to(URL_BYTES_MAX);
    return m->periods && m->sets && m->representations && m->segments && m->names;
}

static void model_finish(struct model *m)
{
    mem_free(m->periods);
    mem_free(m->sets);
    mem_free(m->representations);
    mem_free(m->segments);
    mem_free(m->names);
    buf_finish(&m->clock_url);
}

/* The frame rate that the stream tells, or the one that was measured. What was once written stays. */
static void learn_frame_rate(struct dash_init *init)
{
    const struct show       *show = init->track->dash->show;
    const struct video_info *v = &show->video;
    if (init->frame_rate)
        return;
    init->frame_rate = v->fps_den ? v->fps_num : (uint32_t)(show->fps + 0.5);
    init->frame_rate_scale = v->fps_den ? v->fps_den : 1;
}

static int64_t ticks(int64_t us, uint32_t timescale)
{
    return us / US_PER_SECOND * timescale + us % US_PER_SECOND * timescale / US_PER_SECOND;
}

/*
 * The tracks that a Period lists, in the order of its sets, and their number: all pictures are one set, each track of sound is one.
 * Variants have the same sound: the first that has it gives it.
 */
static size_t list_tracks(const struct dash *d, const struct dash_row *row, size_t listed[static DASH_TRACKS_MAX])
{
    uint64_t heard[(UINT8_MAX + 1) / 64] = { 0 };
    size_t   n = 0;
    for (size_t i = 0; i < d->n_tracks; i++)
        if (row->entries[i] && d->tracks[i].is_video)
            listed[n++] = i;
    for (size_t i = 0; i < d->n_tracks; i++) {
        uint8_t number = row->entries[i] ? d->tracks[i].lane->track : 0;
        if (!row->entries[i] || d->tracks[i].is_video || (heard[number / 64] >> number % 64 & 1))
            continue;
        heard[number / 64] |= UINT64_C(1) << number % 64;
        listed[n++] = i;
    }
    return n;
}

static void describe_track(const struct dash *d, const struct dash_row *row, struct mpd_representation *r, size_t track)
{
    const struct dash_track *t = &d->tracks[track];
    struct dash_init        *init = row->entries[track]->init;
    if (t->is_video)
        learn_frame_rate(init);
    *r = (struct mpd_representation){
        .id = t->name,
        .codecs = init->codecs,
        .bandwidth_bps = t->bandwidth_bps,
        .width = init->width,
        .height = init->height,
        .frame_rate = init->frame_rate,
        .frame_rate_scale = init->frame_rate ? init->frame_rate_scale : 0,
        .sample_rate = init->sample_rate,
        .channels = init->channels,
        .timescale = init->timescale,

        .init = strrchr(init->path, '/') + 1,
        .folder = t->folder,
        .media_before = t->source ? t->source->media_before : t->media_before,
        .media_after = ".m4s",
        .start_number = row->number,
    };
}

/* In the text that is served, the segments have the names of their times, which may come again in another Period. */
static void name_by_time(struct model *m, size_t at, uint64_t period)
{
    struct mpd_representation *r = &m->representations[at];
    struct str                 name = str_over(m->names[at], sizeof m->names[at]);
    if (m->for_files)
        return;
    str_printf(&name, "%s-%" PRIu64 "-", r->id, period);
    r->media_before = m->names[at];
    r->is_by_time = true;
}

/* A segment is found under its name as long as it is in memory. An open one gets another name if its time was foretold wrongly. */
static void put_by_time(struct model *m, struct dash_entry *entry, const char *media_before, int64_t time)
{
    uint64_t period = m->periods[m->mpd.n_periods - 1].id;
    if (entry->timed.key && entry->timed_period == period && entry->timed_at == time)
        return;
    struct dash *d = dash_of_segment(entry);
    char        *path = dash_names_timed(d->folder, media_before, time);
    shelf_take(&entry->timed);
    m->no_memory |= !path || !shelf_put(&entry->timed, d->show->vhost, path);
    entry->timed_period = period;
    entry->timed_at = time;
    mem_free(path);
}

/* Name the events that the segments of a track have had in them. */
static void announce_events(struct mpd_adaptation_set *set, const struct lane *lane)
{
    static const struct mpd_event_scheme schemes[] = { { .uri = EMSG_SCHEME_ID3 }, { .uri = EMSG_SCHEME_SCTE35 } };
    size_t                               n = lane && lane->n_carried_cues ? 1 + (lane->n_carried_splices > 0) : 0;
    set->events = schemes;
    if (n > set->n_events)
        set->n_events = n;
}

/* Begin a Period with the tracks of its first listed row, at `start_us` of the wall clock and `base_us` of the tracks. */
static void begin_period(const struct dash *d, struct model *m, const struct dash_row *row, int64_t start_us,
                         int64_t base_us)
{
    const struct conf_dash *c = conf_of(d);
    size_t                  n = m->mpd.n_periods++;
    struct mpd_period      *p = &m->periods[n];
    size_t                  first = n * d->n_tracks, listed[DASH_TRACKS_MAX], n_listed = list_tracks(d, row, listed);
    unsigned                n_sounds = 0;
    *p = (struct mpd_period){
        .id = (uint64_t)(start_us / US_PER_MS),
        .start_us = start_us,
        .sets = m->sets + first,
    };
    for (size_t i = 0; i < n_listed; i++) {
        const struct dash_track   *t = &d->tracks[listed[i]];
        struct mpd_representation *r = &m->representations[first + i];
        describe_track(d, row, r, listed[i]);
        r->presentation_time_offset = ticks(base_us, r->timescale);
        name_by_time(m, first + i,
                     dash_is_by_wall(d) ? 0 : p->id); /* Servers differ in the breaks that they have seen. */
        if (i > 0 && t->is_video) {
            m->sets[first].n_representations++;
            announce_events(&m->sets[first], t->lane);
            continue;
        }
        bool is_alternate = !t->is_video && n_sounds++ > 0;
        m->sets[first + p->n_sets++] = (struct mpd_adaptation_set){
            .id = t->is_video ? 0 : n_sounds,
            .is_video = t->is_video,
            .starts_with_key = true,
            .role = is_alternate ? "alternate" : "main",
            .label = is_alternate ? t->name : NULL,
            .representations = r,
            .n_representations = 1,
            .available_early_us = c->ll ? c->fragment_us - d->viewing->wish.policy.part_us : 0,
        };
        announce_events(&m->sets[first + p->n_sets - 1], t->lane);
    }
}

/* The time of a segment. The open one follows the one before it, and will be as long as that, as far as its parts do not tell. */
static struct mpd_segment segment_of(const struct dash *d, const struct dash_row *row, size_t track)
{
    const struct segment *s = row->entries[track]->segment;
    if (s->is_complete)
        return (struct mpd_segment){ s->media_time, s->media_duration };
    const struct segment *last = dash_row_before(d, row)->entries[track]->segment;
    int64_t               time = s->n_parts ? s->media_time : last->media_time + last->media_duration;
    return (struct mpd_segment){ time, greatest(last->media_duration, s->media_duration) };
}

/* How long before its end the open segment can be asked for, if it becomes as long as the one before it. */
static int64_t early_us(const struct dash *d, const struct dash_row *open)
{
    const struct dash_row *last = dash_row_before(d, open);
    return greatest(conf_of(d)->fragment_us, dash_row_first(d, last)->duration_us) - d->viewing->wish.policy.part_us;
}

/* Add the segments of a row to the newest Period. `at` is the number of the row among those that are listed. */
static void add_row(const struct dash *d, struct model *m, const struct dash_row *row, size_t at)
{
    const struct dash_row *tracks = row->period ? row : dash_row_before(d, row);
    size_t                 first = (m->mpd.n_periods - 1) * d->n_tracks, listed[DASH_TRACKS_MAX];
    size_t                 n_listed = list_tracks(d, tracks, listed), set = first;
    for (size_t i = 0; i < n_listed; i++) {
        const struct segment      *s = row->entries[listed[i]]->segment;
        struct mpd_representation *r = &m->representations[first + i];
        struct mpd_segment        *at_track = &m->segments[listed[i] * m->n_rows + at];
        if (i > 0 && !d->tracks[listed[i]].is_video)
            set++;
        m->sets[set].starts_with_key &= s->n_parts == 0 || s->independent;
        if (!row->period)
            m->sets[set].available_early_us = early_us(d, row);
        *at_track = segment_of(d, row, listed[i]);
        if (!m->for_files)
            put_by_time(m, row->entries[listed[i]], r->media_before, at_track->time);
        if (r->n_segments++ == 0)
            r->segments = at_track;
    }
}

/* Begin the Period of a row. Behind rows that are left out the numbers have a gap, and what follows is a Period of its own. */
static void begin_period_of(const struct dash *d, struct model *m, const struct dash_row *row, bool is_behind_gap)
{
    const struct dash_period *p = row->period;
    int64_t                   base_us = p->base_us;
    if (is_behind_gap) {
        const struct segment *s = dash_row_first(d, row);
        int64_t               own_us = s->start_us + s->shift_us + LANE_MP4_ORIGIN_US;
        base_us = own_us > base_us ? own_us : base_us;
    }
    begin_period(d, m, row, p->start_us + base_us - p->base_us, base_us);
}

static bool is_left_out(const struct dash *d, const struct dash_row *row, bool for_files)
{
    return for_files ? !row->period || row->is_lost : !row->period && !is_listed_open(d, row);
}

static void add_rows(const struct dash *d, struct model *m, size_t n_complete)
{
    const struct dash_row    *row = oldest_listed(d, n_complete);
    const struct dash_period *period = NULL;
    size_t                    at = 0;
    bool                      left_out = false;
    for (const struct list *it = &row->link; it != &d->rows; it = it->next) {
        row = LIST_ENTRY(it, const struct dash_row, link);
        if (is_left_out(d, row, m->for_files)) {
            left_out = true;
            continue;
        }
        if (row->period && (row->period != period || left_out))
            begin_period_of(d, m, row, row->period == period);
        period = row->period ? row->period : period;
        left_out = false;
        add_row(d, m, row, at++);
    }
}

/* ---- the head ---- */

/* A viewer learns of a segment up to an update period after it is complete, and needs one to play and one to load. */
static int64_t delay_us(const struct mpd *mpd, const struct conf_dash *c)
{
    int64_t wanted_us = greatest(3 * c->fragment_us, mpd->update_us + 2 * c->fragment_us);
    return greatest(least(wanted_us, mpd->depth_us - c->fragment_us), c->fragment_us);
}

static void set_latency(const struct dash *d, struct model *m)
{
    const struct conf_dash *c = conf_of(d);
    int64_t                 part_us = d->viewing->wish.policy.part_us;
    m->latency = (struct mpd_latency){
        .target_us = LATENCY_PARTS * part_us + LATENCY_NETWORK_US,
        .min_us = 2 * part_us,
        .max_us = LATENCY_PARTS * part_us + LATENCY_NETWORK_US + 2 * c->fragment_us,
        .min_rate_percent = 95,
        .max_rate_percent = 105,
    };
    m->mpd.latency = &m->latency;
    m->mpd.delay_us = m->latency.target_us;
    m->mpd.update_us = least(m->mpd.update_us, LL_UPDATE_US);
    m->mpd.min_buffer_us = part_us;
}

static void set_times(const struct dash *d, struct mpd *mpd)
{
    const struct conf_dash *c = conf_of(d);
    int64_t                 window_us = c->window_size * c->fragment_us;
    mpd->wall_published_us = d->published_us;
    mpd->update_us = c->update_period_us > 0 ? c->update_period_us : c->fragment_us;
    mpd->depth_us = c->timeshift_us > 0 ? least(c->timeshift_us, window_us) : window_us;
    mpd->delay_us = delay_us(mpd, c);
    mpd->min_buffer_us = c->fragment_us;
    mpd->max_segment_us = c->fragment_us;
}

/* The folder of the segments as it is named from the MPD, which lies beside it. */
static const char *base_of(const struct dash *d)
{
    const char *slash = strrchr(d->mpd_path, '/');
    return d->is_group ? NULL : d->folder + (slash ? slash + 1 - d->mpd_path : 0);
}

static void set_head(const struct dash *d, struct model *m)
{
    struct str title = str_over(m->title, sizeof m->title);
    str_printf(&title, "%s/%s", d->show->app, d->show->stream);
    buf_text(&m->clock_url, "/"); /* players do not agree whether a relative path begins at the MPD or at its BaseURL */
    uri_put_path(&m->clock_url, d->folder);
    buf_text(&m->clock_url, "time");
    m->clock = (struct mpd_clock){ "urn:mpeg:dash:utc:http-iso:2014", m->clock_url.bytes };
    m->mpd.title = m->title;
    m->mpd.base = base_of(d);
    m->mpd.periods = m->periods;
    m->mpd.clocks = &m->clock;
    m->mpd.n_clocks = m->clock_url.fault ? 0 : 1;
    set_times(d, &m->mpd);
    if (conf_of(d)->ll)
        set_latency(d, m);
}

/* ---- the text ---- */

/* publishTime is in milliseconds. Each change has another one; the texts for viewers and for the disk share that of their change. */
static void publish(struct dash *d)
{
    int64_t next_us = d->published_us + US_PER_MS;
    if (d->is_published)
        return;
    d->is_published = true;
    d->published_us = greatest(plan_wall_us(d->viewing->plan, now_us()) / US_PER_MS * US_PER_MS, next_us);
}

static struct err *make_text(struct dash *d, bool for_files, struct blob **out)
{
    size_t       n = dash_in_window(d);
    struct model m = { .n_rows = 0 };
    struct buf   text = buf_up_to(MPD_BYTES_MAX);
    struct err  *e = NULL;
    if (n == 0)
        return NULL;
    publish(d);
    if (!model_init(&m, d, n, for_files)) {
        e = err_no_memory();
    } else {
        add_rows(d, &m, n);
        set_head(d, &m);
        e = m.no_memory ? err_no_memory() : mpd_write(&m.mpd, &text);
    }
    if (!e && m.mpd.n_periods > 0 && !(*out = blob_copy(text.bytes, text.len)))
        e = err_no_memory();
    buf_finish(&text);
    model_finish(&m);
    return err_wrap(e, "write the MPD of %s/%s", d->show->app, d->show->stream);
}

struct err *dash_mpd_text_refresh(struct dash *d)
{
    return d->text ? NULL : make_text(d, false, &d->text);
}

struct err *dash_mpd_text_of_files(struct dash *d, struct blob **text)
{
    *text = NULL;
    return make_text(d, true, text);
}
