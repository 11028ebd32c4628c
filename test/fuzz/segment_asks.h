/**
 * Requests of viewers of HLS, DASH and HDS, made from a script of bytes: for names that a stream may have, and for those that
 * earlier replies have told.
 */
#ifndef TEST_FUZZ_SEGMENT_ASKS_H
#define TEST_FUZZ_SEGMENT_ASKS_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "core/rd.h"
#include "core/str.h"

enum { SEGMENT_URIS_MAX = 32, SEGMENT_URI_CAP = 192, SEGMENT_ASK_MAX = 1024 };

/** What replies have told. */
struct segment_asks {
    char     uris[SEGMENT_URIS_MAX][SEGMENT_URI_CAP]; /* below /live/, the oldest is replaced first */
    unsigned n_uris;
    char     id[64];       /* hls_ctx of the newest viewer; empty: none */
    uint64_t first_number; /* EXT-X-MEDIA-SEQUENCE */
};

static inline void segment_asks_keep_uri(struct segment_asks *a, const char *text, size_t len)
{
    static const char id[] = "hls_ctx=";
    char             *uri = a->uris[a->n_uris % SEGMENT_URIS_MAX];
    if (len == 0 || len >= SEGMENT_URI_CAP)
        return;
    memcpy(uri, text, len);
    uri[len] = '\0';
    a->n_uris++;
    const char *found = strstr(uri, id);
    if (found)
        snprintf(a->id, sizeof a->id, "%.*s", (int)strcspn(found + sizeof id - 1, "&"), found + sizeof id - 1);
}

static inline void segment_asks_learn_line(struct segment_asks *a, const char *line, size_t len)
{
    static const char uri[] = "URI=\"", sequence[] = "#EXT-X-MEDIA-SEQUENCE:";
    const char       *found = memmem(line, len, uri, sizeof uri - 1);
    if (found) {
        found += sizeof uri - 1;
        const char *end = memchr(found, '"', len - (size_t)(found - line));
        segment_asks_keep_uri(a, found, end ? (size_t)(end - found) : 0);
    } else if (len > sizeof sequence && memcmp(line, sequence, sizeof sequence - 1) == 0) {
        a->first_number = strtoull(line + sizeof sequence - 1, NULL, 10);
    } else if (len > 0 && *line != '#') {
        segment_asks_keep_uri(a, line, len);
    }
}

/** Learn from the body of a reply, if it is a playlist. */
static inline void segment_asks_learn(struct segment_asks *a, const char *body, size_t len)
{
    static const char first[] = "#EXTM3U\n";
    if (len < sizeof first || memcmp(body, first, sizeof first - 1) != 0)
        return;
    for (const char *end; (end = memchr(body, '\n', len));) {
        segment_asks_learn_line(a, body, (size_t)(end - body));
        len -= (size_t)(end + 1 - body);
        body = end + 1;
    }
}

static inline void segment_asks_write_path(struct rd *script, const struct segment_asks *a, struct str *out)
{
    static const char *const names[] = { "a", "b", "c", "a_1", "a_2", "/a", "../.hls/a" };
    static const struct {
        const char *before, *behind; /* a number; NULL: there is none */
    } forms[] = {
        { ".m3u8", NULL },     { ".m3u8", NULL },
        { ".mpd", NULL },      { ".f4m", NULL },
        { ".abst", NULL },     { "-", ".ts" },
        { "-", "-part-0.ts" }, { "-", ".m4s" },
        { "-", ".key" },       { "-", "-part-1.m4s" },
        { "/init.mp4", NULL }, { "/init-", ".mp4" },
        { "/time", NULL },     { "/video-", ".m4s" },
        { "/audio-", ".m4s" }, { "/video-init.mp4", NULL },
        { "Seg1-Frag", "" },   { "/audio-init.mp4", NULL },
    };
    uint8_t how = rd_u8(script), which = rd_u8(script);
    str_printf(out, "/live/");
    if (how >= 0x80 && a->n_uris > 0) {
        str_printf(out, "%s", a->uris[which % (a->n_uris < SEGMENT_URIS_MAX ? a->n_uris : SEGMENT_URIS_MAX)]);
        return;
    }
    size_t form = how % ARRAY_LEN(forms);
    str_printf(out, "%s%s", names[which % ARRAY_LEN(names)], forms[form].before);
    if (forms[form].behind)
        str_printf(out, "%" PRIu64 "%s", (which & 0x80 ? a->first_number : 0) + (which >> 3 & 15), forms[form].behind);
}

static inline void segment_asks_write_query(struct rd *script, const struct segment_asks *a, struct str *out)
{
    uint8_t  how = rd_u8(script), value = rd_u8(script);
    uint64_t number = a->first_number + value % 16;
    char     before = strchr(out->buf, '?') ? '&' : '?';
    if (how & 0x40 && *a->id) {
        str_printf(out, "%chls_ctx=%s", before, a->id);
        before = '&';
    }
    switch (how % 16) {
    case 0: str_printf(out, "%c_HLS_msn=%" PRIu64, before, number); break;
    case 1: str_printf(out, "%c_HLS_msn=%" PRIu64 "&_HLS_part=%u", before, number, value >> 4); break;
    case 2: str_printf(out, "%c_HLS_skip=YES", before); break;
    case 3: str_printf(out, "%c_HLS_skip=v2&_HLS_msn=%" PRIu64, before, number); break;
    case 4: str_printf(out, "%c_HLS_msn=%u99999999999999", before, value); break;
    case 5: str_printf(out, "%cdelay=%u", before, value); break;
    case 6: str_printf(out, "%cstart=0&end=99999999999", before); break;
    case 7: str_printf(out, "%cstart=1%u&end=x", before, value); break;
    case 8: str_printf(out, "%chls_media=1", before); break;
    case 9: str_printf(out, "%chls_ctx=%x", before, value); break;
    case 10: str_printf(out, "%cvhost=v", before); break;
    default: break;
    }
}

/** Write a request. Returns its length. */
static inline size_t segment_asks_write(struct rd *script, const struct segment_asks *a,
                                        char text[static SEGMENT_ASK_MAX])
{
    struct str out = str_over(text, SEGMENT_ASK_MAX);
    uint8_t    how = rd_u8(script);
    str_printf(&out, "%s ", how >= 0xf0 ? "HEAD" : "GET");
    segment_asks_write_path(script, a, &out);
    segment_asks_write_query(script, a, &out);
    str_printf(&out, " HTTP/1.1\r\nHost: h\r\n%s", how & 1 ? "Accept-Encoding: gzip\r\n" : "");
    if (how & 2)
        str_printf(&out, "Range: bytes=%u-%u\r\n", how, rd_u8(script));
    if (how & 4)
        str_printf(&out, "If-None-Match: *\r\n");
    str_printf(&out, "\r\n");
    return out.cut ? 0 : out.len;
}

#endif
