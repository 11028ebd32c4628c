#include "body_scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/str.h"

void body_scan_init(struct body_scan *s)
{
    *s = (struct body_scan){ .at = BODY_SCAN_HEAD };
}

void body_scan_init_with_end(struct body_scan *s)
{
    *s = (struct body_scan){ .at = BODY_SCAN_HEAD, .has_end = true };
}

/* Read a line into s->line, without its end; a long line is cut. False when the line is not complete. */
static bool read_line(struct body_scan *s, struct rd *in)
{
    while (rd_left(in)) {
        char c = (char)rd_u8(in);
        if (c == '\n') {
            if (s->n_line && s->line[s->n_line - 1] == '\r')
                s->n_line--;
            s->line[s->n_line] = '\0';
            s->n_line = 0;
            return true;
        }
        if (s->n_line < BODY_SCAN_LINE_MAX - 1)
            s->line[s->n_line++] = c;
    }
    return false;
}

static void end_head(struct body_scan *s)
{
    if (s->chunked)
        s->at = BODY_SCAN_SIZE;
    else if (s->has_length && s->left == 0)
        s->at = BODY_SCAN_OVER;
    else
        s->at = BODY_SCAN_PLAIN;
}

static void take_head_line(struct body_scan *s)
{
    static const char coding[] = "transfer-encoding:", length[] = "content-length:";
    if (str_starts_with(s->line, "HTTP/")) {
        if (!strstr(s->line, " 200"))
            s->failure = "the answer is not 200";
    } else if (strncasecmp(s->line, coding, sizeof coding - 1) == 0) {
        s->chunked = strcasestr(s->line, "chunked") != NULL;
    } else if (s->has_end && strncasecmp(s->line, length, sizeof length - 1) == 0) {
        s->left = strtoull(s->line + sizeof length - 1, NULL, 10);
        s->has_length = true;
    } else if (!s->line[0]) {
        end_head(s);
    }
}

static void take_size(struct body_scan *s)
{
    s->left = strtoull(s->line, NULL, 16);
    if (!isxdigit((unsigned char)s->line[0]))
        s->failure = "the chunked coding is broken";
    else if (s->left)
        s->at = BODY_SCAN_CHUNK;
    else
        s->at = s->has_end ? BODY_SCAN_TRAILER : BODY_SCAN_OVER;
}

static void take_line(struct body_scan *s)
{
    switch (s->at) {
    case BODY_SCAN_HEAD: take_head_line(s); break;
    case BODY_SCAN_SIZE: take_size(s); break;
    case BODY_SCAN_TRAILER: s->at = s->line[0] ? BODY_SCAN_TRAILER : BODY_SCAN_OVER; break;
    case BODY_SCAN_CHUNK_END:
        s->at = BODY_SCAN_SIZE;
        if (s->line[0])
            s->failure = "the chunked coding is broken";
        break;
    default: break;
    }
}

/* The next bytes of the body, as many as there are of this chunk, or of a body whose length is known. */
static struct rd take_bytes(struct body_scan *s, struct rd *in)
{
    size_t n = rd_left(in);
    if (s->at == BODY_SCAN_CHUNK || s->has_length) {
        n = n < s->left ? n : (size_t)s->left;
        s->left -= n;
        if (s->left == 0)
            s->at = s->at == BODY_SCAN_CHUNK ? BODY_SCAN_CHUNK_END : BODY_SCAN_OVER;
    }
    return rd_over(rd_bytes(in, n), n);
}

bool body_scan_next(struct body_scan *s, struct rd *in, struct rd *part)
{
    while (rd_left(in) && !s->failure && !body_scan_is_over(s)) {
        if (s->at == BODY_SCAN_OVER) {
            s->failure = "more comes behind the last chunk";
        } else if (s->at == BODY_SCAN_PLAIN || s->at == BODY_SCAN_CHUNK) {
            *part = take_bytes(s, in);
            return true;
        } else if (read_line(s, in)) {
            take_line(s);
        }
    }
    if (s->at == BODY_SCAN_OVER && !s->has_end && !s->failure)
        s->failure = "the stream has ended";
    return false;
}
