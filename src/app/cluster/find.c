#include "app/cluster/find.h"

#include <string.h>

#include "app/cluster/coworkers.h"
#include "app/cluster/directory.h"
#include "app/cluster/question.h"
#include "core/attr.h"
#include "core/list.h"
#include "core/log.h"
#include "core/log_limit.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/pool.h"
#include "protocol/stream_name.h"

/* One stream that co-workers are asked about. */
struct round {
    struct list              link; /* entry in `rounds` */
    struct cluster_question  question;
    const struct conf_vhost *vhost;
    char                    *texts; /* the block of the question's */
    char                     key[STREAM_IDENTITY_CAP];
    struct list              waiters;
    struct co_group          asking;
    int64_t                  deadline_us;
    size_t                   n_answers, n_silent;   /* of co-workers, without this server itself */
    bool                     is_found, is_outdated; /* outdated: a reload has come */
};

/* One coroutine that waits, for a round or for its turn to begin one. */
struct waiter {
    struct list link;
    struct co  *co;
};

/* One co-worker that is asked: a word of the configuration, or one of the addresses behind it. */
struct asking {
    struct round *round;
    const char   *word;
    char          name[COWORKER_NAME_CAP]; /* "": the word has not been resolved */
};

static struct state {
    bool                  runs;
    struct co_group       group; /* of rounds */
    struct http_pool      pool;
    struct list           rounds, queue; /* struct round, struct waiter */
    size_t                n_rounds;
    struct log_limits     limits; /* of lines that each round would write */
    struct cluster_counts counts;
} state;

bool cluster_is_wanted(const struct conf_vhost *vhost)
{
    const struct conf_cluster *c = &vhost->cluster;
    return state.runs && c->origin_cluster && c->mode == CONF_CLUSTER_LOCAL &&
           (c->coworkers.count > 0 || cluster_directory_is_used(c));
}

const struct cluster_counts *cluster_counts(void)
{
    return &state.counts;
}

/* ---- waiting ---- */

static void wake_all(struct list *waiters)
{
    LIST_FOREACH (waiters, it, after) {
        list_remove(it);
        co_unpark(LIST_ENTRY(it, struct waiter, link)->co);
    }
}

/* Let the next one in the queue look whether it may begin. */
static void wake_next(void)
{
    if (state.n_rounds < CLUSTER_ROUNDS_MAX && !list_is_empty(&state.queue))
        co_unpark(LIST_ENTRY(state.queue.next, struct waiter, link)->co);
}

static struct err *wait_in(struct list *waiters, int64_t deadline_us)
{
    struct waiter w = { .co = co_self() };
    list_push(waiters, &w.link);
    struct err *e = co_park(deadline_us);
    list_remove(&w.link);
    return err_except(e, E_SOCKET_TIMEOUT);
}

/* ---- one round ---- */

/* What a round has found counts for those who ask under the same configuration; others ask again. */
static void decide(struct round *r, enum cluster_found found, const struct cluster_place *place)
{
    state.counts.n_found[found]++;
    if (!r->is_outdated)
        cluster_memory_put(r->key, found, place, now_us());
    wake_all(&r->waiters);
}

static void take_answer(struct round *r, const char *name, enum cluster_answer answer, struct cluster_place *place)
{
    r->n_answers++;
    if (answer != CLUSTER_ANSWER_HERE || r->is_found)
        return;
    r->is_found = true;
    str_copy(place->coworker, sizeof place->coworker, name);
    log_info("cluster: co-worker %s has %s, at %s:%d", name, r->key, place->host, place->rtmp_port);
    decide(r, CLUSTER_FOUND, place);
}

