#include "app/http/watched.h"

#include "app/segment/show.h"
#include "app/segment/view.h"
#include "app/server/server.h"
#include "app/source/attend.h"
#include "app/source/audience.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"

/* A viewer asks at least once for each segment, and may be silent for SILENCE_US in any case. */
enum { FRAGMENTS = 2, SILENCE_US = 10 * US_PER_SECOND };

static bool has_views(const struct conf_vhost *vhost)
{
    for (const struct segment_view *const *view = segment_views; *view; view++)
        if ((*view)->wanted(vhost))
            return true;
    return false;
}

bool watched_is_wanted(const struct server *server, const struct conf_vhost *vhost)
{
    return vhost && vhost->enabled && has_views(vhost) && attend_may_bring(&server->sources, vhost);
}

/* The longest fragment of all views of the vhost. */
static int64_t fragment_us(const struct conf_vhost *vhost)
{
    int64_t longest_us = 0;
    for (const struct segment_view *const *view = segment_views; *view; view++) {
        int64_t us = (*view)->wanted(vhost) ? view_fragment_us(*view, vhost) : 0;
        longest_us = us > longest_us ? us : longest_us;
    }
    return longest_us;
}

void watched_note(struct source *s)
{
    int64_t patience_us = FRAGMENTS * fragment_us(s->vhost);
    audience_view(s, now_us() + (patience_us > SILENCE_US ? patience_us : SILENCE_US));
}

void watched_note_show(const struct server *server, const struct show *show)
{
    bool           is_wanted = watched_is_wanted(server, show->vhost);
    struct source *s = is_wanted ? source_find(&server->sources, show->vhost, show->app, show->stream) : NULL;
    if (s)
        watched_note(s);
}
