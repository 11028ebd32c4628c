#include "kernel/hls/playlist.h"

#include <inttypes.h>
#include <string.h>

#include "core/str.h"
#include "kernel/hls/attribute.h"

enum { US = 1000000 };

/* The tags in force at one place of the text: each applies to all segments behind it. */
struct in_force {
    const struct hls_key *key;
    const struct hls_map *map;
};

/* ---- versions ---- */

static void at_least(int *version, int needed)
{
    if (*version < needed)
        *version = needed;
}

/* rfc8216bis 8 */
static void count_segment(int *version, const struct hls_segment *s)
{
    enum { BYTE_RANGES = 4, MAP = 6, GAP = 8 };
    if (s->range.len > 0)
        at_least(version, BYTE_RANGES);
    at_least(version, hls_key_version(s->key));
    if (s->map)
        at_least(version, MAP);
    if (s->gap)
        at_least(version, GAP);
}

int hls_playlist_version(const struct hls_playlist *p)
{
    enum { DECIMALS = 3, SKIP = 9, SKIP_DATERANGES = 10 };
    int version = DECIMALS;
    for (size_t i = p->skip; i < p->n_segments; i++)
        count_segment(&version, &p->segments[i]);
    if (p->open)
        count_segment(&version, p->open);
    if (p->skip > 0)
        at_least(&version, SKIP);
    if (p->skip > 0 && p->skip_dateranges)
        at_least(&version, SKIP_DATERANGES);
    return version;
}

/* ---- the head ---- */

static void write_server_control(struct hls_text *t, const struct hls_playlist *p)
{
    if (!p->can_block_reload && !p->can_skip_until_us && !p->hold_back_us && !p->part_hold_back_us)
        return;
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-SERVER-CONTROL");
    if (p->can_block_reload)
        hls_attribute_word(&a, "CAN-BLOCK-RELOAD", "YES");
    if (p->can_skip_until_us)
        hls_attribute_seconds(&a, "CAN-SKIP-UNTIL", p->can_skip_until_us);
    if (p->can_skip_until_us && p->can_skip_dateranges)
        hls_attribute_word(&a, "CAN-SKIP-DATERANGES", "YES");
    if (p->hold_back_us)
        hls_attribute_seconds(&a, "HOLD-BACK", p->hold_back_us);
    if (p->part_hold_back_us)
        hls_attribute_seconds(&a, "PART-HOLD-BACK", p->part_hold_back_us);
    hls_attributes_end(&a);
}

static void write_part_inf(struct hls_text *t, const struct hls_playlist *p)
{
    if (!p->part_target_us)
        return;
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-PART-INF");
    hls_attribute_seconds(&a, "PART-TARGET", p->part_target_us);
    hls_attributes_end(&a);
}

/* bis 4.4.5.2: a quoted string of identifiers that are separated by tabs; it is empty if none was removed */
static void write_removed_dateranges(struct hls_attributes *a, const struct hls_playlist *p)
{
    if (!p->skip_dateranges)
        return;
    hls_attribute_word(a, "RECENTLY-REMOVED-DATERANGES", "\"");
    for (size_t i = 0; i < p->n_removed_dateranges; i++) {
        buf_text(&a->t->text, i > 0 ? "\t" : "");
        hls_text_inside_quotes(&a->t->text, p->removed_dateranges[i]);
    }
    buf_text(&a->t->text, "\"");
}

static void write_skip(struct hls_text *t, const struct hls_playlist *p)
{
    if (p->skip == 0)
        return;
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-SKIP");
    hls_attribute_integer(&a, "SKIPPED-SEGMENTS", (int64_t)p->skip);
    write_removed_dateranges(&a, p);
    hls_attributes_end(&a);
}

static void write_head(struct hls_text *t, const struct hls_playlist *p)
{
    static const char *const types[] = { "", "#EXT-X-PLAYLIST-TYPE:EVENT\n", "#EXT-X-PLAYLIST-TYPE:VOD\n" };
    struct buf              *b = &t->text;
    buf_printf(b, "#EXTM3U\n#EXT-X-VERSION:%d\n", hls_playlist_version(p));
    buf_printf(b, "#EXT-X-MEDIA-SEQUENCE:%" PRId64 "\n", p->media_sequence);
    buf_printf(b, "#EXT-X-TARGETDURATION:%" PRId64 "\n", p->target_duration_s);
    if (p->discontinuity_sequence)
        buf_printf(b, "#EXT-X-DISCONTINUITY-SEQUENCE:%" PRId64 "\n", p->discontinuity_sequence);
    if (p->independent)
        buf_text(b, "#EXT-X-INDEPENDENT-SEGMENTS\n");
    buf_text(b, types[p->type]);
    write_server_control(t, p);
    write_part_inf(t, p);
    write_skip(t, p);
}

/* ---- date ranges ---- */

