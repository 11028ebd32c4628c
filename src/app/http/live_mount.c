#include "app/http/live_mount.h"

#include <string.h>
#include <strings.h>

#include "core/attr.h"
#include "protocol/stream_name.h"

/* The extension of the last component, or the end of the path. */
static const char *ext_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    return dot ? dot : path + strlen(path);
}

const char *live_mount_ext(const char *mount)
{
    return ext_of(mount);
}

/* A template and a path that are being compared; both end before their extensions. */
struct match {
    const char       *template_end, *path_end;
    const char       *vhost;
    struct live_path *out;
};

static bool starts_with(const char *text, const char *end, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(end - text) >= len && memcmp(text, word, len) == 0;
}

static bool match_rest(const struct match *m, const char *t, const char *path);

/* Match a name: the longest text with which the rest matches. An app may have slashes inside. */
static bool match_name(const struct match *m, const char *t, const char *path, struct live_span *name, bool slashes)
{
    size_t len = 0;
    if (path < m->path_end && path[0] == '/')
        return false;
    while (len < LIVE_NAME_MAX && path + len < m->path_end && (slashes || path[len] != '/'))
        len++;
    for (; len > 0; len--) {
        if (match_rest(m, t, path + len)) {
            *name = (struct live_span){ path, len };
            return true;
        }
    }
    return false;
}

static bool match_rest(const struct match *m, const char *t, const char *path)
{
    static const char app[] = "[app]", stream[] = "[stream]", vhost[] = "[vhost]";
    for (;;) {
        if (starts_with(t, m->template_end, app))
            return match_name(m, t + sizeof app - 1, path, &m->out->app, true);
        if (starts_with(t, m->template_end, stream))
            return match_name(m, t + sizeof stream - 1, path, &m->out->stream, false);
        if (starts_with(t, m->template_end, vhost)) {
            if (!starts_with(path, m->path_end, m->vhost))
                return false;
            t += sizeof vhost - 1;
            path += strlen(m->vhost);
            continue;
        }
        if (t == m->template_end || path == m->path_end)
            return t == m->template_end && path == m->path_end;
        if (*t++ != *path++)
            return false;
    }
}

static bool is_host(const char *mount, size_t len, const char *host)
{
    static const char *const any[] = { "[vhost]", STREAM_DEFAULT_VHOST, "" };
    for (size_t i = 0; i < ARRAY_LEN(any); i++)
        if (strlen(any[i]) == len && memcmp(any[i], mount, len) == 0)
            return true;
    return strlen(host) == len && strncasecmp(host, mount, len) == 0;
}

/* A template that names [app] or [stream] twice would be compared in exponential time. */
static bool is_repeated(const char *mount, const char *variable)
{
    const char *first = strstr(mount, variable);
    return first && strstr(first + 1, variable);
}

bool live_mount_match(const char *mount, const char *vhost, const char *host, const char *path, struct live_path *out)
{
    size_t host_len = strcspn(mount, "/");
    if (!mount[host_len] || !is_host(mount, host_len, host))
        return false;
    if (is_repeated(mount, "[app]") || is_repeated(mount, "[stream]"))
        return false;
    *out = (struct live_path){ .ext = ext_of(path) };
    struct match m = { ext_of(mount), out->ext, vhost, out };
    if (!match_rest(&m, mount + host_len, path))
        return false;
    const char *name = strrchr(path, '/') + 1, *folder = path + 1;
    out->deep = out->app.len && memchr(out->app.text, '/', out->app.len);
    if (!out->app.text)
        out->app = (struct live_span){ folder, name > folder ? (size_t)(name - 1 - folder) : 0 };
    if (!out->stream.text)
        out->stream = (struct live_span){ name, (size_t)(out->ext - name) };
    return out->stream.len > 0;
}
