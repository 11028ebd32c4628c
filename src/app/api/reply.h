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
#include "core/jw.h"
#include "protocol/http/exchange.h"

/* A list is sent whenever so much of it is there. */
enum { API_PIECE_BYTES = 64 << 10 };

/* The longest name of a function that an answer is wrapped into. */
enum { API_CALLBACK_MAX = 64 };

struct api_reply {
    struct http_exchange      *x;
    const struct http_request *request;
    struct server             *server;
    struct jw                  json;
    const char                *callback; /* JSONP; NULL: plain JSON */
    enum http_method           method;   /* as it was meant: HEAD is GET, and JSONP may say another one */
    enum http_site             site;     /* whose page asks */
    bool shows_secrets;                  /* else no other site's page may learn tokens and addresses from the answer */
    int  status;
};

/**
 * Answer a request: `write` fills in `json`, and what it returned was answered already or becomes the answer.
 *
 * Errors     those of `write`, out of memory, the socket's
 * Yields     yes
 */
struct err *api_answer(struct http_exchange *x, struct err *(*write)(struct api_reply *r)) ATTR_MUST_USE;

/**
 * The same for what tells of streams and clients, or changes something: only by a name of this server (http_site_host_is_own()),
 * else {"code":403} with that status. A password, or TLS, proves as much as the name does.
 */
struct err *api_answer_by_own_name(struct http_exchange *x, struct err *(*write)(struct api_reply *r)) ATTR_MUST_USE;

/** Log and refuse, with {"code":403}, what only a page of this host, or no page at all, may do. True: it may. */
bool api_may_change(struct api_reply *r);

/** `{"code":0,"server":…,"service":…,"pid":…`; the caller ends the object. */
void api_begin(struct api_reply *r);

/** The same and `,"data":{`; and its end. */
void api_begin_data(struct api_reply *r);
void api_end_data(struct api_reply *r);

/** `{"code":N}`, instead of anything else, with a status of HTTP. */
void api_error(struct api_reply *r, int status, int code);

/** `{"code":405}` with its status: this is done here by the methods `allow` alone ("GET, HEAD"). */
struct err *api_refuse_method(struct api_reply *r, const char *allow) ATTR_MUST_USE;

/** Between two entries of a list: send what has gathered if it is much, and let others run. Yields then. */
struct err *api_give_way(struct api_reply *r) ATTR_MUST_USE;

/** The number of that name in the query, at most `max`; `fallback` when there is none. */
int64_t api_number(const struct api_reply *r, const char *name, int64_t fallback, int64_t max);

/** A URL that a client has named: whole, or without user, password and all that may hold a token. */
void api_put_url(struct api_reply *r, const char *key, const char *url);

/** The same, and without its path: a page's. */
void api_put_page(struct api_reply *r, const char *key, const char *url);

/** What follows `prefix` in the path: an id, or nothing. */
const char *api_id(const struct api_reply *r, const char *prefix);

/** [A-Za-z_$][A-Za-z0-9_$.]*, at most API_CALLBACK_MAX: a name, and no JavaScript. */
bool api_is_callback(const char *name);

#endif
