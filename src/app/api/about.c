/* Endpoints about the server itself: version, authors, features. */
#include <stdio.h>
#include <time.h>

#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "build_info.h"
#include "core/version.h"

static struct err *write_versions(struct api_reply *r)
{
    api_begin_data(r);
    jw_int(&r->json, "major", VERSION_MAJOR);
    jw_int(&r->json, "minor", VERSION_MINOR);
    jw_int(&r->json, "revision", VERSION_REVISION);
    jw_string(&r->json, "version", VERSION);
    api_end_data(r);
    return NULL;
}

static struct err *write_authors(struct api_reply *r)
{
    api_begin_data(r);
    jw_string(&r->json, "license", SERVER_LICENSE);
    jw_string(&r->json, "contributors", SERVER_URL "/graphs/contributors");
    api_end_data(r);
    return NULL;
}

/* Optional features, under the names that SRS has for them. */
static const struct feature {
    const char *name;
    bool        built;
} features[] = {
    { "ssl", true },    { "hls", true },          { "hds", true },         { "callback", true },    { "api", true },
    { "httpd", true },  { "dvr", true },          { "transcode", true },   { "ingest", true },      { "stat", true },
    { "caster", true }, { "complex_send", true }, { "tcp_nodelay", true }, { "so_sendbuf", false }, { "mr", true },
};

/* BUILD_DATE is UTC. */
static int64_t build_epoch_s(void)
{
    struct tm t = { 0 };
    if (sscanf(BUILD_DATE, "%d-%d-%d %d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) !=
        6)
        return 0;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return timegm(&t);
}

static struct err *write_features(struct api_reply *r)
{
    char epoch[24];
    snprintf(epoch, sizeof epoch, "%lld", (long long)build_epoch_s());
    api_begin_data(r);
    jw_string(&r->json, "options", BUILD_CONFIGURE);
    jw_string(&r->json, "options2", BUILD_DETAIL);
    jw_string(&r->json, "build", BUILD_DATE);
    jw_string(&r->json, "build2", epoch);
    jw_object(&r->json, "features");
    for (size_t i = 0; i < ARRAY_LEN(features); i++)
        jw_bool(&r->json, features[i].name, features[i].built);
    jw_object_end(&r->json);
    api_end_data(r);
    return NULL;
}

struct err *api_versions(struct http_exchange *x)
{
    return api_answer(x, write_versions);
}

struct err *api_authors(struct http_exchange *x)
{
    return api_answer(x, write_authors);
}

struct err *api_features(struct http_exchange *x)
{
    return api_answer(x, write_features);
}
