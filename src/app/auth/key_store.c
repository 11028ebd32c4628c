#include "app/auth/key_store.h"

#include "app/auth/key_fetch.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

enum { READ_TIMEOUT_US = 10 * US_PER_SECOND };

struct entry {
    char           *path;            /* NULL: a free place */
    struct key_set *keys;            /* NULL: none were read yet */
    int64_t         due_us, read_us; /* when it is read again; when it was read last */
    bool            is_wanted, has_failed;
};

static struct entry all[KEY_STORE_MAX];

static struct entry *find(const char *path)
{
    for (size_t i = 0; i < KEY_STORE_MAX; i++)
        if (all[i].path && str_equal(all[i].path, path))
            return &all[i];
    return NULL;
}

const struct key_set *key_store_find(const char *path)
{
    const struct entry *e = find(path);
    return e ? e->keys : NULL;
}

/* A stranger may name any key: a source is not asked more often for that. */
void key_store_ask_again(const char *path)
{
    struct entry *e = find(path);
    if (e && e->read_us + KEY_STORE_RETRY_US < e->due_us)
        e->due_us = e->read_us + KEY_STORE_RETRY_US;
}

static void drop(struct entry *e)
{
    mem_free(e->path);
    key_set_free(e->keys);
    *e = (struct entry){ 0 };
}

/* A vhost that wants keys for which there is no place does not get them, and refuses their tokens. */
static void want(const char *path)
{
    struct entry *e = find(path);
    for (size_t i = 0; i < KEY_STORE_MAX && !e; i++)
        if (!all[i].path) {
            e = &all[i];
            e->path = mem_strdup(path);
        }
    if (e)
        e->is_wanted = true;
}

/* Follow the configuration. */
static void look(const struct conf *c)
{
    for (size_t i = 0; i < KEY_STORE_MAX; i++)
        all[i].is_wanted = false;
    for (size_t i = 0; i < c->n_vhosts; i++)
        for (size_t k = 0; c->vhosts[i].auth.enabled && k < c->vhosts[i].auth.jwt_keys.count; k++)
            want(c->vhosts[i].auth.jwt_keys.items[k]);
    for (size_t i = 0; i < KEY_STORE_MAX; i++)
        if (!all[i].is_wanted)
            drop(&all[i]);
}

/* Tell a failure once. Only this coroutine adds and drops entries, so `e` stays. */
static void tell(struct entry *e, struct err *error)
{
    if (error && !e->has_failed)
        log_err(LOG_ERROR, error, "jwt_key %s%s", e->path, e->keys ? ", its last keys stay in use" : "");
    else
        err_free(error);
    if (!error && (e->has_failed || !e->keys))
        log_info("jwt_key %s: read", e->path);
    e->has_failed = error != NULL;
}

static void read_again(struct entry *e)
{
    struct key_set *keys;
    struct err     *error = key_fetch(&keys, e->path, now_us() + READ_TIMEOUT_US);
    bool            is_canceled = err_code(error) == E_THREAD_INTERRUPTED;
    e->read_us = now_us();
    e->due_us = e->read_us + (error ? KEY_STORE_RETRY_US : KEY_STORE_AGAIN_US);
    if (is_canceled)
        err_free(error);
    else
        tell(e, error);
    if (keys) {
        key_set_free(e->keys);
        e->keys = keys;
    }
}

void key_store_run(void *arg)
{
    struct conf *const *conf = arg;
    uint64_t            serial = 0;
    struct err         *e;
    do {
        bool is_new = serial != (*conf)->serial;
        serial = (*conf)->serial;
        look(*conf);
        for (size_t i = 0; i < KEY_STORE_MAX; i++)
            if (all[i].path && (is_new || now_us() >= all[i].due_us))
                read_again(&all[i]);
    } while (!(e = co_sleep(KEY_STORE_LOOK_US)));
    err_free(e);
    for (size_t i = 0; i < KEY_STORE_MAX; i++)
        drop(&all[i]);
    key_fetch_finish();
}
