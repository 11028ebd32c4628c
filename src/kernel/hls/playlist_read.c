#include "kernel/hls/playlist_read.h"

#include <string.h>
#include <time.h>

#include "core/attr.h"
#include "core/hex.h"
#include "core/str.h"
#include "kernel/hls/scan.h"

enum { US = 1000000 };

/* ---- values ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits up to a bound; *p moves behind them. */
static bool read_number(const char **p, int64_t max, int64_t *value)
{
    if (!is_digit(**p))
        return false;
    for (*value = 0; is_digit(**p); ++*p) {
        if (*value > max / 10)
            return false;
        *value = *value * 10 + (**p - '0');
    }
    return *value <= max;
}

/* "2", "2.000": microseconds; more decimals than six are cut. */
static bool read_seconds(const char **p, int64_t *us)
{
    if (!read_number(p, HLS_READ_DURATION_US_MAX / US, us))
        return false;
    *us *= US;
    if (**p != '.')
        return true;
    int64_t unit = US / 10;
    for (++*p; is_digit(**p); ++*p, unit /= 10)
        *us += (**p - '0') * unit;
    return *us <= HLS_READ_DURATION_US_MAX;
}

/* "len" or "len@offset" */
static bool read_range(struct hls_playlist_reader *r, const char *text, struct hls_range *range)
{
    range->offset = r->range_end;
    if (!read_number(&text, HLS_READ_NUMBER_MAX, &range->len))
        return false;
    if (*text == '@') {
        text++;
        if (!read_number(&text, HLS_READ_NUMBER_MAX, &range->offset))
            return false;
    }
    r->range_end = range->offset + range->len;
    return *text == '\0' && range->len > 0 && r->range_end <= HLS_READ_NUMBER_MAX;
}

/* "0x" and 32 digits */
static bool read_iv(const char *text, uint8_t *iv)
{
    if (text[0] != '0' || (text[1] | 0x20) != 'x' || strlen(text + 2) != 2 * HLS_IV_LEN)
        return false;
    return hex_decode(text + 2, iv, HLS_IV_LEN);
}

/* A number of exactly `digits` digits, and the character behind it, which 0 leaves open. */
static bool read_digits(const char **p, int digits, char behind, int *value)
{
    for (*value = 0; digits > 0; digits--, ++*p) {
        if (!is_digit(**p))
            return false;
        *value = *value * 10 + (**p - '0');
    }
    if (!behind)
        return true;
    return *(*p)++ == behind;
}

