#include "protocol/rtmp/peer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/str.h"
#include "kernel/amf0.h"

/* Whole numbers up to this are exact in a double. */
#define NUMBER_MAX 1e15

static void copy(char *to, size_t cap, struct amf0_text from)
{
    amf0_text_copy(to, cap, from);
    str_tame(to, strlen(to));
}

/* The id is a text, or a number from servers before 4.0. */
static void read_id(struct rtmp_peer *p, struct rd object)
{
    struct rd  value;
    struct str out = str_over(p->id, sizeof p->id);
    if (!amf0_find(object, "srs_id", &value))
        return;
    if (amf0_peek(&value) != AMF0_NUMBER) {
        copy(p->id, sizeof p->id, amf0_get_string(object, "srs_id"));
        return;
    }
    double number = amf0_read_number(&value);
    if (isfinite(number) && fabs(number) < NUMBER_MAX)
        str_printf(&out, "%" PRId64, (int64_t)number);
}

bool rtmp_peer_read(struct rtmp_peer *p, struct rd object)
{
    double pid = amf0_get_number(object, "srs_pid", -1);
    *p = (struct rtmp_peer){ .pid = pid >= 0 && pid < NUMBER_MAX ? (int64_t)pid : -1 };
    copy(p->server, sizeof p->server, amf0_get_string(object, "srs_server"));
    copy(p->ip, sizeof p->ip, amf0_get_string(object, "srs_server_ip"));
    read_id(p, object);
    if (*p->server || *p->id)
        return true;
    *p = (struct rtmp_peer){ .pid = -1 };
    return false;
}

const char *rtmp_peer_text(const struct rtmp_peer *p, char buf[static RTMP_PEER_TEXT_CAP])
{
    struct str out = str_over(buf, RTMP_PEER_TEXT_CAP);
    str_printf(&out, "%s ip=%s pid=%" PRId64 " id=%s", *p->server ? p->server : "-", *p->ip ? p->ip : "-", p->pid,
               *p->id ? p->id : "-");
    return buf;
}
