/* The OpenAPI 3.1 document of the API: the table of routes, with what descriptions.c says of each. SRS has no such endpoint. */
#include <ctype.h>
#include <string.h>

#include "app/api/descriptions.h"
#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/api/routes.h"
#include "app/api/schema.h"
#include "app/rtc/routes.h"
#include "core/str.h"
#include "core/version.h"

enum { NAME_CAP = 64 };

static void put_parameter(struct jw *j, const char *name, const char *in, const char *notation)
{
    jw_object(j, NULL);
    jw_string(j, "name", name);
    jw_string(j, "in", in);
    jw_bool(j, "required", str_equal(in, "path"));
    schema_put(j, "schema", notation);
    jw_object_end(j);
}

/* `params` is {name?:type,…}, all of one letter. */
static void put_parameters(struct jw *j, const struct api_description *d)
{
    jw_array(j, "parameters");
    if (strchr(d->path, '{'))
        put_parameter(j, "id", "path", "s");
    for (const char *at = d->params ? d->params + 1 : ""; *at && *at != '}';) {
        char       name[NAME_CAP], type[2] = "";
        size_t     len = strcspn(at, "?");
        struct str text = str_over(name, sizeof name);
        str_append(&text, at, len);
        at += len + strspn(at + len, "?:");
        type[0] = *at++;
        put_parameter(j, name, "query", type);
        at += *at == ',';
    }
    jw_array_end(j);
}

static void put_content(struct jw *j, const char *type, const char *notation, bool or_error)
{
    jw_object(j, "content");
    jw_object(j, type);
    if (or_error) {
        jw_object(j, "schema");
        jw_array(j, "anyOf");
        schema_put(j, NULL, notation);
        schema_put(j, NULL, "@Error");
        jw_array_end(j);
        jw_object_end(j);
    } else {
        schema_put(j, "schema", notation);
    }
    jw_object_end(j);
    jw_object_end(j);
}

/* One of the answers in descriptions.h. Most errors of the API have status 200, as in SRS, so the schema of JSON includes an error. */
static void put_answer(struct jw *j, const char *answer, size_t len)
{
    char       status[] = "200", type[NAME_CAP];
    struct str out = str_over(type, sizeof type);
    if (len >= 3 && isdigit((unsigned char)*answer)) {
        memcpy(status, answer, 3);
        size_t head = len > 3 ? 4 : 3; /* and a blank */
        answer += head;
        len -= head;
    }
    jw_object(j, status);
    jw_string(j, "description", len ? "The answer, or an error of the log." : "Done.");
    if (memchr(answer, '/', len)) {
        str_append(&out, answer, len);
        put_content(j, type, "s", false);
    } else if (len) {
        put_content(j, "application/json", answer, true);
    }
    jw_object_end(j);
}

static void put_responses(struct jw *j, const struct api_description *d)
{
    const char *at = d->answer;
    bool        is_of_rtc = str_starts_with(d->path, "/rtc/");
    jw_object(j, "responses");
    for (size_t len = strcspn(at, ";");; at += len + 1, len = strcspn(at, ";")) {
        put_answer(j, at, len);
        if (!at[len])
            break;
    }
    jw_object(j, "default");
    jw_string(j, "description", "An error.");
    if (is_of_rtc)
        put_content(j, "application/problem+json", "@Problem", false);
    else
        put_content(j, "application/json", "@Error", false);
    jw_object_end(j);
    jw_object_end(j);
}

static void put_operation(struct jw *j, const struct api_description *d)
{
    jw_object(j, d->method);
    jw_string(j, "summary", d->summary);
    put_parameters(j, d);
    if (d->body) {
        bool is_text = strchr(d->body, '/');
        jw_object(j, "requestBody");
        put_content(j, is_text ? d->body : "application/json", is_text ? "s" : d->body, false);
        jw_object_end(j);
    }
    put_responses(j, d);
    jw_object_end(j);
}

/* A route is described by the rows of its path, and by those of "{id}" below it. */
static bool is_of(const struct api_description *d, const struct http_route *route)
{
    size_t len = strlen(route->path);
    return strncmp(d->path, route->path, len) == 0 && (!d->path[len] || d->path[len] == '{');
}

static void put_route(struct jw *j, const struct http_route *route)
{
    const char *path = NULL;
    for (size_t i = 0; i < api_n_descriptions; i++) {
        const struct api_description *d = &api_descriptions[i];
        if (!is_of(d, route))
            continue;
        if (path && !str_equal(path, d->path))
            jw_object_end(j);
        if (!str_equal(path, d->path))
            jw_object(j, d->path);
        path = d->path;
        put_operation(j, d);
    }
    if (path) {
        jw_object_end(j);
        return;
    }
    jw_object(j, route->path); /* not described: anything */
    put_operation(j, &(struct api_description){ route->path, "get", route->path, NULL, NULL, "*" });
    jw_object_end(j);
}

static void put_routes(struct jw *j, const struct http_routes *routes)
{
    for (size_t i = 0; i < routes->n_rows; i++)
        put_route(j, &routes->rows[i]);
}

static void put_components(struct jw *j)
{
    jw_object(j, "components");
    jw_object(j, "schemas");
    for (size_t i = 0; i < api_n_schemas; i++)
        schema_put(j, api_schemas[i].name, api_schemas[i].notation);
    jw_object_end(j);
    jw_object(j, "securitySchemes");
    jw_object(j, "password");
    jw_string(j, "type", "http");
    jw_string(j, "scheme", "basic");
    jw_object_end(j);
    jw_object_end(j);
    jw_object_end(j);
}

static void put_head(struct jw *j, bool has_password)
{
    jw_string(j, "openapi", "3.1.0");
    jw_object(j, "info");
    jw_string(j, "title", "HTTP API of the live-streaming server");
    jw_string(j, "version", VERSION);
    jw_object_end(j);
    jw_array(j, "security");
    if (has_password) {
        jw_object(j, NULL);
        jw_array(j, "password");
        jw_array_end(j);
        jw_object_end(j);
    }
    jw_array_end(j);
}

static struct err *write_openapi(struct api_reply *r)
{
    struct jw *j = &r->json;
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    jw_object(j, NULL);
    put_head(j, r->server->conf->http_api.auth);
    jw_object(j, "paths");
    put_routes(j, &api_routes);
    put_routes(j, &rtc_routes);
    jw_object_end(j);
    put_components(j);
    jw_object_end(j);
    return NULL;
}

struct err *api_openapi(struct http_exchange *x)
{
    return api_answer(x, write_openapi);
}
