#include "kernel/hls/master_read.h"

#include <string.h>

#include "core/str.h"
#include "kernel/hls/scan.h"

static const char tag[] = "#EXT-X-STREAM-INF:";

/* No stream has more; a number with more digits is none. */
#define BANDWIDTH_MAX (INT64_C(1) << 53)

bool hls_is_master(const char *text, size_t len)
{
    const char *end = text + len;
    for (const char *line = text; line && line < end;) {
        if ((size_t)(end - line) >= sizeof tag - 1 && memcmp(line, tag, sizeof tag - 1) == 0)
            return true;
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        line = line_end ? line_end + 1 : NULL;
    }
    return false;
}

static bool read_bandwidth(const char *text, int64_t *bps)
{
    *bps = 0;
    for (; *text >= '0' && *text <= '9' && *bps < BANDWIDTH_MAX; text++)
        *bps = *bps * 10 + (*text - '0');
    return *text == '\0' && *bps > 0;
}

/* Read the attributes of a variant; BANDWIDTH is required. */
static bool read_variant(struct hls_choice *v, char *text)
{
    struct hls_scanned a;
    bool               ok = false;
    *v = (struct hls_choice){ .uri = NULL };
    while (hls_scan_attribute(&text, &a)) {
        if (str_equal(a.name, "BANDWIDTH"))
            ok = read_bandwidth(a.value, &v->bandwidth_bps);
        else if (str_equal(a.name, "AUDIO"))
            v->has_audio_elsewhere = true;
    }
    return text && ok;
}

bool hls_master_choose(struct hls_choice *out, char *text, size_t len)
{
    char             *next = text, *end = text + len, *line;
    struct hls_choice v;
    bool              has_variant = false;
    *out = (struct hls_choice){ .uri = NULL };
    if (memchr(text, '\0', len) || !(line = hls_scan_line(&next, end)) || !str_equal(line, "#EXTM3U"))
        return false;
    while ((line = hls_scan_line(&next, end))) {
        if (str_starts_with(line, tag)) {
            has_variant = read_variant(&v, line + sizeof tag - 1);
        } else if (*line && *line != '#') {
            v.uri = line;
            if (has_variant && v.bandwidth_bps > out->bandwidth_bps)
                *out = v;
            has_variant = false;
        }
    }
    return out->uri;
}
