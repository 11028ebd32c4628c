/* Metrics of the process. SRS has none of them. */
#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/co.h"

static void put_start(struct mw *m, const struct server *s)
{
    mw_family(m, MW_GAUGE, "srs_uptime_seconds", "Time since the start.");
    mw_begin(m, NULL);
    mw_us(m, now_us() - s->registry.since_us);
}

static void put_connections(struct mw *m, const struct server *s)
{
    mw_one(m, MW_GAUGE, "srs_connections", "Connections of all ports.", (int64_t)s->connections.count);
    mw_one(m, MW_GAUGE, "srs_connections_max", "Most connections: max_connections.", s->conf->max_connections);
    mw_one(m, MW_COUNTER, "srs_connections_accepted_total", "Connections that were accepted.", s->registry.n_accepted);
    mw_one(m, MW_COUNTER, "srs_connections_refused_total",
           "Connections that were refused because the server was full, or had no memory or descriptor.",
           s->registry.n_refused);
}

static void put_memory(struct mw *m)
{
    mw_one(m, MW_GAUGE, "srs_memory_held_bytes", "Memory held for streams and connections.", (int64_t)mem_held());
    mw_one(m, MW_GAUGE, "srs_memory_limit_bytes", "Limit of that memory: memory_limit; 0: none.", (int64_t)mem_limit());
}

struct err *families_of_process(struct scrape *s)
{
    struct mw *m = &s->metrics;
    put_start(m, s->server);
    put_connections(m, s->server);
    mw_one(m, MW_GAUGE, "srs_coroutines", "Coroutines that live.", (int64_t)co_count());
    put_memory(m);
    return scrape_give_way(s);
}
