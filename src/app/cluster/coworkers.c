#include "app/cluster/coworkers.h"

#include <stdlib.h>
#include <string.h>

#include "core/backoff.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

/* How often it is looked whether another coroutine has resolved the name. */
enum { LOOK_US = 20 * US_PER_MS };

/* A name; it stays until the end, so coroutines may keep it while they wait. */
struct host {
    struct resolved at; /* count 0: it could not be resolved */
    int64_t         until_us;
    bool            is_resolving;
};

static struct map hosts;     /* struct host by word */
static struct map coworkers; /* struct coworker by name */

/* ---- words ---- */

static bool parse_port(const char *text, uint16_t *port)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long n = strtoul(text, &end, 10);
    *port = (uint16_t)n;
    return !*end && n >= 1 && n <= UINT16_MAX;
}

static const char https[] = "https://";

static bool is_https(const char *word)
{
    return str_starts_with(word, https);
}

const char *coworker_bare(const char *word)
{
    return is_https(word) ? word + sizeof https - 1 : word;
}

bool coworker_parse(const char *word, char host[static RESOLVE_NAME_MAX + 1], uint16_t *port)
{
    const char *bare = coworker_bare(word);
    bool        is_bracketed = *bare == '[';
    const char *from = bare + is_bracketed, *end = is_bracketed ? strchr(from, ']') : from + strcspn(from, ":");
    if (!end || end == from || end - from > RESOLVE_NAME_MAX)
        return false;
    memcpy(host, from, (size_t)(end - from));
    host[end - from] = '\0';
    *port = is_https(word) ? COWORKER_TLS_PORT_DEFAULT : COWORKER_PORT_DEFAULT;
    end += is_bracketed;
    return !*end || (*end == ':' && parse_port(end + 1, port));
}

/* ---- addresses ---- */

static struct host *remember_host(const char *word)
{
    struct host *h = map_find(&hosts, word);
    if (h || hosts.count >= COWORKER_NAMES_MAX)
        return h;
    h = mem_calloc(1, sizeof *h);
    if (h && map_put(&hosts, word, h))
        return h;
    mem_free(h);
    return NULL;
}

/* Resolve the name for all that ask meanwhile. */
static struct err *refresh(struct host *h, const char *host, uint16_t port, int64_t deadline_us)
{
    struct resolved found;
    h->is_resolving = true;
    struct err *e = resolve(host, port, deadline_us, &found);
    h->is_resolving = false;
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    h->until_us = now_us() + COWORKER_NAME_US;
    if (!e)
        h->at = found;
    else if (h->at.count)
        log_err(LOG_WARN, err_wrap(e, "cluster: co-worker %s keeps its last addresses", host), "resolve");
    return h->at.count ? NULL : e;
}

static struct err *resolve_word(struct resolved *out, const char *word, const char *host, uint16_t port,
                                int64_t deadline_us)
{
    struct host *h = remember_host(word);
    struct err  *e = NULL;
    if (!h)
        return resolve(host, port, deadline_us, out);
    while (!e && h->is_resolving && !h->at.count && now_us() < deadline_us)
        e = co_sleep(LOOK_US);
    if (!e && !h->is_resolving && now_us() >= h->until_us)
        e = refresh(h, host, port, deadline_us);
    if (!e && !h->at.count)
        e = err_new(E_SYSTEM_DNS_RESOLVE, "%s has no address", host);
    *out = h->at;
    return e;
}

struct err *coworkers_find(struct coworker_names *out, const char *word, int64_t deadline_us)
{
    char            host[RESOLVE_NAME_MAX + 1], ip[INET6_ADDRSTRLEN];
    uint16_t        port;
    struct resolved at = { .count = 0 };
    out->count = 0;
    if (!coworker_parse(word, host, &port))
        return err_new(E_SYSTEM_CONFIG_INVALID, "%.100s is no co-worker, as host:port is", word);
    if (is_https(word)) {
        struct str name = str_over(out->items[out->count++], COWORKER_NAME_CAP);
        str_printf(&name, strchr(host, ':') ? "%s[%s]:%u" : "%s%s:%u", https, host, port);
        return NULL;
    }
    struct err *e = resolve_numeric(host, port, &at) ? NULL : resolve_word(&at, word, host, port, deadline_us);
    for (size_t i = 0; !e && i < at.count; i++) {
        io_addr_host((const struct sockaddr *)&at.items[i].addr, ip, sizeof ip);
        io_addr_join(ip, port, out->items[out->count++]);
    }
    return e;
}

/* ---- which of them answer ---- */

static int64_t heard_us_of(const void *coworker)
{
    return ((const struct coworker *)coworker)->heard_us;
}

static struct coworker *remember(const char *name)
{
    struct coworker *c = map_find(&coworkers, name);
    if (c)
        return c;
    if (coworkers.count >= COWORKERS_MAX)
        mem_free(map_remove(&coworkers, map_least(&coworkers, heard_us_of)));
    c = mem_calloc(1, sizeof *c);
    if (c && map_put(&coworkers, name, c))
        return c;
    mem_free(c);
    return NULL;
}

static void note_answer(struct coworker *c, const char *name)
{
    if (c->aside_us)
        log_info("cluster: co-worker %s answers again", name);
    c->aside_us = c->until_us = 0;
    c->n_answers++;
}

static void note_failure(struct coworker *c, const char *name, const struct err *e)
{
    char text[ERR_TEXT_MAX];
    c->n_failures++;
    if (now_us() < c->until_us)
        return;
    c->aside_us = backoff_next_us(c->aside_us, COWORKER_ASIDE_US, COWORKER_ASIDE_MAX_US);
    c->until_us = now_us() + c->aside_us;
    log_warn("cluster: co-worker %s does not answer, it is set aside for %lldms: %s", name,
             (long long)(c->aside_us / US_PER_MS), err_text(e, text, sizeof text));
}

void coworkers_heard(const char *name, const struct err *e)
{
    struct coworker *c = remember(name);
    if (!c)
        return;
    c->heard_us = now_us();
    if (e)
        note_failure(c, name, e);
    else
        note_answer(c, name);
}

bool coworkers_is_aside(const char *name)
{
    const struct coworker *c = map_find(&coworkers, name);
    return c && now_us() < c->until_us;
}

const struct coworker *coworkers_next(size_t *at, const char **name)
{
    return map_next(&coworkers, at, name);
}

/* ---- the end ---- */

static void free_all(struct map *m)
{
    size_t at = 0;
    void  *value;
    while ((value = map_next(m, &at, NULL)))
        mem_free(value);
    map_finish(m);
}

void coworkers_finish(void)
{
    free_all(&hosts);
    free_all(&coworkers);
}
