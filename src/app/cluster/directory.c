#include "app/cluster/directory.h"

#include <stdio.h>
#include <string.h>

#include "app/cluster/coworkers.h"
#include "app/cluster/own_place.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "core/attr.h"
#include "core/jr.h"
#include "core/jw.h"
#include "core/list.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/pool.h"
#include "protocol/redis/redis.h"
#include "protocol/stream_name.h"

#define KEY_PREFIX "srs:origin:"

enum { KEY_CAP = sizeof KEY_PREFIX + STREAM_IDENTITY_CAP };

static struct state {
    bool             runs;
    const char      *id;
    struct http_pool pool; /* connections, by the server, database and user */
    int              n_calls;
    struct list      queue; /* struct waiter */
} state;

/* One coroutine that waits for its turn. */
struct waiter {
    struct list link;
    struct co  *co;
};

void cluster_directory_start(const char *id)
{
    state = (struct state){ .runs = true, .id = id };
    http_pool_init(&state.pool);
    list_init(&state.queue);
}

void cluster_directory_finish(void)
{
    if (!state.runs)
        return;
    state.runs = false;
    http_pool_finish(&state.pool);
}

bool cluster_directory_is_used(const struct conf_cluster *c)
{
    return c->directory && *c->directory;
}

/* ---- commands ---- */

static void wake_next(void)
{
    if (state.n_calls < DIRECTORY_CALLS_MAX && !list_is_empty(&state.queue))
        co_unpark(LIST_ENTRY(state.queue.next, struct waiter, link)->co);
}

static struct err *wait_for_turn(int64_t deadline_us)
{
    struct waiter w = { .co = co_self() };
    struct err   *e = NULL;
    list_push(&state.queue, &w.link);
    while (!e && state.n_calls >= DIRECTORY_CALLS_MAX)
        e = co_park(deadline_us);
    list_remove(&w.link);
    if (e)
        wake_next();
    return e;
}

/* The connection for the next command; *is_old: it was used before. */
static struct err *take_line(struct http_line **line, const struct redis_place *at, const char *server, bool *is_old,
                             int64_t deadline_us)
{
    *line = http_pool_take(&state.pool, server, NULL);
    *is_old = *line != NULL;
    if (*is_old)
        return NULL;
    if (!(*line = http_line_new(server, NULL)))
        return err_no_memory();
    return redis_open(&(*line)->io, at, deadline_us);
}

/* Send the command once. *is_old tells whether the connection may have been closed meanwhile. */
static struct err *call_once(const struct redis_place *at, const char *server, const char *const *words, size_t n,
                             struct redis_answer *out, bool *is_old, int64_t deadline_us)
{
    struct http_line *line;
    struct err       *e = take_line(&line, at, server, is_old, deadline_us);
    if (!e)
        e = redis_call(&line->io, words, n, out, deadline_us);
    if (e || !state.runs)
        http_line_close(line);
    else
        http_pool_give(&state.pool, line);
    return e;
}

static struct err *call_in_turn(const struct redis_place *at, const char *const *words, size_t n,
                                struct redis_answer *out, int64_t deadline_us)
{
    char       name[REDIS_NAME_CAP], server[REDIS_NAME_CAP + REDIS_USER_MAX + 1];
    struct str text = str_over(server, sizeof server);
    bool       is_old = false;
    str_printf(&text, "%s %s", redis_place_name(at, name), at->user);
    struct err *e = call_once(at, server, words, n, out, &is_old, deadline_us);
    if (!e || !is_old || err_code(e) == E_THREAD_INTERRUPTED || err_code(e) == E_BACKEND)
        return e;
    err_free(e);
    return call_once(at, server, words, n, out, &is_old, deadline_us);
}

/* Send a command of the vhost's directory. One that fails is set aside, as a co-worker is. */
static struct err *call(const struct conf_cluster *c, const char *const *words, size_t n, struct redis_answer *out,
                        int64_t deadline_us)
{
    struct redis_place at;
    char               name[REDIS_NAME_CAP];
    if (!redis_place_parse(&at, c->directory))
        return err_new(E_SYSTEM_CONFIG_INVALID, "cluster.directory is no URL of Redis");
    redis_place_name(&at, name);
    if (!state.runs || coworkers_is_aside(name))
        return err_new(E_BACKEND, "the directory %s is set aside", name);
    struct err *e = wait_for_turn(deadline_us);
    if (e)
        return e;
    state.n_calls++;
    e = call_in_turn(&at, words, n, out, deadline_us);
    state.n_calls--;
    wake_next();
    if (err_code(e) != E_THREAD_INTERRUPTED)
        coworkers_heard(name, e);
    return err_wrap(e, "ask the directory %s", name);
}

static const char *key_of(char key[static KEY_CAP], const char *stream_key)
{
    struct str out = str_over(key, KEY_CAP);
    str_printf(&out, KEY_PREFIX "%s", stream_key);
    return key;
}

/* ---- looking ---- */

/* The API goes into a URL to which the password of the cluster is sent. */
static bool is_api(const char *name)
{
    char     host[RESOLVE_NAME_MAX + 1];
    uint16_t port;
    return !strpbrk(coworker_bare(name), " \t\r\n/?#@\\%") && coworker_parse(name, host, &port);
}

