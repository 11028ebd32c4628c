/* Endpoints for testing a client of the API: an echo, an error, a redirect. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/http/conn.h"
#include "core/clock.h"
#include "core/mask.h"
#include "core/mem.h"
#include "core/str.h"
#include "core/version.h"
#include "protocol/http/status.h"

enum { CODE_TEST = 100 };

static bool is_secret(const char *name)
{
    return strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "Proxy-Authorization") == 0 ||
           strcasecmp(name, "Cookie") == 0;
}

/* The request's fields, without the secrets of URLs. Only the first field of a name is shown, because JSON keys are unique. The
 * values of credentials are masked for every script; a page of another site gets no value, because a proxy may have added it. */
static void put_fields(struct api_reply *r)
{
    struct jw                 *j = &r->json;
    const struct http_request *q = r->request;
    jw_object(j, "headers");
    for (size_t i = 0; i < q->n_fields; i++) {
        const struct http_pair *field = &q->fields[i];
        size_t                  same = 0;
        while (same < i && strcasecmp(q->fields[same].name, field->name) != 0)
            same++;
        if (same == i)
            mask_put(j, field->name, !r->shows_secrets || is_secret(field->name) ? MASK_HIDDEN : field->value);
    }
    jw_object_end(j);
}

static void put_server(struct jw *j)
{
    jw_object(j, "server");
    jw_string(j, "sigature", SERVER_KEY); /* the misspelling is part of the interface */
    jw_string(j, "version", VERSION);
    jw_string(j, "link", SERVER_URL);
    jw_int(j, "time", wall_now_us() / US_PER_MS);
    jw_object_end(j);
}

static struct err *write_requests(struct api_reply *r)
{
    static const char          format[] = "%s://%s%s%s%s";
    const struct http_request *q = r->request;
    const char                *scheme = http_conn_of(r->x)->is_tls ? "https" : "http", *ask = *q->raw_query ? "?" : "";
    size_t len = (size_t)snprintf(NULL, 0, format, scheme, q->host_port, q->raw_path, ask, q->raw_query) + 1;
    char  *uri = mem_alloc(len);
    if (!uri)
        return err_no_memory();
    snprintf(uri, len, format, scheme, q->host_port, q->raw_path, ask, q->raw_query);
    api_begin_data(r);
    mask_put(&r->json, "uri", uri);
    jw_string(&r->json, "path", q->path);
    jw_string(&r->json, "METHOD", http_method_str(q->method));
    put_fields(r);
    put_server(&r->json);
    api_end_data(r);
    mem_free(uri);
    return NULL;
}

static struct err *write_errors(struct api_reply *r)
{
    api_error(r, HTTP_STATUS_OK, CODE_TEST);
    return NULL;
}

struct err *api_requests(struct http_exchange *x)
{
    return api_answer(x, write_requests);
}

struct err *api_errors(struct http_exchange *x)
{
    return api_answer(x, write_errors);
}

struct err *api_redirects(struct http_exchange *x)
{
    static const char target[] = "/api/v1/tests/errors";
    const char       *query = http_request_of(x)->raw_query;
    size_t            cap = sizeof target + strlen(query) + 1;
    char             *location = mem_alloc(cap);
    if (!location)
        return err_no_memory();
    snprintf(location, cap, "%s%s%s", target, *query ? "?" : "", query);
    struct err *e = http_reply_redirect(x, HTTP_STATUS_MOVED_PERMANENTLY, location);
    mem_free(location);
    return e;
}
