/* Clients that were refused: by what, and which line lets them in. */
#include <string.h>

#include "app/doctor/checks.h"
#include "core/attr.h"
#include "core/str.h"

/* `line` may name the vhost's block; texts are those of the log. */
struct refusal_row {
    enum err_code code;
    const char   *id, *cure, *line;
};

#define HOOK_CURE \
    "The backend of http_hooks refused, or answered what is no yes: it must answer with status 200 and 0, or " \
    "{\"code\":0}. Look at its " \
    "own log."

#define NO_HOOK_CURE \
    "The backend of http_hooks did not answer, so nobody is let in: start it, correct its URL, or let clients in " \
    "without it."
#define NO_HOOK_LINE "http_hooks { fail_open on_publish on_play; }"

#define RTC_OFFER_CURE \
    "The client's offer is not one that this server can answer. A player must offer a codec that the stream has: let " \
    "the encoder send H.264, which every browser has, and switch rtmp_to_rtc on for sound."

static const struct refusal_row rows[] = {
    { E_RTMP_VHOST_NOT_FOUND, "vhost-not-found",
      "The URL names a vhost that the configuration has not, or has switched off. Add it, or a vhost for all other "
      "names.",
      "vhost __defaultVhost__ { }" },
    { E_SYSTEM_SECURITY, "refused-security", "security is enabled and has no rule, which refuses everybody: add one.",
      "security { enabled on; allow play all; allow publish 127.0.0.1; }" },
    { E_SYSTEM_SECURITY_DENY, "refused-security", "A deny rule of security names this address: change the rule.",
      "security { enabled on; allow play all; }" },
    { E_SYSTEM_SECURITY_ALLOW, "refused-security", "No allow rule of security names this address: add one.",
      "security { enabled on; allow publish 192.0.2.0/24; }" },
    { E_RTMP_ACCESS_DENIED, "refused-refer", "The page that plays is in no domain of refer: add its domain.",
      "refer { enabled on; all example.com; }" },
    { E_SYSTEM_STREAM_BUSY, "stream-busy",
      "Another client publishes this stream: stop it, publish under another name, or let the newer one take over.",
      "publish { republish takeover; }" },
    { E_RTMP_STREAM_NOT_FOUND, "not-published", "Start the publisher, or compare its URL with that of the players.",
      "" },
    { E_RESPONSE_CODE, "refused-hook", HOOK_CURE, "" },
    { E_HTTP_STATUS_INVALID, "refused-hook", HOOK_CURE, "" },
    { E_HTTP_DATA_INVALID, "refused-hook", HOOK_CURE, "" },
    { E_BACKEND, "hook-unreachable", NO_HOOK_CURE, NO_HOOK_LINE },
    { E_ST_CONNECT, "hook-unreachable", NO_HOOK_CURE, NO_HOOK_LINE },
    { E_SOCKET_TIMEOUT, "hook-unreachable", NO_HOOK_CURE, NO_HOOK_LINE },
    { E_SYSTEM_DNS_RESOLVE, "hook-unreachable", NO_HOOK_CURE, NO_HOOK_LINE },
    { E_AUTH_DENIED, "refused-auth",
      "auth of the vhost asks for a token: give the client a URL with a valid one; the text says what is wrong.", "" },
    { E_BANNED, "refused-ban", "A ban is in force: let it end, or lift it.",
      "curl -X DELETE http://127.0.0.1:1985/api/v1/bans/ID" },
    { E_CROSS_SITE, "cross-site",
      "The browser does not show the reply to the page: allow pages of other sites, or serve the page from this host.",
      "http_server { crossdomain on; }" },
    { E_MIXED_CONTENT, "mixed-content",
      "Browsers block http inside of https: serve streams over https too, and use https in the player's URL. If a "
      "proxy in front "
      "speaks https, name it in trusted_proxies.",
      "http_server { https { enabled on; listen 8088; key …; cert …; } }" },
    { E_RTC_DISABLED, "output-off",
      "The client speaks WebRTC, which is off: switch it on, for the server and for the vhost.",
      "rtc_server { enabled on; } vhost __defaultVhost__ { rtc { enabled on; } }" },
    { E_RTC_SDP_DECODE, "webrtc-offer", RTC_OFFER_CURE, "" },
    { E_RTC_SDP_EXCHANGE, "webrtc-offer", RTC_OFFER_CURE, "" },
    { E_RTC_STUN, "webrtc-not-connected",
      "The client had its answer, but no media came: name an address that it reaches, and let UDP to the port through "
      "every firewall. Where its network lets no UDP out, serve TCP too.",
      "rtc_server { enabled on; listen 8000; candidate 192.0.2.1; protocol all; tcp { enabled on; listen 8000; } }" },
    { E_RTC_DTLS, "webrtc-not-connected",
      "The two agreed on no keys: something changes their datagrams, or the fingerprint in the SDP is not that of the "
      "client.",
      "" },
    { E_LIMIT, "refused-limit", "A limit of the server was reached: raise it, or lower the load.",
      "memory_limit 60%;" },
};

