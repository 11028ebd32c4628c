#include "protocol/service_notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/str.h"

enum { MESSAGE_CAP = 1024 };

/* Parse a path, or '@' and a name in the abstract namespace. */
static bool address_of(const char *name, struct sockaddr_un *to, socklen_t *len)
{
    size_t n = strlen(name);
    *to = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if ((name[0] != '/' && name[0] != '@') || n < 2 || n >= sizeof to->sun_path)
        return false;
    memcpy(to->sun_path, name, n);
    if (name[0] == '@')
        to->sun_path[0] = '\0';
    *len =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] == '/')); /* A path includes its zero byte. */
    return true;
}

static bool send_datagram(const char *name, const struct str *message)
{
    struct sockaddr_un to;
    socklen_t          len;
    if (!address_of(name, &to, &len)) {
        errno = EINVAL;
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool sent = sendto(fd, message->buf, message->len, MSG_NOSIGNAL, (struct sockaddr *)&to, len) >= 0;
    int  error = errno;
    close(fd);
    errno = error;
    return sent;
}

static void notify(struct str *message, const char *status)
{
    const char *name = getenv("NOTIFY_SOCKET");
    if (!name || !*name)
        return;
    if (status) {
        str_printf(message, "%sSTATUS=", message->len ? "\n" : "");
        size_t begin = message->len;
        str_printf(message, "%s", status);
        str_tame(message->buf + begin, message->len - begin); /* a newline would begin another variable */
    }
    if (!send_datagram(name, message))
        log_warn("the service manager was not told \"%s\": NOTIFY_SOCKET %s: %s", message->buf, name, strerror(errno));
}

void service_notify_ready(const char *status)
{
    char       buf[MESSAGE_CAP];
    struct str message = str_over(buf, sizeof buf);
    str_printf(&message, "READY=1");
    notify(&message, status);
}

void service_notify_reloading(void)
{
    char       buf[MESSAGE_CAP];
    struct str message = str_over(buf, sizeof buf);
    str_printf(&message, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)now_us());
    notify(&message, NULL);
}

void service_notify_stopping(void)
{
    char       buf[MESSAGE_CAP];
    struct str message = str_over(buf, sizeof buf);
    str_printf(&message, "STOPPING=1");
    notify(&message, "stopping");
}

void service_notify_status(const char *status)
{
    char       buf[MESSAGE_CAP];
    struct str message = str_over(buf, sizeof buf);
    notify(&message, status);
}
