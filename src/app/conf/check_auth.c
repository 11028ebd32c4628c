#include "app/conf/check_auth.h"

#include <string.h>

#include "app/conf/auth.h"
#include "app/conf/show.h"
#include "core/attr.h"
#include "core/str.h"
#include "protocol/token/password.h"
#include "protocol/token/secure_link.h"

static const struct conf_auth_scheme *find(const char *name)
{
    const struct conf_auth_scheme *s = conf_auth_schemes;
    while (s->name && !str_equal(s->name, name))
        s++;
    return s->name ? s : NULL;
}

/* True for a directive that has words, none of them empty. */
static bool is_written(const struct conf_node *auth, const char *name)
{
    const struct conf_node *n = name ? conf_node_child(auth, name) : NULL;
    bool                    is = n && n->n_args > 0;
    for (size_t i = 0; is && i < n->n_args; i++)
        is = n->args[i][0] != '\0';
    return is;
}

static struct err *check_scheme(const struct conf_node *auth, const struct conf_node *action, const char *word)
{
    const struct conf_auth_scheme *s = find(word);
    char                           where[CONF_AT_MAX];
    if (!s) {
        char shown[CONF_SHOW_MAX];
        return err_new(E_SYSTEM_CONFIG_INVALID, "auth.%s: %s is no scheme%s", action->name,
                       conf_show(word, shown, sizeof shown), conf_node_at(action, where, sizeof where));
    }
    if (s->needs[0] && !is_written(auth, s->needs[0]) && !is_written(auth, s->needs[1]))
        return err_new(E_SYSTEM_CONFIG_INVALID, "auth.%s: %s needs auth.%s%s%s%s", action->name, s->name, s->needs[0],
                       s->needs[1] ? " or auth." : "", s->needs[1] ? s->needs[1] : "",
                       conf_node_at(action, where, sizeof where));
    return NULL;
}

static struct err *check_action(const struct conf_node *auth, const char *name)
{
    const struct conf_node *action = conf_node_child(auth, name);
    struct err             *e = NULL;
    char                    where[CONF_AT_MAX];
    for (size_t i = 0; action && i < action->n_args && !e; i++) {
        if (!str_equal(action->args[i], CONF_AUTH_ALL))
            e = check_scheme(auth, action, action->args[i]);
        else if (action->n_args > 1)
            e = err_new(E_SYSTEM_CONFIG_INVALID, "auth.%s: all stands alone, for it asks for nothing%s", name,
                        conf_node_at(action, where, sizeof where));
    }
    return e;
}

static struct err *check_users(const struct conf_node *auth)
{
    char where[CONF_AT_MAX];
    for (const struct conf_node *n = conf_node_child(auth, "user"); n; n = conf_node_same(n))
        if (n->n_args != 2 || !*n->args[0] || strlen(n->args[0]) > PASSWORD_USER_MAX || strpbrk(n->args[0], ":&=?") ||
            !password_can_be_kept(n->args[1]))
            return err_new(E_SYSTEM_CONFIG_INVALID,
                           "auth.user is a name of at most %d bytes without : & = ?, and a password of at most %d%s",
                           PASSWORD_USER_MAX, PASSWORD_MAX, conf_node_at(n, where, sizeof where));
    return NULL;
}

static struct err *check_secure_link(const struct conf_node *auth)
{
    const struct conf_node *n = conf_node_child(auth, "secure_link_md5");
    char                    where[CONF_AT_MAX];
    if (!n || n->n_args == 0 || (n->n_args == 1 && secure_link_is_valid(n->args[0])))
        return NULL;
    return err_new(E_SYSTEM_CONFIG_INVALID,
                   "auth.secure_link_md5 is one text in quotes with $secure_link_expires, and perhaps $uri and "
                   "$remote_addr%s",
                   conf_node_at(n, where, sizeof where));
}

struct err *conf_check_auth(const struct conf_node *vhost)
{
    const struct conf_node *auth = conf_node_child(vhost, "auth");
    if (!conf_node_is_on(auth))
        return NULL;
    struct err *e = check_users(auth);
    if (!e)
        e = check_action(auth, "publish");
    if (!e)
        e = check_action(auth, "play");
    return e ? e : check_secure_link(auth);
}
