#include "app/hls/timeshift_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/hex.h"
#include "core/line_log.h"

/* The kind of a line comes first, with its version. */
#define RECORD_KIND "s1"
#define HEAD_KIND "h1"

enum { FIELDS_MAX = 16, RECORD_FIELDS = 15, HEAD_FIELDS = 8 };

/* Numbers beyond this are of no use, and sums of them must not overflow. */
#define NUMBER_MAX (INT64_C(1) << 53)

/* ---- writing ---- */

static bool is_text(const char *text)
{
    return !strpbrk(text, "\t\n");
}

static bool put_line(struct buf *out, struct buf *line)
{
    bool fits = !line->fault && line_log_format(out, line->bytes, line->len);
    buf_finish(line);
    return fits;
}

static void put_iv(struct buf *line, const uint8_t iv[static HLS_IV_LEN])
{
    char text[2 * HLS_IV_LEN + 1];
    hex_encode(iv, text, HLS_IV_LEN);
    buf_text(line, text);
}

bool hls_timeshift_put_record(struct buf *out, const struct hls_timeshift_record *r)
{
    struct buf line = buf_up_to(HLS_TIMESHIFT_LINE_MAX);
    if (!is_text(r->init) || !is_text(r->key) || !is_text(r->path))
        return false;
    buf_printf(&line, RECORD_KIND "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64, r->seq,
               r->number, r->discontinuities, r->wall_us, r->duration_us, r->target_s);
    buf_printf(&line, "\t%" PRId64 "\t%d\t%" PRId64 "\t%d\t", r->bytes, r->discontinuity + 2 * r->independent,
               r->init_number, (int)r->method);
    put_iv(&line, r->iv);
    buf_printf(&line, "\t%s\t%s\t%s", r->init, r->key, r->path);
    return put_line(out, &line);
}

bool hls_timeshift_put_head(struct buf *out, const struct hls_timeshift_head *h)
{
    struct buf line = buf_up_to(HLS_TIMESHIFT_LINE_MAX);
    if (!is_text(h->app) || !is_text(h->stream) || !is_text(h->m3u8) || !is_text(h->codecs))
        return false;
    buf_printf(&line, HEAD_KIND "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%s\t%s\t%s\t%s", h->width, h->height,
               h->fps_thousandths, h->codecs, h->app, h->stream, h->m3u8);
    return put_line(out, &line);
}

/* ---- reading ---- */

static size_t split(char *line, char *fields[FIELDS_MAX])
{
    size_t n = 0;
    for (char *at = line; at; n++) {
        char *tab = strchr(at, '\t');
        if (n == FIELDS_MAX)
            return 0;
        fields[n] = at;
        at = tab ? tab + 1 : NULL;
        if (tab)
            *tab = '\0';
    }
    return n;
}

/* A number that is not negative. */
static bool read_number(const char *text, int64_t *value)
{
    char *end;
    *value = strtoll(text, &end, 10);
    return end != text && !*end && *value >= 0 && *value <= NUMBER_MAX;
}

static bool read_numbers(char *const *fields, int64_t *const *values, size_t n)
{
    bool good = true;
    for (size_t i = 0; i < n; i++)
        good &= read_number(fields[i], values[i]);
    return good;
}

static bool read_iv(const char *text, uint8_t iv[static HLS_IV_LEN])
{
    return strlen(text) == 2 * (size_t)HLS_IV_LEN && hex_decode(text, iv, HLS_IV_LEN);
}

static bool read_record(char *const *f, struct hls_timeshift_record *r)
{
    int64_t        flags = 0, method = 0;
    int64_t *const values[] = { &r->seq,   &r->number, &r->discontinuities, &r->wall_us, &r->duration_us, &r->target_s,
                                &r->bytes, &flags,     &r->init_number,     &method };
    *r = (struct hls_timeshift_record){ .init = f[12], .key = f[13], .path = f[14] };
    if (!read_numbers(f + 1, values, 10) || flags > 3 || method > HLS_KEY_SAMPLE_AES_CTR || !read_iv(f[11], r->iv))
        return false;
    r->discontinuity = flags & 1;
    r->independent = flags & 2;
    r->method = (enum hls_key_method)method;
    return *r->path && (method == HLS_KEY_NONE || *r->key) && r->duration_us > 0;
}

static bool read_head(char *const *f, struct hls_timeshift_head *h)
{
    int64_t *const values[] = { &h->width, &h->height, &h->fps_thousandths };
    *h = (struct hls_timeshift_head){ .codecs = f[4], .app = f[5], .stream = f[6], .m3u8 = f[7] };
    return read_numbers(f + 1, values, 3) && *h->m3u8;
}

enum hls_timeshift_line hls_timeshift_read(char *line, struct hls_timeshift_record *r, struct hls_timeshift_head *h)
{
    char  *f[FIELDS_MAX];
    size_t n = split(line, f);
    if (n == RECORD_FIELDS && strcmp(f[0], RECORD_KIND) == 0 && read_record(f, r))
        return HLS_TIMESHIFT_RECORD;
    if (n == HEAD_FIELDS && strcmp(f[0], HEAD_KIND) == 0 && read_head(f, h))
        return HLS_TIMESHIFT_HEAD;
    return HLS_TIMESHIFT_UNKNOWN;
}
