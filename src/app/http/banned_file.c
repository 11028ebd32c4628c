#include "app/http/banned_file.h"

#include <string.h>

#include "app/bans/bans.h"
#include "app/segment/template.h"
#include "app/segment/view.h"
#include "core/str.h"

static bool is_of_a_view(const struct conf_vhost *vhost, const char *path, const char *app, const char *stream)
{
    const struct template_names names = { vhost->name, app, stream };
    bool                        is = false;
    for (const struct segment_view *const *view = segment_views; *view && !is; view++)
        is = (*view)->has_file(vhost, path, &names);
    return is;
}

/* Where the app ends and the stream begins is not in a subject: each slash may be the place. */
static bool is_of(const struct conf *conf, const char *path, const struct ban *b)
{
    char        names[BAN_SUBJECT_CAP];
    const char *last = strrchr(b->subject, '/');
    bool        is = false;
    if (!last || !strstr(path, last + 1) || !str_copy(names, sizeof names, b->subject))
        return false;
    char *slash = strchr(names, '/'), *app = slash + 1;
    *slash = '\0';
    const struct conf_vhost *vhost = conf_vhost_named(conf, *names ? names : STREAM_DEFAULT_VHOST);
    for (slash = strchr(app, '/'); vhost && slash && !is; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        is = is_of_a_view(vhost, path, app, slash + 1);
        *slash = '/';
    }
    return is;
}

struct err *banned_file_check(const struct conf *conf, const char *path)
{
    const struct ban  *b;
    struct roll_cursor c = roll_seek(bans_roll(), 0);
    if (!bans_has(BAN_STREAM))
        return NULL;
    while ((b = roll_next(bans_roll(), &c)))
        if (b->kind == BAN_STREAM && is_of(conf, path, b))
            return err_new(E_BANNED, "stream %s is banned", b->subject);
    return NULL;
}