static void write_command(struct hls_attributes *a, const char *name, const uint8_t *bytes, size_t len)
{
    if (len > 0)
        hls_attribute_hex(a, name, bytes, len);
}

/* bis 4.4.5.1: names of attributes that are not in the specification begin with "X-". */
static bool is_client_attribute(const char *name)
{
    return str_starts_with(name, "X-") && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(name);
}

static void write_daterange(struct hls_text *t, const struct hls_daterange *d)
{
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-DATERANGE");
    hls_attribute_text(&a, "ID", d->id);
    if (d->class_name)
        hls_attribute_text(&a, "CLASS", d->class_name);
    hls_attribute_date(&a, "START-DATE", d->start_wall_us);
    if (d->duration_us >= 0)
        hls_attribute_seconds(&a, "DURATION", d->duration_us);
    if (d->planned_duration_us >= 0)
        hls_attribute_seconds(&a, "PLANNED-DURATION", d->planned_duration_us);
    write_command(&a, "SCTE35-CMD", d->scte35_cmd, d->scte35_cmd_len);
    write_command(&a, "SCTE35-OUT", d->scte35_out, d->scte35_out_len);
    write_command(&a, "SCTE35-IN", d->scte35_in, d->scte35_in_len);
    for (size_t i = 0; i < d->n_attributes; i++)
        if (is_client_attribute(d->attributes[i].name))
            hls_attribute_text(&a, d->attributes[i].name, d->attributes[i].text);
    hls_attributes_end(&a);
}

static void write_dateranges(struct hls_text *t, const struct hls_playlist *p)
{
    bool leave_out = p->skip > 0 && p->skip_dateranges;
    for (size_t i = 0; i < p->n_dateranges; i++)
        if (!leave_out || !p->dateranges[i].old)
            write_daterange(t, &p->dateranges[i]);
}

/* ---- keys and initialization sections ---- */

static bool is_same_map(const struct hls_map *a, const struct hls_map *b)
{
    if (a == b || !a || !b)
        return a == b;
    return str_equal(a->uri, b->uri) && a->range.offset == b->range.offset && a->range.len == b->range.len;
}

static void write_key(struct hls_text *t, const struct hls_key *key)
{
    hls_key_write(t, "EXT-X-KEY", key);
}

static void write_range(struct hls_attributes *a, struct hls_range range)
{
    if (range.len > 0) {
        char       text[48];
        struct str s = str_over(text, sizeof text);
        str_printf(&s, "%" PRId64 "@%" PRId64, range.len, range.offset);
        hls_attribute_text(a, "BYTERANGE", text);
    }
}

static void write_map(struct hls_text *t, const struct hls_map *m)
{
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-MAP");
    hls_attribute_uri(&a, "URI", m->uri, HLS_URI_MEDIA);
    write_range(&a, m->range);
    hls_attributes_end(&a);
}

/* A key with the method AES-128 would also apply to the initialization sections behind it (bis 4.4.4.4), and ours are never
 * encrypted: it is suspended in front of a section, and restated behind it. */
static void write_in_force(struct hls_text *t, struct in_force *now, const struct hls_segment *s)
{
    if (s->map && !is_same_map(s->map, now->map)) {
        if (now->key && now->key->method == HLS_KEY_AES_128) {
            write_key(t, NULL);
            now->key = NULL;
        }
        write_map(t, s->map);
        now->map = s->map;
    }
    const struct hls_key *key = s->key && s->key->method != HLS_KEY_NONE ? s->key : NULL;
    if (!hls_key_is_same(key, now->key))
        write_key(t, key);
    now->key = key;
}

/* ---- segments and parts ---- */

static void write_part(struct hls_text *t, const struct hls_part *part)
{
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-PART");
    hls_attribute_seconds(&a, "DURATION", part->duration_us);
    hls_attribute_uri(&a, "URI", part->uri, HLS_URI_MEDIA);
    write_range(&a, part->range);
    if (part->independent)
        hls_attribute_word(&a, "INDEPENDENT", "YES");
    if (part->gap)
        hls_attribute_word(&a, "GAP", "YES");
    hls_attributes_end(&a);
}

/* The tags of a segment, which stand in front of its parts. */
static void write_tags(struct hls_text *t, struct in_force *now, const struct hls_segment *s)
{
    if (s->discontinuity)
        buf_text(&t->text, "#EXT-X-DISCONTINUITY\n");
    write_in_force(t, now, s);
    if (s->wall_us) {
        buf_text(&t->text, "#EXT-X-PROGRAM-DATE-TIME:");
        hls_text_date(&t->text, s->wall_us);
        buf_text(&t->text, "\n");
    }
    if (s->gap)
        buf_text(&t->text, "#EXT-X-GAP\n");
}

static void write_parts(struct hls_text *t, const struct hls_segment *s)
{
    for (size_t i = 0; i < s->n_parts; i++)
        write_part(t, &s->parts[i]);
}

