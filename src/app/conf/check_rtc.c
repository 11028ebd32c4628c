#include "app/conf/check_rtc.h"

#include <string.h>

#include "core/attr.h"
#include "core/str.h"

/* RFC 7064 and RFC 7065: a host without slashes follows. */
static bool is_stun(const char *url)
{
    return str_starts_with(url, "stun:") || str_starts_with(url, "stuns:");
}

static bool is_turn(const char *url)
{
    return str_starts_with(url, "turn:") || str_starts_with(url, "turns:");
}

/* True if the word can stand in a field of HTTP: characters of ASCII that can be seen. */
static bool is_visible(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < len; i++)
        if (word[i] <= ' ' || word[i] > '~')
            return false;
    return len > 0 && len <= CONF_ICE_WORD_MAX;
}

static bool is_url(const char *word)
{
    const char *host = strchr(word, ':');
    return (is_stun(word) || is_turn(word)) && is_visible(word) && host[1] && !strpbrk(host + 1, "<>\"/");
}

/* What is wrong with an ice_server, or NULL. Its words are secrets, and not told. */
static const char *fault_of(const struct conf_node *n)
{
    if (n->n_args == 0 || !is_url(n->args[0]))
        return "is the URL of a server, such as stun:HOST:3478, turn:HOST:3478 or turns:HOST:5349?transport=tcp";
    if (is_stun(n->args[0]))
        return n->n_args == 1 ? NULL : "of stun has no user and password";
    if (n->n_args != 3 || !is_visible(n->args[1]) || !is_visible(n->args[2]))
        return "of turn has a user and a password behind its URL, without spaces";
    return NULL;
}

struct err *conf_check_rtc(const struct conf_node *rtc_server)
{
    char   where[CONF_AT_MAX];
    size_t count = 0;
    for (const struct conf_node *n = conf_node_child(rtc_server, "ice_server"); n; n = conf_node_same(n)) {
        const char *fault = fault_of(n);
        if (fault)
            return err_new(E_SYSTEM_CONFIG_INVALID, "rtc_server.ice_server %s%s", fault,
                           conf_node_at(n, where, sizeof where));
        if (++count > CONF_ICE_SERVERS_MAX)
            return err_new(E_SYSTEM_CONFIG_INVALID, "rtc_server has more than %d ice_server%s", CONF_ICE_SERVERS_MAX,
                           conf_node_at(n, where, sizeof where));
    }
    return NULL;
}
