#include "app/relay/standby.h"

#include "app/conf/relay.h"
#include "app/relay/attempt.h"
#include "app/relay/forms.h"
#include "app/relay/order.h"
#include "core/backoff.h"
#include "core/log.h"

static void put_off(struct standby *s)
{
    s->pause_us = backoff_next_us(s->pause_us, STANDBY_PAUSE_US, STANDBY_PAUSE_MAX_US);
    s->next_us = now_us() + backoff_spread_us(s->pause_us);
}

static struct err *begin(struct standby *s, struct server *server, const struct pull_order *order)
{
    const char *url = order->urls.items[s->at];
    if (conf_relay_form_of(url) != CONF_RELAY_RTMP)
        return err_new(E_SYSTEM_CONFIG_INVALID, "only servers of RTMP stand by");
    struct err *e = attempt_create(&s->attempt, server, order, url, forms_find(url));
    if (!e)
        s->attempt->stands_by = true;
    return e;
}

/* Takes `why`. */
static void give_up(struct standby *s, const struct pull_order *order, struct err *why)
{
    put_off(s);
    log_err(LOG_WARN, why, "%s of %s: %s does not stand by, next try in %lldms", order->kind->name, order->key,
            order->urls.items[s->at], (long long)((s->next_us - now_us()) / US_PER_MS));
    standby_end(s);
}

static void clear_away(struct standby *s, const struct pull_order *order)
{
    struct err *why = s->attempt->why;
    s->attempt->why = NULL;
    give_up(s, order, why);
}

int64_t standby_look(struct standby *s, struct server *server, const struct pull_order *order, size_t at, size_t next)
{
    if (s->attempt && s->attempt->ended)
        clear_away(s, order);
    if (s->attempt && s->at == at) /* The stream has come to its server meanwhile: it would be lost with it. */
        standby_end(s);
    if (s->attempt)
        return DEADLINE_NEVER;
    if (now_us() < s->next_us)
        return s->next_us;
    s->at = next;
    struct err *e = next == at ? NULL : begin(s, server, order);
    if (e)
        give_up(s, order, e);
    else if (next == at) /* The others are set aside. */
        put_off(s);
    return s->attempt ? DEADLINE_NEVER : s->next_us;
}

bool standby_is_ready(const struct standby *s)
{
    return s->attempt && !s->attempt->ended && s->attempt->kept.n > 0;
}

bool standby_is_ahead(const struct standby *s, int64_t heard_us)
{
    return standby_is_ready(s) && lead_us(&s->attempt->lead, heard_us) >= STANDBY_AHEAD_US;
}

void standby_compare(struct standby *s, const int64_t *heard_us)
{
    if (s->attempt)
        s->attempt->other_heard_us = heard_us;
}

struct attempt *standby_take(struct standby *s)
{
    struct attempt *a = s->attempt;
    s->attempt = NULL;
    s->pause_us = s->next_us = 0;
    a->stands_by = false;
    a->other_heard_us = NULL;
    return a;
}

void standby_end(struct standby *s)
{
    struct attempt *a = s->attempt;
    s->attempt = NULL;
    if (a)
        s->bytes_in += a->bytes_in;
    attempt_destroy(a);
}
