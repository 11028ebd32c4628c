#include "app/tls/store.h"

#include <string.h>
#include <time.h>

#include "app/tls/pair_load.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/tls/tls.h"

/* A disk that hangs must not stop the watch for good. */
enum { LOAD_TIMEOUT_US = 60 * US_PER_SECOND, DATE_CAP = 32 };

enum { WHY_CAP = 256, NAME_CAP = 254 /* RFC 1035, 2.3.4 */ };

struct tls_pair {
    struct list       link; /* member of the store's list */
    char             *key, *cert;
    struct tls_ctx   *ctx; /* NULL: not read yet */
    struct pair_stamp tried, seen;
    bool              wanted;
    char              why[WHY_CAP];     /* reason of the last failure; "": none */
    char              missed[NAME_CAP]; /* the newest name that a client asked for and the certificate has not */
    int64_t           missed_us;
    bool              known; /* part of a configuration in force: the server goes on without it if it cannot be read */
};

/* ---- the pairs */

static struct tls_pair *find_pair(const struct tls_store *st, const char *key, const char *cert)
{
    LIST_FOREACH (&st->pairs, it, after) {
        struct tls_pair *p = LIST_ENTRY(it, struct tls_pair, link);
        if (strcmp(p->key, key) == 0 && strcmp(p->cert, cert) == 0)
            return p;
    }
    return NULL;
}

static void pair_free(struct tls_pair *p)
{
    list_remove(&p->link);
    tls_ctx_unref(&p->ctx);
    mem_free(p->key);
    mem_free(p->cert);
    mem_free(p);
}

static struct err *add_pair(struct tls_store *st, const char *key, const char *cert)
{
    struct tls_pair *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    *p = (struct tls_pair){ .key = mem_strdup(key), .cert = mem_strdup(cert) };
    list_init(&p->link);
    if (!p->key || !p->cert) {
        pair_free(p);
        return err_no_memory();
    }
    list_push(&st->pairs, &p->link);
    return NULL;
}

static bool has_tls(const struct conf_vhost *v)
{
    return v->tls.key[0] && v->tls.cert[0];
}

/* The next pair that a configuration names: first those of its ports, then those of its vhosts if there is a TLS port. NULL at
 * the end. */
static const char *next_pair(const struct conf *conf, size_t *at, const char **cert)
{
    const struct conf_https *const ports[] = { &conf->rtmps, &conf->http_api.https, &conf->http_server.https };
    bool                           any = false;
    for (size_t i = 0; i < ARRAY_LEN(ports); i++)
        any |= ports[i]->enabled;
    for (; any && *at < ARRAY_LEN(ports) + conf->n_vhosts; ++*at) {
        const struct conf_vhost *v = *at < ARRAY_LEN(ports) ? NULL : &conf->vhosts[*at - ARRAY_LEN(ports)];
        if (v ? !has_tls(v) : !ports[*at]->enabled)
            continue;
        *cert = v ? v->tls.cert : ports[*at]->cert;
        return v ? conf->vhosts[(*at)++ - ARRAY_LEN(ports)].tls.key : ports[(*at)++]->key;
    }
    return NULL;
}

/* Mark exactly the pairs that a configuration names; add missing ones if `may_add`. */
static struct err *mark_named_pairs(struct tls_store *st, const struct conf *conf, bool may_add)
{
    struct err *e = NULL;
    const char *key, *cert;
    LIST_FOREACH (&st->pairs, it, after)
        LIST_ENTRY(it, struct tls_pair, link)->wanted = false;
    for (size_t at = 0; !e && (key = next_pair(conf, &at, &cert));) {
        struct tls_pair *p = find_pair(st, key, cert);
        if (!p && may_add) {
            e = add_pair(st, key, cert);
            p = e ? NULL : find_pair(st, key, cert);
        }
        if (p)
            p->wanted = true;
    }
    return e;
}

void tls_store_init(struct tls_store *st)
{
    list_init(&st->pairs);
}

