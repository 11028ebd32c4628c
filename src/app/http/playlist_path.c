#include "app/http/playlist_path.h"

#include <string.h>

#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/segment/template_match.h"

static bool take_names(void *arg, const struct template_match_names *n)
{
    struct playlist_path *w = arg;
    return stream_name_take(w->app, n->app, n->app_len) && stream_name_take(w->stream, n->stream, n->stream_len) &&
           !strchr(w->stream, '/');
}

bool playlist_path_is_there(const struct conf_vhost *vhost, const struct playlist_path *w)
{
    const struct show *show = show_find(vhost, w->app, w->stream);
    for (size_t i = 0; show && i < SHOW_VIEWS_MAX; i++) {
        const struct viewing *v = &show->viewings[i];
        if (v->by == w->view && v->state && v->by->is_there(v))
            return true;
    }
    return false;
}

/* Find the view whose playlist has this path. */
static bool find_view(const struct conf_vhost *vhost, const char *path, struct playlist_path *w)
{
    for (const struct segment_view *const *view = segment_views; *view; view++) {
        w->view = *view;
        if (w->view->wanted(vhost) && template_match(w->view->playlist(vhost), vhost->name, path, take_names, w))
            return true;
    }
    return false;
}

bool playlist_path_find(const struct conf_vhost *vhost, const char *path, struct playlist_path *w)
{
    char name[2 * STREAM_NAME_MAX + 2];
    path += *path == '/';
    if (strlen(path) >= sizeof name)
        return false;
    stream_name_normalise(name, path, strlen(path));
    return find_view(vhost, name, w) && (!shelf_find(vhost, path) || show_find(vhost, w->app, w->stream));
}
