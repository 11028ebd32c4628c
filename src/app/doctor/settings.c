/* The configuration: what was not taken over, what is not built, what cannot work. */
#include <string.h>

#include "app/doctor/checks.h"
#include "core/str.h"

void check_reload(const struct facts_server *s, struct findings *all)
{
    if (!s->has_reload_failed)
        return;
    const char     *id = s->is_bind_failure ? "port-in-use" : "reload-failed";
    struct finding *f =
        findings_add(all, id, FINDING_ERROR, s->is_bind_failure ? FINDING_PORT : FINDING_SERVER, s->conf->path);
    finding_seen(f, "The last reload failed, and the configuration before it stays in force: %s", s->reload_text);
    if (s->is_bind_failure) {
        finding_cure(
            f, "Another program has the port, or this server may not use it: find the program with ss, choose another "
               "port, and reload again. Ports below 1024 need a right of their own.");
        finding_line(f, "ss -ltnp");
        return;
    }
    finding_cure(f, "Correct the file at the line that is named, check it, and reload again.");
    finding_line(f, "objs/srs -t -c %s", s->conf->path);
}

void check_unbuilt(const struct facts_unbuilt *u, struct findings *all)
{
    struct finding *f = findings_add(all, "conf-unbuilt", FINDING_WARNING, u->vhost ? FINDING_VHOST : FINDING_SERVER,
                                     u->vhost ? u->vhost : u->feature);
    finding_seen(f, "%s, at %s, is accepted and not built: %s.", u->feature, u->where, u->effect);
    finding_cure(f, "Take the block out, or switch it off.");
    finding_line(f, "enabled off;");
}

/* A page that came over https cannot play what is there over http alone. */
void check_https(const struct facts_server *s, struct findings *all)
{
    const struct conf *c = s->conf;
    if (!c->http_api.enabled || !c->http_api.https.enabled || !c->http_server.enabled || c->http_server.https.enabled)
        return;
    struct finding *f = findings_add(all, "mixed-content", FINDING_INFO, FINDING_SERVER, "http_server");
    finding_seen(f, "The API speaks https, and streams are there over http alone: browsers block them in pages that "
                    "came over https.");
    finding_cure(f, "Switch https on for streams too, or put both behind one proxy that speaks https.");
    finding_line(f, "http_server { https { enabled on; listen 8088; key …; cert …; } }");
}

/* Addresses that mean the machine of whoever reads them. */
static bool is_nowhere(const char *candidate)
{
    return str_starts_with(candidate, "127.") || strcmp(candidate, "localhost") == 0 || strcmp(candidate, "::1") == 0 ||
           strcmp(candidate, "0.0.0.0") == 0 || strcmp(candidate, "::") == 0;
}

/* Clients are told of a transport that is not served, or not of one that is: the answer has what is served. */
void check_rtc_transport(const struct facts_server *s, struct findings *all)
{
    const struct conf_rtc_server *rtc = &s->conf->rtc_server;
    bool                          names_tcp = rtc->protocol != CONF_RTC_UDP;
    if (!rtc->enabled || names_tcp == rtc->tcp.enabled)
        return;
    struct finding *f = findings_add(all, "rtc-protocol", FINDING_WARNING, FINDING_SERVER, "rtc_server");
    if (names_tcp)
        finding_seen(f, "protocol asks for candidates of TCP, and tcp is off: clients are told of UDP alone.");
    else
        finding_seen(f, "tcp is on, and protocol is udp: no client is told of TCP.");
    finding_cure(f, "Switch both on, or both off.");
    finding_line(f, "rtc_server { protocol all; tcp { enabled on; listen 8000; } }");
}

void check_candidate(const struct facts_server *s, struct findings *all)
{
    if (!s->candidate || !is_nowhere(s->candidate))
        return;
    struct finding *f = findings_add(all, "candidate-unreachable", FINDING_ERROR, FINDING_SERVER, "rtc_server");
    finding_seen(f, "candidate is %s: only clients on this machine reach it, and media of all others goes nowhere.",
                 s->candidate);
    finding_cure(f, "Name the address by which clients reach this server, or let it find its own.");
    finding_line(f, "rtc_server { candidate *; }");
}
