#include "app/hooks/kept_urls.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"

struct hook_kept_urls *hook_kept_urls_new(const struct conf_words *urls, const struct hook_manner *m)
{
    size_t bytes =
        urls->count * sizeof *urls->items + strlen(m->tls_ca) + 1 + strlen(m->secret) + 1 + strlen(m->journal) + 1;
    for (size_t i = 0; i < urls->count; i++)
        bytes += strlen(urls->items[i]) + 1;
    struct hook_kept_urls *l = mem_alloc(sizeof *l + bytes);
    if (!l)
        return NULL;
    char *at = l->texts + urls->count * sizeof *urls->items;
    *l = (struct hook_kept_urls){ .manner = *m, .urls = { .items = (char **)(void *)l->texts, .count = urls->count } };
    for (size_t i = 0; i < urls->count; i++) {
        l->urls.items[i] = at;
        str_pack(&at, urls->items[i], strlen(urls->items[i]));
    }
    l->manner.tls_ca = str_pack(&at, m->tls_ca, strlen(m->tls_ca));
    l->manner.secret = str_pack(&at, m->secret, strlen(m->secret));
    l->manner.journal = str_pack(&at, m->journal, strlen(m->journal));
    return l;
}
