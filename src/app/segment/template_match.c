#include "app/segment/template_match.h"

#include <string.h>

struct search {
    const char                 *vhost;
    struct template_match_names names;
    bool (*accept)(void *arg, const struct template_match_names *names);
    void *arg;
    int   steps_left;
};

static bool match(struct search *s, const char *text, const char *path);

static bool is_called(const char *variable, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(variable, name, len) == 0;
}

static bool match_text(struct search *s, const char *rest, const char *path, const char *value, size_t len)
{
    return strncmp(path, value, len) == 0 && match(s, rest, path + len);
}

/* Try each length. `at` and `len` are those of a name, or NULL. The depth is bounded by the variables of the template. */
static bool match_any(struct search *s, const char *rest, const char *path, const char **at, size_t *len)
{
    if (at && *at)
        return match_text(s, rest, path, *at, *len);
    bool found = false;
    for (size_t n = 1; !found && path[n - 1] && s->steps_left > 0; n++) {
        if (at) {
            *at = path;
            *len = n;
        }
        found = match(s, rest, path + n);
    }
    if (at)
        *at = NULL;
    return found;
}

static bool match_variable(struct search *s, const char *variable, size_t len, const char *path)
{
    const char *rest = variable + len + 1;
    if (is_called(variable, len, "vhost"))
        return match_text(s, rest, path, s->vhost, strlen(s->vhost));
    if (is_called(variable, len, "app"))
        return match_any(s, rest, path, &s->names.app, &s->names.app_len);
    if (is_called(variable, len, "stream"))
        return match_any(s, rest, path, &s->names.stream, &s->names.stream_len);
    return match_any(s, rest, path, NULL, NULL);
}

static bool match(struct search *s, const char *text, const char *path)
{
    if (s->steps_left-- <= 0)
        return false;
    for (; *text; text++, path++) {
        const char *end = *text == '[' ? strchr(text, ']') : NULL;
        if (end)
            return match_variable(s, text + 1, (size_t)(end - text - 1), path);
        if (*text != *path)
            return false;
    }
    return !*path && (!s->accept || s->accept(s->arg, &s->names));
}

bool template_match(const char *text, const char *vhost, const char *path,
                    bool (*accept)(void *arg, const struct template_match_names *names), void *arg)
{
    struct search s = { .vhost = vhost, .accept = accept, .arg = arg, .steps_left = TEMPLATE_MATCH_STEPS_MAX };
    return match(&s, text + strspn(text, "/"), path);
}