static int64_t ms_of(const struct hls_segment *s)
{
    return (s->duration_us + 500) / 1000;
}

static void write_segment(struct hls_text *t, const struct hls_segment *s)
{
    int64_t ms = ms_of(s);
    if (s->bitrate_bps)
        buf_printf(&t->text, "#EXT-X-BITRATE:%" PRId64 "\n", (s->bitrate_bps + 500) / 1000);
    if (s->range.len > 0)
        buf_printf(&t->text, "#EXT-X-BYTERANGE:%" PRId64 "@%" PRId64 "\n", s->range.len, s->range.offset);
    buf_printf(&t->text, "#EXTINF:%" PRId64 ".%03d, no desc\n", ms / 1000, (int)(ms % 1000));
    hls_text_uri(t, s->uri, HLS_URI_MEDIA);
    buf_text(&t->text, "\n");
}

static int64_t parts_us(const struct hls_segment *s)
{
    int64_t us = 0;
    for (size_t i = 0; s && i < s->n_parts; i++)
        us += s->parts[i].duration_us;
    return us;
}

/* The number of segments whose end is at least `us` before the end of the playlist. */
static size_t count_before(const struct hls_playlist *p, int64_t us)
{
    int64_t behind_us = parts_us(p->open);
    size_t  n = p->n_segments;
    while (n > 0 && behind_us < us)
        behind_us += p->segments[--n].duration_us;
    return n;
}

size_t hls_playlist_skippable(const struct hls_playlist *p)
{
    return p->can_skip_until_us > 0 ? count_before(p, p->can_skip_until_us) : 0;
}

/* bis 4.4.4.9: parts are of use within three target durations from the end; further away they should be left out. */
static void write_segments(struct hls_text *t, const struct hls_playlist *p)
{
    struct in_force now = { 0 };
    size_t          without_parts = count_before(p, 3 * p->target_duration_s * US);
    for (size_t i = p->skip; i < p->n_segments; i++) {
        write_tags(t, &now, &p->segments[i]);
        if (i >= without_parts)
            write_parts(t, &p->segments[i]);
        write_segment(t, &p->segments[i]);
    }
    if (p->open && p->open->n_parts > 0) {
        write_tags(t, &now, p->open);
        write_parts(t, p->open);
    }
}

/* ---- the end ---- */

static void write_hint(struct hls_text *t, const char *type, const struct hls_hint *hint)
{
    if (!hint->uri)
        return;
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-PRELOAD-HINT");
    hls_attribute_word(&a, "TYPE", type);
    hls_attribute_uri(&a, "URI", hint->uri, HLS_URI_MEDIA);
    if (hint->offset > 0 || hint->len > 0)
        hls_attribute_integer(&a, "BYTERANGE-START", hint->offset);
    if (hint->len > 0)
        hls_attribute_integer(&a, "BYTERANGE-LENGTH", hint->len);
    hls_attributes_end(&a);
}

static void write_report(struct hls_text *t, const struct hls_report *r)
{
    struct hls_attributes a = hls_attributes_begin(t, "EXT-X-RENDITION-REPORT");
    hls_attribute_uri(&a, "URI", r->uri, HLS_URI_PLAYLIST);
    hls_attribute_integer(&a, "LAST-MSN", r->last_msn);
    if (r->last_part >= 0)
        hls_attribute_integer(&a, "LAST-PART", r->last_part);
    hls_attributes_end(&a);
}

/*
 * Low latency, and no segment is open: the publisher is away. Where the last line is a segment's URI, hls.js 1.7 takes that segment for the
 * open one, misses it in the next playlist, and gives up. Any line behind it helps.
 */
static void write_pause(struct hls_text *t, const struct hls_playlist *p)
{
    bool has_open = p->open && p->open->n_parts > 0;
    if (p->part_target_us && !has_open && !p->hint.uri)
        buf_text(&t->text, "# no segment is open\n");
}

void hls_playlist_write(struct hls_text *t, const struct hls_playlist *p)
{
    write_head(t, p);
    write_dateranges(t, p);
    write_segments(t, p);
    if (p->end) {
        buf_text(&t->text, "#EXT-X-ENDLIST\n");
        return;
    }
    write_pause(t, p);
    write_hint(t, "MAP", &p->hint_map);
    write_hint(t, "PART", &p->hint);
    for (size_t i = 0; i < p->n_reports; i++)
        write_report(t, &p->reports[i]);
}

int64_t hls_playlist_target_s(const struct hls_segment *segments, size_t n, int64_t at_least_us)
{
    int64_t target_s = at_least_us > US ? (at_least_us + US - 1) / US : 1;
    for (size_t i = 0; i < n; i++) {
        int64_t ms = ms_of(&segments[i]); /* what EXTINF says is what has to fit */
        if ((ms + 500) / 1000 > target_s)
            target_s = (ms + 500) / 1000;
    }
    return target_s;
}
