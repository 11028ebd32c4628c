#include "app/hooks/notice.h"

#include <string.h>

#include "app/hooks/record.h"
#include "core/mem.h"
#include "core/str.h"

/* The time of a call until the configuration is looked at. */
enum { TIMEOUT_US = 30 * US_PER_SECOND };

static struct {
    size_t n, bytes;
} all;

size_t hook_notices_bytes(void)
{
    return all.bytes;
}

size_t hook_notices_count(void)
{
    return all.n;
}

/* Copy a text behind the others, and make *text the copy. */
static void pack(char **at, const char **text)
{
    *text = str_pack(at, *text, strlen(*text));
}

static void pack_texts(struct hook_notice *n, const struct conf_words *urls)
{
    char *at = n->texts;
    pack(&at, &n->queue);
    pack(&at, &n->call.client_id);
    pack(&at, &n->call.vhost);
    pack(&at, &n->call.body);
    pack(&at, &n->call.manner.tls_ca);
    pack(&at, &n->call.manner.secret);
    pack(&at, &n->call.manner.journal);
    n->call.url = at;
    for (size_t i = 0; i < urls->count; i++)
        str_pack(&at, urls->items[i], strlen(urls->items[i]));
}

static size_t size_of(const char *queue, const struct hook_call *c, const struct conf_words *urls)
{
    const char *const texts[] = {
        queue, c->client_id, c->vhost, c->body, c->manner.tls_ca, c->manner.secret, c->manner.journal
    };
    size_t bytes = sizeof(struct hook_notice);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        bytes += strlen(texts[i]) + 1;
    for (size_t i = 0; i < urls->count; i++)
        bytes += strlen(urls->items[i]) + 1;
    return bytes;
}

struct hook_notice *hook_notice_new(const char *queue, const struct hook_call *call, const struct conf_words *urls,
                                    int64_t wall_us)
{
    size_t              bytes = size_of(queue, call, urls);
    struct hook_notice *n = all.bytes + bytes <= HOOK_NOTICES_BYTES_MAX ? mem_alloc(bytes) : NULL;
    if (!n)
        return NULL;
    *n = (struct hook_notice){
        .call = *call, .queue = queue, .n_urls = urls->count, .wall_us = wall_us, .bytes = bytes
    };
    list_init(&n->link);
    pack_texts(n, urls);
    all.n++;
    all.bytes += bytes;
    return n;
}

/* A notice with URLs that lie one behind the other. */
static struct hook_notice *with_packed_urls(const char *queue, const struct hook_call *call, const char *url, size_t n,
                                            int64_t wall_us)
{
    struct conf_words urls = { .items = mem_calloc(n, sizeof *urls.items), .count = n };
    if (!urls.items)
        return NULL;
    for (size_t i = 0; i < n; i++, url += strlen(url) + 1)
        urls.items[i] = (char *)url; /* only read */
    struct hook_notice *notice = hook_notice_new(queue, call, &urls, wall_us);
    mem_free(urls.items);
    return notice;
}

struct hook_notice *hook_notice_of(const struct hook_record *r)
{
    struct hook_call c = {
        .event = r->event,
        .sequence = r->sequence,
        .manner = { .timeout_us = TIMEOUT_US, .batch_events = 1, .tls_ca = "", .secret = "", .journal = "" },
        .client_id = r->client_id,
        .id_is_secret = r->id_is_secret,
        .vhost = r->vhost,
        .body = r->body,
    };
    str_copy(c.id, sizeof c.id, r->id);
    return with_packed_urls(r->queue, &c, r->urls, r->n_urls, r->wall_us);
}

struct hook_notice *hook_notice_renew(const struct hook_notice *n, const struct hook_manner *manner,
                                      const struct conf_words *urls)
{
    struct hook_call c = n->call;
    c.manner = *manner;
    struct hook_notice *renewed = urls->count > 0 ? hook_notice_new(n->queue, &c, urls, n->wall_us)
                                                  : with_packed_urls(n->queue, &c, n->call.url, n->n_urls, n->wall_us);
    if (renewed)
        renewed->journal = n->journal;
    return renewed;
}

struct hook_record hook_notice_record(const struct hook_notice *n)
{
    return (struct hook_record){
        .kind = HOOK_RECORD_EVENT,
        .sequence = n->call.sequence,
        .wall_us = n->wall_us,
        .event = n->call.event,
        .id_is_secret = n->call.id_is_secret,
        .id = n->call.id,
        .vhost = n->call.vhost,
        .queue = n->queue,
        .client_id = n->call.client_id,
        .body = n->call.body,
        .urls = n->call.url,
        .n_urls = n->n_urls,
    };
}

void hook_notice_free(struct hook_notice *n)
{
    if (!n)
        return;
    list_remove(&n->link);
    all.n--;
    all.bytes -= n->bytes;
    mem_free(n);
}
