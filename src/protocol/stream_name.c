#include "protocol/stream_name.h"

#include <stdio.h>
#include <string.h>

#include "core/hex.h"
#include "core/str.h"

static bool is_control(unsigned char c)
{
    return c < ' ' || c == 0x7F;
}

/* Append one byte, and decode the escape that it completes. */
static size_t put(char *to, size_t n, char c)
{
    to[n++] = c;
    while (n >= 3) {
        int byte = hex_escape(to + n - 3, 3);
        if (byte < 0 || is_control((unsigned char)byte) || byte == '/' || byte == '\\')
            break;
        n -= 3;
        if (byte == ' ')
            break;
        to[n++] = (char)byte;
    }
    return n;
}

size_t stream_name_normalise(char *to, const char *from, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool extra_slash = from[i] == '/' && (n == 0 || to[n - 1] == '/');
        if (from[i] != ' ' && !extra_slash)
            n = put(to, n, from[i]);
    }
    if (n && to[n - 1] == '/')
        n--;
    to[n] = '\0';
    return n;
}

static bool is_dots(const char *part, size_t len)
{
    return (len == 1 || len == 2) && part[0] == '.' && part[len - 1] == '.';
}

bool stream_name_is_safe(const char *normal)
{
    const char *part = normal;
    for (const char *p = normal;; p++) {
        if (*p == '/' || *p == '\0') {
            if (is_dots(part, (size_t)(p - part)))
                return false;
            part = p + 1;
        }
        if (*p == '\0')
            return true;
        int escaped = hex_escape(p, strnlen(p, 3));
        if (is_control((unsigned char)*p) || (escaped >= 0 && is_control((unsigned char)escaped)))
            return false;
    }
}

bool stream_name_take(char to[static STREAM_NAME_MAX + 1], const char *text, size_t len)
{
    bool is_name = len <= STREAM_NAME_MAX && stream_name_normalise(to, text, len) > 0 && stream_name_is_safe(to);
    if (!is_name)
        *to = '\0';
    return is_name;
}

bool stream_name_is_valid(const char *name)
{
    char normal[STREAM_NAME_MAX + 1];
    return stream_name_take(normal, name, strlen(name));
}

static const char *shown_vhost(const char *vhost)
{
    return str_equal(vhost, STREAM_DEFAULT_VHOST) ? "" : vhost;
}

const char *stream_name_identity(char buf[static STREAM_IDENTITY_CAP], const char *vhost, const char *app,
                                 const char *stream)
{
    snprintf(buf, STREAM_IDENTITY_CAP, "%s/%s/%s", shown_vhost(vhost), app, stream);
    return buf;
}

const char *stream_name_key(char buf[static STREAM_IDENTITY_CAP], const char *vhost, const char *app,
                            const char *stream)
{
    stream_name_identity(buf, vhost, app, stream);
    char *name = buf + strlen(shown_vhost(vhost)) + 1;
    stream_name_normalise(name, name, strlen(name));
    return buf;
}