void tls_store_finish(struct tls_store *st)
{
    LIST_FOREACH (&st->pairs, it, after)
        pair_free(LIST_ENTRY(it, struct tls_pair, link));
}

bool tls_store_is_empty(const struct tls_store *st)
{
    return list_is_empty(&st->pairs);
}

void tls_store_keep(struct tls_store *st, const struct conf *conf)
{
    err_free(mark_named_pairs(st, conf, false));
    LIST_FOREACH (&st->pairs, it, after) {
        struct tls_pair *p = LIST_ENTRY(it, struct tls_pair, link);
        p->known = true;
        if (!p->wanted)
            pair_free(p);
    }
}

/* ---- reading the files */

static void say_good(const struct tls_pair *p)
{
    char      date[DATE_CAP] = "";
    time_t    until = (time_t)tls_ctx_wall_expiry_s(p->ctx);
    struct tm at;
    if (gmtime_r(&until, &at))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &at);
    if (until < time(NULL))
        log_warn("TLS certificate %s has expired, on %s; it is shown all the same", p->cert, date);
    else
        log_info("TLS certificate %s, key %s, good until %s", p->cert, p->key, date);
}

static const char without_pair[] =
    "its TLS port stays closed until the pair can be used (a vhost's: that of the port is shown)";

/* Take over what was read, unless the pair is gone by now. Fails only for a pair that a reload wants to add. */
static struct err *take_loaded_pair(struct tls_store *st, struct pair_load *l, bool *opened)
{
    struct tls_pair *p = find_pair(st, l->key, l->cert);
    if (!p)
        return NULL;
    p->seen = l->now;
    if (!l->was_read)
        return NULL;
    p->tried = l->now;
    str_copy(p->why, sizeof p->why, err_cause(l->error));
    struct err *e = err_wrap(l->error, "TLS certificate %s with key %s", p->cert, p->key);
    l->error = NULL;
    if (e && p->ctx) {
        log_err(LOG_ERROR, e, "the certificate that was read before stays in use");
        return NULL;
    }
    if (e && p->known) {
        log_err(LOG_ERROR, e, "%s", without_pair);
        return NULL;
    }
    if (e)
        return e;
    *opened |= !p->ctx;
    tls_ctx_unref(&p->ctx);
    p->ctx = l->ctx;
    l->ctx = NULL;
    say_good(p);
    return NULL;
}

static struct pair_load_job *make_job(const struct tls_store *st, bool force)
{
    size_t count = 0;
    LIST_FOREACH (&st->pairs, it, after)
        count++;
    struct pair_load_job *job = pair_load_new(count);
    if (!job)
        return NULL;
    LIST_FOREACH (&st->pairs, it, after) {
        struct tls_pair  *p = LIST_ENTRY(it, struct tls_pair, link);
        struct pair_load *l = pair_load_add(job, p->key, p->cert);
        if (!l) {
            pair_load_free(job);
            return NULL;
        }
        l->tried = p->tried;
        l->seen = p->seen;
        l->force = force;
    }
    return job;
}

static struct err *read_pairs(struct tls_store *st, bool force, bool *opened)
{
    if (list_is_empty(&st->pairs))
        return NULL;
    struct pair_load_job *job = make_job(st, force);
    if (!job)
        return err_no_memory();
    struct err *first = NULL, *e = pair_load_run(job, now_us() + LOAD_TIMEOUT_US);
    if (e)
        return err_wrap(e, "read the TLS certificates");
    for (size_t i = 0; i < job->count; i++) {
        e = take_loaded_pair(st, &job->pairs[i], opened);
        if (!first)
            first = e;
        else
            err_free(e);
    }
    pair_load_free(job);
    return first;
}

struct err *tls_store_load(struct tls_store *st, const struct conf *conf)
{
    bool        opened = false;
    struct err *e = mark_named_pairs(st, conf, true);
    return e ? e : read_pairs(st, true, &opened);
}

static bool listens_without_tls(const struct conf *conf)
{
    return conf->listen.count || conf->http_api.enabled || conf->http_server.enabled;
}

