#include "app/hls/reload.h"

#include <string.h>

#include "app/hls/hls.h"
#include "app/hls/renditions.h"
#include "core/clock.h"
#include "core/str.h"
#include "protocol/http/request.h"

enum { PATIENCE_TARGETS = 3, MSN_AHEAD_MAX = 2, ADVANCE_PARTS_MIN = 3 };

/* Longer numbers are beyond any playlist. */
enum { DIGITS_MAX = 15 };

/* A decimal number; absent: -1. False if it is something else. */
static bool read_number(const char *text, int64_t *value)
{
    *value = -1;
    if (!text)
        return true;
    if (!*text)
        return false;
    *value = 0;
    for (int digits = 0; *text; text++, digits++) {
        if (*text < '0' || *text > '9' || digits == DIGITS_MAX)
            return false;
        *value = *value * 10 + (*text - '0');
    }
    return true;
}

bool hls_reload_read(struct hls_reload *r, const struct hls *h, const struct http_request *request)
{
    const char *skip = http_request_param(request, "_HLS_skip");
    *r = (struct hls_reload){ .msn = -1, .part = -1 };
    if (!h->show->vhost->hls.ll)
        return true;
    r->skips_dateranges = str_equal(skip, "v2");
    r->is_delta = r->skips_dateranges || str_equal(skip, "YES");
    return read_number(http_request_param(request, "_HLS_msn"), &r->msn) &&
           read_number(http_request_param(request, "_HLS_part"), &r->part) && (r->part < 0 || r->msn >= 0);
}

int64_t hls_reload_patience_us(const struct hls *h)
{
    int64_t target_s = h->target_s > 0 ? h->target_s : 1;
    return PATIENCE_TARGETS * target_s * US_PER_SECOND;
}

/* How many parts behind the last one may be asked for (6.2.5.2, Advance Part Limit). */
static int64_t advance_parts(const struct hls *h)
{
    int64_t part_us = hls_main(h)->part_target_us;
    if (part_us <= 0 || part_us >= US_PER_SECOND)
        return ADVANCE_PARTS_MIN;
    return (ADVANCE_PARTS_MIN * US_PER_SECOND + part_us - 1) / part_us;
}

/* Parts of the segment that grows behind the one with that number; 0 if there is none. */
static int64_t open_parts(const struct hls *h, int64_t number)
{
    const struct segment *open = h->lane->open;
    return open && (int64_t)open->number == number ? (int64_t)open->n_parts : 0;
}

/* Parts of the last segment of the playlist; a rendition may not have that segment. */
static int64_t last_parts(const struct hls *h, int64_t number)
{
    const struct segment *s = lane_newest(h->lane);
    return s && (int64_t)s->number == number ? (int64_t)s->n_parts : 0;
}

enum hls_reload_state hls_reload_look(const struct hls_reload *r, const struct hls *h)
{
    const struct segment *newest = lane_newest(hls_main(h)->lane);
    int64_t               last = newest ? (int64_t)newest->number : -1;
    if (r->msn < last || r->msn < 0)
        return HLS_RELOAD_READY;
    if (r->msn > last + MSN_AHEAD_MAX)
        return HLS_RELOAD_ABSURD;
    if (r->msn == last) /* A part that the segment has not got is the first of the next one. */
        return r->part < last_parts(h, last) || open_parts(h, last + 1) > 0 ? HLS_RELOAD_READY : HLS_RELOAD_WAITS;
    int64_t there = open_parts(h, r->msn);
    if (r->part >= there + advance_parts(h))
        return HLS_RELOAD_ABSURD;
    return r->part >= 0 && r->part < there ? HLS_RELOAD_READY : HLS_RELOAD_WAITS;
}

/* ---- waiting ---- */

void hls_reload_wait_init(struct hls_reload_wait *w, const struct hls_reload *r, const struct hls *h)
{
    *w = (struct hls_reload_wait){ .r = *r, .viewing = h->viewing, .by = h->viewing->by };
    memcpy(w->track, h->track, sizeof w->track);
}

struct hls *hls_reload_find(const struct hls_reload_wait *w)
{
    struct hls *h = w->viewing->by == w->by ? w->viewing->state : NULL;
    return h && *w->track ? hls_renditions_find(h, w->track) : h;
}

struct err *hls_reload_wait(struct hls_reload_wait *w, struct hls **h)
{
    struct err *e = NULL;
    int64_t     deadline_us = now_us() + hls_reload_patience_us(*h);
    while (!e && *h && !w->waiter.is_answered && hls_reload_look(&w->r, *h) == HLS_RELOAD_WAITS) {
        struct lane *lane = hls_main(*h)->lane; /* A track may be silent. The lanes of all tracks are cut together. */
        e = lane_wait(lane, &w->waiter, lane->version, deadline_us);
        *h = hls_reload_find(w);
    }
    return e;
}
