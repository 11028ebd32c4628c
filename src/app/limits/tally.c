#include "app/limits/tally.h"

#include <string.h>

#include "app/conf/cidr.h"
#include "core/clock.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"

enum { STAYS_US = 60 * US_PER_SECOND };

static struct {
    struct map  by_name;
    struct list idle; /* all zero at first: see get_ready() */
} all;

static void get_ready(void)
{
    if (!all.idle.next)
        list_init(&all.idle);
}

static void remove_tally(struct tally *t)
{
    list_remove(&t->idle);
    map_remove(&all.by_name, t->name);
    mem_free(t);
}

static struct tally *oldest_idle(void)
{
    return list_is_empty(&all.idle) ? NULL : LIST_ENTRY(all.idle.next, struct tally, idle);
}

/* Remove those that have stayed long enough, and one more if there is no room. */
static bool make_room(int64_t now)
{
    struct tally *t;
    while ((t = oldest_idle()) && now - t->left_us >= STAYS_US)
        remove_tally(t);
    if (all.by_name.count >= TALLIES_MAX && t)
        remove_tally(t);
    return all.by_name.count < TALLIES_MAX;
}

static struct tally *add(const char *name)
{
    size_t        len = strlen(name);
    struct tally *t = make_room(now_us()) ? mem_calloc(1, sizeof *t + len + 1) : NULL;
    if (!t)
        return NULL;
    memcpy(t->name, name, len);
    list_init(&t->idle);
    if (map_put(&all.by_name, t->name, t))
        return t;
    mem_free(t);
    return NULL;
}

struct tally *tally_acquire(enum tally_kind kind, const char *vhost, const char *what)
{
    static const char *const kinds[] = { "vhost", "stream", "address" };
    char                     name[TALLY_NAME_CAP];
    struct str               out = str_over(name, sizeof name);
    get_ready();
    str_printf(&out, "%s %s %s", kinds[kind], vhost, what ? what : "");
    struct tally *t = map_find(&all.by_name, name);
    if (!t && !(t = add(name)))
        return NULL;
    list_remove(&t->idle);
    t->refs++;
    return t;
}

void tally_release(struct tally *t)
{
    if (!t || --t->refs > 0)
        return;
    t->left_us = now_us();
    if (t->arrivals.n || t->wrong_passwords.n)
        list_push(&all.idle, &t->idle);
    else
        remove_tally(t);
}

int tally_rate_add(struct tally_rate *r, int64_t span_us, int64_t now)
{
    if (r->n == 0 || now - r->since_us >= span_us)
        *r = (struct tally_rate){ .since_us = now };
    return ++r->n;
}

const char *tally_address(const char *ip, char text[static INET6_ADDRSTRLEN])
{
    struct cidr address;
    if (cidr_parse(ip, strlen(ip), &address) && address.bits == CIDR_IPV6_BITS) {
        cidr_mask(&address, TALLY_IPV6_PREFIX);
        cidr_format_ip(&address, text);
    } else {
        str_copy(text, INET6_ADDRSTRLEN, ip);
    }
    return text;
}

size_t tallies_count(void)
{
    return all.by_name.count;
}

void tallies_finish(void)
{
    struct tally *t;
    get_ready();
    while ((t = oldest_idle()))
        remove_tally(t);
    map_finish(&all.by_name);
}
