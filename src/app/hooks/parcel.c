#include "app/hooks/parcel.h"

#include <string.h>

#include "app/hooks/batch.h"
#include "app/hooks/kafka.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/co.h"

/* Messages for Kafka that are waited for together. */
enum { KAFKA_PARCEL_MAX = 100 };

static struct hook_notice *first_of(const struct list *notices)
{
    return LIST_ENTRY(notices->next, struct hook_notice, link);
}

/* Call the URL. True: the server has had its word. */
static bool is_answered(const struct hook_parcel *p, const struct list *notices, struct err **e)
{
    const struct hook_call *c = &p->call;
    enum hook_known         known = HOOK_UNKNOWN;
    if (c->event == HOOK_KAFKA) {
        *e = hook_kafka_send(notices, p->n);
        return !*e;
    }
    if (c->event == HOOK_HLS_NOTIFY) {
        *e = hook_fetch(c);
        return !*e;
    }
    *e = hook_call(c, &known);
    return !*e || known == HOOK_REFUSED;
}

/* Messages for Kafka go together as far as they are for the same place. */
static size_t count_same(const struct list *notices)
{
    const struct hook_notice *first = first_of(notices);
    size_t                    count = 0;
    LIST_FOREACH (notices, it, after) {
        const struct hook_notice *n = LIST_ENTRY(it, struct hook_notice, link);
        if (count == KAFKA_PARCEL_MAX || n->call.event != HOOK_KAFKA || !str_equal(n->call.url, first->call.url))
            break;
        count++;
    }
    return count;
}

bool hook_parcel_pack(struct hook_parcel *p, const struct list *notices)
{
    *p = (struct hook_parcel){ .n = 1, .call = first_of(notices)->call, .body = buf_up_to(HOOK_NOTICES_BYTES_MAX) };
    if (p->call.event == HOOK_KAFKA)
        p->n = count_same(notices);
    if (p->call.event != HOOK_BATCH)
        return true;
    if (!(p->n = hook_batch_write(notices, &p->body)))
        return false;
    p->call.body = p->body.bytes;
    size_t i = 0;
    LIST_FOREACH (notices, it, after) {
        const struct hook_notice *n = LIST_ENTRY(it, struct hook_notice, link);
        if (i++ == p->n)
            break;
        p->call.sequence = n->call.sequence;
        p->call.id_is_secret |= n->call.id_is_secret;
    }
    return true;
}

/* A URL has had all notices of the parcel. */
static void pass_url(const struct hook_parcel *p, struct list *notices)
{
    size_t i = 0;
    LIST_FOREACH (notices, it, after) {
        struct hook_notice *n = LIST_ENTRY(it, struct hook_notice, link);
        if (i++ == p->n)
            break;
        n->call.url += strlen(n->call.url) + 1;
        n->n_urls--;
    }
}

bool hook_parcel_deliver(struct hook_parcel *p, struct list *notices, bool is_first_try)
{
    struct hook_notice *n = first_of(notices);
    struct err         *e = NULL;
    co_set_trace(p->call.client_id);
    while (n->n_urls > 0 && !e) {
        p->call.url = n->call.url;
        p->is_answered = is_answered(p, notices, &e);
        if (!p->is_answered && n->journal) {
            if (is_first_try)
                log_err(LOG_WARN, e, "%s is tried again", hook_event_name(n->call.event));
            else
                err_free(e);
            return false;
        }
        pass_url(p, notices);
    }
    log_err(LOG_WARN, e, "%s is not delivered", hook_event_name(n->call.event));
    return true;
}

void hook_parcel_finish(struct hook_parcel *p)
{
    buf_finish(&p->body);
}
