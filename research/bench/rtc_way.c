#include "rtc_way.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "protocol/rtc/framing.h"
#include "tool.h"

enum { RECEIVE_BUFFER = 256 << 10, IN_BYTES = 16 << 10 };

bool rtc_way_open(struct rtc_way *w, const struct sockaddr_in *to, bool is_tcp)
{
    int bytes = RECEIVE_BUFFER, on = 1;
    *w = (struct rtc_way){ .fd = socket(AF_INET, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0),
                           .is_tcp = is_tcp };
    if (w->fd < 0)
        return false;
    (void)setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (is_tcp && (!(w->in = malloc(IN_BYTES)) || setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0))
        die("no memory, or no TCP");
    if (connect(w->fd, (const struct sockaddr *)to, sizeof *to) == 0)
        return true;
    rtc_way_close(w);
    return false;
}

void rtc_way_close(struct rtc_way *w)
{
    if (w->fd >= 0)
        close(w->fd);
    free(w->in);
    *w = (struct rtc_way){ .fd = -1 };
}

bool rtc_way_send(struct rtc_way *w, const uint8_t *bytes, size_t len)
{
    uint8_t       head[RTC_FRAMING_HEAD];
    struct iovec  iov[] = { { head, w->is_tcp ? sizeof head : 0 }, { (void *)bytes, len } };
    struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
    rtc_framing_put_head(head, len);
    return sendmsg(w->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)(iov[0].iov_len + len);
}

/* Take a packet out of what has been received; 0: none is whole. */
static ssize_t take_packet(struct rtc_way *w, uint8_t *bytes, size_t cap)
{
    struct rd      in = rd_over(w->in + w->at, w->end - w->at);
    const uint8_t *packet;
    size_t         len;
    if (rtc_framing_next(&in, &packet, &len) != RTC_FRAMING_GOT || len > cap)
        return 0;
    memcpy(bytes, packet, len);
    w->at = (size_t)(in.p - w->in);
    return (ssize_t)len;
}

static ssize_t receive_stream(struct rtc_way *w, uint8_t *bytes, size_t cap)
{
    ssize_t n = take_packet(w, bytes, cap);
    if (n > 0)
        return n;
    memmove(w->in, w->in + w->at, w->end - w->at);
    w->end -= w->at;
    w->at = 0;
    n = recv(w->fd, w->in + w->end, IN_BYTES - w->end, MSG_DONTWAIT);
    if (n == 0)
        errno = ECONNRESET;
    if (n <= 0)
        return n < 0 && errno == EAGAIN ? 0 : -1;
    w->end += (size_t)n;
    return take_packet(w, bytes, cap);
}

ssize_t rtc_way_receive(struct rtc_way *w, uint8_t *bytes, size_t cap)
{
    if (w->is_tcp)
        return receive_stream(w, bytes, cap);
    ssize_t n = recv(w->fd, bytes, cap, MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == ECONNREFUSED) ? 0 : n;
}

/* ---- for OpenSSL ---- */

static int write_packet(BIO *bio, const char *bytes, int len)
{
    (void)rtc_way_send(BIO_get_data(bio), (const uint8_t *)bytes, (size_t)len); /* What is lost is sent again. */
    return len;
}

static int read_packet(BIO *bio, char *bytes, int cap)
{
    ssize_t n = rtc_way_receive(BIO_get_data(bio), (uint8_t *)bytes, (size_t)cap);
    BIO_clear_retry_flags(bio);
    if (n == 0)
        BIO_set_retry_read(bio);
    return n > 0 ? (int)n : -1;
}

static long control(BIO *bio, int what, long number, void *arg)
{
    (void)bio, (void)number, (void)arg;
    return what == BIO_CTRL_FLUSH;
}

BIO *rtc_way_bio(struct rtc_way *w)
{
    static BIO_METHOD *method;
    if (!method && (method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "way"))) {
        BIO_meth_set_write(method, write_packet);
        BIO_meth_set_read(method, read_packet);
        BIO_meth_set_ctrl(method, control);
    }
    BIO *bio = method ? BIO_new(method) : NULL;
    if (!bio)
        die("out of memory");
    BIO_set_data(bio, w);
    BIO_set_init(bio, 1);
    return bio;
}
