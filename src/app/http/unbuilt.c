#include "app/http/unbuilt.h"

#include "app/conf/unbuilt.h"
#include "app/http/conn.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/http/status.h"

enum { TEXT_MAX = 512 };

static const char text_type[] = "text/plain; charset=utf-8";

bool http_unbuilt_owns(const char *path)
{
    return conf_unbuilt_at(path) != NULL;
}

/* Limits of the log: players poll playlists and Prometheus polls metrics, so one line a second is written for all of them. */
static struct log_limits limits;

static void say(const struct http_exchange *x, const struct conf_unbuilt *row)
{
    log_write_within(&limits, LOG_WARN, "HTTP client ip=%s asks for %s: %s is not built yet", http_visit_of(x)->ip,
                     http_request_of(x)->raw_path, row->feature);
}

struct err *http_unbuilt_reply(struct http_exchange *x)
{
    const struct conf_unbuilt *row = conf_unbuilt_at(http_request_of(x)->path);
    char                       text[TEXT_MAX];
    struct str                 out = str_over(text, sizeof text);
    if (!row)
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    str_printf(&out, "%s is not built yet: %s.\n", row->feature, row->effect);
    say(x, row);
    return http_reply(x, HTTP_STATUS_NOT_IMPLEMENTED, text_type, text, out.len);
}
