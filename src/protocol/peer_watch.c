#include "protocol/peer_watch.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/list.h"
#include "core/log.h"
#include "protocol/co.h"

/* Sockets that are checked before other coroutines run. */
enum { TURN_SOCKETS = 256 };

/* Fewer unanswered probes and retransmissions than this prove nothing: the answer may be on its way. */
enum { UNANSWERED_MIN = 2 };

static struct list watched;

static void set(int fd, int option, int value)
{
    setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

void peer_watch_add(struct io *io)
{
    static const int on = 1;
    if (!watched.next)
        list_init(&watched);
    setsockopt(io->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    set(io->fd, TCP_KEEPIDLE, PEER_WATCH_IDLE_S);
    set(io->fd, TCP_KEEPINTVL, PEER_WATCH_ASK_S);
    set(io->fd, TCP_KEEPCNT, PEER_WATCH_QUESTIONS);
    list_push(&watched, &io->watched);
}

static bool has_vanished(const struct io *io)
{
    struct tcp_info t = { 0 };
    socklen_t       len = sizeof t;
    if (getsockopt(io->fd, IPPROTO_TCP, TCP_INFO, &t, &len) < 0)
        return false;
    bool sends_again = t.tcpi_unacked > 0 && t.tcpi_retransmits >= UNANSWERED_MIN;
    bool asks_in_vain = t.tcpi_probes >= UNANSWERED_MIN;
    return (sends_again || asks_in_vain) && t.tcpi_last_ack_recv >= PEER_WATCH_ACK_MS;
}

void peer_watch_look(void)
{
    size_t left = 0;
    if (!watched.next)
        return;
    LIST_FOREACH (&watched, it, after)
        left++;
    /* A socket that was checked goes to the end of the list, so the list may change while other coroutines run. */
    for (int n = 0; left > 0 && !list_is_empty(&watched); left--) {
        struct io *io = LIST_ENTRY(watched.next, struct io, watched);
        list_remove(&io->watched);
        list_push(&watched, &io->watched);
        if (has_vanished(io)) {
            log_info("a peer has vanished: it acknowledges nothing, fd=%d", io->fd);
            shutdown(io->fd, SHUT_RDWR);
        }
        if (++n % TURN_SOCKETS == 0)
            co_give_way();
    }
}
