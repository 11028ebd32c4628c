#include "protocol/token/params.h"

#include <string.h>

#include "core/hex.h"

enum { DIGITS_MAX = 18 }; /* of an int64_t */

static bool decode(const char *from, size_t len, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)from[i];
        if (byte == '%') {
            if (len - i < 3 || !hex_decode(from + i + 1, &byte, 1) || byte == 0)
                return false;
            i += 2;
        }
        if (n + 1 >= cap)
            return false;
        out[n++] = (char)byte;
    }
    out[n] = '\0';
    return true;
}

enum params_found params_find(const char *query, const char *name, char *out, size_t cap)
{
    size_t            name_len = strlen(name);
    const char       *p = query + (*query == '?'), *end = p + strcspn(p, "#");
    enum params_found found = PARAMS_NONE;
    out[0] = '\0';
    while (p < end) {
        size_t len = strcspn(p, "&#");
        if (len > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
            bool is_good = found == PARAMS_NONE && decode(p + name_len + 1, len - name_len - 1, out, cap);
            found = is_good ? PARAMS_ONE : PARAMS_BAD;
        }
        p += len + (p[len] == '&');
    }
    if (found != PARAMS_ONE)
        out[0] = '\0';
    return found;
}

bool params_number(const char *text, int64_t *out)
{
    size_t len = strspn(text, "0123456789");
    *out = 0;
    if (len == 0 || len > DIGITS_MAX || text[len])
        return false;
    for (size_t i = 0; i < len; i++)
        *out = *out * 10 + (text[i] - '0');
    return true;
}
