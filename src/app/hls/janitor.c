#include "app/hls/janitor.h"

#include <string.h>

#include "app/hls/timeshift_sweep.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* How often a window is swept, between these bounds. Without any, remains of another configuration are looked for. */
enum { SWEEPS_OF_WINDOW = 16 };
#define SWEEP_US_MIN (INT64_C(1) * US_PER_SECOND)
#define SWEEP_US_MAX (INT64_C(60) * US_PER_SECOND)

/* A segment is at most this many times hls_fragment long, and some are kept behind the window. */
enum { LONGEST_FRAGMENTS = 3, KEPT_SEGMENTS = 4 };

static bool is_sweeping;

struct sweeping {
    struct offload_job          job;
    struct hls_timeshift_sweep *of; /* vhosts */
    size_t                      n;
    char                        texts[]; /* what they borrow */
};

static void work(struct offload_job *job)
{
    struct sweeping *s = CONTAINER_OF(job, struct sweeping, job);
    for (size_t i = 0; i < s->n; i++)
        hls_timeshift_sweep(&s->of[i]);
}

static void drop(struct offload_job *job)
{
    struct sweeping *s = CONTAINER_OF(job, struct sweeping, job);
    is_sweeping = false;
    mem_free(s->of);
    mem_free(s);
}

/* How long segments stay: at least as long as the live playlist may list them. */
static int64_t kept_us(const struct conf_hls *c)
{
    int64_t least_us = c->window_us + KEPT_SEGMENTS * LONGEST_FRAGMENTS * c->fragment_us + c->dispose_us;
    return c->timeshift_us > least_us ? c->timeshift_us : least_us;
}

static const char *key_path(const struct conf_hls *c)
{
    return c->key_file_path && *c->key_file_path ? c->key_file_path : c->path;
}

static size_t texts_len(const struct conf *conf)
{
    size_t len = 0;
    for (size_t i = 0; i < conf->n_vhosts; i++) {
        const struct conf_vhost *v = &conf->vhosts[i];
        len += strlen(v->hls.path) + strlen(key_path(&v->hls)) + strlen(v->name) + 3;
    }
    return len;
}

static struct sweeping *make(const struct conf *conf)
{
    struct sweeping *s = mem_calloc(1, sizeof *s + texts_len(conf));
    if (!s || !(s->of = mem_calloc(conf->n_vhosts, sizeof *s->of))) {
        mem_free(s);
        return NULL;
    }
    char *at = s->texts;
    s->job = (struct offload_job){ .work = work, .drop = drop };
    for (size_t i = 0; i < conf->n_vhosts; i++) {
        const struct conf_vhost *v = &conf->vhosts[i];
        const struct conf_hls   *c = &v->hls;
        s->of[s->n++] = (struct hls_timeshift_sweep){
            .hls_path = str_pack(&at, c->path, strlen(c->path)),
            .key_path = str_pack(&at, key_path(c), strlen(key_path(c))),
            .vhost = str_pack(&at, v->name, strlen(v->name)),
            .oldest_us = wall_now_us() - kept_us(c),
            .cleanup = c->cleanup,
        };
    }
    return s;
}

static void sweep(const struct conf *conf)
{
    struct sweeping *s = is_sweeping || conf->n_vhosts == 0 ? NULL : make(conf);
    if (!s)
        return;
    is_sweeping = true;
    struct err *e = offload_start(OFFLOAD_READ, &s->job);
    if (e)
        drop(&s->job); /* The next time will do. */
    err_free(e);
}

static int64_t interval_us(const struct conf *conf)
{
    int64_t least_us = SWEEP_US_MAX;
    for (size_t i = 0; i < conf->n_vhosts; i++) {
        int64_t us = conf->vhosts[i].hls.timeshift_us / SWEEPS_OF_WINDOW;
        if (us > 0 && us < least_us)
            least_us = us;
    }
    return least_us > SWEEP_US_MIN ? least_us : SWEEP_US_MIN;
}

void hls_janitor_run(void *arg)
{
    struct server *server = arg;
    struct err    *e;
    do
        sweep(server->conf);
    while (!(e = co_sleep(interval_us(server->conf))));
    err_free(e);
}
