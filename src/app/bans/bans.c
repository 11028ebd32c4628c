#include "app/bans/bans.h"

#include <string.h>

#include "app/bans/ranges.h"
#include "app/session/session.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/io.h"

enum { SWEEP_US = US_PER_SECOND };

static struct {
    struct roll       roll;
    struct map        by_id, by_subject[BAN_KINDS];
    struct ban_ranges ranges;
    size_t            n_automatic;
    int64_t           next_sweep_us;
    uint64_t          version, n_made;
} all;

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void take_out(struct ban *b)
{
    if (b->kind == BAN_ADDRESS)
        ban_ranges_remove(&all.ranges, b);
    map_remove(&all.by_id, b->id);
    map_remove(&all.by_subject[b->kind], b->subject);
    roll_remove(&all.roll, &b->place);
    all.n_automatic -= b->automatic;
    all.version++;
    mem_free(b);
}

/* A ban that finds no memory is in the table in part, or not at all: take_out() takes it all the same. */
static bool put_in(struct ban *b)
{
    all.n_automatic += b->automatic;
    if (b->kind == BAN_ADDRESS)
        ban_ranges_add(&all.ranges, b);
    return map_put(&all.by_id, b->id, b) && map_put(&all.by_subject[b->kind], b->subject, b) &&
           roll_add(&all.roll, &b->place, b);
}

/* Take out what is over, at most once a second. */
static void sweep(int64_t now)
{
    struct ban *b;
    if (now < all.next_sweep_us)
        return;
    all.next_sweep_us = now + SWEEP_US;
    struct roll_cursor c = roll_seek(&all.roll, 0);
    while ((b = roll_next(&all.roll, &c)))
        if (ban_is_over(b, now))
            take_out(b);
}

static struct ban *oldest_automatic(void)
{
    struct ban        *b;
    struct roll_cursor c = roll_seek(&all.roll, 0);
    while ((b = roll_next(&all.roll, &c)) && !b->automatic)
        ;
    return b;
}

static struct err *make_room(const struct ban_wish *wish)
{
    bool takes_turns = wish->automatic && all.n_automatic >= BANS_AUTOMATIC_MAX;
    if (takes_turns || (all.roll.count >= BANS_MAX && all.n_automatic > 0))
        take_out(oldest_automatic());
    if (all.roll.count < BANS_MAX)
        return NULL;
    return err_new(E_LIMIT, "there are %d bans already", BANS_MAX);
}

struct err *bans_add(const struct ban_wish *wish, const struct ban **out)
{
    int64_t now = now_us();
    sweep(now);
    struct ban_wish w = *wish;
    struct ban     *old = map_find(&all.by_subject[wish->kind], wish->subject);
    if (old && wish->automatic && !old->automatic && !ban_is_over(old, now)) { /* Somebody's ban is not shortened. */
        if (out)
            *out = old;
        return NULL;
    }
    if (old)
        w.id = old->id;
    struct ban *b = ban_new(&w);
    if (!b)
        return err_no_memory();
    if (old)
        take_out(old);
    struct err *e = make_room(wish);
    if (e) {
        mem_free(b);
        return e;
    }
    if (!put_in(b)) {
        take_out(b);
        return err_no_memory();
    }
    all.version++;
    all.n_made += !wish->id;
    session_rules_changed();
    if (out)
        *out = b;
    return NULL;
}

bool bans_lift(const char *id)
{
    struct ban *b = map_find(&all.by_id, id);
    if (b)
        take_out(b);
    return b != NULL;
}

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

const struct ban *bans_find_by_id(const char *id)
{
    sweep(now_us());
    return map_find(&all.by_id, id);
}

bool bans_has(enum ban_kind kind)
{
    return all.by_subject[kind].count > 0;
}

static const struct ban *find_address(const struct cidr *address)
{
    int64_t now = now_us();
    sweep(now);
    return ban_ranges_find(&all.ranges, address, now);
}

const struct ban *bans_find_ip(const char *ip)
{
    struct cidr address;
    if (!bans_has(BAN_ADDRESS) || !cidr_parse(ip, strlen(ip), &address))
        return NULL;
    return find_address(&address);
}

bool bans_shut_out_ip(const char *ip, bool of_api)
{
    struct cidr address;
    return bans_has(BAN_ADDRESS) && cidr_parse(ip, strlen(ip), &address) && find_address(&address) &&
           !(of_api && cidr_is_loopback(&address));
}

bool bans_shut_out_peer(const struct sockaddr *peer, bool of_api)
{
    char ip[INET6_ADDRSTRLEN];
    return bans_has(BAN_ADDRESS) && bans_shut_out_ip(io_addr_host(peer, ip, sizeof ip), of_api);
}

static const struct ban *find_text(enum ban_kind kind, const char *text)
{
    int64_t now = now_us();
    if (!text || !bans_has(kind))
        return NULL;
    sweep(now);
    const struct ban *b = map_find(&all.by_subject[kind], text);
    return b && !ban_is_over(b, now) ? b : NULL;
}

const struct ban *bans_find_user(const char *user)
{
    return find_text(BAN_USER, user);
}

const struct ban *bans_find_stream(const char *key)
{
    return find_text(BAN_STREAM, key);
}

const struct ban *bans_find_client(const struct client *c)
{
    const struct ban *b = bans_find_ip(c->ip);
    if (!b)
        b = bans_find_user(c->user);
    return b ? b : bans_find_stream(c->source->key);
}

const struct roll *bans_roll(void)
{
    sweep(now_us());
    return &all.roll;
}

uint64_t bans_version(void)
{
    return all.version;
}

uint64_t bans_made(void)
{
    return all.n_made;
}

void bans_finish(void)
{
    struct ban        *b;
    struct roll_cursor c = roll_seek(&all.roll, 0);
    while ((b = roll_next(&all.roll, &c)))
        take_out(b);
    map_finish(&all.by_id);
    for (int i = 0; i < BAN_KINDS; i++)
        map_finish(&all.by_subject[i]);
    memset(&all, 0, sizeof all);
}
