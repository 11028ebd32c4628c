/* Recordings: the list, single ones and their files; POST, which starts and stops one, and DELETE, which removes one. Not in SRS. */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/listing.h"
#include "app/api/manager.h"
#include "app/api/named_stream.h"
#include "app/dvr/catalogue.h"
#include "app/dvr/orders.h"
#include "app/dvr/removal.h"
#include "app/http/conn.h"
#include "app/http/static_files.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/jr.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/status.h"

#define PREFIX "/api/v1/dvrs/"
#define FILES "/api/v1/dvrs/files/"

enum { BODY_BYTES_MAX = 8 << 10, PREROLL_SECONDS_MAX = 3600 };

static const char *state_name(enum dvr_state state)
{
    static const char *const names[] = {
        [DVR_OPEN] = "recording", [DVR_ENDING] = "completing", [DVR_COMPLETE] = "complete", [DVR_LOST] = "lost"
    };
    return names[state];
}

static void put_recording(struct api_reply *r, const char *key, const void *member)
{
    const struct dvr_recording *d = member;
    jw_object(&r->json, key);
    dvr_recording_write(d, d->duration_us, d->bytes, &r->json);
    jw_string(&r->json, "state", state_name(d->state));
    jw_string(&r->json, "file", r->shows_secrets ? d->path : "");
    jw_object_end(&r->json);
}

/* ---- the list ---- */

static bool has(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

static bool takes(const struct filter *f, const struct api_reply *r, const void *member)
{
    const struct dvr_recording *d = member;
    const char                 *state = api_param(r, "state");
    return (!f->vhost || str_equal_nocase(f->vhost, d->vhost)) && (!f->app || str_equal(f->app, d->app)) &&
           (!f->stream || str_equal(f->stream, d->stream)) && (!state || str_equal(state, state_name(d->state))) &&
           (!f->search || has(d->app, f->search) || has(d->stream, f->search));
}

static int64_t begin_of(const void *member)
{
    return ((const struct dvr_recording *)member)->begin_us;
}

static int64_t bytes_of(const void *member)
{
    return ((const struct dvr_recording *)member)->bytes;
}

static int64_t duration_of(const void *member)
{
    return ((const struct dvr_recording *)member)->duration_us;
}

static struct err *put_list(struct api_reply *r)
{
    static const struct listing_column columns[] = {
        { "begin_ms", .number = begin_of },
        { "bytes", .number = bytes_of },
        { "duration_ms", .number = duration_of },
    };
    const struct listing list = {
        .key = "dvrs",
        .members = catalogue_roll(),
        .paged = true,
        .takes = takes,
        .put = put_recording,
        .columns = columns,
        .n_columns = ARRAY_LEN(columns),
    };
    return listing_put_page(r, &list);
}

/* ---- start and stop ---- */

struct wish {
    struct named_stream of;
    struct order        order;
};

/* What is wrong with the body, or NULL. */
static const char *read_wish(const char *text, size_t len, const struct conf *conf, struct wish *w)
{
    struct jr_value body, v;
    int64_t         seconds = 0;
    char            action[8] = "";
    const char     *wrong;
    if ((wrong = named_stream_from_body(&w->of, text, len, &body, conf)))
        return wrong;
    if (!named_stream_take_text(&body, "action", action, sizeof action))
        *action = '\0';
    if (!str_equal(action, "start") && !str_equal(action, "stop"))
        return "action is start or stop";
    w->order.kind = str_equal(action, "start") ? ORDER_START : ORDER_STOP;
    w->order.preroll_us = INT64_MAX; /* as far as is kept */
    if (!jr_member(&body, "preroll", &v) || v.kind == JR_NULL)
        return NULL;
    if (!jr_int(&v, &seconds) || seconds < 0 || seconds > PREROLL_SECONDS_MAX)
        return "preroll is a number of seconds from 0 to 3600; without it, what dvr_preroll keeps";
    w->order.preroll_us = seconds * US_PER_SECOND;
    return NULL;
}

static struct err *give(struct api_reply *r, const struct wish *w, struct source *s)
{
    struct err *e = orders_give(s->key, &w->order);
    if (err_code(e) == E_LIMIT) {
        err_free(e);
        return api_refuse_because(r, HTTP_STATUS_SERVICE_UNAVAILABLE, "too many streams have orders");
    }
    if (e)
        return e;
    log_write_as(co_trace(), LOG_WARN, "DVR of %s is %s by %s", s->identity,
                 w->order.kind == ORDER_START ? "started" : "stopped", http_visit_of(r->x)->ip);
    attend_tell(s, MOMENT_CONF_CHANGED);
    return api_done(r);
}

static struct err *order(struct api_reply *r, struct wish *w)
{
    const char *text, *wrong;
    size_t      len;
    struct err *e = http_read_body(r->x, BODY_BYTES_MAX, &text, &len);
    if (e)
        return e;
    if ((wrong = read_wish(text, len, r->server->conf, w)))
        return api_refuse_because(r, HTTP_STATUS_BAD_REQUEST, wrong);
    const struct conf_vhost *v = w->of.found;
    struct source           *s = source_find(&r->server->sources, v, w->of.app, w->of.stream);
    if (!s || !source_is_live(s))
        return api_refuse_because(r, HTTP_STATUS_NOT_FOUND, "the stream is not published");
    if (!v->dvr.enabled)
        return api_refuse_because(r, HTTP_STATUS_CONFLICT,
                                  "dvr is off in this vhost; with dvr { enabled on; dvr_apply none; } it "
                                  "records what the API starts");
    return give(r, w, s);
}

/* ---- single ones ---- */

static struct err *remove_one(struct api_reply *r, struct dvr_recording *d)
{
    enum note_removal result;
    if (d->state != DVR_COMPLETE || d->is_due)
        return api_refuse_because(r, HTTP_STATUS_CONFLICT, "it is being recorded, or removed");
    log_write_as(co_trace(), LOG_WARN, "DVR of %s/%s: %s is removed by %s", d->app, d->stream, d->path,
                 http_visit_of(r->x)->ip);
    struct err *e = dvr_remove(d, r->server->conf, DVR_BY_API, &result);
    if (err_code(e) == E_SOCKET_TIMEOUT || err_code(e) == E_LIMIT) {
        err_free(e);
        return api_refuse_because(r, HTTP_STATUS_SERVICE_UNAVAILABLE, "the disk is slow; it may be removed later");
    }
    if (e)
        return e;
    if (result == NOTE_FAILED)
        return api_refuse_because(r, HTTP_STATUS_INTERNAL_SERVER_ERROR, "the file could not be removed");
    if (result == NOTE_NOT_OURS)
        return api_refuse_because(r, HTTP_STATUS_CONFLICT, "the file has changed since it was recorded, and stays");
    return api_done(r);
}

static struct err *write_one(struct api_reply *r, const char *id)
{
    struct dvr_recording *d = catalogue_find(id);
    if (!d)
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    if (r->method == HTTP_DELETE)
        return api_is_near(r) ? remove_one(r, d) : api_refuse(r, HTTP_STATUS_FORBIDDEN);
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "DELETE, GET, HEAD, OPTIONS");
    listing_put_one(r, "dvr", d, HTTP_STATUS_NOT_FOUND, put_recording);
    return NULL;
}

