#include "app/session/histories.h"

#include "app/source/source.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/co.h"

/* Some minutes more than a day: the last steps can be asked for as long as they are part of it. */
static const int64_t forget_us = INT64_C(24 * 3600 + 600) * US_PER_SECOND;

void histories_init(struct histories *h)
{
    *h = (struct histories){ 0 };
    list_init(&h->by_age);
}

static void forget(struct histories *h, struct stream_history *s)
{
    map_remove(&h->by_url, s->url);
    list_remove(&s->link);
    history_finish(&s->numbers);
    mem_free(s->url);
    mem_free(s);
}

void histories_finish(struct histories *h)
{
    LIST_FOREACH (&h->by_age, it, after)
        forget(h, LIST_ENTRY(it, struct stream_history, link));
    map_finish(&h->by_url);
    history_finish(&h->server);
}

static struct stream_history *oldest(const struct histories *h)
{
    return list_is_empty(&h->by_age) ? NULL : LIST_ENTRY(h->by_age.next, struct stream_history, link);
}

/* True when there is room for one more: a stream that was left out of the last round has ended. */
static bool make_room(struct histories *h, int64_t round_us)
{
    struct stream_history *s = oldest(h);
    if (h->by_url.count < HISTORIES_MAX)
        return true;
    if (s->numbers.sampled_us >= round_us - 2 * REGISTRY_SAMPLE_US)
        return false;
    forget(h, s);
    return true;
}

static struct stream_history *find_or_add(struct histories *h, const char *url, int64_t round_us)
{
    struct stream_history *s = map_find(&h->by_url, url);
    if (s || !make_room(h, round_us) || !(s = mem_calloc(1, sizeof *s)))
        return s;
    s->url = mem_strdup(url);
    if (s->url && map_put(&h->by_url, url, s)) {
        list_push(&h->by_age, &s->link);
        return s;
    }
    mem_free(s->url);
    mem_free(s);
    return NULL;
}

static void sample_stream(struct histories *h, const struct source *source, int64_t round_us)
{
    const struct history_sample now = {
        .bytes_in = source->traffic.bytes_in,
        .bytes_out = source->traffic.bytes_out,
        .frames = source->frames_video,
        .gaps = source->pulse.n_gaps,
        .players = source->stat.n_clients - source_is_live(source),
    };
    struct stream_history *s = find_or_add(h, source->identity, round_us);
    if (!s || !history_add(&s->numbers, &now, now_us()))
        return; /* memory is out: the next round tries again */
    list_remove(&s->link);
    list_push(&h->by_age, &s->link);
}

void histories_sample(struct histories *h, const struct registry *r)
{
    const int64_t               round_us = now_us();
    const struct history_sample all = {
        .bytes_in = r->traffic.bytes_in,
        .bytes_out = r->traffic.bytes_out,
        .players = r->n_clients,
    };
    if (!history_add(&h->server, &all, round_us))
        return;
    struct roll_cursor at = roll_seek(&r->stream_roll, 0);
    for (const struct source *s; (s = roll_next(&r->stream_roll, &at)); co_give_way_by_time())
        sample_stream(h, s, round_us);
    for (struct stream_history *s; (s = oldest(h)) && s->numbers.sampled_us < round_us - forget_us;)
        forget(h, s);
}

struct history *histories_find(const struct histories *h, const char *url)
{
    struct stream_history *s = map_find(&h->by_url, url);
    return s ? &s->numbers : NULL;
}

size_t histories_bytes(const struct histories *h)
{
    size_t bytes = history_bytes(&h->server);
    LIST_FOREACH (&h->by_age, it, after)
        bytes += sizeof(struct stream_history) + history_bytes(&LIST_ENTRY(it, struct stream_history, link)->numbers);
    return bytes;
}