struct err *tls_store_open(struct tls_store *st, const struct conf *conf)
{
    bool        opened = false, any = listens_without_tls(conf);
    struct err *e = mark_named_pairs(st, conf, true);
    LIST_FOREACH (&st->pairs, it, after)
        LIST_ENTRY(it, struct tls_pair, link)->known = any;
    return e ? e : read_pairs(st, true, &opened);
}

struct err *tls_store_check(const struct conf *conf)
{
    const char *key, *cert;
    for (size_t at = 0; (key = next_pair(conf, &at, &cert));) {
        struct err *e = err_wrap(pair_load_try(key, cert), "TLS certificate %s with key %s", cert, key);
        if (e && !listens_without_tls(conf))
            return e;
        log_err(LOG_ERROR, e, "%s", without_pair);
    }
    return NULL;
}

bool tls_store_look(struct tls_store *st)
{
    bool        opened = false;
    struct err *e = read_pairs(st, false, &opened);
    e = err_except(err_except(e, E_THREAD_INTERRUPTED), E_THREAD_TERMINATED); /* the server is stopping */
    log_err(LOG_WARN, e, "look whether certificates have changed");
    return opened;
}

/* ---- the pairs in use */

struct tls_ctx *tls_store_find(const struct tls_store *st, const char *key, const char *cert)
{
    const struct tls_pair *p = find_pair(st, key, cert);
    return p ? p->ctx : NULL;
}

bool tls_store_next(const struct tls_store *st, size_t *at, struct tls_pair_state *out)
{
    size_t n = 0;
    LIST_FOREACH (&st->pairs, it, after) {
        const struct tls_pair *p = LIST_ENTRY(it, struct tls_pair, link);
        if (n++ < *at)
            continue;
        *out = (struct tls_pair_state){
            .key = p->key,
            .cert = p->cert,
            .is_usable = p->ctx != NULL,
            .wall_expiry_s = p->ctx ? tls_ctx_wall_expiry_s(p->ctx) : 0,
            .why = p->why,
            .missed = p->missed,
            .missed_us = p->missed_us,
        };
        ++*at;
        return true;
    }
    return false;
}

/* The pairs that a handshake may choose by name. */
struct named_pairs {
    const struct tls_store  *store;
    const struct conf       *conf;
    const struct conf_https *port;
};

/* Remember a name for which the client will refuse the certificate. */
static void note_name(struct tls_pair *p, const char *name)
{
    if (!p || !p->ctx || tls_ctx_has_name(p->ctx, name))
        return;
    str_copy(p->missed, sizeof p->missed, name);
    str_tame(p->missed, strlen(p->missed));
    p->missed_us = now_us();
}

/* The pair of the vhost that serves this name; NULL: the pair of the port is shown. */
static struct tls_ctx *find_by_name(void *arg, const char *name)
{
    const struct named_pairs *pairs = arg;
    const struct conf_vhost  *v = conf_find_vhost(pairs->conf, name);
    struct tls_pair          *own = v && has_tls(v) ? find_pair(pairs->store, v->tls.key, v->tls.cert) : NULL;
    bool                      has_own = own && own->ctx;
    note_name(has_own ? own : find_pair(pairs->store, pairs->port->key, pairs->port->cert), name);
    return has_own ? own->ctx : NULL;
}

struct err *tls_store_accept(const struct tls_store *st, struct conf *conf, struct io *io,
                             const struct conf_https *port, const struct tls_offer *offer, int64_t deadline_us)
{
    struct named_pairs     pairs = { st, conf, port };
    const struct tls_names names = { find_by_name, &pairs };
    struct tls_ctx        *ctx = tls_store_find(st, port->key, port->cert);
    if (!ctx)
        return err_new(E_HTTPS_KEY_CRT, "there is no certificate %s with key %s", port->cert, port->key);
    ctx = tls_ctx_ref(ctx); /* a reload during the handshake may drop it */
    conf_ref(conf);
    struct err *e = tls_accept(io, ctx, &names, offer, deadline_us);
    conf_unref(&conf);
    tls_ctx_unref(&ctx);
    return e;
}
