#include "protocol/rtmp/authmod_client.h"

#include <string.h>

#include "core/attr.h"
#include "core/str.h"

/* A part of the description, not terminated. */
struct part {
    const char *p;
    size_t      len;
};

static const char *find(struct part in, const char *word)
{
    return in.len ? memmem(in.p, in.len, word, strlen(word)) : NULL;
}

static struct part from(struct part in, const char *at)
{
    return (struct part){ at, (size_t)(in.p + in.len - at) };
}

static bool part_is(struct part p, const char *word)
{
    return p.len == strlen(word) && memcmp(p.p, word, p.len) == 0;
}

/* One "name=value" of the query. False: a value that is too long. */
static bool take_pair(struct authmod_demand *d, struct part pair, struct part *reason)
{
    static const char *const names[] = { "salt", "challenge", "opaque" };
    char *const              values[] = { d->salt, d->challenge, d->opaque };
    const char              *equals = memchr(pair.p, '=', pair.len);
    if (!equals)
        return true;
    struct part name = { pair.p, (size_t)(equals - pair.p) }, value = from(pair, equals + 1);
    if (part_is(name, "reason"))
        *reason = value;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!part_is(name, names[i]))
            continue;
        if (value.len > AUTHMOD_TEXT_MAX || memchr(value.p, '\0', value.len))
            return false;
        memcpy(values[i], value.p, value.len);
        values[i][value.len] = '\0';
    }
    return true;
}

static enum authmod_demand_kind kind_of(const struct authmod_demand *d, struct part reason)
{
    if (part_is(reason, "authfailed") || part_is(reason, "nosuchuser"))
        return AUTHMOD_DENIES;
    return part_is(reason, "needauth") && (*d->opaque || *d->challenge) ? AUTHMOD_DEMANDS_RESPONSE
                                                                        : AUTHMOD_DEMANDS_NOTHING;
}

static bool is_end(char c)
{
    return c == '&' || c == ' ' || c == ']';
}

/* Read the query behind "?reason=". */
static enum authmod_demand_kind read_query(struct authmod_demand *d, struct part query)
{
    struct part reason = { "", 0 };
    while (query.len) {
        size_t len = 0;
        while (len < query.len && !is_end(query.p[len]))
            len++;
        if (!take_pair(d, (struct part){ query.p, len }, &reason))
            return AUTHMOD_DEMANDS_NOTHING;
        if (len == query.len || query.p[len] != '&')
            break;
        query = from(query, query.p + len + 1);
    }
    return kind_of(d, reason);
}

void authmod_demand_read(struct authmod_demand *d, const char *description, size_t len)
{
    struct part all = { description, len };
    *d = (struct authmod_demand){ 0 };
    if (!find(all, "authmod=adobe"))
        return;
    const char *query = find(all, "?reason=");
    if (query)
        d->kind = read_query(d, from(all, query + 1));
    else if (find(all, "code=403"))
        d->kind = AUTHMOD_DEMANDS_USER;
}

bool authmod_answer(char query[static AUTHMOD_QUERY_CAP], const struct authmod_demand *d, const char *user,
                    const char *password, const char *own)
{
    struct str  out = str_over(query, AUTHMOD_QUERY_CAP);
    const char *opaque = *d->opaque ? d->opaque : d->challenge;
    char        response[AUTHMOD_RESPONSE_CAP];
    if (!*user || strchr(user, '&') || (d->kind != AUTHMOD_DEMANDS_USER && d->kind != AUTHMOD_DEMANDS_RESPONSE))
        return false;
    str_printf(&out, "authmod=adobe&user=%s", user);
    if (d->kind == AUTHMOD_DEMANDS_RESPONSE) {
        if (!authmod_response(response, user, d->salt, password, opaque, own))
            return false;
        str_printf(&out, "&challenge=%s&response=%s", own, response);
        if (*d->opaque)
            str_printf(&out, "&opaque=%s", d->opaque);
    }
    return !out.cut;
}
