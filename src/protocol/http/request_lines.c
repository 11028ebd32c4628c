#include "protocol/http/request_lines.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/attr.h"

enum { GOOD = 0 };

/* Classes of bytes. */
enum {
    TOKEN = 1, /* RFC 9110 5.6.2 */
    TEXT = 2,  /* may stand in a field's value (5.5), with what is beyond ASCII */
    PLAIN = 4, /* may stand in a target: neither a blank nor a control character */
};

#define T (TOKEN | TEXT | PLAIN)
#define P (TEXT | PLAIN)

/* clang-format off */
static const uint8_t class_of[256] = {
    ['\t'] = TEXT, [' '] = TEXT,
    ['!'] = T, ['"'] = P, ['#'] = T, ['$'] = T, ['%'] = T, ['&'] = T, ['\''] = T, ['('] = P, [')'] = P, ['*'] = T, ['+'] = T,
    [','] = P, ['-'] = T, ['.'] = T, ['/'] = P, ['0' ... '9'] = T, [':'] = P, [';'] = P, ['<'] = P, ['='] = P, ['>'] = P,
    ['?'] = P, ['@'] = P, ['A' ... 'Z'] = T, ['['] = P, ['\\'] = P, [']'] = P, ['^'] = T, ['_'] = T, ['`'] = T,
    ['a' ... 'z'] = T, ['{'] = P, ['|'] = T, ['}'] = P, ['~'] = T, [0x80 ... 0xff] = P,
};
/* clang-format on */

#undef T
#undef P

/* The first byte from `p` on that is not of the class. The head ends with LF, which is of none. */
static char *skip(char *p, int class)
{
    while (class_of[(uint8_t)*p] & class)
        p++;
    return p;
}

static bool ends_line(const char *p)
{
    return p[0] == '\r' && p[1] == '\n';
}

/* Looks at nothing behind the first difference: the head may end there. */
static bool begins_with(const char *p, const char *text)
{
    while (*text && *p == *text)
        p++, text++;
    return !*text;
}

static bool find_method(const char *name, size_t len, enum http_method *method)
{
    static const struct {
        const char *name;
        size_t      len;
    } methods[] = {
#define XX(number, symbol, text) [number] = { #text, sizeof #text - 1 },
        HTTP_METHOD_MAP(XX)
#undef XX
    };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (methods[i].len == len && memcmp(methods[i].name, name, len) == 0) {
            *method = (enum http_method)i;
            return true;
        }
    return false;
}

/* method SP target SP HTTP/d.d; *next is the line behind it */
static int read_request_line(struct http_request_lines *lines, char *line, char **next, const char **why)
{
    static const char version[] = " HTTP/";
    enum { DIGITS = 3, VERSION = sizeof version - 1 };
    char *method_end = skip(line, TOKEN);
    *why = "the request line is none";
    if (method_end == line || *method_end != ' ')
        return HTTP_STATUS_BAD_REQUEST;
    lines->target = method_end + 1;
    char *end = skip(lines->target, PLAIN);
    if (end == lines->target || !begins_with(end, version))
        return HTTP_STATUS_BAD_REQUEST;
    const char *digits = end + VERSION;
    if (!(class_of[(uint8_t)digits[0]] & PLAIN) || digits[1] != '.' || digits[2] < '0' || digits[2] > '9' ||
        !ends_line(digits + DIGITS))
        return HTTP_STATUS_BAD_REQUEST;
    if (digits[0] != '1') {
        *why = "only HTTP/1.0 and 1.1 are spoken here";
        return HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED;
    }
    lines->is_http_1_0 = digits[2] == '0';
    *next = end + VERSION + DIGITS + 2;
    *end = '\0';
    *why = "the method is not known";
    return find_method(line, (size_t)(method_end - line), &lines->method) ? GOOD : HTTP_STATUS_NOT_IMPLEMENTED;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* token ":" value, without a space before the colon (5.1) and without a continuation in the next line (5.2) */
static int read_field(struct http_request_lines *lines, char *line, char **next, const char **why)
{
    char *colon = skip(line, TOKEN);
    *why = "a header line is no field";
    if (colon == line || *colon != ':')
        return HTTP_STATUS_BAD_REQUEST;
    char *value = colon + 1, *end = skip(value, TEXT);
    if (!ends_line(end)) {
        *why = "a control character in a field, or a line that does not end with CR LF";
        return HTTP_STATUS_BAD_REQUEST;
    }
    if (lines->n_fields == lines->cap) {
        *why = "too many header fields";
        return HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
    }
    *next = end + 2;
    while (is_blank(*value))
        value++;
    while (end > value && is_blank(end[-1]))
        end--;
    *colon = *end = '\0';
    lines->fields[lines->n_fields++] = (struct http_pair){ line, value };
    return GOOD;
}

static bool is_option(const char *text, size_t len, const char *option)
{
    return strlen(option) == len && strncasecmp(text, option, len) == 0;
}

/* The elements of a Connection field: a list of tokens. */
static void read_options(struct http_request_lines *lines, const char *list)
{
    while (*list) {
        size_t      len = strcspn(list, ",");
        const char *next = list + len + (list[len] == ',');
        for (; len > 0 && is_blank(*list); len--)
            list++;
        while (len > 0 && is_blank(list[len - 1]))
            len--;
        lines->closes |= is_option(list, len, "close");
        lines->keeps_alive |= is_option(list, len, "keep-alive");
        lines->upgrades |= is_option(list, len, "upgrade");
        list = next;
    }
}

int http_request_lines_read(struct http_request_lines *lines, char *head, size_t len, const char **why)
{
    char *end = head + len, *line = NULL;
    *why = "the head does not end with an empty line";
    if (len < 4 || memcmp(end - 4, "\r\n\r\n", 4) != 0)
        return HTTP_STATUS_BAD_REQUEST;
    lines->n_fields = 0;
    lines->closes = lines->keeps_alive = lines->upgrades = false;
    int status = read_request_line(lines, head, &line, why);
    while (status == GOOD && line < end - 2) {
        status = read_field(lines, line, &line, why);
        if (status == GOOD && strcasecmp(lines->fields[lines->n_fields - 1].name, "Connection") == 0)
            read_options(lines, lines->fields[lines->n_fields - 1].value);
    }
    return status;
}
