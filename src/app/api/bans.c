/* The list of bans, single bans, POST, which makes one, and DELETE, which lifts one. */
#include "app/bans/bans.h"

#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/listing.h"
#include "app/bans/keep.h"
#include "app/http/conn.h"
#include "core/clock.h"
#include "core/jr.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/status.h"

#define PREFIX "/api/v1/bans/"

/* Longest body, and longest time of a ban: ten years are as good as for good. */
enum { BODY_BYTES_MAX = 8 << 10, SECONDS_MAX = 10 * 366 * 24 * 3600 };

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

static void put_ban(struct api_reply *r, const char *key, const void *member)
{
    const struct ban *b = member;
    struct jw        *j = &r->json;
    int64_t           left_us = b->until_us - now_us();
    bool              is_timed = b->until_us != DEADLINE_NEVER;
    jw_object(j, key);
    jw_string(j, "id", b->id);
    jw_string(j, "kind", ban_kind_name(b->kind));
    jw_string(j, "subject", r->shows_secrets ? b->subject : "");
    jw_string(j, "reason", r->shows_secrets ? b->reason : "");
    jw_bool(j, "automatic", b->automatic);
    jw_int(j, "since", b->since_wall_us / US_PER_SECOND);
    if (is_timed)
        jw_int(j, "seconds_left", left_us > 0 ? left_us / US_PER_SECOND : 0);
    else
        jw_null(j, "seconds_left");
    jw_object_end(j);
}

/* ---- a new ban --------------------------------------------------------------------------------------------------- */

struct wish {
    struct ban_wish ban;
    char            subject[BAN_SUBJECT_CAP], reason[BAN_REASON_MAX + 1];
};

/* Read the one member whose name is a kind of ban: its value is the subject. */
static const char *read_subject(const struct jr_value *body, struct wish *w)
{
    char            text[BAN_SUBJECT_CAP];
    struct jr_value v;
    int             n = 0;
    for (int kind = 0; kind < BAN_KINDS; kind++) {
        if (!jr_member(body, ban_kind_name((enum ban_kind)kind), &v))
            continue;
        w->ban.kind = (enum ban_kind)kind;
        if (n++ || !jr_string(&v, text, sizeof text) || !ban_subject(w->ban.kind, text, w->subject))
            return "address, user or stream: one of them, which names one";
    }
    return n ? NULL : "address, user or stream is missing";
}

/* What is wrong with the body, or NULL. */
static const char *read_wish(const char *text, size_t len, struct wish *w)
{
    struct jr_value body, v;
    int64_t         seconds = 0;
    const char     *wrong;
    *w = (struct wish){ .ban = { .since_wall_us = wall_now_us(), .until_us = DEADLINE_NEVER } };
    w->ban.subject = w->subject;
    w->ban.reason = w->reason;
    if (!jr_parse(text, len, &body) || body.kind != JR_OBJECT)
        return "the body is no JSON object";
    if ((wrong = read_subject(&body, w)))
        return wrong;
    if (jr_member(&body, "reason", &v) && !jr_string(&v, w->reason, sizeof w->reason))
        return "reason is no text of at most 255 bytes";
    if (!jr_member(&body, "seconds", &v) || v.kind == JR_NULL)
        return NULL;
    if (!jr_int(&v, &seconds) || seconds < 1 || seconds > SECONDS_MAX)
        return "seconds is no number of seconds from 1 to ten years; without it the ban is for good";
    w->ban.until_us = now_us() + seconds * US_PER_SECOND;
    return NULL;
}

static struct err *make(struct api_reply *r)
{
    const char       *text, *wrong;
    const struct ban *b = NULL;
    size_t            len;
    struct wish       w;
    char              why[ERR_TEXT_MAX];
    struct err       *e = http_read_body(r->x, BODY_BYTES_MAX, &text, &len);
    if (e)
        return e;
    if ((wrong = read_wish(text, len, &w)))
        return api_refuse_because(r, HTTP_STATUS_BAD_REQUEST, wrong);
    if ((e = bans_add(&w.ban, &b))) {
        if (err_code(e) != E_LIMIT)
            return e;
        api_refuse_with(r, HTTP_STATUS_SERVICE_UNAVAILABLE, E_LIMIT, err_text(e, why, sizeof why));
        err_free(e);
        return NULL;
    }
    bans_wake();
    log_write_as(co_trace(), LOG_WARN, "ban %s of %s %s is made by %s", b->id, ban_kind_name(b->kind), b->subject,
                 http_visit_of(r->x)->ip);
    listing_put_one(r, "ban", b, HTTP_STATUS_NOT_FOUND, put_ban);
    return NULL;
}

static struct err *lift(struct api_reply *r, const char *id)
{
    const struct ban *b = bans_find_by_id(id);
    if (!b)
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    log_write_as(co_trace(), LOG_WARN, "ban %s of %s %s is lifted by %s", b->id, ban_kind_name(b->kind), b->subject,
                 http_visit_of(r->x)->ip);
    bans_lift(id);
    bans_wake();
    return api_done(r);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static struct err *put_list(struct api_reply *r)
{
    const struct listing list = {
        .key = "bans",
        .members = bans_roll(),
        .paged = true,
        .put = put_ban,
    };
    return listing_put_page(r, &list);
}

/* ---- the endpoint ------------------------------------------------------------------------------------------------ */

static struct err *write_bans(struct api_reply *r)
{
    const char *id = api_id(r, PREFIX);
    if (r->method == HTTP_DELETE && *id)
        return lift(r, id);
    if (r->method == HTTP_POST && !*id)
        return make(r);
    if (r->method != HTTP_GET)
        return api_refuse_method(r, *id ? "DELETE, GET, HEAD, OPTIONS" : "GET, HEAD, OPTIONS, POST");
    if (!*id)
        return put_list(r);
    const struct ban *b = bans_find_by_id(id);
    if (!b)
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    listing_put_one(r, "ban", b, HTTP_STATUS_NOT_FOUND, put_ban);
    return NULL;
}

struct err *api_bans(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_bans);
}
