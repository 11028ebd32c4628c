/* Bounds of the process that are near: connections, descriptors, memory, processor. */
#include "app/doctor/checks.h"

/* Shares of a bound above which it is told. */
#define NEAR_SHARE 0.9
#define BUSY_SHARE 0.95

enum { MIB = 1 << 20 };

void check_connections(const struct facts_server *s, struct findings *all)
{
    int max = s->conf->max_connections;
    if ((double)s->n_connections < NEAR_SHARE * max)
        return;
    struct finding *f = findings_add(all, "connections-full", FINDING_WARNING, FINDING_SERVER, "max_connections");
    finding_seen(f, "%zu of %d connections are open; %lld were refused since the start.", s->n_connections, max,
                 (long long)s->n_refused);
    finding_cure(f, "Raise max_connections, and the limit of open files with it; or bring more servers.");
    finding_line(f, "max_connections %d;", max < INT32_MAX / 2 ? 2 * max : max);
}

void check_descriptors(const struct facts_server *s, struct findings *all)
{
    if (!s->max_fds || (double)s->n_fds < NEAR_SHARE * (double)s->max_fds)
        return;
    struct finding *f = findings_add(all, "descriptors-low", FINDING_ERROR, FINDING_SERVER, "open files");
    finding_seen(f, "%lld of %lld descriptors are open: soon no connection is accepted and no file is opened.",
                 (long long)s->n_fds, (long long)s->max_fds);
    finding_cure(f,
                 "Raise the limit of open files: LimitNOFILE= of systemd, nofile in limits.conf, --ulimit of docker.");
    finding_line(f, "LimitNOFILE=%lld", (long long)(4 * s->max_fds));
}

void check_memory(const struct facts_server *s, struct findings *all)
{
    if (!s->limit_bytes || (double)s->held_bytes < BUSY_SHARE * (double)s->limit_bytes)
        return;
    struct finding *f = findings_add(all, "memory-short", FINDING_ERROR, FINDING_SERVER, "memory_limit");
    finding_seen(
        f, "%lld of %lld MiB are held: GOP caches and backlogs of slow players give way, and clients are refused.",
        (long long)(s->held_bytes / MIB), (long long)(s->limit_bytes / MIB));
    finding_cure(f, "Raise memory_limit, shorten GOPs and queue_length, or bring more servers.");
    finding_line(f, "memory_limit 70%%;");
}

void check_processor(const struct facts_server *s, struct findings *all)
{
    if (s->cpu < BUSY_SHARE)
        return;
    struct finding *f = findings_add(all, "processor-busy", FINDING_WARNING, FINDING_SERVER, "processor");
    finding_seen(f, "The process uses %.2f of a processor; its loop has one, so frames begin to wait.", s->cpu);
    finding_cure(f, "Let batches grow for streams with many players, or bring more servers.");
    finding_line(f, "play { mw_latency 350; }");
}
