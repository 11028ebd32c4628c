#include "app/session/access.h"

#include <string.h>

#include "app/conf/cidr.h"
#include "app/session/page_host.h"
#include "core/str.h"

enum { SHOWN_MAX = 256 };

/* ---- security */

static const char *role_name(enum access_role role)
{
    return role == ACCESS_PUBLISH ? "publish" : "play";
}

/* Fails closed: a deny rule matches, and an allow rule does not, when the client (NULL) or the rule has no readable address. */
static bool matches(const struct conf_security_rule *rule, enum access_role role, const struct cidr *client)
{
    if (rule->publish != (role == ACCESS_PUBLISH))
        return false;
    struct cidr who;
    if (strcmp(rule->who, "all") == 0)
        return true;
    if (!client || !cidr_parse(rule->who, strlen(rule->who), &who))
        return !rule->allow;
    return cidr_contains(&who, client);
}

struct err *access_check_security(const struct conf_vhost *v, enum access_role role, const char *ip)
{
    const struct conf_security *s = &v->security;
    if (!s->enabled)
        return NULL;

    char shown[SHOWN_MAX];
    ip = ip ? ip : "";
    str_printable(ip, strlen(ip), shown, sizeof shown);
    if (!s->n_rules)
        return err_new(E_SYSTEM_SECURITY, "security of vhost %s is enabled and has no rule, so %s may not %s", v->name,
                       shown, role_name(role));

    struct cidr client;
    bool        any_allow = false, allowed = false, known = cidr_parse(ip, strlen(ip), &client);
    for (size_t i = 0; i < s->n_rules; i++) {
        const struct conf_security_rule *rule = &s->rules[i];
        any_allow |= rule->allow;
        if (!matches(rule, role, known ? &client : NULL))
            continue;
        if (!rule->allow)
            return err_new(E_SYSTEM_SECURITY_DENY, "security of vhost %s: deny %s %s refuses %s", v->name,
                           role_name(role), rule->who, shown);
        allowed = true;
    }
    if (any_allow && !allowed)
        return err_new(E_SYSTEM_SECURITY_ALLOW, "security of vhost %s: there are allow rules, and none lets %s %s",
                       v->name, shown, role_name(role));
    return NULL;
}

/* ---- refer */

static bool is_in_domain(const char *host, const char *domain)
{
    domain += *domain == '.';
    size_t n = strlen(host), m = strlen(domain);
    if (!m || n < m || !str_equal_nocase(host + n - m, domain))
        return false;
    return n == m || host[n - m - 1] == '.';
}

struct err *access_check_refer(const struct conf_vhost *v, enum access_refer which, const char *page_url)
{
    static const char *const names[] = { "all", "play", "publish" };
    const struct conf_refer *r = &v->refer;
    const struct conf_words *lists[] = { &r->all, &r->play, &r->publish };
    const bool               present[] = { r->has_all, r->has_play, r->has_publish };
    if (!r->enabled || !present[which])
        return NULL;

    char host[PAGE_HOST_CAP], shown[SHOWN_MAX];
    page_host(page_url, host);
    for (size_t i = 0; host[0] && i < lists[which]->count; i++)
        if (is_in_domain(host, lists[which]->items[i]))
            return NULL;
    str_printable(host, strlen(host), shown, sizeof shown);
    if (!host[0])
        return err_new(E_RTMP_ACCESS_DENIED, "refer.%s of vhost %s names pages, and the client names none",
                       names[which], v->name);
    if (!lists[which]->count)
        return err_new(E_RTMP_ACCESS_DENIED, "refer.%s of vhost %s names no domain, which refuses every page, also %s",
                       names[which], v->name, shown);
    return err_new(E_RTMP_ACCESS_DENIED, "the page's host %s is in none of the domains of refer.%s of vhost %s", shown,
                   names[which], v->name);
}
