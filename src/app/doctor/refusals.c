/* Clients that were refused: by what, and which line lets them in. */
#include "app/doctor/checks.h"
#include "core/attr.h"
#include "core/clock.h"

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
    { E_NOT_BUILT, "conf-unbuilt",
      "The vhost asks for a feature that is not built: take it out, or serve the vhost without it.",
      "allow_unbuilt on;" },
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
    { E_LIMIT, "refused-limit", "A limit of the server was reached: raise it, or lower the load.",
      "memory_limit 60%;" },
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
    const struct refusal           *x = r->refusal;
    const struct refusal_row       *row = row_of(x->code);
    row = row ? row : &other;
    struct finding *f = findings_add(all, row->id, FINDING_ERROR, FINDING_STREAM, r->name);
    finding_seen(f, "%s was refused %lld times, last %.0f s ago, to %s: %s.%s%s", x->publish ? "Publishing" : "Playing",
                 (long long)x->n, (double)r->age_us / US_PER_SECOND, x->ip, x->text, r->near_name ? " Near is " : "",
                 r->near_name ? r->near_name : "");
    finding_cure(f, "%s", row->cure);
    finding_line(f, "%s", row->line);
}
