#include "app/edge/ring.h"

#include <inttypes.h>
#include <string.h>

#include "app/session/client_address.h"
#include "core/list.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/amf0.h"
#include "kernel/crc32.h"
#include "protocol/stream_name.h"

enum { WORD_CAP = 64 };

/* A player that is a server. */
struct asker {
    struct list link;
    uint32_t    key_crc;
    char        path[PULL_PATH_CAP];
};

static struct list askers = { &askers, &askers };

static uint32_t crc_of(const char *key)
{
    return crc32_mpeg((const uint8_t *)key, strlen(key));
}

static void write_word(char word[static WORD_CAP], const char *service_id, uint32_t key_crc)
{
    struct str out = str_over(word, WORD_CAP);
    str_printf(&out, "%.48s.%08" PRIx32, service_id, key_crc);
}

static bool has_word(const char *path, const char *word, size_t len)
{
    for (size_t n; *path; path += n + (path[n] == ' ')) {
        n = strcspn(path, " ");
        if (n == len && memcmp(path, word, n) == 0)
            return true;
    }
    return false;
}

/* Add the words of a path that are not there yet. */
static void add_words(char path[static PULL_PATH_CAP], const char *more)
{
    size_t len = strlen(path);
    for (size_t n; *more; more += n + (more[n] == ' ')) {
        n = strcspn(more, " ");
        if (n == 0 || has_word(path, more, n) || len + 1 + n >= PULL_PATH_CAP)
            continue;
        path[len] = ' ';
        memcpy(path + len + 1, more, n);
        len += n + 1;
        path[len] = '\0';
    }
}

void ring_write_path(char path[static PULL_PATH_CAP], const char *key, const char *service_id)
{
    uint32_t key_crc = crc_of(key);
    write_word(path, service_id, key_crc);
    for (struct list *it = askers.next; it != &askers; it = it->next) {
        const struct asker *a = LIST_ENTRY(it, struct asker, link);
        if (a->key_crc == key_crc)
            add_words(path, a->path);
    }
}

/* ---- the guard ---- */

static struct err *ask(struct session *s, void **kept)
{
    if (s->client.type->publish || !s->args || !client_address_is_trusted(s->conf, s->client.ip))
        return NULL;
    struct amf0_text said = amf0_get_string(rd_over(s->args, s->args_len), "srs_path");
    char             key[STREAM_IDENTITY_CAP], own[WORD_CAP], path[PULL_PATH_CAP];
    if (said.len == 0)
        return NULL;
    if (!amf0_text_copy(path, sizeof path, said))
        return err_new(E_SYSTEM_FORWARD_LOOP, "the servers that ask for %s/%s are too many", s->app, s->stream);
    str_tame(path, strlen(path));
    stream_name_key(key, s->vhost->name, s->app, s->stream);
    uint32_t key_crc = crc_of(key);
    write_word(own, s->door->service_id, key_crc);
    if (has_word(path, own, strlen(own)))
        return err_new(E_SYSTEM_FORWARD_LOOP, "edges pull %s from each other in a ring: %s", key, path);
    struct asker *a = mem_calloc(1, sizeof *a);
    if (!a)
        return err_no_memory();
    a->key_crc = key_crc;
    str_copy(a->path, sizeof a->path, path);
    list_push(&askers, &a->link);
    *kept = a;
    return NULL;
}

static void leave(void *kept)
{
    struct asker *a = kept;
    if (!a)
        return;
    list_remove(&a->link);
    mem_free(a);
}

const struct session_guard edge_ring_guard = { .ask = ask, .leave = leave };