/* "Z", "+02:00", "+0200" */
static bool read_zone(const char *p, int64_t *offset_s)
{
    int hours = 0, minutes = 0;
    *offset_s = 0;
    if (str_equal(p, "Z"))
        return true;
    int sign = *p == '-' ? -1 : 1;
    if (*p != '+' && *p != '-')
        return false;
    p++;
    if (!read_digits(&p, 2, 0, &hours))
        return false;
    p += *p == ':';
    if (!read_digits(&p, 2, 0, &minutes) || *p)
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* ISO 8601 with a zone, after 1970; 0 if it is something else, as if there were none. */
static int64_t read_date(const char *p)
{
    struct tm tm = { 0 };
    int64_t   fraction_us = 0, offset_s;
    if (!read_digits(&p, 4, '-', &tm.tm_year) || !read_digits(&p, 2, '-', &tm.tm_mon) ||
        !read_digits(&p, 2, 'T', &tm.tm_mday) || !read_digits(&p, 2, ':', &tm.tm_hour) ||
        !read_digits(&p, 2, ':', &tm.tm_min) || !read_digits(&p, 2, 0, &tm.tm_sec))
        return 0;
    if (*p == '.') {
        int64_t unit = US / 10;
        for (p++; is_digit(*p); p++, unit /= 10)
            fraction_us += (*p - '0') * unit;
    }
    if (!read_zone(p, &offset_s))
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t wall_us = ((int64_t)timegm(&tm) - offset_s) * US + fraction_us;
    return wall_us > 0 ? wall_us : 0;
}

/* ---- attributes ---- */

static bool read_key(struct hls_playlist_reader *r, char *text)
{
    struct hls_scanned a;
    struct hls_key     key = { .uri_kind = HLS_URI_KEY };
    bool               has_method = false, ok = true;
    while (hls_scan_attribute(&text, &a)) {
        if (str_equal(a.name, "METHOD"))
            ok &= has_method = hls_key_method_read(a.value, &key.method);
        else if (str_equal(a.name, "URI"))
            key.uri = a.value;
        else if (str_equal(a.name, "IV"))
            ok &= key.has_iv = read_iv(a.value, key.iv);
        else if (str_equal(a.name, "KEYFORMAT") && !str_equal(a.value, "identity"))
            key.keyformat = a.value;
    }
    r->key = key;
    r->has_key = key.method != HLS_KEY_NONE;
    return text && ok && has_method && (!r->has_key || key.uri);
}

static bool read_map(struct hls_playlist_reader *r, char *text)
{
    struct hls_scanned a;
    struct hls_map     map = { 0 };
    bool               ok = true;
    r->range_end = 0; /* RFC 8216 4.3.2.5: a range without an offset begins at 0 */
    while (hls_scan_attribute(&text, &a)) {
        if (str_equal(a.name, "URI"))
            map.uri = a.value;
        else if (str_equal(a.name, "BYTERANGE"))
            ok &= read_range(r, a.value, &map.range);
    }
    r->map = map;
    r->has_map = true;
    return text && ok && map.uri;
}

/* Seconds and nothing behind them; negative if it is something else. */
static int64_t seconds_of(const char *text)
{
    int64_t us = 0;
    return read_seconds(&text, &us) && *text == '\0' ? us : -1;
}

/* "0x" and digits, decoded in place. */
static bool read_bytes(char *text, const uint8_t **bytes, size_t *len)
{
    size_t n = strlen(text);
    if (n < 4 || n % 2 || text[0] != '0' || (text[1] | 0x20) != 'x' ||
        !hex_decode(text + 2, (uint8_t *)text, n / 2 - 1))
        return false;
    *bytes = (const uint8_t *)text;
    *len = n / 2 - 1;
    return true;
}

static void take_attribute(struct hls_daterange *d, struct hls_attribute *of_client, const struct hls_scanned *a)
{
    if (str_equal(a->name, "ID"))
        d->id = a->value;
    else if (str_equal(a->name, "CLASS"))
        d->class_name = a->value;
    else if (str_equal(a->name, "START-DATE"))
        d->start_wall_us = read_date(a->value);
    else if (str_equal(a->name, "DURATION"))
        d->duration_us = seconds_of(a->value);
    else if (str_equal(a->name, "PLANNED-DURATION"))
        d->planned_duration_us = seconds_of(a->value);
    else if (str_equal(a->name, "SCTE35-CMD"))
        (void)read_bytes(a->value, &d->scte35_cmd, &d->scte35_cmd_len);
    else if (str_equal(a->name, "SCTE35-OUT"))
        (void)read_bytes(a->value, &d->scte35_out, &d->scte35_out_len);
    else if (str_equal(a->name, "SCTE35-IN"))
        (void)read_bytes(a->value, &d->scte35_in, &d->scte35_in_len);
    else if (str_starts_with(a->name, "X-") && d->n_attributes < HLS_READ_ATTRIBUTES_MAX)
        of_client[d->n_attributes++] = (struct hls_attribute){ .name = a->name, .text = a->value };
}

static void read_daterange(const struct hls_playlist_reader *r, char *text)
{
    struct hls_scanned   a;
    struct hls_attribute of_client[HLS_READ_ATTRIBUTES_MAX];
    struct hls_daterange d = { .duration_us = -1, .planned_duration_us = -1, .attributes = of_client };
    while (hls_scan_attribute(&text, &a))
        take_attribute(&d, of_client, &a);
    if (text && d.id && d.start_wall_us)
        r->on_daterange(r->arg, &d);
}

/* ---- lines ---- */

static bool read_tag_number(const char *text, int64_t *value)
{
    return read_number(&text, HLS_READ_NUMBER_MAX, value) && *text == '\0';
}

/* If the line is this tag, the text behind its colon. */
static char *behind_tag(char *line, const char *tag)
{
    return str_starts_with(line, tag) ? line + strlen(tag) : NULL;
}

/* Read a tag of the whole playlist; false if the line is another. */
static bool read_playlist_tag(struct hls_playlist_reader *r, char *line)
{
    char *v;
    if ((v = behind_tag(line, "#EXT-X-VERSION:")))
        r->bad |= !read_tag_number(v, &r->version);
    else if ((v = behind_tag(line, "#EXT-X-TARGETDURATION:")))
        r->bad |= !read_tag_number(v, &r->target_duration_s);
    else if ((v = behind_tag(line, "#EXT-X-MEDIA-SEQUENCE:")))
        r->bad |= !read_tag_number(v, &r->media_sequence);
    else if ((v = behind_tag(line, "#EXT-X-DISCONTINUITY-SEQUENCE:")))
        r->bad |= !read_tag_number(v, &r->discontinuity_sequence);
    else if (r->on_daterange && (v = behind_tag(line, "#EXT-X-DATERANGE:")))
        read_daterange(r, v);
    else if (str_equal(line, "#EXT-X-INDEPENDENT-SEGMENTS"))
        r->independent = true;
    else if (str_equal(line, "#EXT-X-ENDLIST"))
        r->ended = true;
    else if (str_starts_with(line, "#EXT-X-STREAM-INF:") || str_starts_with(line, "#EXT-X-SKIP:"))
        r->bad = true;
    else
        return false;
    return true;
}

/* Read a tag that applies to segments; others are skipped. */
static void read_segment_tag(struct hls_playlist_reader *r, char *line, struct hls_segment *s, bool *has_duration)
{
    char *v;
    if ((v = behind_tag(line, "#EXTINF:"))) {
        const char *p = v;
        *has_duration = read_seconds(&p, &s->duration_us);
        r->bad |= !*has_duration || (*p != ',' && *p != '\0');
    } else if ((v = behind_tag(line, "#EXT-X-KEY:"))) {
        r->bad |= !read_key(r, v);
    } else if ((v = behind_tag(line, "#EXT-X-MAP:"))) {
        r->bad |= !read_map(r, v);
    } else if ((v = behind_tag(line, "#EXT-X-BYTERANGE:"))) {
        r->bad |= !read_range(r, v, &s->range);
    } else if ((v = behind_tag(line, "#EXT-X-PROGRAM-DATE-TIME:"))) {
        s->wall_us = read_date(v);
    } else if (str_equal(line, "#EXT-X-DISCONTINUITY")) {
        s->discontinuity = true;
    } else if (str_equal(line, "#EXT-X-GAP")) {
        s->gap = true;
    }
}

void hls_playlist_reader_init(struct hls_playlist_reader *r, char *text, size_t len)
{
    char *line;
    *r = (struct hls_playlist_reader){ .next = text, .end = text + len };
    r->bad = memchr(text, '\0', len) || !(line = hls_scan_line(&r->next, r->end)) || !str_equal(line, "#EXTM3U");
}

enum hls_read hls_playlist_read(struct hls_playlist_reader *r, struct hls_segment *segment)
{
    char              *line;
    struct hls_segment s = { 0 };
    bool               has_duration = false;
    while (!r->bad && !r->ended && (line = hls_scan_line(&r->next, r->end))) {
        if (*line == '\0')
            continue;
        if (*line == '#') {
            if (!read_playlist_tag(r, line))
                read_segment_tag(r, line, &s, &has_duration);
            continue;
        }
        if (!has_duration) {
            r->bad = true;
            break;
        }
        s.uri = line;
        s.key = r->has_key ? &r->key : NULL;
        s.map = r->has_map ? &r->map : NULL;
        r->n_read++;
        *segment = s;
        return HLS_READ_SEGMENT;
    }
    return r->bad ? HLS_READ_BAD : HLS_READ_END;
}
