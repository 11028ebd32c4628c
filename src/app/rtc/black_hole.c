#include "app/rtc/black_hole.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/conf/conf.h"
#include "app/conf/endpoint.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/resolve.h"

static struct {
    int  fd;       /* -1: nothing is copied */
    char addr[80]; /* that was opened, or could not be; "": none */
} hole = { .fd = -1 };

void rtc_black_hole_close(void)
{
    if (hole.fd >= 0)
        close(hole.fd);
    hole.fd = -1;
    hole.addr[0] = 0;
}

static void open_hole(const char *addr)
{
    struct conf_endpoint e;
    struct resolved      to;
    rtc_black_hole_close();
    str_copy(hole.addr, sizeof hole.addr, addr);
    if (conf_endpoint_parse(addr, &e) != CONF_ENDPOINT_OK || e.any || !resolve_numeric(e.ip, (uint16_t)e.port, &to)) {
        log_warn("rtc: black_hole { addr %s; } is no ip:port, nothing is copied", addr);
        return;
    }
    hole.fd = socket(to.items[0].addr.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (hole.fd < 0 || connect(hole.fd, (struct sockaddr *)&to.items[0].addr, to.items[0].len) < 0) {
        log_warn("rtc: no socket for black_hole { addr %s; }: %s", addr, strerror(errno));
        if (hole.fd >= 0)
            close(hole.fd);
        hole.fd = -1;
        return;
    }
    log_warn("rtc: black_hole is on: decrypted packets of all sessions are copied to %s", addr);
}

void rtc_black_hole_put(const struct conf *conf, const uint8_t *bytes, size_t len)
{
    const char *addr = conf->rtc_server.black_hole_addr;
    if (!conf->rtc_server.black_hole || !addr || !*addr) {
        if (hole.addr[0])
            rtc_black_hole_close();
        return;
    }
    if (strncmp(hole.addr, addr, sizeof hole.addr - 1) != 0)
        open_hole(addr);
    if (hole.fd >= 0)
        (void)!send(hole.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}
