#include "protocol/dial.h"

#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "protocol/resolve.h"

/* The deadline for one address: the remaining time is divided among the addresses that have not been tried. */
static int64_t share_of(int64_t deadline_us, size_t n_left)
{
    int64_t now = now_us();
    return deadline_us == DEADLINE_NEVER || deadline_us <= now ? deadline_us
                                                               : now + (deadline_us - now) / (int64_t)n_left;
}

static bool may_try_next(enum err_code code)
{
    return code == E_SOCKET_CONNECT || code == E_SOCKET_TIMEOUT || code == E_SOCKET_CREATE;
}

struct err *dial(struct io *io, const char *host, uint16_t port, int64_t deadline_us)
{
    static const int on = 1;
    struct resolved  r;
    *io = (struct io){ .fd = -1 };
    struct err *e = resolve(host, port, deadline_us, &r);
    if (e)
        return e;
    for (size_t i = 0; i < r.count; i++) {
        err_free(e);
        e = io_connect(io, (const struct sockaddr *)&r.items[i].addr, r.items[i].len,
                       share_of(deadline_us, r.count - i));
        if (!e) {
            setsockopt(io->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* questions and answers are small */
            return NULL;
        }
        if (!may_try_next(err_code(e)))
            break;
    }
    return err_wrap(e, "connect to %s", host);
}
