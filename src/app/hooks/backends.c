#include "app/hooks/backends.h"

#include <string.h>

#include "core/clock.h"
#include "core/jw.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"

static struct {
    struct map by_key;
    size_t     n_failing;
} all;

static size_t authority_len(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? strcspn(host + 3, "/?#") + (size_t)(host + 3 - url) : strlen(url);
}

struct hook_backend *hook_backend_find(const char *url)
{
    char *key = mem_strndup(url, authority_len(url));
    if (!key)
        return NULL;
    struct hook_backend *b = map_find(&all.by_key, key);
    if (!b && (b = mem_calloc(1, sizeof *b))) {
        b->key = key;
        list_init(&b->ready);
        if (map_put(&all.by_key, key, b))
            return b;
        mem_free(b);
        b = NULL;
    }
    mem_free(key);
    return b;
}

void hook_backend_drop_unused(struct hook_backend *b)
{
    if (b->n_senders > 0 || !list_is_empty(&b->ready))
        return;
    all.n_failing -= b->delay_us > 0;
    map_remove(&all.by_key, b->key);
    mem_free(b->key);
    mem_free(b);
}

bool hook_backend_answered(struct hook_backend *b, size_t n_waiting)
{
    if (b->delay_us == 0)
        return false;
    log_info("callbacks: %s answers again, after %.1f s; %zu wait in memory", b->key,
             (double)(now_us() - b->failing_since_us) / US_PER_SECOND, n_waiting);
    b->delay_us = 0;
    b->n_tries = 0;
    all.n_failing--;
    return true;
}

bool hook_backend_failed(struct hook_backend *b, size_t n_waiting)
{
    int64_t now = now_us();
    bool    is_first = b->delay_us == 0;
    if (!is_first && now < b->ask_at_us)
        return false;
    b->n_tries++;
    b->delay_us = is_first ? HOOK_RETRY_MIN_US : b->delay_us * 2;
    if (b->delay_us > HOOK_RETRY_MAX_US)
        b->delay_us = HOOK_RETRY_MAX_US;
    b->ask_at_us = now + b->delay_us;
    if (!is_first)
        return false;
    log_warn("callbacks: %s does not answer; %zu wait in memory", b->key, n_waiting);
    b->failing_since_us = now;
    all.n_failing++;
    return true;
}

size_t hook_backends_failing(void)
{
    return all.n_failing;
}

struct hook_backend *hook_backends_next(size_t *at)
{
    return map_next(&all.by_key, at, NULL);
}

void hook_backends_show(struct jw *j)
{
    size_t               at = 0;
    struct hook_backend *b;
    jw_array(j, "failing");
    while ((b = hook_backends_next(&at))) {
        if (b->delay_us == 0)
            continue;
        jw_object(j, NULL);
        jw_string(j, "backend", b->key);
        jw_fixed(j, "seconds", (double)(now_us() - b->failing_since_us) / US_PER_SECOND);
        jw_int(j, "tries", (int64_t)b->n_tries);
        jw_object_end(j);
    }
    jw_array_end(j);
}

void hook_backends_finish(void)
{
    size_t               at;
    struct hook_backend *b;
    while (at = 0, (b = hook_backends_next(&at)))
        hook_backend_drop_unused(b);
    map_finish(&all.by_key);
}
