#include "app/session/upnode.h"

#include "app/session/client.h"
#include "app/session/registry.h"
#include "app/source/source.h"
#include "core/log.h"
#include "protocol/rtmp/peer.h"

static const struct rtmp_peer *upnode_of(const struct source *s)
{
    return s->publisher ? s->publisher->upnode : NULL;
}

static void write_line(const struct client *c, const struct rtmp_peer *p)
{
    char text[RTMP_PEER_TEXT_CAP];
    log_write_as(c->id, LOG_INFO, "upnode of %s is %s", c->source->identity, rtmp_peer_text(p, text));
}

void upnode_log(const struct client *c)
{
    const struct rtmp_peer *p = upnode_of(c->source);
    if (p && !c->type->publish)
        write_line(c, p);
}

void upnode_tell(const struct registry *r, const struct source *s)
{
    const struct rtmp_peer *p = upnode_of(s);
    const struct list      *it = r->clients.prev;
    for (int n = 0, told = 0; p && n < UPNODE_LOOKED_MAX && told < UPNODE_TOLD_MAX && it != &r->clients; n++) {
        const struct client *c = LIST_ENTRY(it, const struct client, link);
        it = it->prev;
        if (c->source != s || c->type->publish)
            continue;
        write_line(c, p);
        told++;
    }
}
