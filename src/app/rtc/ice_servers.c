#include "app/rtc/ice_servers.h"

enum { FIELD_MAX = 4 << 10 };

/* RFC 9110 5.6.4: a backslash goes before a quotation mark and before a backslash. */
static void put_quoted(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "; %s=\"", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buf_text(out, "\\");
        buf_append(out, value, 1);
    }
    buf_text(out, "\"");
}

void rtc_ice_server_write(struct buf *out, const struct conf_words *server)
{
    buf_printf(out, "<%s>; rel=\"ice-server\"", server->items[0]);
    if (server->count < 3)
        return;
    put_quoted(out, "username", server->items[1]);
    put_quoted(out, "credential", server->items[2]);
    buf_text(out, "; credential-type=\"password\"");
}

struct err *rtc_ice_servers_add(struct http_exchange *x, const struct conf_commands *servers)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < servers->count; i++) {
        struct buf value = buf_up_to(FIELD_MAX);
        rtc_ice_server_write(&value, &servers->items[i]);
        if (!(e = buf_error(&value)))
            e = http_add_field(x, "Link", value.bytes);
        buf_finish(&value);
    }
    return e;
}
