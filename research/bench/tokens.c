/**
 * The cost of judging the token of a join: each form in turn, round after round, in this process and without a server.
 *
 *     objs/bench/tokens --rounds 5 --checks 2000
 *
 * One line of JSON goes to stdout: {"sign":[US, …], …}, the microseconds of one check of a good token, a number for each round.
 */
#include <getopt.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/token/digest.h"
#include "protocol/token/jwt.h"
#include "protocol/token/jwt_maker.h"
#include "protocol/token/secure_link.h"
#include "protocol/token/sign.h"
#include "tool.h"

#define CLAIMS "{\"exp\":1000060,\"actions\":[\"play\"],\"streams\":[\"live/livestream\"]}"
#define SECRET "a secret of usual length, 32 byte"
#define EXPRESSION "$secure_link_expires$uri$remote_addr " SECRET

enum { NOW_S = 1000000, EXPIRES_S = 1000060, ROUNDS_MAX = 100, PEM_CAP = 4096 };

static const struct token_ask player = {
    .app = "live", .stream = "livestream", .name = "livestream", .ip = "127.0.0.1", .query = "", .now_s = NOW_S
};

static char            sign_query[256], link_query[256];
static char            hs256[JWT_MAKER_CAP], rs256[JWT_MAKER_CAP], es256[JWT_MAKER_CAP];
static struct key_set *rsa_keys, *ec_keys;

static void make_sign(void)
{
    static const char text[] = "play:live/livestream:1000060";
    uint8_t           sum[DIGEST_SHA256_LEN];
    if (!digest_hmac_sha256(sum, SECRET, strlen(SECRET), text, strlen(text)))
        die("OpenSSL makes no HMAC");
    int n = snprintf(sign_query, sizeof sign_query, "?expires=%d&sign=", EXPIRES_S);
    for (size_t i = 0; i < sizeof sum; i++)
        n += snprintf(sign_query + n, sizeof sign_query - (size_t)n, "%02x", sum[i]);
}

static void make_link(void)
{
    static const char text[] = "1000060/live/livestream127.0.0.1 " SECRET;
    uint8_t           sum[DIGEST_MD5_LEN];
    unsigned          len;
    if (!EVP_Digest(text, strlen(text), sum, &len, EVP_md5(), NULL))
        die("OpenSSL makes no MD5");
    strcpy(link_query, "?md5=");
    jwt_maker_put(link_query, sum, sizeof sum);
    strcat(link_query, "&expires=1000060");
}

/* Make a token by a new key, and the set with its public half. */
static void make_jwt(char *token, const char *header, EVP_PKEY *key, struct key_set **keys)
{
    char pem[PEM_CAP] = "";
    if (!key)
        die("OpenSSL makes no key");
    jwt_maker_begin(token, header, CLAIMS);
    jwt_maker_sign(token, key);
    jwt_maker_put_pem(pem, key);
    if (key_set_read_pem(keys, pem, strlen(pem)))
        die("the public key cannot be read");
    EVP_PKEY_free(key);
}

static void make_tokens(void)
{
    make_sign();
    make_link();
    jwt_maker_begin(hs256, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", CLAIMS);
    jwt_maker_sign_hmac(hs256, SECRET, strlen(SECRET));
    make_jwt(rs256, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", EVP_RSA_gen(KEY_RSA_BITS_MIN), &rsa_keys);
    make_jwt(es256, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", EVP_EC_gen("P-256"), &ec_keys);
}

static enum token_verdict judge_sign(struct token_grant *grant)
{
    struct token_ask ask = player;
    ask.query = sign_query;
    return sign_check(&ask, SECRET, grant);
}

static enum token_verdict judge_link(struct token_grant *grant)
{
    struct token_ask ask = player;
    ask.query = link_query;
    return secure_link_check(&ask, EXPRESSION, grant);
}

static enum token_verdict judge_jwt(const char *token, const struct key_set *keys, struct token_grant *grant)
{
    static char *const     secrets[] = { SECRET };
    const struct jwt_rules rules = { secrets, keys ? 0 : 1, &keys, keys ? 1 : 0, "", "" };
    bool                   knows_key;
    return jwt_check(&player, token, &rules, grant, &knows_key);
}

static enum token_verdict judge_hs256(struct token_grant *grant)
{
    return judge_jwt(hs256, NULL, grant);
}

static enum token_verdict judge_rs256(struct token_grant *grant)
{
    return judge_jwt(rs256, rsa_keys, grant);
}

static enum token_verdict judge_es256(struct token_grant *grant)
{
    return judge_jwt(es256, ec_keys, grant);
}

static struct form {
    const char *name;
    enum token_verdict (*judge)(struct token_grant *grant);
    double us[ROUNDS_MAX];
} forms[] = {
    { .name = "sign", .judge = judge_sign },       { .name = "secure_link", .judge = judge_link },
    { .name = "jwt HS256", .judge = judge_hs256 }, { .name = "jwt RS256", .judge = judge_rs256 },
    { .name = "jwt ES256", .judge = judge_es256 },
};

static double us_of_a_check(const struct form *f, int64_t n)
{
    int64_t begun = now_us();
    for (int64_t i = 0; i < n; i++) {
        struct token_grant grant = { 0 };
        enum token_verdict verdict = f->judge(&grant);
        if (verdict != TOKEN_GOOD)
            die("%s: a good token %s", f->name, token_verdict_text(verdict));
    }
    return (double)(now_us() - begun) / (double)n;
}

static void print_forms(int64_t rounds)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        printf("%s\"%s\":[", i ? "," : "{", forms[i].name);
        for (int64_t r = 0; r < rounds; r++)
            printf("%s%.3f", r ? "," : "", forms[i].us[r]);
        printf("]");
    }
    printf("}\n");
}

int main(int argc, char **argv)
{
    static const struct option options[] = { { "rounds", 1, NULL, 'r' }, { "checks", 1, NULL, 'c' }, { 0 } };
    int64_t                    rounds = 5, checks = 2000;
    for (int what, at; (what = getopt_long(argc, argv, "", options, &at)) != -1;) {
        if (what == '?')
            die("tokens [--rounds N] [--checks N]");
        int64_t n = tool_number(options[at].name, optarg, 1);
        if (what == 'r')
            rounds = n < ROUNDS_MAX ? n : ROUNDS_MAX;
        else
            checks = n;
    }
    make_tokens();
    for (int64_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < ARRAY_LEN(forms); i++)
            forms[i].us[r] = us_of_a_check(&forms[i], checks);
    print_forms(rounds);
    key_set_free(rsa_keys);
    key_set_free(ec_keys);
}
