/* Recordings: the list, and single ones. Not in SRS. */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/listing.h"
#include "app/dvr/catalogue.h"
#include "core/clock.h"
#include "core/str.h"
#include "protocol/http/status.h"

#define PREFIX "/api/v1/dvrs/"

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

/* ---- the endpoint ---- */

static struct err *write_dvrs(struct api_reply *r)
{
    const char *id = api_id(r, PREFIX);
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    if (!*id)
        return put_list(r);
    const struct dvr_recording *d = catalogue_find(id);
    if (!d)
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    listing_put_one(r, "dvr", d, HTTP_STATUS_NOT_FOUND, put_recording);
    return NULL;
}

struct err *api_dvrs(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_dvrs);
}
