#include "app/limits/guard.h"

#include <string.h>

#include "app/bans/bans.h"
#include "app/bans/keep.h"
#include "app/limits/tally.h"
#include "app/session/client_address.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

enum { MINUTE_US = 60 * US_PER_SECOND };

/* What is kept of an admitted client. */
struct counted {
    struct tally        *vhost, *stream, *address;
    const struct client *client;
};

/* ---- counts ------------------------------------------------------------------------------------------------------ */

static struct err *check(int n, int most, const char *who, const char *name, const struct conf_vhost *v)
{
    if (most == 0 || n < most)
        return NULL;
    return err_new(E_LIMIT, "%s has %d already, limits { %s %d; } of vhost %s", who, n, name, most, v->name);
}

static struct err *check_address(const struct counted *c, const struct conf_limits *l, const struct session *s)
{
    const struct conf_vhost *v = s->vhost;
    const struct tally      *a = c->address;
    const char              *ip = s->client.ip;
    struct err              *e = check(a->players + a->publishers, l->connections_per_ip, ip, "connections_per_ip", v);
    if (e)
        return e;
    if (s->client.type->publish)
        return check(a->publishers, l->publishers_per_ip, ip, "publishers_per_ip", v);
    return check(a->players, l->players_per_ip, ip, "players_per_ip", v);
}

static struct err *check_vhost(const struct counted *c, const struct conf_limits *l, const struct session *s)
{
    const struct conf_vhost *v = s->vhost;
    if (s->client.type->publish)
        return check(c->vhost->publishers, l->publishers, "the vhost", "publishers", v);
    struct err *e = check(c->vhost->players, l->players, "the vhost", "players", v);
    return e ? e : check(c->stream->players, l->players_per_stream, "the stream", "players_per_stream", v);
}

/* Each attempt counts, one that is refused too: whoever goes on at full speed stays out. */
static struct err *check_rate(const struct counted *c, const struct conf_limits *l, const struct session *s)
{
    int n = tally_rate_add(&c->address->arrivals, US_PER_SECOND, now_us());
    if (l->new_connections_per_ip == 0 || n <= l->new_connections_per_ip)
        return NULL;
    return err_new(E_LIMIT, "%s comes too often, limits { new_connections_per_ip %d; } of vhost %s", s->client.ip,
                   l->new_connections_per_ip, s->vhost->name);
}

static int *count_in(struct tally *t, const struct client *c)
{
    return c->type->publish ? &t->publishers : &t->players;
}

static void count(const struct counted *c, int n)
{
    *count_in(c->vhost, c->client) += n;
    *count_in(c->stream, c->client) += n;
    *count_in(c->address, c->client) += n;
}

/* ---- at the door ------------------------------------------------------------------------------------------------- */

static void counted_free(struct counted *c)
{
    tally_release(c->vhost);
    tally_release(c->stream);
    tally_release(c->address);
    mem_free(c);
}

static struct counted *counted_new(struct session *s)
{
    char            key[STREAM_IDENTITY_CAP], address[INET6_ADDRSTRLEN];
    const char     *vhost = s->vhost->name;
    struct counted *c = mem_calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->client = &s->client;
    c->vhost = tally_acquire(TALLY_VHOST, vhost, NULL);
    c->stream = tally_acquire(TALLY_STREAM, vhost, stream_name_key(key, vhost, s->app, s->stream));
    c->address = tally_acquire(TALLY_ADDRESS, vhost, tally_address(s->client.ip, address));
    if (c->vhost && c->stream && c->address)
        return c;
    counted_free(c);
    return NULL;
}

static struct err *ask(struct session *s, void **kept)
{
    const struct conf_limits *l = &s->vhost->limits;
    if (!l->enabled)
        return NULL;
    struct counted *c = counted_new(s);
    if (!c)
        return err_new(E_LIMIT, "no room to count another client, there are %zu tallies", tallies_count());
    struct err *e = check_rate(c, l, s);
    if (!e)
        e = check_address(c, l, s);
    if (!e)
        e = check_vhost(c, l, s);
    if (e) {
        counted_free(c);
        return e;
    }
    count(c, 1);
    *kept = c;
    return NULL;
}

static void leave(void *kept)
{
    struct counted *c = kept;
    if (!c)
        return;
    count(c, -1);
    counted_free(c);
}

const struct session_guard limit_guard = { .ask = ask, .leave = leave };

/* ---- passwords --------------------------------------------------------------------------------------------------- */

static void ban(const struct conf_limits *l, const char *address)
{
    char            subject[BAN_SUBJECT_CAP], range[INET6_ADDRSTRLEN + sizeof "/64"];
    struct str      out = str_over(range, sizeof range);
    struct ban_wish wish = {
        .kind = BAN_ADDRESS,
        .subject = subject,
        .reason = "wrong passwords",
        .automatic = true,
        .since_wall_us = wall_now_us(),
        .until_us = now_us() + l->wrong_passwords_ban_us,
    };
    str_text(&out, address);
    if (strchr(address, ':'))
        str_printf(&out, "/%d", TALLY_IPV6_PREFIX);
    if (!ban_subject(BAN_ADDRESS, range, subject))
        return;
    struct err *e = bans_add(&wish, NULL);
    if (!e)
        log_warn("%s is banned for %llds: wrong passwords", subject,
                 (long long)(l->wrong_passwords_ban_us / US_PER_SECOND));
    log_err(LOG_ERROR, e, "ban %s", subject);
    bans_wake();
}

void limits_wrong_password(const struct conf *conf, const struct conf_vhost *vhost, const char *ip)
{
    const struct conf_limits *l = &vhost->limits;
    char                      address[INET6_ADDRSTRLEN];
    if (!l->enabled || l->wrong_passwords_per_ip == 0 || client_address_is_trusted(conf, ip))
        return;
    tally_address(ip, address);
    struct tally *t = tally_acquire(TALLY_ADDRESS, vhost->name, address);
    if (t && tally_rate_add(&t->wrong_passwords, MINUTE_US, now_us()) >= l->wrong_passwords_per_ip) {
        t->wrong_passwords = (struct tally_rate){ 0 };
        ban(l, address);
    }
    tally_release(t);
}
