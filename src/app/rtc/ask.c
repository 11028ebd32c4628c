#include "app/rtc/ask.h"

#include <string.h>

#include "app/http/conn.h"
#include "app/http/site.h"
#include "app/rtc/player.h"
#include "app/rtc/publisher.h"
#include "core/str.h"
#include "protocol/rtc/ice.h"

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

/* A parameter that is empty is as good as none: scripts leave variables empty. */
static const char *param(const struct http_request *r, const char *name)
{
    const char *value = http_request_param(r, name);
    return value && *value ? value : NULL;
}

bool rtc_ask_fill(struct rtc_request *q, const struct http_exchange *x, bool is_play)
{
    const struct http_request *r = http_request_of(x);
    const char                *eip = param(r, "eip");
    *q = (struct rtc_request){
        .role = is_play ? &rtc_player_role : &rtc_publisher_role,
        .api_host = *r->host ? r->host : NULL,
        .ip = http_visit_of(x)->ip,
        .user_agent = or_nothing(http_request_field(r, "User-Agent")),
        .page_url = or_nothing(http_site_page(r)),
        .authorization = http_request_field(r, "Authorization"),
        .candidate = eip ? eip : param(r, "candidate"),
        .codec = param(r, "codec"),
        .no_encrypt = is_play && str_equal(param(r, "encrypt"), "false"),
        .no_dtls = is_play && str_equal(param(r, "dtls"), "false"),
        .ufrag = param(r, "ice-ufrag"),
        .pwd = param(r, "ice-pwd"),
        .io = http_visit_of(x)->io,
        .opening = { .path = r->raw_path, .query = r->raw_query, .is_tls = http_conn_of(x)->is_tls },
    };
    return (!q->ufrag || (ice_ufrag_is_valid(q->ufrag) && strlen(q->ufrag) <= RTC_ASK_ICE_MAX)) &&
           (!q->pwd || (ice_pwd_is_valid(q->pwd) && strlen(q->pwd) <= RTC_ASK_ICE_MAX));
}

static bool is_credential(const char *name)
{
    return str_equal(name, "ice-ufrag") || str_equal(name, "ice-pwd");
}

void rtc_ask_put_param(struct buf *out, const struct http_request *r)
{
    const char *sign = "?";
    size_t      n = 0;
    for (const char *pair = r->raw_query; *pair; pair += *pair == '&') {
        size_t len = strcspn(pair, "&");
        if (len > 0 && !is_credential(r->params[n++].name)) { /* an empty pair is none of the params */
            buf_text(out, sign);
            buf_append(out, pair, len);
            sign = "&";
        }
        pair += len;
    }
}
