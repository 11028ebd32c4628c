#include "protocol/rtc/sdp_text.h"

#include <string.h>
#include <strings.h>

bool sdp_is(struct sdp_text text, const char *word)
{
    return text.at && text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

bool sdp_same(struct sdp_text a, struct sdp_text b)
{
    return a.at && b.at && a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

bool sdp_is_token(struct sdp_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f || strchr("\"(),/:;<=>?@[\\]", text.at[i]))
            return false;
    return text.len > 0;
}

struct sdp_text sdp_cut(struct sdp_text *rest, char mark)
{
    const char     *end = rest->len ? memchr(rest->at, mark, rest->len) : NULL;
    struct sdp_text part = *rest;
    if (end)
        part.len = (size_t)(end - part.at);
    rest->at = part.len ? rest->at + part.len : rest->at;
    rest->len -= part.len;
    if (end) {
        rest->at++;
        rest->len--;
    }
    return part;
}

static struct sdp_text skip_spaces(struct sdp_text text)
{
    while (text.len > 0 && (*text.at == ' ' || *text.at == '\t')) {
        text.at++;
        text.len--;
    }
    return text;
}

struct sdp_text sdp_word(struct sdp_text *rest)
{
    *rest = skip_spaces(*rest);
    struct sdp_text word = sdp_cut(rest, ' ');
    *rest = skip_spaces(*rest);
    return word;
}

bool sdp_number(struct sdp_text text, uint32_t max, uint32_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(text.at[i] - '0');
        if (n > max)
            return false;
    }
    *out = (uint32_t)n;
    return text.len > 0;
}

struct sdp_text sdp_parameter(struct sdp_text fmtp, const char *name)
{
    while (fmtp.len > 0) {
        struct sdp_text value = skip_spaces(sdp_cut(&fmtp, ';'));
        struct sdp_text key = sdp_cut(&value, '=');
        if (sdp_is(key, name))
            return value;
    }
    return sdp_text_of(NULL, 0);
}

uint32_t sdp_parameter_number(struct sdp_text fmtp, const char *name, uint32_t otherwise)
{
    uint32_t n = otherwise;
    return sdp_number(sdp_parameter(fmtp, name), INT32_MAX, &n) ? n : otherwise;
}
