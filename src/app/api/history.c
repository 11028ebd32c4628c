/* The numbers of a stream, or of the server, over the last day. SRS has no such endpoint. */
#include <stdlib.h>
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/session/histories.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "protocol/http/status.h"

/* How far back an answer goes without `from`. */
enum { DEFAULT_SPAN_S = 15 * 60 };

/* Part of a history: steps of a tier, by their numbers, `per_row` of them in each row of the answer. */
struct span {
    bool    coarse;
    int64_t first, last;
    int64_t per_row;
};

static int64_t step_s(const struct span *s)
{
    return s->coarse ? HISTORY_COARSE_S : HISTORY_FINE_S;
}

/* The furthest that a time relative to now goes back: nothing that is kept is older. */
enum { BACK_S_MAX = 7 * 24 * 3600 };

/* A time in milliseconds since 1970; a negative number counts seconds back from now. */
static bool read_time(const struct api_reply *r, const char *name, int64_t *ms)
{
    const char *text = api_param(r, name);
    if (!text)
        return true;
    const char *digits = text + (*text == '-');
    size_t      n = strspn(digits, "0123456789");
    if (n < 1 || n > 15 || digits[n])
        return false;
    int64_t value = strtoll(text, NULL, 10);
    if (*text == '-')
        value = wall_now_us() / US_PER_MS - (-value < BACK_S_MAX ? -value : BACK_S_MAX) * 1000;
    *ms = value;
    return true;
}

/* Choose the steps of the answer: the coarse ones where the fine ones are not kept any more, or not asked for. */
static bool read_span(const struct api_reply *r, struct span *s)
{
    int64_t now = now_us(), wall_ms = wall_now_us() / US_PER_MS, from_ms = wall_ms - DEFAULT_SPAN_S * 1000,
            to_ms = wall_ms;
    int64_t row_s = api_number(r, "step", 0, 24 * 3600);
    if (!read_time(r, "from", &from_ms) || !read_time(r, "to", &to_ms) || to_ms < from_ms)
        return false;
    int64_t from = now - (wall_ms - from_ms) * US_PER_MS, to = now - (wall_ms - to_ms) * US_PER_MS;
    int64_t oldest_fine = now - INT64_C(1) * HISTORY_FINE_STEPS * HISTORY_FINE_S * US_PER_SECOND;
    s->coarse = row_s >= HISTORY_COARSE_S || from < oldest_fine - HISTORY_FINE_S * US_PER_SECOND;
    int64_t length = step_s(s) * US_PER_SECOND;
    int64_t n_steps = s->coarse ? HISTORY_COARSE_STEPS : HISTORY_FINE_STEPS;
    s->last = (to < now ? to : now) / length;
    s->first = from / length > now / length - n_steps ? from / length : now / length - n_steps;
    s->first = s->first > 0 ? s->first : 0;
    s->per_row = row_s > step_s(s) ? (row_s + step_s(s) - 1) / step_s(s) : 1;
    s->first -= s->first % s->per_row; /* rows stand at the same times in each answer */
    return true;
}

/* The history of the stream of that id or url; NULL means that of the server. */
static const struct history *find(const struct api_reply *r, const char *stream)
{
    const struct histories *all = &r->server->histories;
    if (!stream)
        return &all->server;
    static const struct history none; /* of a stream that has not been sampled yet, or found no room */
    const struct source        *s = registry_find_stream(&r->server->registry, stream);
    const struct history       *h = histories_find(all, s ? s->identity : stream);
    return h || !s ? h : &none;
}

static void put_row(struct jw *j, const struct history *h, const struct span *s, int64_t first, int64_t wall_ms)
{
    int64_t  n = 0, recv_kbps = 0, send_kbps = 0, tenths_fps = 0, gaps = 0;
    uint32_t players = 0;
    for (int64_t i = first; i < first + s->per_row && i <= s->last; i++) {
        struct history_step step = history_at(h, s->coarse, i);
        n += step.is_there;
        recv_kbps += step.recv_kbps;
        send_kbps += step.send_kbps;
        tenths_fps += step.tenths_fps;
        gaps += step.gaps;
        players = step.players > players ? step.players : players;
    }
    if (!n)
        return;
    jw_object(j, NULL);
    jw_int(j, "at", wall_ms);
    jw_int(j, "recv_kbps", recv_kbps / n);
    jw_int(j, "send_kbps", send_kbps / n);
    jw_fixed(j, "fps", (double)tenths_fps / (double)n / 10);
    jw_int(j, "players", players);
    jw_int(j, "gaps", gaps);
    jw_object_end(j);
}

/* The whole of it is some 150 KB at most, so nothing is sent before it is complete, and the history stays as it is meanwhile. */
static struct err *write_history(struct api_reply *r)
{
    const struct history *h = find(r, api_param(r, "stream"));
    struct span           s;
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    if (!h) {
        api_error(r, HTTP_STATUS_OK, E_RTMP_STREAM_NOT_FOUND);
        return NULL;
    }
    if (!read_span(r, &s)) {
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    }
    int64_t ahead_ms = (wall_now_us() - now_us()) / US_PER_MS, length_ms = step_s(&s) * 1000;
    api_begin(r);
    jw_object(&r->json, "history");
    jw_int(&r->json, "step", s.per_row * step_s(&s));
    jw_array(&r->json, "rows");
    for (int64_t i = s.first; i <= s.last; i += s.per_row)
        put_row(&r->json, h, &s, i, i * length_ms + ahead_ms);
    jw_array_end(&r->json);
    jw_object_end(&r->json);
    jw_object_end(&r->json);
    return NULL;
}

struct err *api_history(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_history);
}
