#include "app/rtmp/login.h"

#include <openssl/crypto.h>
#include <string.h>

#include "app/auth/users.h"
#include "app/limits/guard.h"
#include "core/clock.h"
#include "core/hex.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/rtmp/authmod.h"
#include "protocol/token/digest.h"
#include "protocol/token/password.h"

/* A challenge: when it ends, random bytes, and a signature of both. */
enum { NONCE_LEN = 8, SIGN_LEN = 8, STAMP_LEN = 8, OPAQUE_LEN = STAMP_LEN + NONCE_LEN + SIGN_LEN };
enum { OPAQUE_CAP = 2 * OPAQUE_LEN + 1, SALT_LEN = 4, SALT_CAP = 2 * SALT_LEN + 1 };
enum { CHALLENGE_US = 60 * US_PER_SECOND };

/* ---- challenges -------------------------------------------------------------------------------------------------- */

/* Those that have served, in a ring: the oldest is at n_served % LOGINS_MAX. */
static struct {
    struct {
        uint8_t nonce[NONCE_LEN];
        int64_t until_us;
    } served[LOGINS_MAX];
    size_t n_served;
} logins;

/* The beginning of an HMAC-SHA256 by the server's secret. A challenge is signed for this run of the server alone. */
static bool sign(const struct rtmp_conn *c, const char *what, const void *bytes, size_t len, uint8_t *out,
                 size_t out_len)
{
    uint8_t digest[DIGEST_SHA256_LEN], input[STAMP_LEN + NONCE_LEN + AUTHMOD_TEXT_MAX + 16];
    size_t  what_len = strlen(what);
    if (what_len + len > sizeof input)
        return false;
    memcpy(input, what, what_len);
    memcpy(input + what_len, bytes, len);
    if (!digest_hmac_sha256(digest, c->server->secret, SERVER_SECRET_LEN, input, what_len + len))
        return false;
    memcpy(out, digest, out_len);
    return true;
}

static bool make_challenge(const struct rtmp_conn *c, char opaque[static OPAQUE_CAP])
{
    uint8_t bytes[OPAQUE_LEN];
    int64_t until_us = now_us() + CHALLENGE_US;
    memcpy(bytes, &until_us, STAMP_LEN);
    if (!random_secret(bytes + STAMP_LEN, NONCE_LEN) ||
        !sign(c, c->server->service_id, bytes, STAMP_LEN + NONCE_LEN, bytes + STAMP_LEN + NONCE_LEN, SIGN_LEN))
        return false;
    hex_encode(bytes, opaque, sizeof bytes);
    return true;
}

static bool has_served(const uint8_t *nonce)
{
    size_t n = logins.n_served < LOGINS_MAX ? logins.n_served : LOGINS_MAX;
    for (size_t i = 0; i < n; i++)
        if (memcmp(logins.served[i].nonce, nonce, NONCE_LEN) == 0)
            return true;
    return false;
}

/* Whether the challenge is ours, in time, and has not served. *bytes is what it says. */
static bool is_good(const struct rtmp_conn *c, const char *opaque, uint8_t bytes[static OPAQUE_LEN])
{
    uint8_t wanted[SIGN_LEN];
    int64_t until_us = 0;
    if (strlen(opaque) != OPAQUE_CAP - 1 || !hex_decode(opaque, bytes, OPAQUE_LEN) ||
        !sign(c, c->server->service_id, bytes, STAMP_LEN + NONCE_LEN, wanted, sizeof wanted) ||
        CRYPTO_memcmp(wanted, bytes + STAMP_LEN + NONCE_LEN, SIGN_LEN) != 0)
        return false;
    memcpy(&until_us, bytes, STAMP_LEN);
    return now_us() < until_us && !has_served(bytes + STAMP_LEN);
}

/* Remember it until it is too old. False: too many have logged in within that time. */
static bool serve(const uint8_t bytes[static OPAQUE_LEN])
{
    size_t  i = logins.n_served % LOGINS_MAX;
    int64_t now = now_us();
    if (logins.served[i].until_us > now)
        return false;
    memcpy(logins.served[i].nonce, bytes + STAMP_LEN, NONCE_LEN);
    memcpy(&logins.served[i].until_us, bytes, STAMP_LEN);
    logins.n_served++;
    return true;
}

