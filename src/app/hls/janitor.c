#include "app/hls/janitor.h"

#include "app/hls/leftovers.h"
#include "app/hls/timeshift_sweep.h"
#include "app/segment/show.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/line_log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* How often a window is looked at, between these bounds. */
enum { LOOKS_OF_WINDOW = 16 };
#define INTERVAL_US_MIN (INT64_C(1) * US_PER_SECOND)
#define INTERVAL_US_MAX (INT64_C(60) * US_PER_SECOND)

/* A segment is at most this many times hls_fragment long, and some are kept behind the window. */
enum { LONGEST_FRAGMENTS = 3, KEPT_SEGMENTS = 4 };

static struct {
    struct server *server;
    int64_t        began_us;
    bool           is_working;
} state;

/* What a thread does: for each vhost, and then, in a second go, for each stream that has not come back. */
struct chore {
    struct offload_job job;
    struct conf       *conf; /* what the texts below belong to; a thread only reads it */
    struct room       *rooms;
    size_t             n;
    bool               removes; /* It is the second go. */
};

/* One vhost. */
struct room {
    const struct conf_vhost   *vhost;
    struct hls_timeshift_sweep sweep;
    struct hls_leftovers       leftovers;
    struct buf                 marks; /* of its streams; in the second go, of those that are to be removed */
};

/* ---- on a thread ---- */

static void remove_streams(struct room *r)
{
    struct line_log_reader      lines = line_log_over(r->marks.bytes ? r->marks.bytes : "", r->marks.len);
    struct hls_timeshift_record record;
    struct hls_timeshift_head   head;
    const char                 *text;
    size_t                      len;
    while (line_log_next(&lines, &text, &len)) {
        char *line = r->marks.bytes + (text - r->marks.bytes);
        line[len] = '\0';
        if (hls_timeshift_read(line, &record, &head) == HLS_TIMESHIFT_HEAD)
            hls_leftovers_remove(&r->leftovers, &head);
    }
}

static void work(struct offload_job *job)
{
    struct chore *c = CONTAINER_OF(job, struct chore, job);
    for (size_t i = 0; i < c->n; i++) {
        if (c->removes) {
            remove_streams(&c->rooms[i]);
        } else {
            hls_timeshift_sweep(&c->rooms[i].sweep);
            hls_leftovers_list(&c->rooms[i].leftovers, &c->rooms[i].marks);
        }
    }
}

/* ---- on the loop ---- */

static void free_chore(struct chore *c)
{
    state.is_working = false;
    for (size_t i = 0; c->rooms && i < c->n; i++)
        buf_finish(&c->rooms[i].marks);
    conf_unref(&c->conf);
    mem_free(c->rooms);
    mem_free(c);
}

/* Keep the marks of streams that this run of the server does not know, and whose time is over. True if there are any. */
static bool choose(struct room *r)
{
    struct line_log_reader      lines = line_log_over(r->marks.bytes ? r->marks.bytes : "", r->marks.len);
    struct buf                  chosen = buf_up_to(HLS_LEFTOVERS_BYTES_MAX);
    int64_t                     after_us = r->vhost->hls.dispose_us;
    struct hls_timeshift_record record;
    struct hls_timeshift_head   head;
    const char                 *text;
    size_t                      len;
    while (after_us > 0 && now_us() - state.began_us >= after_us && line_log_next(&lines, &text, &len)) {
        char *line = mem_strndup(text, len);
        if (line && hls_timeshift_read(line, &record, &head) == HLS_TIMESHIFT_HEAD &&
            !show_find(r->vhost, head.app, head.stream))
            (void)line_log_format(&chosen, text, len);
        mem_free(line);
    }
    buf_finish(&r->marks);
    r->marks = chosen;
    return chosen.len > 0;
}

static void drop(struct offload_job *job)
{
    struct chore *c = CONTAINER_OF(job, struct chore, job);
    bool          any = false;
    for (size_t i = 0; i < c->n && !c->removes && !job->refused && state.server; i++)
        any |= choose(&c->rooms[i]);
    if (any) {
        c->job = (struct offload_job){ .work = work, .drop = drop };
        c->removes = true;
        struct err *e = offload_start(OFFLOAD_READ, &c->job);
        if (!e)
            return;
        err_free(e);
    }
    free_chore(c);
}

/* How long segments stay: at least as long as the live playlist may list them. */
static int64_t kept_us(const struct conf_hls *c)
{
    int64_t least_us = c->window_us + KEPT_SEGMENTS * LONGEST_FRAGMENTS * c->fragment_us + c->dispose_us;
    return c->timeshift_us > least_us ? c->timeshift_us : least_us;
}

static struct room room_of(const struct conf_vhost *v)
{
    const struct conf_hls *c = &v->hls;
    return (struct room){
        .vhost = v,
        .sweep = { .hls_path = c->path,
                   .key_path = c->key_file_path,
                   .vhost = v->name,
                   .oldest_us = wall_now_us() - kept_us(c),
                   .cleanup = c->cleanup },
        .leftovers = { .hls_path = c->path,
                       .key_path = c->key_file_path,
                       .vhost = v->name,
                       .entry_prefix = c->entry_prefix,
                       .key_url = c->key_url,
                       .segment_file = c->use_fmp4 ? c->fmp4_file : c->ts_file,
                       .key_file = c->key_file,
                       .keeps_media = c->timeshift_us > 0 },
        .marks = BUF_UP_TO(HLS_LEFTOVERS_BYTES_MAX),
    };
}

static struct chore *make(struct conf *conf)
{
    struct chore *c = mem_calloc(1, sizeof *c);
    if (!c || !(c->rooms = mem_calloc(conf->n_vhosts, sizeof *c->rooms))) {
        mem_free(c);
        return NULL;
    }
    c->job = (struct offload_job){ .work = work, .drop = drop };
    c->conf = conf_ref(conf);
    for (size_t i = 0; i < conf->n_vhosts; i++)
        c->rooms[c->n++] = room_of(&conf->vhosts[i]);
    return c;
}

static void begin(struct conf *conf)
{
    struct chore *c = state.is_working || conf->n_vhosts == 0 ? NULL : make(conf);
    if (!c)
        return;
    state.is_working = true;
    struct err *e = offload_start(OFFLOAD_READ, &c->job);
    if (e)
        free_chore(c); /* The next time will do. */
    err_free(e);
}

/* Often enough for each window, and for each stream that is to be removed. */
static int64_t interval_us(const struct conf *conf)
{
    int64_t least_us = INTERVAL_US_MAX;
    for (size_t i = 0; i < conf->n_vhosts; i++) {
        const struct conf_hls *c = &conf->vhosts[i].hls;
        int64_t                us = c->timeshift_us / LOOKS_OF_WINDOW;
        if (us > 0 && us < least_us)
            least_us = us;
        if (c->enabled && c->dispose_us > 0 && c->dispose_us < least_us)
            least_us = c->dispose_us;
    }
    return least_us > INTERVAL_US_MIN ? least_us : INTERVAL_US_MIN;
}

void hls_janitor_run(void *arg)
{
    struct err *e;
    state.server = arg;
    state.began_us = now_us();
    do
        begin(state.server->conf);
    while (!(e = co_sleep(interval_us(state.server->conf))));
    state.server = NULL;
    err_free(e);
}
