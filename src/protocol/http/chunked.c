#include "protocol/http/chunked.h"

#include "core/hex.h"

enum state {
    SIZE_FIRST, /* the first digit of a size */
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START, /* bytes of a line */
    TRAILER,
    TRAILER_LF,
    END_LF,
    ENDED,
    BAD,
};

enum { SIZE_DIGITS_MAX = 15 }; /* a size stays far below the limit of its type */

static enum state in_size(struct http_chunked *c, uint8_t b)
{
    int digit = hex_digit((char)b);
    if (digit >= 0 && c->line_len <= SIZE_DIGITS_MAX) {
        c->left = c->left << 4 | (unsigned)digit;
        return SIZE;
    }
    if (c->state == SIZE_FIRST)
        return BAD;
    return b == ';' ? EXTENSION : b == '\r' ? SIZE_LF : BAD;
}

static enum state in_extension(const struct http_chunked *c, uint8_t b)
{
    if (b == '\r')
        return SIZE_LF;
    return (b < ' ' && b != '\t') || b == 0x7f || c->line_len > HTTP_CHUNK_LINE_MAX ? BAD : EXTENSION;
}

static enum state in_trailer(const struct http_chunked *c, uint8_t b)
{
    if (b == '\r')
        return c->state == TRAILER_START ? END_LF : TRAILER_LF;
    return (b < ' ' && b != '\t') || b == 0x7f || c->line_len > HTTP_TRAILER_MAX ? BAD : TRAILER;
}

static enum state expect_byte(uint8_t b, uint8_t wanted, enum state then)
{
    return b == wanted ? then : BAD;
}

/* Read one byte of the framing. */
static enum state next_state(struct http_chunked *c, uint8_t b)
{
    c->line_len++;
    switch ((enum state)c->state) {
    case SIZE_FIRST:
    case SIZE: return in_size(c, b);
    case EXTENSION: return in_extension(c, b);
    case SIZE_LF: c->line_len = 0; return expect_byte(b, '\n', c->left ? DATA : TRAILER_START);
    case DATA_CR: return expect_byte(b, '\r', DATA_LF);
    case DATA_LF: c->line_len = 0; return expect_byte(b, '\n', SIZE_FIRST);
    case TRAILER_START:
    case TRAILER: return in_trailer(c, b);
    case TRAILER_LF: return expect_byte(b, '\n', TRAILER_START);
    case END_LF: return expect_byte(b, '\n', ENDED);
    default: return BAD;
    }
}

enum http_chunk_read http_chunked_read(struct http_chunked *c, struct rd *in, const uint8_t **data, size_t *len)
{
    while (c->state != ENDED && c->state != BAD && rd_left(in) > 0) {
        if (c->state != DATA) {
            c->state = next_state(c, *rd_bytes(in, 1));
            continue;
        }
        *len = c->left < rd_left(in) ? (size_t)c->left : rd_left(in);
        *data = rd_bytes(in, *len);
        c->left -= *len;
        if (c->left == 0)
            c->state = DATA_CR;
        return HTTP_CHUNK_DATA;
    }
    return c->state == ENDED ? HTTP_CHUNK_END : c->state == BAD ? HTTP_CHUNK_BAD : HTTP_CHUNK_NEED_MORE;
}
