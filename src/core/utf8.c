#include "core/utf8.h"

#include <string.h>

/* How many bytes follow a first byte, and the range of the next one. RFC 3629, 4. */
static bool begin(struct utf8 *u, uint8_t first)
{
    *u = (struct utf8){ .n_missing = 0, .least = 0x80, .most = 0xbf };
    if (first < 0x80)
        return true;
    if (first < 0xc2 || first > 0xf4)
        return false;
    u->n_missing = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    switch (first) {
    case 0xe0: u->least = 0xa0; break; /* below: an overlong form */
    case 0xed: u->most = 0x9f; break;  /* above: a surrogate */
    case 0xf0: u->least = 0x90; break; /* below: an overlong form */
    case 0xf4: u->most = 0x8f; break;  /* above: more than U+10FFFF */
    default: break;
    }
    return true;
}

bool utf8_feed(struct utf8 *u, const void *text, size_t len)
{
    const uint8_t *p = text, *end = p + len;
    for (; p < end; p++) {
        if (u->n_missing == 0) {
            if (!begin(u, *p))
                return false;
            continue;
        }
        if (*p < u->least || *p > u->most)
            return false;
        *u = (struct utf8){ .n_missing = (uint8_t)(u->n_missing - 1), .least = 0x80, .most = 0xbf };
    }
    return true;
}

size_t utf8_char_len(const void *text, size_t len)
{
    const uint8_t *p = text;
    struct utf8    u = { 0 };
    size_t         n = 0;
    do {
        if (n == len || !utf8_feed(&u, &p[n++], 1))
            return 0;
    } while (!utf8_is_whole(&u));
    return n;
}

bool utf8_copy(char *dst, size_t cap, const void *text, size_t len)
{
    const char *from = text, *end = from + len;
    while (from < end) {
        size_t n = *from ? utf8_char_len(from, (size_t)(end - from)) : 0, put = n ? n : 3;
        if (put + 1 > cap)
            break;
        memcpy(dst, n ? from : "\xef\xbf\xbd", put);
        dst += put;
        cap -= put;
        from += n ? n : 1;
    }
    if (cap > 0)
        *dst = '\0';
    return from == end;
}