/* E_LIMIT of a vhost's `limits`, which the text names. */
static const struct refusal_row of_vhost = {
    0, "refused-limit",
    "limits of the vhost has a bound for this, which the text names: raise it, or find out why so many come.",
    "vhost __defaultVhost__ { limits { enabled on; players_per_ip 20; } }"
};

static const struct refusal_row *row_of(enum err_code code)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

void check_refusal(const struct facts_refusal *r, struct findings *all)
{
    static const struct refusal_row other = { 0, "refused", "The log has the whole story; look for the address.", "" };
    static const struct refusal_row silent = {
        0, "publisher-cut",
        "The publisher sent nothing for that long, and was cut. Look whether the encoder runs, "
        "and at its network; let slow starters have more time.",
        "publish { firstpkt_timeout 20000; normal_timeout 10000; }"
    };
    const struct refusal     *x = r->refusal;
    const struct refusal_row *row = row_of(x->code);
    if (x->code == E_HTTP_HANDLER_MATCH_URL)
        return; /* check_path() */
    if (x->code == E_SOCKET_TIMEOUT && !x->at_door)
        row = &silent;
    if (x->code == E_LIMIT && strstr(x->text, "limits {"))
        row = &of_vhost;
    row = row ? row : &other;
    struct finding *f = findings_add(all, row->id, FINDING_ERROR, FINDING_STREAM, r->name);
    finding_seen(f, "%s failed %lld times, last %.0f s ago, for %s: %s.%s%s", x->publish ? "Publishing" : "Playing",
                 (long long)x->n, (double)r->age_us / US_PER_SECOND, x->ip, x->text, r->near_name ? " Near is " : "",
                 r->near_name ? r->near_name : "");
    finding_cure(f, "%s", row->cure);
    finding_line(f, "%s", row->line);
}

/* ---- paths at which nothing was ---------------------------------------------------------------------------------- */

static struct finding *add_path(const struct facts_refusal *r, const char *id, struct findings *all)
{
    struct finding *f = findings_add(all, id, FINDING_ERROR, FINDING_STREAM, r->name);
    finding_seen(f, "/%s/%s was asked for %lld times, last %.0f s ago, and nothing is there.", r->refusal->app,
                 r->refusal->stream, (long long)r->refusal->n, (double)r->age_us / US_PER_SECOND);
    return f;
}

static void tell_off(const struct facts_refusal *r, const char *block, struct findings *all)
{
    struct finding *f = add_path(r, "output-off", all);
    finding_cure(f, "The vhost does not make this form of its streams: switch it on.");
    finding_line(f, "vhost %s { %s { enabled on; } }", r->vhost->name, block);
}

void check_path(const struct facts_refusal *r, struct findings *all)
{
    const char *path = r->refusal->stream;
    bool        is_hls = str_ends_with(path, ".m3u8"), is_dash = str_ends_with(path, ".mpd");
    if (r->refusal->code != E_HTTP_HANDLER_MATCH_URL || !r->vhost)
        return;
    if (is_hls && !r->vhost->hls.enabled)
        tell_off(r, "hls", all);
    else if (is_dash && !r->vhost->dash.enabled)
        tell_off(r, "dash", all);
    else if (!is_hls && !is_dash && !r->vhost->http_remux.enabled)
        tell_off(r, "http_remux", all);
    else if (!is_hls && !is_dash && r->is_published)
        finding_cure(add_path(r, "path-mismatch", all),
                     "The stream is published, and http_remux has it at another path: mount is %s.",
                     r->vhost->http_remux.mount);
    else if (!r->is_published && (is_hls || is_dash))
        finding_cure(add_path(r, "not-published", all),
                     "Start the publisher, or compare its URL with that of the players.");
}
