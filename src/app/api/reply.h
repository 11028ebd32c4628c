/**
 * A JSON answer of the HTTP API: begun with the server's identity, wrapped for JSONP, sent in pieces when it is long.
 *
 *     static struct err *answer(struct api_reply *r)
 *     {
 *         api_begin_data(r);                           {"code":0,"server":…,"service":…,"pid":…,"data":{
 *         jw_int(&r->json, "major", 7);
 *         api_end_data(r);                             }}
 *         return NULL;
 *     }
 *
 * Source     the interfaces of SRS 7: what a client of the API relies on
 */
#ifndef APP_API_REPLY_H
#define APP_API_REPLY_H

#include <stdbool.h>

#include "app/http/site.h"
#include "app/server/server.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/failures.h"
#include "core/jw.h"
#include "protocol/http/exchange.h"

/* A list is sent in pieces of about this size. */
enum { API_PIECE_BYTES = 64 << 10 };

/* The longest name of a function that an answer is wrapped into. */
enum { API_CALLBACK_MAX = 64 };

struct api_reply {
    struct http_exchange      *x;
    const struct http_request *request;
    struct server             *server;
    struct jw                  json;
    const char                *callback; /* JSONP; NULL: plain JSON */
    enum http_method           method;   /* GET if the request is HEAD; with JSONP, the method that a parameter names */
    enum http_site             site;     /* site of the page that sent the request */
    bool shows_secrets; /* the answer may contain tokens and addresses, which pages of other sites must not learn */
    int  status;
    bool is_answered; /* `write` has sent its own reply, which is no JSON */
};

/**
 * Answer a request: `write` fills in `json`. An error that it returns before it has answered becomes the answer.
 *
 * Errors     those of `write`, out of memory, the socket's
 * Yields     yes
 */
struct err *api_answer(struct http_exchange *x, struct err *(*write)(struct api_reply *r)) ATTR_MUST_USE;

/**
 * Answer a request that tells of streams and clients, or that changes something. The request must address the server by one of
 * its own names (http_site_host_is_own()), or come with a password or over TLS; otherwise the answer is {"code":403} with that
 * status.
 */
struct err *api_answer_by_own_name(struct http_exchange *x, struct err *(*write)(struct api_reply *r)) ATTR_MUST_USE;

/** True when the request may change something: it comes from a page of this host, or from no page. Otherwise it is logged and
 * answered with {"code":403}. */
bool api_may_change(struct api_reply *r);

/** Write `{"code":0,"server":…,"service":…,"pid":…`; the caller ends the object. */
void api_begin(struct api_reply *r);

/** Answer that it is done: api_begin(), and the end of the object. Returns NULL, so that the caller can return it as no error. */
struct err *api_done(struct api_reply *r);

/** api_begin(), then `,"data":{`. api_end_data() ends both objects. */
void api_begin_data(struct api_reply *r);
void api_end_data(struct api_reply *r);

/** Discard what was written and answer `{"code":N}` with this HTTP status. */
void api_error(struct api_reply *r, int status, int code);

/** api_error() with the status as the code. Returns NULL, so that the caller can return it as no error. */
struct err *api_refuse(struct api_reply *r, int status);

/** api_refuse() with `"msg":"…"`. */
struct err *api_refuse_because(struct api_reply *r, int status, const char *why);

/** Answer `{"code":N,"msg":"…"}` with this HTTP status. */
void api_refuse_with(struct api_reply *r, int status, int code, const char *why);

/** Answer `{"code":405}` with status 405; `allow` lists the methods that the path has ("GET, HEAD"). */
struct err *api_refuse_method(struct api_reply *r, const char *allow) ATTR_MUST_USE;

/** Call it between two entries of a list. If the text fills a piece, it is sent and others run; only then this yields. */
struct err *api_give_way(struct api_reply *r) ATTR_MUST_USE;

/** The query's parameter `name`; NULL when it is absent or empty. */
const char *api_param(const struct api_reply *r, const char *name);

/** The same, but "" when it is absent. */
const char *api_text(const struct api_reply *r, const char *name);

/** The number in the query's parameter `name`, at most `max`; `fallback` when there is none. */
int64_t api_number(const struct api_reply *r, const char *name, int64_t fallback, int64_t max);

/** Write a URL that a client has named: with its secrets masked, or cut by public_url() where the answer shows no secrets. */
void api_put_url(struct api_reply *r, const char *key, const char *url);

/** Write `"error":{…}`, the last of some failures; null if there was none. Without secrets its text is empty. */
void api_put_failure(struct api_reply *r, const struct failures *f);

/** Write the URL of a page: as api_put_url(), but also without its path when the answer shows no secrets. */
void api_put_page(struct api_reply *r, const char *key, const char *url);

/** The rest of the path after `prefix`: an id, or an empty string. */
const char *api_id(const struct api_reply *r, const char *prefix);

/** True for a name that cannot hold JavaScript: [A-Za-z_$][A-Za-z0-9_$.]*, at most API_CALLBACK_MAX. */
bool api_is_callback(const char *name);

#endif
