#include "app/cluster/answer.h"

#include <string.h>

#include "core/jr.h"

enum { PORT_MAX = 65535 };

static bool is_host(const char *host)
{
    static const char marks[] = ".-_:";
    for (const char *c = host; *c; c++)
        if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || strchr(marks, *c)))
            return false;
    return *host != '\0';
}

/* A port; 0 where there is none that can be used. */
static int port_of(const struct jr_value *origin, const char *name)
{
    struct jr_value v;
    int64_t         port = 0;
    if (!jr_member(origin, name, &v) || !jr_int(&v, &port) || port < 1 || port > PORT_MAX)
        return 0;
    return (int)port;
}

enum cluster_answer cluster_answer_read(const char *text, size_t len, struct cluster_place *place)
{
    struct jr_value answer, data, origin, ip;
    *place = (struct cluster_place){ .rtmp_port = 0 };
    if (!jr_parse(text, len, &answer) || !jr_member(&answer, "data", &data) || !jr_member(&data, "origin", &origin))
        return CLUSTER_ANSWER_BAD;
    if (origin.kind == JR_NULL)
        return CLUSTER_ANSWER_NOT_HERE;
    place->rtmp_port = port_of(&origin, "port");
    place->rtmps_port = port_of(&origin, "rtmps");
    place->http_port = port_of(&origin, "http");
    place->https_port = port_of(&origin, "https");
    bool is_good = place->rtmp_port && jr_member(&origin, "ip", &ip) && jr_string(&ip, place->host, sizeof place->host);
    return is_good && is_host(place->host) ? CLUSTER_ANSWER_HERE : CLUSTER_ANSWER_BAD;
}

bool cluster_answer_read_taken(const char *text, size_t len, bool *was_there)
{
    struct jr_value answer, code, taken;
    int64_t         n;
    *was_there = false;
    if (!jr_parse(text, len, &answer) || !jr_member(&answer, "code", &code) || !jr_int(&code, &n) || n != 0 ||
        !jr_member(&answer, "taken_over", &taken))
        return false;
    *was_there = taken.kind == JR_TRUE;
    return taken.kind == JR_TRUE || taken.kind == JR_FALSE;
}
