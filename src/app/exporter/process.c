/* Metrics of the process. SRS has none of them. */
#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "app/memory/kinds.h"
#include "app/source/give_way.h"
#include "core/blob_store.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/losses.h"
#include "protocol/offload.h"
#include "protocol/send_ring.h"
#include "protocol/tls/tls.h"

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

static void put_loop(struct mw *m)
{
    const struct co_times *t = co_times();
    mw_one(m, MW_GAUGE, "srs_coroutines", "Coroutines that live.", (int64_t)co_count());
    mw_family(m, MW_HISTOGRAM, "srs_loop_turn_seconds", "Time that a coroutine ran before it gave way.");
    mw_histogram(m, NULL, &t->turns);
    mw_family(m, MW_HISTOGRAM, "srs_loop_round_seconds",
              "Time that all coroutines ran between two looks at sockets and timers.");
    mw_histogram(m, NULL, &t->rounds);
}

static void put_latency(struct mw *m, const struct server *s)
{
    mw_family(m, MW_HISTOGRAM, "srs_latency_seconds",
              "Time from the arrival of the first frame of a write to the socket of a live player that keeps up.");
    mw_histogram(m, NULL, &s->sources.latency);
}

static void put_io_uring(struct mw *m)
{
    struct send_ring_counts n = send_ring_counts();
    mw_one(m, MW_GAUGE, "srs_io_uring_enabled", "1 if writes to players go through io_uring.", send_ring_is_open());
    mw_one(m, MW_COUNTER, "srs_io_uring_calls_total", "System calls that made many writes at once.", n.submits);
    mw_one(m, MW_COUNTER, "srs_io_uring_writes_total", "Writes that were made by them.", n.submitted);
    mw_one(m, MW_COUNTER, "srs_single_writes_total", "Gathered writes that were too few for io_uring.", n.single);
}

/* ---- threads ---- */

struct pool_family {
    enum mw_type type;
    const char  *name, *help;
    int64_t (*value)(const struct offload_state *p);
};

static int64_t threads_of(const struct offload_state *p)
{
    return p->n_threads;
}

static int64_t busy_of(const struct offload_state *p)
{
    return p->n_threads - p->n_idle;
}

static int64_t hung_of(const struct offload_state *p)
{
    return p->n_hung;
}

static int64_t waiting_of(const struct offload_state *p)
{
    return (int64_t)p->n_waiting;
}

static int64_t jobs_of(const struct offload_state *p)
{
    return p->n_jobs;
}

static int64_t refused_of(const struct offload_state *p)
{
    return p->n_refused;
}

static const struct pool_family pool_families[] = {
    { MW_GAUGE, "srs_offload_threads", "Threads for blocking work.", threads_of },
    { MW_GAUGE, "srs_offload_busy_threads", "Those of them that work.", busy_of },
    { MW_GAUGE, "srs_offload_hung_threads", "Those of them whose job nobody waits for any more.", hung_of },
    { MW_GAUGE, "srs_offload_waiting_jobs", "Jobs that wait for a thread.", waiting_of },
    { MW_COUNTER, "srs_offload_jobs_total", "Jobs that were given to threads.", jobs_of },
    { MW_COUNTER, "srs_offload_refused_jobs_total",
      "Jobs that were refused: too many waited, or too many threads hung.", refused_of },
};

static void put_offload(struct mw *m)
{
    struct offload_state pools[OFFLOAD_KINDS];
    for (int i = 0; i < OFFLOAD_KINDS; i++)
        pools[i] = offload_state((enum offload_kind)i);
    for (size_t f = 0; f < ARRAY_LEN(pool_families); f++) {
        mw_family(m, pool_families[f].type, pool_families[f].name, pool_families[f].help);
        for (int i = 0; i < OFFLOAD_KINDS; i++) {
            mw_begin(m, NULL);
            mw_label(m, "pool", offload_name((enum offload_kind)i));
            mw_int(m, pool_families[f].value(&pools[i]));
        }
    }
}

/* ---- memory and disk ---- */

static void put_given_up(struct mw *m, const struct given_up *g)
{
    mw_family(m, MW_COUNTER, "srs_memory_given_up_bytes_total",
              "Memory that gave way to the limit, by what was given up.");
    for (int step = 0; step < GIVE_WAY_STEPS; step++) {
        mw_begin(m, NULL);
        mw_label(m, "what", give_way_name((enum give_way_step)step));
        mw_int(m, g->steps[step].bytes);
    }
}

static void put_kinds(struct mw *m, const struct memory_kinds *kinds)
{
    mw_family(m, MW_GAUGE, "srs_memory_bytes", "Memory held for streams and connections, by what it is used for.");
    for (int kind = 0; kind < MEMORY_KINDS; kind++) {
        mw_begin(m, NULL);
        mw_label(m, "kind", memory_kind_name((enum memory_kind)kind));
        mw_int(m, kinds->bytes[kind]);
    }
    mw_one(m, MW_GAUGE, "srs_memory_stacks_bytes",
           "Address space of the stacks of coroutines; only touched pages of it are memory.", kinds->stacks);
}

static void put_memory(struct mw *m, const struct server *s)
{
    mw_one(m, MW_GAUGE, "srs_memory_held_bytes", "Memory held for streams and connections.", (int64_t)mem_held());
    mw_one(m, MW_GAUGE, "srs_memory_limit_bytes", "Limit of that memory: memory_limit; 0: none.", (int64_t)mem_limit());
    mw_one(m, MW_GAUGE, "srs_memory_segments_bytes", "Memory of the segments of HLS, DASH and HDS.",
           (int64_t)blob_store_held());
    struct memory_kinds kinds = memory_kinds_read(s);
    put_kinds(m, &kinds);
    put_given_up(m, &s->sources.given_up);
}

static void put_disk(struct mw *m)
{
    struct file_writer_lost lost = losses_total();
    mw_one(m, MW_COUNTER, "srs_lost_files_total", "Files that could not be written as a whole.", (int64_t)lost.files);
    mw_one(m, MW_COUNTER, "srs_lost_file_bytes_total", "Bytes that could not be appended to files.",
           (int64_t)lost.bytes);
}

static void put_tls(struct mw *m)
{
    struct tls_counts n = tls_counts();
    mw_one(m, MW_COUNTER, "srs_tls_handshakes_total", "TLS handshakes of clients that succeeded.", n.n_accepted);
    mw_one(m, MW_COUNTER, "srs_tls_resumed_handshakes_total", "Those that resumed an earlier session.", n.n_resumed);
    mw_one(m, MW_COUNTER, "srs_tls_failed_handshakes_total", "TLS handshakes of clients that failed.", n.n_failed);
}

struct err *families_of_process(struct scrape *s)
{
    struct mw *m = &s->metrics;
    put_start(m, s->server);
    put_connections(m, s->server);
    put_loop(m);
    put_latency(m, s->server);
    put_io_uring(m);
    put_offload(m);
    put_memory(m, s->server);
    put_disk(m);
    put_tls(m);
    return scrape_give_way(s);
}
