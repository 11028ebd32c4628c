/* The metrics of SRS 7, in its order: names, types and labels are part of its interface. */
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "build_info.h"
#include "core/version.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

enum { PERCENT = 100, KIB = 1024 };

static void put_uname(struct mw *m)
{
    struct utsname u = { 0 };
    uname(&u); /* If it fails, the labels are empty. */
    mw_family(m, MW_GAUGE, "srs_node_uname_info", "The machine, as uname(2) tells it; always 1.");
    mw_begin(m, NULL);
    mw_label(m, "sysname", u.sysname);
    mw_label(m, "nodename", u.nodename);
    mw_label(m, "release", u.release);
    mw_label(m, "version", u.version);
    mw_label(m, "machine", u.machine);
    mw_int(m, 1);
}

static void put_build(struct mw *m, const struct server *s)
{
    const struct conf_exporter *conf = &s->conf->exporter;
    char                        pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    mw_family(m, MW_GAUGE, "srs_build_info", "The server, this run of it, and its version; always 1.");
    mw_begin(m, NULL);
    mw_label(m, "server", s->server_id);
    mw_label(m, "service", s->service_id);
    mw_label(m, "pid", pid);
    mw_label(m, "build_date", BUILD_DATE);
    mw_label(m, "major", TEXT(VERSION_MAJOR));
    mw_label(m, "version", VERSION);
    mw_label(m, "code", SERVER_CODENAME);
    if (*conf->label)
        mw_label(m, "label", conf->label);
    if (*conf->tag)
        mw_label(m, "tag", conf->tag);
    mw_int(m, 1);
}

static void put_machine(struct mw *m, const struct host *host)
{
    mw_family(m, MW_GAUGE, "srs_cpu_percent", "Computing time of the process, in percent of one core.");
    mw_begin(m, NULL);
    mw_float(m, host->self_cpu * PERCENT);
    mw_one(m, MW_GAUGE, "srs_memory", "Resident memory of the process in KiB.",
           self_stat_rss(&host->newest.self) * (sysconf(_SC_PAGESIZE) / KIB));
}

static void put_counts(struct mw *m, const struct registry *r)
{
    mw_one(m, MW_COUNTER, "srs_send_bytes_total", "Bytes sent to clients.", r->traffic.bytes_out);
    mw_one(m, MW_COUNTER, "srs_receive_bytes_total", "Bytes received from clients.", r->traffic.bytes_in);
    mw_one(m, MW_GAUGE, "srs_streams", "Streams that have a publisher or a player.", (int64_t)r->stream_roll.count);
    mw_one(m, MW_GAUGE, "srs_clients", "Publishers and players of all protocols.", r->n_clients);
    /* In OpenMetrics a counter srs_clients_total would be of the same family as the gauge srs_clients. */
    mw_one(m, m->is_open ? MW_UNTYPED : MW_COUNTER, "srs_clients_total", "Publishers and players since the start.",
           r->n_entered);
    mw_one(m, MW_COUNTER, "srs_clients_errs_total",
           "Publishers and players that an error ended, which a closed connection is as well.", r->n_failed);
}

struct err *families_of_srs(struct scrape *s)
{
    struct mw *m = &s->metrics;
    put_uname(m);
    put_build(m, s->server);
    put_machine(m, &s->server->host);
    put_counts(m, &s->server->registry);
    return scrape_give_way(s);
}
