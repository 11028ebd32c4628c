#include "protocol/http/url.h"

#include <string.h>

#include "core/hex.h"

/* The segment that begins at `start` and ends at `end`: drop it if it is ".", its parent too if it is "..". Returns the new
 * end, NULL above the root. `is_last`: no '/' follows, so "." and ".." leave a folder behind. */
static char *end_segment(char *out, char *start, char *end, bool is_last)
{
    size_t len = (size_t)(end - start);
    bool   here = len == 1 && start[0] == '.';
    bool   up = len == 2 && start[0] == '.' && start[1] == '.';
    if (!here && !up) {
        if (!is_last)
            *end++ = '/';
        return end;
    }
    if (here)
        return start;
    if (start == out + 1)
        return NULL;
    for (start--; start[-1] != '/'; start--)
        ;
    return start;
}

bool http_path_decode(char *out, const char *path, size_t len)
{
    const char *end = path + len;
    if (len == 0 || path[0] != '/')
        return false;
    *out = '/';
    char *segment = out + 1, *w = segment;
    for (const char *p = path + 1; p < end; p++) {
        int c = (unsigned char)*p;
        if (c == '%') {
            c = hex_escape(p, (size_t)(end - p));
            p += 2;
            if (c < 0 || c == '/')
                return false;
        } else if (c == '/') {
            segment = w = end_segment(out, segment, w, false);
            if (!w)
                return false;
            continue;
        }
        if (c == '\0' || c == '\\')
            return false;
        *w++ = (char)c;
    }
    w = end_segment(out, segment, w, true);
    if (!w)
        return false;
    *w = '\0';
    return true;
}

/* RFC 3986 3.3: characters of a segment, and the separator of segments. */
static bool is_path_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-._~!$&'()*+,;=:@/", c);
}

bool http_path_encode(char *out, size_t cap, const char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *path; path++) {
        if (cap < 4)
            return false;
        if (is_path_char(*path)) {
            *out++ = *path;
            cap--;
            continue;
        }
        *out++ = '%';
        *out++ = digits[(unsigned char)*path >> 4];
        *out++ = digits[*path & 15];
        cap -= 3;
    }
    *out = '\0';
    return cap > 0;
}

/* Decode `len` bytes to `*w`, terminated; `*w` moves past the terminator. False for a NUL. */
static bool decode_text(char **w, const char *p, size_t len)
{
    for (const char *end = p + len; p < end; p++) {
        int c = hex_escape(p, (size_t)(end - p));
        if (c == 0)
            return false;
        *(*w)++ = c < 0 ? *p : (char)c;
        p += c < 0 ? 0 : 2;
    }
    *(*w)++ = '\0';
    return true;
}

bool http_query_split(const char *query, char *text, struct http_pair *pairs, size_t cap, size_t *count)
{
    *count = 0;
    for (const char *p = query; *p; p += *p == '&') {
        size_t len = strcspn(p, "&"), name_len = strcspn(p, "=&");
        if (len > 0) {
            if (*count == cap)
                return false;
            struct http_pair *pair = &pairs[(*count)++];
            pair->name = text;
            if (!decode_text(&text, p, name_len))
                return false;
            pair->value = text;
            if (name_len == len)
                pair->value = text - 1; /* the name's terminator */
            else if (!decode_text(&text, p + name_len + 1, len - name_len - 1))
                return false;
        }
        p += len;
    }
    return true;
}