/* The same salt for the same name each time, whether there is such a user or not. */
static bool salt_of(const struct rtmp_conn *c, const char *user, char salt[static SALT_CAP])
{
    uint8_t bytes[SALT_LEN];
    if (!sign(c, "rtmp salt", user, strlen(user), bytes, sizeof bytes))
        return false;
    hex_encode(bytes, salt, sizeof bytes);
    return true;
}

/* ---- the steps --------------------------------------------------------------------------------------------------- */

static struct err *tell(struct rtmp_conn *c, const char *description, struct err *why)
{
    err_free(rtmp_server_reject(&c->rtmp, &c->request, description));
    rtmp_conn_linger(c);
    return why;
}

static struct err *ask_user(struct rtmp_conn *c)
{
    char text[AUTHMOD_DESCRIPTION_CAP];
    return tell(c, authmod_ask_user(text), err_new(E_AUTH_REQUIRED, "the client is asked for user and password"));
}

static struct err *ask_response(struct rtmp_conn *c, const struct authmod *a)
{
    char text[AUTHMOD_DESCRIPTION_CAP], opaque[OPAQUE_CAP], salt[SALT_CAP];
    if (!make_challenge(c, opaque) || !salt_of(c, a->user, salt))
        return err_new(E_OPEN_SSL_CREATE_HMAC, "make a challenge");
    return tell(c, authmod_ask_response(text, a->user, salt, opaque),
                err_new(E_AUTH_REQUIRED, "the client is asked for its password"));
}

/* The same work for a user that does not exist. */
static bool is_right(const struct rtmp_conn *c, const struct conf_auth *auth, const struct authmod *a)
{
    char        wanted[AUTHMOD_RESPONSE_CAP], salt[SALT_CAP];
    const char *kept = auth_users_find(auth, a->user);
    bool        is_known = kept && password_is_plain(kept);
    return salt_of(c, a->user, salt) &&
           authmod_response(wanted, a->user, salt, is_known ? kept : "nobody", a->opaque, a->challenge) &&
           strlen(a->response) == sizeof wanted - 1 && CRYPTO_memcmp(wanted, a->response, sizeof wanted - 1) == 0 &&
           is_known;
}

static struct err *judge_response(struct rtmp_conn *c, const struct conf *conf, const struct conf_vhost *vhost,
                                  const struct authmod *a)
{
    char    text[AUTHMOD_DESCRIPTION_CAP];
    uint8_t bytes[OPAQUE_LEN];
    bool    is_fresh = is_good(c, a->opaque, bytes), right = is_right(c, &vhost->auth, a);
    if (is_fresh && right && serve(bytes)) {
        str_copy(c->login.user, sizeof c->login.user, a->user);
        str_copy(c->login.vhost, sizeof c->login.vhost, vhost->name);
        return NULL;
    }
    if (is_fresh && !right)
        limits_wrong_password(conf, vhost, c->ip);
    return tell(
        c, authmod_refuse(text, a->opaque),
        err_new(E_AUTH_DENIED, is_fresh ? "wrong user or password" : "the challenge is old, used, or not ours"));
}

/* Leave nothing of it in the request: its texts are logged, and callbacks get them. */
static struct err *forget(struct rtmp_request *req, size_t cut)
{
    if (strlen(req->tc_url) == cut)
        return NULL;
    req->block[cut] = '\0'; /* tc_url is the first text of the block */
    rtmp_url_finish(&req->url);
    return rtmp_url_parse(&req->url, req->tc_url, NULL);
}

struct err *rtmp_login(struct rtmp_conn *c)
{
    struct authmod    a;
    size_t            cut;
    enum authmod_step step = authmod_read(c->request.tc_url, &a, &cut);
    struct err       *e = forget(&c->request, cut);
    if (e)
        return e;
    struct conf             *conf = conf_ref(c->server->conf); /* the client is told things, which yields */
    const struct conf_vhost *vhost = conf_find_vhost(conf, c->request.url.vhost);
    if (vhost && auth_users_are_asked(&vhost->auth, c->request.is_encoder)) {
        if (step == AUTHMOD_USER)
            e = ask_response(c, &a);
        else if (step == AUTHMOD_RESPONSE)
            e = judge_response(c, conf, vhost, &a);
        else
            e = ask_user(c);
    }
    conf_unref(&conf);
    return e;
}