static void ask_one(struct round *r, const char *name, const char *known_as)
{
    enum cluster_answer  answer;
    struct cluster_place place;
    if (coworkers_is_aside(name)) {
        r->n_silent++;
        return;
    }
    struct err *e = cluster_ask(&r->question, name, known_as, &state.pool, r->deadline_us, &answer, &place);
    if (!e && answer == CLUSTER_ANSWER_SELF)
        return;
    if (err_code(e) != E_THREAD_INTERRUPTED)
        coworkers_heard(name, e);
    if (!e)
        take_answer(r, name, answer, &place);
    else
        r->n_silent++;
    err_free(e);
}

static void run_asking(void *arg);

static void begin_asking(struct round *r, const char *word, const char *name)
{
    if (!state.runs) /* The server ends. */
        return;
    struct asking *a = mem_calloc(1, sizeof *a);
    struct err    *e = a ? NULL : err_no_memory();
    if (a) {
        *a = (struct asking){ .round = r, .word = word };
        str_copy(a->name, sizeof a->name, name);
        e = co_go(&r->asking, "co-worker", run_asking, a, NULL);
    }
    if (e) {
        mem_free(a);
        r->n_silent++;
    }
    log_err(LOG_WARN, e, "cluster: co-worker %s is not asked", word);
}

/* Ask what the word means: itself under its own name, or each of its addresses. */
static void ask_word(const struct asking *a)
{
    struct coworker_names names;
    char                  text[ERR_TEXT_MAX];
    struct err           *e = coworkers_find(&names, a->word, a->round->deadline_us);
    if (e) {
        log_write_within(&state.limits, LOG_WARN, "cluster: co-worker %s is not asked, %s", a->word,
                         err_text(e, text, sizeof text));
        err_free(e);
        a->round->n_silent++;
        return;
    }
    for (size_t i = 1; i < names.count; i++)
        begin_asking(a->round, a->word, names.items[i]);
    ask_one(a->round, names.items[0], names.count == 1 ? coworker_bare(a->word) : names.items[0]);
}

static void run_asking(void *arg)
{
    struct asking *a = arg;
    if (*a->name)
        ask_one(a->round, a->name, a->name);
    else
        ask_word(a);
    mem_free(a);
}

static void round_free(struct round *r)
{
    conf_unref(&r->question.conf);
    mem_free(r->texts);
    mem_free(r);
}

static void round_end(struct round *r)
{
    list_remove(&r->link);
    state.n_rounds--;
    wake_all(&r->waiters);
    wake_next();
    round_free(r);
}

/* Look into the directory, which knows all servers. False: it does not answer. */
static bool ask_directory(struct round *r)
{
    enum cluster_answer  answer;
    struct cluster_place place;
    char                 text[ERR_TEXT_MAX];
    struct err          *e = cluster_directory_find(&r->vhost->cluster, r->key, r->deadline_us, &answer, &place);
    if (e) {
        log_write_within(&state.limits, LOG_WARN, "cluster: %s", err_text(e, text, sizeof text));
        err_free(e);
        return false;
    }
    r->n_answers++;
    r->is_found = answer == CLUSTER_ANSWER_HERE;
    if (!r->is_found)
        return true;
    log_info("cluster: the directory has %s at %s:%d", r->key, place.host, place.rtmp_port);
    decide(r, CLUSTER_FOUND, &place);
    return true;
}

/* Ask all co-workers, and wait for their answers. */
static void ask_coworkers(struct round *r)
{
    const struct conf_words *words = &r->vhost->cluster.coworkers;
    for (size_t i = 0; i < words->count; i++)
        begin_asking(r, words->items[i], "");
    co_group_join(&r->asking, DEADLINE_NEVER); /* Each of them ends by the deadline. */
    co_group_cancel_and_join(&r->asking);
}

/* Co-workers are asked where there is no directory, or where it does not answer. */
static void run_round(void *arg)
{
    struct round *r = arg;
    if (cluster_directory_is_used(&r->vhost->cluster) && !ask_directory(r))
        r->n_silent++;
    if (r->n_answers == 0)
        ask_coworkers(r);
    if (!r->is_found)
        decide(r, r->n_silent && !r->n_answers ? CLUSTER_NO_ANSWER : CLUSTER_NOBODY, NULL);
    round_end(r);
}

