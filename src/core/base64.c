#include "core/base64.h"

static int value_of(char c, const char other[static 2])
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == other[0] ? 62 : c == other[1] ? 63 : -1;
}

/* The length without padding, which fills the last four characters; SIZE_MAX if it does not. */
static size_t len_without_padding(const char *text, size_t len)
{
    size_t bare = len;
    while (bare > 0 && len - bare < 2 && text[bare - 1] == '=')
        bare--;
    return bare < len && len % 4 != 0 ? SIZE_MAX : bare;
}

static bool decode(const char *text, size_t n, const char other[static 2], uint8_t *out, size_t cap, size_t *out_len)
{
    uint32_t bits = 0;
    *out_len = 0;
    if (n % 4 == 1 || n / 4 * 3 + n % 4 * 3 / 4 > cap)
        return false;
    for (size_t i = 0; i < n; i++) {
        int v = value_of(text[i], other);
        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        if (i % 4 > 0)
            out[(*out_len)++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return true;
}

bool base64_decode(const char *text, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
    size_t n = len_without_padding(text, len);
    *out_len = 0;
    return n != SIZE_MAX && decode(text, n, "+/", out, cap, out_len);
}

bool base64_decode_url(const char *text, size_t len, uint8_t *out, size_t cap, size_t *out_len)
{
    return decode(text, len, "-_", out, cap, out_len);
}
