/* The newest lines of the log, for whoever may see the configuration. SRS has no such endpoint. */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/manager.h"
#include "app/api/reply.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/log_tail.h"
#include "protocol/http/status.h"

enum { COUNT_DEFAULT = 200, COUNT_MAX = 1000 };

struct wanted {
    enum log_level level;
    const char    *trace, *text; /* NULL: any */
    int64_t        count;
};

static bool is_wanted(const struct wanted *w, const struct log_tail_line *line)
{
    return line->level >= (int)w->level && (!w->trace || strcmp(w->trace, line->trace) == 0) &&
           (!w->text || strcasestr(line->text, w->text));
}

static bool read_wanted(const struct api_reply *r, struct wanted *w)
{
    const char *level = api_param(r, "level");
    *w = (struct wanted){ .level = level ? log_level_from_word(level) : LOG_TRACE,
                          .trace = api_param(r, "trace"),
                          .text = api_param(r, "search"),
                          .count = api_number(r, "count", COUNT_DEFAULT, COUNT_MAX) };
    return w->level != LOG_OFF;
}

/* Where the newest lines begin that are wanted, as many as asked for. */
static uint64_t newest(const struct wanted *w)
{
    uint64_t n = log_tail_end();
    for (int64_t found = 0; n > log_tail_oldest() && found < w->count; n--) {
        struct log_tail_line line = log_tail_at(n - 1);
        found += is_wanted(w, &line);
    }
    return n;
}

/* The first line of the answer. Numbers beyond the end are of an earlier process, or made up: they mean the newest lines. */
static bool read_begin(const struct api_reply *r, const struct wanted *w, uint64_t *begin)
{
    const char *cursor = api_param(r, "cursor");
    int64_t     n = api_number(r, "cursor", -1, INT64_MAX);
    if (cursor && n < 0)
        return false;
    *begin = cursor && (uint64_t)n <= log_tail_end() ? (uint64_t)n : newest(w);
    return true;
}

static void put_line(struct jw *j, uint64_t number, const struct log_tail_line *line)
{
    jw_object(j, NULL);
    jw_int(j, "number", (int64_t)number);
    jw_int(j, "time", line->wall_us / US_PER_MS);
    jw_string(j, "level", log_level_name((enum log_level)line->level));
    jw_string(j, "trace", line->trace);
    jw_string(j, "text", line->text);
    jw_object_end(j);
}

/* Lines that come while the answer is sent are for the next one. */
static struct err *put_lines(struct api_reply *r, const struct wanted *w, uint64_t n)
{
    const uint64_t end = log_tail_end();
    uint64_t       lost = 0;
    struct err    *e = NULL;
    jw_array(&r->json, "lines");
    for (int64_t found = 0; !e && n < end && found < w->count; n++) {
        uint64_t oldest = log_tail_oldest();
        lost += n < oldest ? oldest - n : 0;
        n = n < oldest ? oldest : n;
        struct log_tail_line line = log_tail_at(n);
        if (!is_wanted(w, &line))
            continue;
        found++;
        put_line(&r->json, n, &line);
        e = api_give_way(r);
    }
    jw_array_end(&r->json);
    jw_int(&r->json, "cursor", (int64_t)n);
    jw_int(&r->json, "lost", (int64_t)lost);
    return e;
}

static struct err *write_logs(struct api_reply *r)
{
    struct wanted w;
    uint64_t      begin;
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    if (!api_may_manage(r, r->server->conf->http_api.raw_api_query))
        return NULL;
    if (!read_wanted(r, &w) || !read_begin(r, &w, &begin))
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    struct err *e = http_add_field(r->x, "Cache-Control", "no-store");
    if (e)
        return e;
    api_begin_data(r);
    e = put_lines(r, &w, begin);
    api_end_data(r);
    return e;
}

struct err *api_logs(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_logs);
}
