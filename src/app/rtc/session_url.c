#include "app/rtc/session_url.h"

#include <string.h>

#include "app/rtc/peer.h"

/* RFC 3986 2.3: everything but the unreserved characters is escaped. */
static void put_escaped(struct buf *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (; *text; text++) {
        if (strchr(plain, *text))
            buf_append(out, text, 1);
        else
            buf_printf(out, "%%%02X", (unsigned char)*text);
    }
}

/* The endpoint without what may stand below it: /rtc/v1/whip/. */
static size_t endpoint_len(const char *path)
{
    static const char above[] = "/rtc/v1/";
    return sizeof above - 1 + strcspn(path + sizeof above - 1, "/");
}

void rtc_session_url(struct buf *out, const struct http_request *r, const struct rtc_peer *peer)
{
    buf_append(out, r->path, endpoint_len(r->path));
    buf_printf(out, "/?action=delete&token=%s&app=", peer->token);
    put_escaped(out, peer->app);
    buf_text(out, "&stream=");
    put_escaped(out, peer->stream);
    buf_printf(out, "&session=%s:", peer->ufrag);
    put_escaped(out, peer->agreed->remote_ufrag);
}
