/* Queries and tokens of clients: no parser lets anybody in without the key, or reads beyond its text. */
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/token/cdn.h"
#include "protocol/token/jwt.h"
#include "protocol/token/keys.h"
#include "protocol/token/params.h"
#include "protocol/token/secure_link.h"
#include "protocol/token/sign.h"
#include "protocol/token/timed_links.h"

/* Nobody finds a digest by chance. */
static void refuse(enum token_verdict verdict)
{
    if (verdict == TOKEN_GOOD || verdict == TOKEN_EXPIRED || verdict == TOKEN_EARLY)
        abort();
}

static void judge_query(const char *text, const char *app)
{
    static const char      secret[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const struct token_ask ask = { .app = app, .stream = "s", .name = "s.flv", .ip = "::1", .query = text, .now_s = 1 };
    struct token_grant     grant = { 0 };
    refuse(sign_check(&ask, secret, &grant));
    refuse(secure_link_check(&ask, "$secure_link_expires$uri$remote_addr 00112233445566778899", &grant));
    refuse(cdn_auth_key_check(&ask, secret, 60, &grant));
    refuse(cdn_tx_secret_check(&ask, secret, &grant));
    refuse(cdn_edge_auth_check(&ask, secret, &grant));
    refuse(timed_links_sign_t(&ask, secret, 60, &grant));
    refuse(timed_links_ws_secret(&ask, secret, 60, &grant));
    refuse(timed_links_hw_secret(&ask, secret, 60, &grant));
    if (cdn_path_token_len(text) > strlen(text))
        abort();
}

static void judge_token(const char *text)
{
    static char *const     secrets[] = { "00112233445566778899aabbccddeeff" };
    const struct token_ask ask = { .app = "live", .stream = "s", .name = "s", .ip = "::1", .query = "", .now_s = 1 };
    const struct jwt_rules rules = { .secrets = secrets, .n_secrets = 1, .issuer = "", .audience = "" };
    struct token_grant     grant = { 0 };
    bool                   knows_key;
    refuse(jwt_check(&ask, text, &rules, &grant, &knows_key));
}

static void read_keys(struct err *e, struct key_set *set)
{
    if (!e == !set)
        abort();
    err_free(e);
    key_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct key_set *set;
    char           *text = malloc(len + 1);
    memcpy(text, data, len);
    text[len] = '\0';
    judge_query(text, "live");
    judge_query("", text);
    judge_token(text);
    struct err *e = key_set_read_json(&set, text, len);
    read_keys(e, set);
    e = key_set_read_pem(&set, text, len);
    read_keys(e, set);
    secure_link_is_valid(text);
    free(text);
    return 0;
}
