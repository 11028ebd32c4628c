#include "app/rtmp/conn.h"

#include <netinet/tcp.h>

#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"

/* The time that a refused client has to close its connection. */
enum { LINGER_US = 2 * US_PER_SECOND };

void rtmp_conn_set_nodelay(struct rtmp_conn *c, bool wanted)
{
    int on = wanted;
    if (c->tcp_nodelay == wanted)
        return;
    c->tcp_nodelay = wanted;
    if (setsockopt(c->io.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
        log_warn("TCP_NODELAY %s failed", on ? "on" : "off");
}

void rtmp_conn_apply_socket_options(struct rtmp_conn *c)
{
    const struct conf_vhost *vhost = c->session.source->vhost;
    rtmp_conn_set_nodelay(c, vhost->tcp_nodelay || !vhost->tcp_nodelay_set);
}

void rtmp_conn_linger(struct rtmp_conn *c)
{
    io_linger(&c->io, now_us() + LINGER_US);
}

struct err *rtmp_conn_refuse(struct rtmp_conn *c, enum rtmp_refusal why, struct err *e)
{
    char text[ERR_TEXT_MAX];
    err_free(rtmp_server_refuse(&c->rtmp, c->role, why, err_text(e, text, sizeof text)));
    rtmp_conn_linger(c);
    return err_wrap(e, "%s refused", rtmp_role_name(c->role));
}