/* ---- files ---- */

static struct err *send_file(struct api_reply *r, const struct dvr_recording *d)
{
    const char *slash = strrchr(d->path, '/');
    char       *folder = slash ? mem_strndup(d->path, (size_t)(slash - d->path) + 1) : mem_strdup(".");
    if (!folder)
        return err_no_memory();
    struct err *e = http_add_field(r->x, "Content-Disposition", "attachment");
    r->is_answered = true;
    if (!e)
        e = static_files_reply(r->x, folder, slash ? slash + 1 : d->path);
    mem_free(folder);
    return e;
}

/* The ending behind the id is for the name under which a browser saves the file. */
static struct err *write_file(struct api_reply *r)
{
    char        id[IDENT_CAP];
    const char *name = api_id(r, FILES);
    size_t      len = strcspn(name, ".");
    struct str  out = str_over(id, sizeof id);
    str_append(&out, name, len);
    const struct dvr_recording *d = out.cut ? NULL : catalogue_find(id);
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    if (!api_is_near(r) || !r->shows_secrets)
        return api_refuse(r, HTTP_STATUS_FORBIDDEN);
    if (!d)
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    if (d->state != DVR_COMPLETE)
        return api_refuse_because(r, HTTP_STATUS_CONFLICT, "it is being recorded");
    return send_file(r, d);
}

/* ---- the endpoints ---- */

static struct err *write_dvrs(struct api_reply *r)
{
    const char *id = api_id(r, PREFIX);
    if (*id)
        return write_one(r, id);
    if (r->method == HTTP_GET)
        return put_list(r);
    if (r->method != HTTP_POST)
        return api_refuse_method(r, "GET, HEAD, OPTIONS, POST");
    if (!api_is_near(r))
        return api_refuse(r, HTTP_STATUS_FORBIDDEN);
    struct wish *w = mem_calloc(1, sizeof *w);
    struct err  *e = w ? order(r, w) : err_no_memory();
    mem_free(w);
    return e;
}

struct err *api_dvrs(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_dvrs);
}

struct err *api_dvr_files(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_file);
}
