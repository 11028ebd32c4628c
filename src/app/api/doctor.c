/* What the doctor finds. SRS has no such endpoint. */
#include "app/doctor/doctor.h"

#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "core/mask.h"
#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/stream_name.h"

static struct err *put_finding(void *arg, const struct finding *f)
{
    struct api_reply *r = arg;
    struct jw        *j = &r->json;
    jw_object(j, NULL);
    jw_string(j, "id", f->id);
    jw_string(j, "severity", finding_severity_name(f->severity));
    jw_string(j, "kind", finding_kind_name(f->kind));
    mask_put(j, "subject", f->subject);
    mask_put(j, "seen", f->seen);
    jw_string(j, "cure", f->cure);
    jw_string(j, "line", f->line);
    jw_object_end(j);
    return api_give_way(r);
}

/* `stream` may be the name alone, or app/stream: the last slash separates them, as in URLs. */
static bool take_question(const struct api_reply *r, char text[static STREAM_IDENTITY_CAP], struct doctor_question *q)
{
    *q = (struct doctor_question){ api_param(r, "vhost"), api_param(r, "app"), api_param(r, "stream") };
    if (!q->stream)
        return true;
    if (!str_copy(text, STREAM_IDENTITY_CAP, q->stream))
        return false;
    char *slash = strrchr(text, '/');
    q->stream = slash ? slash + 1 : text;
    if (!slash)
        return true;
    *slash = '\0';
    q->app = text[0] == '/' ? text + 1 : text;
    return *q->app && *q->stream;
}

static void put_summary(struct jw *j, const struct doctor_summary *sum)
{
    jw_bool(j, "healthy", sum->n_of[FINDING_ERROR] + sum->n_of[FINDING_WARNING] == 0);
    jw_int(j, "streams", (int64_t)sum->n_streams);
    jw_int(j, "errors", (int64_t)sum->n_of[FINDING_ERROR]);
    jw_int(j, "warnings", (int64_t)sum->n_of[FINDING_WARNING]);
    jw_int(j, "infos", (int64_t)sum->n_of[FINDING_INFO]);
    jw_int(j, "left_out", (int64_t)sum->n_dropped);
}

/* Findings name addresses and settings, which pages of other sites must not learn. */
static struct err *write_doctor(struct api_reply *r)
{
    char                         text[STREAM_IDENTITY_CAP];
    struct doctor_question       q;
    struct doctor_summary        sum;
    const struct doctor_listener to = { put_finding, r };
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    if (!r->shows_secrets) {
        return api_refuse(r, HTTP_STATUS_FORBIDDEN);
    }
    if (!take_question(r, text, &q)) {
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    }
    api_begin_data(r);
    jw_array(&r->json, "findings");
    struct err *e = doctor_visit(r->server, &q, &to, &sum);
    if (e)
        return e;
    jw_array_end(&r->json);
    put_summary(&r->json, &sum);
    api_end_data(r);
    return NULL;
}

struct err *api_doctor(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_doctor);
}
