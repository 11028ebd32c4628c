#include "app/api/filter.h"

#include <string.h>

#include "core/str.h"

static const char *param(const struct api_reply *r, struct filter *f, const char *name)
{
    const char *value = api_param(r, name);
    f->is_set |= value != NULL;
    return value;
}

bool filter_read(struct filter *f, const struct api_reply *r)
{
    *f = (struct filter){ 0 };
    f->vhost = param(r, f, "vhost");
    f->stream = param(r, f, "stream");
    f->app = param(r, f, "app");
    f->type = param(r, f, "type");
    f->search = param(r, f, "search");
    f->active = param(r, f, "active");
    f->user = param(r, f, "user");
    const char *ip = param(r, f, "ip");
    f->has_ip = ip != NULL;
    /* A page of another site must not learn addresses and users, so it must not try them out either. */
    if ((ip || f->user) && !r->shows_secrets)
        return false;
    return !ip || cidr_parse(ip, strlen(ip), &f->ip);
}

static bool has(const char *text, const char *part)
{
    return text && strcasestr(text, part) != NULL;
}

static bool is_vhost(const struct filter *f, const struct vhost_stat *v)
{
    return !f->vhost || (v && (str_equal(f->vhost, v->id) || str_equal_nocase(f->vhost, v->name)));
}

static bool is_type(const char *wanted, const struct client_type *type)
{
    if (str_equal(wanted, "publish") || str_equal(wanted, "play"))
        return type->publish == str_equal(wanted, "publish");
    return str_equal(wanted, type->name);
}

static bool is_from(const struct cidr *range, const char *ip)
{
    struct cidr address;
    return cidr_parse(ip, strlen(ip), &address) && cidr_contains(range, &address);
}

/* The id is no part of what can be searched for: that of a viewer may be secret. */
static bool client_has(const struct api_reply *r, const struct client *c, const char *part)
{
    return has(c->source->identity, part) || has(c->name, part) || has(c->type->name, part) ||
           (r->shows_secrets && has(c->ip, part));
}

bool filter_takes_client(const struct filter *f, const struct api_reply *r, const struct client *c)
{
    return (!f->has_ip || is_from(&f->ip, c->ip)) && (!f->user || str_equal(f->user, c->user)) &&
           is_vhost(f, c->vhost) &&
           (!f->stream || str_equal(f->stream, c->source->id) || str_equal(f->stream, c->source->identity)) &&
           (!f->type || is_type(f->type, c->type)) && (!f->search || client_has(r, c, f->search));
}

bool filter_takes_stream(const struct filter *f, const struct source *s)
{
    return is_vhost(f, s->stat.vhost) && (!f->app || str_equal(f->app, s->app)) &&
           (!f->active || source_is_live(s) == str_equal(f->active, "true")) &&
           (!f->search || has(s->identity, f->search));
}

bool filter_takes_vhost(const struct filter *f, const struct vhost_stat *v)
{
    return !f->search || has(v->name, f->search);
}
