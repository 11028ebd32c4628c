#include "app/vod/name.h"

#include <string.h>
#include <strings.h>

#include "core/str.h"

static const char *const endings[] = { ".flv", ".mp4", ".m4v", ".m4a" };

static bool has_ending(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < ARRAY_LEN(endings); i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* Append the parts of a path without their prefix; *ending becomes that of the prefix. */
static bool append_parts(struct str *path, const char *text, const char **ending)
{
    static const char *const prefixes[] = { "flv:", "mp4:" };
    for (const char *part = text; part; part = *part == '/' ? part + 1 : NULL) {
        for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
            if (str_starts_with(part, prefixes[i])) {
                part += strlen(prefixes[i]);
                *ending = endings[i];
                break;
            }
        }
        size_t len = strcspn(part, "/");
        if (len == 0 || part[0] == '.')
            return false;
        if (path->len > 0)
            str_append(path, "/", 1);
        str_append(path, part, len);
        part += len;
    }
    return true;
}

bool vod_name_find(struct vod_name *name, const char *app, const char *stream)
{
    struct str  path = str_over(name->path, sizeof name->path);
    const char *ending = NULL;
    *name->path = 0;
    if ((*app && !append_parts(&path, app, &ending)) || !append_parts(&path, stream, &ending) || path.cut)
        return false;
    name->is_file = ending || has_ending(name->path);
    if (!has_ending(name->path))
        str_printf(&path, "%s", ending ? ending : endings[0]);
    return !path.cut;
}