/* An entry of this very run of this server is no other place. */
static enum cluster_answer read_entry(const struct redis_answer *entry, struct cluster_place *place)
{
    struct jr_value     root, v;
    char                id[64];
    enum cluster_answer answer = cluster_answer_read(entry->text, entry->len, place);
    if (answer == CLUSTER_ANSWER_BAD || !jr_parse(entry->text, entry->len, &root))
        return CLUSTER_ANSWER_BAD;
    if (jr_member(&root, "id", &v) && jr_string(&v, id, sizeof id) && str_equal(id, state.id))
        return CLUSTER_ANSWER_NOT_HERE;
    if (!jr_member(&root, "api", &v) || !jr_string(&v, place->coworker, sizeof place->coworker) ||
        !is_api(place->coworker))
        return CLUSTER_ANSWER_BAD;
    return answer;
}

struct err *cluster_directory_find(const struct conf_cluster *c, const char *key, int64_t deadline_us,
                                   enum cluster_answer *answer, struct cluster_place *place)
{
    char                text[KEY_CAP];
    const char         *words[] = { "GET", key_of(text, key) };
    struct redis_answer found;
    struct err         *e = call(c, words, ARRAY_LEN(words), &found, deadline_us);
    *answer = CLUSTER_ANSWER_NOT_HERE;
    if (!e && found.kind != REDIS_NOTHING)
        *answer = read_entry(&found, place);
    if (!e && *answer == CLUSTER_ANSWER_BAD)
        e = err_new(E_BACKEND, "the entry of %s in the directory cannot be read", key);
    return e;
}

/* ---- the entries of this server ---- */

bool cluster_directory_is_wanted(const struct conf_vhost *vhost)
{
    const struct conf_cluster *c = &vhost->cluster;
    return state.runs && c->origin_cluster && c->mode == CONF_CLUSTER_LOCAL && cluster_directory_is_used(c);
}

/* The value of an entry. False: out of memory, or this server has no RTMP port. */
static bool write_entry(struct jw *j, const struct source *s)
{
    struct cluster_place place;
    const char          *host = s->vhost->cluster.directory_host;
    if (!cluster_own_place(&place, s->conf, host ? host : ""))
        return false;
    jw_object(j, NULL);
    jw_object(j, "data");
    jw_object(j, "origin");
    jw_string(j, "ip", place.host);
    jw_int(j, "port", place.rtmp_port);
    cluster_put_ports(j, &place);
    jw_object_end(j);
    jw_object_end(j);
    jw_string(j, "api", place.coworker);
    jw_string(j, "id", state.id);
    jw_object_end(j);
    return !j->text.fault;
}

/* Write the entry, or remove it if it is still this server's. */
static struct err *tell(const struct source *s, bool is_there)
{
    static const char take_back[] =
        "local v = redis.call('GET', KEYS[1]) "
        "if v and string.find(v, ARGV[1], 1, true) then return redis.call('DEL', KEYS[1]) end return 0";
    char                key[KEY_CAP], life_ms[24], id[IDENT_CAP + 2];
    struct jw           j = JW_INIT;
    struct redis_answer answer;
    struct conf        *conf = conf_ref(s->conf);
    const char         *set[] = { "SET", key_of(key, s->key), "", "PX", life_ms };
    const char         *end[] = { "EVAL", take_back, "1", key, id };
    snprintf(life_ms, sizeof life_ms, "%lld", (long long)(DIRECTORY_LIFE_US / US_PER_MS));
    snprintf(id, sizeof id, "\"%s\"", state.id);
    struct err *e = NULL;
    if (is_there && !write_entry(&j, s))
        e = err_new(E_SYSTEM_CONFIG_INVALID, "no entry can be made: there is no RTMP port, or no memory");
    set[2] = j.text.bytes;
    if (!e)
        e = call(&s->vhost->cluster, is_there ? set : end, ARRAY_LEN(set), &answer, now_us() + DIRECTORY_CALL_US);
    jw_finish(&j);
    conf_unref(&conf);
    return e;
}

/* NULL: written. A failure is logged once in a row. */
static bool keep_entry(const struct source *s, bool was_written)
{
    struct err *e = tell(s, true);
    bool        is_written = !e;
    if (e && was_written && err_code(e) != E_THREAD_INTERRUPTED)
        log_err(LOG_WARN, e, "cluster: %s is not in the directory", s->key);
    else
        err_free(e);
    if (is_written && !was_written)
        log_info("cluster: %s is in the directory again", s->key);
    return is_written;
}

struct err *cluster_directory_attend(struct attendance *a)
{
    bool        is_written = true;
    unsigned    moments;
    struct err *e = NULL;
    while (!e && !attendance_is_over(a)) {
        is_written = keep_entry(a->source, is_written);
        int64_t until_us = now_us() + (is_written ? DIRECTORY_AGAIN_US : DIRECTORY_RETRY_US);
        while (!e && !attendance_is_over(a) && now_us() < until_us)
            e = err_except(attendance_wait(a, until_us, &moments), E_SOCKET_TIMEOUT);
    }
    err_free(tell(a->source, false)); /* Otherwise it is forgotten by itself. */
    return e;
}
