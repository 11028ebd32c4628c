#include "protocol/token/timed_links.h"

#include <string.h>

#include "core/buf.h"
#include "protocol/token/digest.h"
#include "protocol/token/link.h"
#include "protocol/token/params.h"

struct link {
    char hash[LINK_HASH_CAP], time[LINK_TIME_CAP];
};

/* TOKEN_GOOD: both are there. The time goes to grant->expires_s. */
static enum token_verdict read_link(struct link *l, const struct token_ask *ask, const char *hash, const char *time,
                                    int64_t valid_s, struct token_grant *grant)
{
    enum params_found found = params_find(ask->query, hash, l->hash, sizeof l->hash);
    if (found == PARAMS_NONE)
        return TOKEN_ABSENT;
    if (found == PARAMS_BAD || params_find(ask->query, time, l->time, sizeof l->time) != PARAMS_ONE ||
        !link_read_time(l->time, strlen(l->time), &grant->expires_s))
        return TOKEN_MALFORMED;
    grant->expires_s += valid_s;
    return TOKEN_GOOD;
}

static enum token_verdict by_path(const struct token_ask *ask, const char *secret, const char *hash, const char *time,
                                  int64_t valid_s, struct token_grant *grant)
{
    struct link        l;
    enum token_verdict verdict = read_link(&l, ask, hash, time, valid_s, grant);
    if (verdict != TOKEN_GOOD)
        return verdict;
    struct buf text = buf_up_to(LINK_TEXT_MAX);
    buf_printf(&text, "%s/%s/%s%s", secret, ask->app, ask->name, l.time);
    return link_is_hash_of(l.hash, &text) ? link_in_time(ask, grant) : TOKEN_FORGED;
}

enum token_verdict timed_links_sign_t(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                      struct token_grant *grant)
{
    return by_path(ask, secret, "sign", "t", valid_s, grant);
}

enum token_verdict timed_links_ws_secret(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                         struct token_grant *grant)
{
    return by_path(ask, secret, "wsSecret", "wsTime", valid_s, grant);
}

enum token_verdict timed_links_hw_secret(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                         struct token_grant *grant)
{
    struct link        l;
    uint8_t            wanted[DIGEST_SHA256_LEN];
    enum token_verdict verdict = read_link(&l, ask, "hwSecret", "hwTime", valid_s, grant);
    if (verdict != TOKEN_GOOD)
        return verdict;
    struct buf text = buf_up_to(LINK_TEXT_MAX);
    buf_printf(&text, "%s%s", ask->stream, l.time);
    bool is_signed = !text.fault && digest_hmac_sha256(wanted, secret, strlen(secret), text.bytes, text.len) &&
                     digest_is_hex(l.hash, wanted, sizeof wanted);
    buf_finish(&text);
    return is_signed ? link_in_time(ask, grant) : TOKEN_FORGED;
}
