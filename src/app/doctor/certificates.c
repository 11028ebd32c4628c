/* Certificates: not readable, expired, for another name. */
#include "app/doctor/checks.h"

/* Certificates of 90 days are renewed 30 days before their end. */
enum { SOON_DAYS = 14 };

void check_pair(const struct facts_pair *p, struct findings *all)
{
    if (!p->why[0])
        return;
    struct finding *f = findings_add(all, "certificate-unusable", FINDING_ERROR, FINDING_SERVER, p->cert);
    finding_seen(f, "The pair with key %s cannot be used: %s. %s", p->key, p->why,
                 p->is_usable ? "The certificate that was read before is shown." : "Its TLS port stays closed.");
    finding_cure(f, "Both files must be PEM, belong together, be without a passphrase, and be readable for the user "
                    "that the server "
                    "runs as. They are read again as soon as they change.");
    finding_line(f, "https { key %s; cert %s; }", p->key, p->cert);
}

void check_expiry(const struct facts_pair *p, struct findings *all)
{
    if (!p->is_usable || p->days_left >= SOON_DAYS)
        return;
    bool            is_over = p->days_left < 0;
    struct finding *f = findings_add(all, is_over ? "certificate-expired" : "certificate-expires",
                                     is_over ? FINDING_ERROR : FINDING_WARNING, FINDING_SERVER, p->cert);
    if (is_over)
        finding_seen(f, "It expired %lld days ago: browsers and players refuse the connection.",
                     (long long)-p->days_left);
    else
        finding_seen(f, "It expires in %lld days.", (long long)p->days_left);
    finding_cure(f, "Renew it. The new files are shown as soon as they are in place, without a reload.");
    finding_line(f, "certbot renew");
}

void check_name(const struct facts_pair *p, struct findings *all)
{
    if (!p->missed[0])
        return;
    struct finding *f = findings_add(all, "certificate-name", FINDING_WARNING, FINDING_SERVER, p->cert);
    finding_seen(
        f, "A client asked for %s, and the certificate does not name it: browsers and players refuse the connection.",
        p->missed);
    finding_cure(
        f,
        "Get a certificate with that name, for the port or for the vhost of that name; or use the name that it has.");
    finding_line(f, "vhost %s { tls { key …; cert …; } }", p->missed);
}
