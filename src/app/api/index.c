/* The index pages, and the 404 for unknown paths below them. */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "protocol/http/status.h"

struct entry {
    const char *name, *text;
};

static void put_entries(struct api_reply *r, const char *key, const struct entry *entries, size_t n)
{
    jw_object(&r->json, key);
    for (size_t i = 0; i < n; i++)
        jw_string(&r->json, entries[i].name, entries[i].text);
    jw_object_end(&r->json);
}

/* True when the request is for the index itself: its row also matches every unknown path below it. A POST may come without
 * the last slash, because it is not redirected. */
static bool is_at(struct api_reply *r, const char *path)
{
    size_t len = strlen(path);
    if (strncmp(r->request->path, path, len - 1) == 0 && strlen(r->request->path) <= len)
        return true;
    api_refuse(r, HTTP_STATUS_NOT_FOUND);
    return false;
}

static struct err *write_root(struct api_reply *r)
{
    static const struct entry urls[] = { { "api", "the HTTP API" } };
    if (!is_at(r, "/"))
        return NULL;
    api_begin(r);
    put_entries(r, "urls", urls, ARRAY_LEN(urls));
    jw_object_end(&r->json);
    return NULL;
}

static struct err *write_api(struct api_reply *r)
{
    static const struct entry urls[] = { { "v1", "version 1 of the HTTP API" } };
    if (!is_at(r, "/api/"))
        return NULL;
    api_begin(r);
    put_entries(r, "urls", urls, ARRAY_LEN(urls));
    jw_object_end(&r->json);
    return NULL;
}

static struct err *write_v1(struct api_reply *r)
{
    static const struct entry urls[] = {
        { "versions", "the version of the server" },
        { "summaries", "this process and its machine, in short" },
        { "rusages", "what the process has used: getrusage(2)" },
        { "self_proc_stats", "the process: /proc/self/stat" },
        { "system_proc_stats", "the processors: /proc/stat" },
        { "meminfos", "the memory: /proc/meminfo" },
        { "memory", "what is held for all streams and connections, and what gave way for memory_limit" },
        { "authors", "license and contributors" },
        { "features", "how it was built, and what it can do" },
        { "requests", "this very request, as the server has read it" },
        { "vhosts", "vhosts, or one: vhosts/{id}" },
        { "streams",
          "streams, or one: streams/{id}; start=0 count=10, cursor= sort=-clients search=; DELETE ends all of one" },
        { "clients", "clients, or one: clients/{id}; start=0 count=10, cursor= sort=-alive ip=; DELETE ends one, or "
                     "all that fit" },
        { "origins", "the origins of edges: which answer, and what is pulled from and pushed to each" },
        { "trace",
          "a client, and the servers from which its stream comes and to which it goes: trace/{id}, or all of them" },
        { "doctor", "why streams do not play, or play badly, and what to do; stream=live/livestream" },
        { "bans", "bans, or one: bans/{id}; start=0 count=10; POST makes a ban, DELETE lifts one" },
        { "forwards", "pushes to other servers; start=0 count=10 vhost= app= stream=; POST adds one to a stream, "
                      "DELETE removes it" },
        { "relays", "streams that are pulled from other servers; start=0 count=10; POST adds one, DELETE removes it" },
        { "snapshots", "pictures of streams: /api/v1/snapshots/VHOST/APP/STREAM.jpg" },
        { "dvrs",
          "recordings, or one: dvrs/{id}; start=0 count=10 sort=-begin_ms stream= state=; POST starts and stops one, "
          "DELETE removes one; dvrs/files/{id} is its file" },
        { "programs",
          "programs of exec, transcode and ingest: process, CPU, speed, restarts, last error; stream=/live/s search=" },
        { "events", "what happens, as server-sent events: streams, clients, the server's numbers, reloads, callbacks" },
        { "logs", "the newest lines of the log: level=warn trace=ID search= count=200 cursor=" },
        { "history",
          "the numbers of the last day: stream=/live/livestream from= to= step=; without stream, of the server" },
        { "openapi.json", "all of this, as an OpenAPI 3.1 document" },
        { "raw",
          "rpc=raw: what is allowed; rpc=reload; rpc=reload-fetch: how the last reload went; rpc=query; rpc=update" },
        { "clusters", "where a stream is published: vhost= app= stream= coworker=" },
        { "config", "the configuration in force, with the file and line of each directive; POST changes it, "
                    "config/rollback goes back" },
    };
    static const struct entry tests[] = {
        { "requests", "this very request, as the server has read it" },
        { "errors", "always error 100" },
        { "redirects", "always a redirection to errors" },
        { "[vhost]", "errors, for whatever host is asked" },
    };
    if (!is_at(r, "/api/v1/"))
        return NULL;
    api_begin(r);
    put_entries(r, "urls", urls, ARRAY_LEN(urls));
    put_entries(r, "tests", tests, ARRAY_LEN(tests));
    jw_object_end(&r->json);
    return NULL;
}

struct err *api_index_root(struct http_exchange *x)
{
    return api_answer(x, write_root);
}

struct err *api_index_api(struct http_exchange *x)
{
    return api_answer(x, write_api);
}

struct err *api_index_v1(struct http_exchange *x)
{
    return api_answer(x, write_v1);
}
