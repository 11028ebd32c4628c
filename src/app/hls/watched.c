#include "app/hls/watched.h"

#include "app/segment/show.h"
#include "app/server/server.h"
#include "app/source/audience.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"

/* A viewer asks once in each target duration, and may be silent for SILENCE_US in any case. */
enum { TARGETS = 2, SILENCE_US = 10 * US_PER_SECOND };

bool hls_watched_is_wanted(const struct conf_vhost *vhost)
{
    return vhost && vhost->enabled && vhost->hls.enabled && vhost->cluster.mode == CONF_CLUSTER_REMOTE;
}

void hls_watched_note(struct source *s)
{
    int64_t patience_us = TARGETS * s->vhost->hls.fragment_us;
    audience_view(s, now_us() + (patience_us > SILENCE_US ? patience_us : SILENCE_US));
}

void hls_watched_note_show(const struct server *server, const struct show *show)
{
    struct source *s =
        hls_watched_is_wanted(show->vhost) ? source_find(&server->sources, show->vhost, show->app, show->stream) : NULL;
    if (s)
        hls_watched_note(s);
}
