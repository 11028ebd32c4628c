#include "core/line_log.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"

/* The checksum's digits and the space behind them. */
enum { HEAD_LEN = 9 };

/* FNV-1a, 32 bits. */
static uint32_t checksum(const char *text, size_t len)
{
    uint32_t hash = 0x811c9dc5;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * 0x01000193;
    return hash;
}

static void format_head(char head[HEAD_LEN + 1], const char *text, size_t len)
{
    snprintf(head, HEAD_LEN + 1, "%08x ", (unsigned)checksum(text, len));
}

bool line_log_format(struct buf *out, const char *text, size_t len)
{
    char   head[HEAD_LEN + 1];
    size_t before = out->len;
    if (memchr(text, '\n', len) || memchr(text, '\0', len))
        return false;
    format_head(head, text, len);
    buf_append(out, head, HEAD_LEN);
    buf_append(out, text, len);
    buf_append(out, "\n", 1);
    if (!out->fault)
        return true;
    buf_rewind(out, before);
    return false;
}

static bool is_sound(const char *line, size_t len)
{
    char head[HEAD_LEN + 1];
    if (len < HEAD_LEN || memchr(line, '\0', len))
        return false;
    format_head(head, line + HEAD_LEN, len - HEAD_LEN);
    return memcmp(head, line, HEAD_LEN) == 0;
}

bool line_log_next(struct line_log_reader *r, const char **text, size_t *len)
{
    while (r->p < r->end) {
        const char *line = r->p, *lf = memchr(line, '\n', (size_t)(r->end - line));
        size_t      n = (size_t)((lf ? lf : r->end) - line);
        r->p = lf ? lf + 1 : r->end;
        if (lf && is_sound(line, n)) {
            *text = line + HEAD_LEN;
            *len = n - HEAD_LEN;
            return true;
        }
        r->n_torn += n > 0;
    }
    return false;
}