/* ---- finding ---- */

/* The round about the stream that has not decided yet. */
static struct round *round_find(const char *key)
{
    for (struct list *it = state.rounds.next; it != &state.rounds; it = it->next) {
        struct round *r = LIST_ENTRY(it, struct round, link);
        if (!r->is_found && !r->is_outdated && str_equal(r->key, key))
            return r;
    }
    return NULL;
}

static struct err *take_texts(struct round *r, const struct cluster_wanted *w)
{
    const char *const texts[] = { w->host, w->app, w->stream };
    const char      **to[] = { &r->question.host, &r->question.app, &r->question.stream };
    size_t            size = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        size += strlen(texts[i]) + 1;
    char *at = r->texts = mem_alloc(size);
    for (size_t i = 0; at && i < ARRAY_LEN(texts); i++)
        *to[i] = str_pack(&at, texts[i], strlen(texts[i]));
    return at ? NULL : err_no_memory();
}

static struct err *round_begin(const struct cluster_wanted *w, const char *key)
{
    struct round *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_no_memory();
    r->question.conf = conf_ref(w->conf);
    r->question.vhost = w->vhost->name;
    r->question.trusts = &w->vhost->cluster;
    r->vhost = w->vhost;
    r->deadline_us = now_us() + CLUSTER_ASK_US;
    str_copy(r->key, sizeof r->key, key);
    list_init(&r->link);
    list_init(&r->waiters);
    co_group_init(&r->asking);
    struct err *e = take_texts(r, w);
    if (!e)
        e = co_go(&state.group, "cluster", run_round, r, NULL);
    if (e) {
        round_free(r);
        return e;
    }
    list_push(&state.rounds, &r->link);
    state.n_rounds++;
    return NULL;
}

/* Wait for the round about the stream, begin it, or wait for a turn to do so. */
static struct err *step(const struct cluster_wanted *w, const char *key, int64_t deadline_us)
{
    struct round *r = round_find(key);
    if (r)
        return wait_in(&r->waiters, deadline_us);
    if (state.n_rounds >= CLUSTER_ROUNDS_MAX)
        return wait_in(&state.queue, deadline_us);
    struct err *e = round_begin(w, key);
    wake_next();
    return e;
}

struct err *cluster_find(const struct cluster_wanted *w, enum cluster_found *found, struct cluster_place *place)
{
    char        key[STREAM_IDENTITY_CAP];
    int64_t     deadline_us = now_us() + CLUSTER_WAIT_US;
    struct err *e = NULL;
    stream_name_key(key, w->vhost->name, w->app, w->stream);
    if (w->anew)
        cluster_memory_forget(key);
    while ((*found = cluster_memory_find(key, place, now_us())) == CLUSTER_UNKNOWN && !e && state.runs &&
           now_us() < deadline_us)
        e = step(w, key, deadline_us);
    if (*found == CLUSTER_UNKNOWN)
        *found = CLUSTER_NO_ANSWER;
    wake_next();
    return e;
}

/* ---- the service ---- */

void cluster_start(void)
{
    state = (struct state){ .runs = true };
    co_group_init(&state.group);
    http_pool_init(&state.pool);
    list_init(&state.rounds);
    list_init(&state.queue);
}

void cluster_follow_conf(void)
{
    for (struct list *it = state.rounds.next; state.runs && it != &state.rounds; it = it->next)
        LIST_ENTRY(it, struct round, link)->is_outdated = true;
    cluster_memory_finish();
}

void cluster_finish(void)
{
    if (!state.runs)
        return;
    state.runs = false;
    for (struct list *it = state.rounds.next; it != &state.rounds; it = it->next)
        co_group_cancel(&LIST_ENTRY(it, struct round, link)->asking);
    co_group_cancel_and_join(&state.group);
    http_pool_finish(&state.pool);
    cluster_memory_finish();
    coworkers_finish();
}
