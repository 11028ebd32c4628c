#include "core/uri.h"

#include <stdint.h>

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~' || c == '/';
}

void uri_put_path(struct buf *b, const char *path)
{
    static const char hex[] = "0123456789ABCDEF";
    for (const char *from = path; *path; from = path) {
        while (is_plain((uint8_t)*path))
            path++;
        buf_append(b, from, (size_t)(path - from));
        for (; *path && !is_plain((uint8_t)*path); path++)
            buf_append(b, (char[]){ '%', hex[(uint8_t)*path >> 4], hex[(uint8_t)*path & 15] }, 3);
    }
}
