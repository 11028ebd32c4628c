#include "app/http/guest.h"

#include <errno.h>
#include <fcntl.h>

#include "app/http/conn.h"
#include "app/server/listen_service.h"

/* The port is shared under the configuration in force. */
static bool is_shared(const struct http_conn *c)
{
    const struct conf       *conf = c->server->conf;
    const struct conf_words *host = c->by->guest ? c->by->guest->host(conf) : NULL;
    return host && host == c->by->endpoints(conf);
}

/* The guest gets a descriptor of its own: that of the connection is in the loop's epoll set, and is closed with it. */
static struct err *hand_over(const struct http_conn *c)
{
    struct sockaddr_storage peer = { 0 };
    socklen_t               len = sizeof peer;
    int                     fd = fcntl(c->io.fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return err_sys(E_SOCKET_CREATE, "a descriptor for %s", c->peer_ip);
    getpeername(fd, (struct sockaddr *)&peer, &len);
    /* cppcheck-suppress returnDanglingLifetime; cppcheck mistakes the guest's error for &peer. */
    return c->by->guest->start(c->server, fd, (struct sockaddr *)&peer, c->by);
}

struct err *http_guest_take(struct http_conn *c, int64_t deadline_us, bool *is_taken)
{
    uint8_t first;
    size_t  n;
    *is_taken = false;
    if (!is_shared(c))
        return NULL;
    struct err *e = io_peek(&c->io, &first, 1, &n, deadline_us);
    if (err_code(e) == E_SOCKET_TIMEOUT) {
        err_free(e);
        return NULL;
    }
    if (e || !c->by->guest->may_begin(first))
        return e;
    *is_taken = true;
    return hand_over(c);
}
