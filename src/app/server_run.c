#include "app/server_run.h"

#include <sys/resource.h>

#include "app/auth/key_store.h"
#include "app/bans/bans.h"
#include "app/bans/keep.h"
#include "app/cluster/directory.h"
#include "app/cluster/find.h"
#include "app/cluster/waiting.h"
#include "app/dvr/catalogue.h"
#include "app/dvr/file.h"
#include "app/dvr/keep.h"
#include "app/dvr/look.h"
#include "app/dvr/orders.h"
#include "app/dvr/rescue.h"
#include "app/edge/edge.h"
#include "app/forward/forwards.h"
#include "app/heartbeat/heartbeat.h"
#include "app/hls/janitor.h"
#include "app/hls/timeshift_answer.h"
#include "app/hold/hold.h"
#include "app/hooks/call.h"
#include "app/hooks/files.h"
#include "app/hooks/outbox.h"
#include "app/hooks/trust.h"
#include "app/hooks/updates.h"
#include "app/ingest/ingest.h"
#include "app/limits/tally.h"
#include "app/listener.h"
#include "app/relay/relay.h"
#include "app/rtc/breaker.h"
#include "app/rtc/peers.h"
#include "app/rtmp/bandcheck.h"
#include "app/segment/scratch.h"
#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/server/server.h"
#include "app/services.h"
#include "app/session/client_lines.h"
#include "app/source/attend.h"
#include "app/source/delaying.h"
#include "app/stat/live_events.h"
#include "app/watch_certificates.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/peer_watch.h"
#include "protocol/process.h"
#include "protocol/service_notify.h"

/* A graceful stop logs what it waits for, after 1, 2, 4 … 32 s. It checks for a quick stop every GRACE_LOOK_US. */
enum { GRACE_STEP_MAX_US = 32 * US_PER_SECOND, GRACE_LOOK_US = 100 * US_PER_MS };

/* The time that attendants have to finish their work for their streams when the server stops, and programs to end. */
enum { ATTENDANTS_US = 10 * US_PER_SECOND, PROCESSES_US = 2 * PROCESS_TERM_US };

/* The time that the last callbacks have. */
enum { CALLBACKS_US = 5 * US_PER_SECOND };

struct usage {
    int64_t at_us, cpu_us;
};

/* Log the share of a processor used since the last such line, the peak of memory, and what the server holds. */
static void log_process(const struct server *s, struct usage *last)
{
    struct rusage u;
    int64_t       now = now_us();
    if (getrusage(RUSAGE_SELF, &u) < 0)
        return;
    int64_t cpu_us =
        (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000) + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
    double percent = now > last->at_us ? 100.0 * (double)(cpu_us - last->cpu_us) / (double)(now - last->at_us) : 0;
    log_info("Hybrid cpu=%.2f%%,%ldMB, conns=%zu, clients=%d, streams=%zu, coroutines=%zu, okbps=%d, ikbps=%d", percent,
             u.ru_maxrss / 1024, s->connections.count, s->registry.n_clients, s->sources.by_key.count, co_count(),
             s->registry.traffic.out.sample.kbps, s->registry.traffic.in.sample.kbps);
    *last = (struct usage){ now, cpu_us };
}

/* Consoles hear of the server after each round of the statistics. */
static void tell_event(const struct server *s)
{
    const struct registry *r = &s->registry;
    struct jw              j = JW_INIT;
    if (!live_events_are_wanted())
        return;
    jw_object(&j, NULL);
    jw_int(&j, "now_ms", wall_now_us() / US_PER_MS);
    jw_int(&j, "conns", (int64_t)s->connections.count);
    jw_int(&j, "clients", r->n_clients);
    jw_int(&j, "streams", (int64_t)r->stream_roll.count);
    jw_int(&j, "recv_kbps", r->traffic.in.sample.kbps);
    jw_int(&j, "send_kbps", r->traffic.out.sample.kbps);
    jw_int(&j, "recv_bytes", r->traffic.bytes_in);
    jw_int(&j, "send_bytes", r->traffic.bytes_out);
    jw_int(&j, "mem_held", (int64_t)mem_held());
    jw_fixed(&j, "cpu_percent", s->host.self_cpu);
    jw_object_end(&j);
    live_events_tell("server", &j);
}

/* A coroutine that samples the statistics, and logs a line for each kind of client every `pithy_print_ms`. */
static void run_statistics(void *arg)
{
    struct server *s = arg;
    struct err    *e;
    int64_t        logged_us = now_us();
    int64_t        sampled_us = logged_us;
    struct usage   usage = { logged_us, 0 };
    for (;;) {
        int64_t now = now_us();
        int64_t next_log = logged_us + s->conf->pithy_print_us, next_sample = sampled_us + REGISTRY_SAMPLE_US;
        if ((e = co_sleep((next_log < next_sample ? next_log : next_sample) - now)))
            break;
        now = now_us();
        if (now >= next_sample || now >= next_log) {
            registry_sample_by_turns(&s->registry);
            histories_sample(&s->histories, &s->registry);
            tell_event(s);
            sampled_us = now = now_us();
        }
        if (now >= next_log) {
            client_lines_log(&s->registry, now);
            log_process(s, &usage);
            logged_us = now;
        }
    }
    err_free(e);
}

static void run_peer_watch(void *arg)
{
    struct err *e;
    (void)arg;
    while (!(e = co_sleep(PEER_WATCH_LOOK_US)))
        peer_watch_look();
    err_free(e);
}

/* Park until a stop of at least `level` is requested (true), or until the deadline (false). */
static bool wait_for_stop(struct server *s, enum server_stop level, int64_t deadline_us)
{
    while (s->stop < level) {
        struct err *e = co_park(deadline_us);
        if (e) {
            err_free(e);
            return false;
        }
    }
    return true;
}

/* Wait for the last client. True when it has left by itself, false when a quick stop was requested meanwhile. */
static bool wait_for_clients(struct server *s)
{
    int64_t step_us = US_PER_SECOND, said_us = 0;
    while (!co_group_join(&s->connections, now_us() + GRACE_LOOK_US)) {
        if (s->stop == SERVER_STOPS_QUICKLY)
            return false;
        if (now_us() - said_us >= step_us) {
            log_info("wait for %zu conns to quit", s->connections.count);
            step_us = said_us && step_us < GRACE_STEP_MAX_US ? step_us * 2 : step_us;
            said_us = now_us();
        }
    }
    return true;
}

/* Nobody comes in any more: no client, no child that publishes, nothing that is pulled. */
static void close_entries(struct server *s)
{
    listeners_close(s);
    ingest_stop();
    relay_stop();
    edge_stop();
}

static void stop_gracefully(struct server *s)
{
    service_notify_status("stopping when the clients have left");
    log_info("gracefully quit: closing the listeners in %lldms", (long long)(s->conf->grace_start_wait_us / US_PER_MS));
    if (wait_for_stop(s, SERVER_STOPS_QUICKLY, now_us() + s->conf->grace_start_wait_us))
        return;
    close_entries(s);
    if (!wait_for_clients(s))
        return;
    wait_for_stop(s, SERVER_STOPS_QUICKLY, now_us() + s->conf->grace_final_wait_us);
}

/* Start what runs beside the connections until the end. */
static struct err *start_services(struct server *s)
{
    const struct {
        const char *name;
        void (*run)(void *arg);
        void *arg;
    } services[] = {
        { "statistics", run_statistics, s },
        { "host", host_run, &s->host },
        { "auth-keys", key_store_run, &s->conf },
        { "terms", terms_run, &s->registry.terms },
        { "peer-watch", run_peer_watch, s },
        { "bans", bans_run, &s->registry },
        { "rate-bounds", rate_bounds_run, &s->registry.rate_bounds },
        { "certificates", watch_certificates, s },
        { "shows", shows_run, NULL },
        { "heartbeat", heartbeat_run, s },
        { "hls-janitor", hls_janitor_run, s },
        { "ingest", ingest_run, s },
        { "relays", relay_run, s },
        { "rtc-peers", rtc_peers_run, NULL },
        { "rtc-breaker", rtc_breaker_run, s },
        { "dvr-look", dvr_look_run, s },
        { "dvr-keep", dvr_keep_run, s },
    };
    struct err *e = NULL;
    for (size_t i = 0; !e && i < ARRAY_LEN(services); i++)
        e = co_go(&s->services, services[i].name, services[i].run, services[i].arg, NULL);
    return e;
}

/* End everybody who is here, and wait until what they made is whole. */
static void end_all(struct server *s)
{
    hold_end_all(&s->sources);
    co_group_cancel_and_join(&s->connections);
    delays_end(&s->sources);
    attend_join(&s->sources, ATTENDANTS_US);
    edge_finish();
    cluster_finish();
    cluster_directory_finish();
    dvr_files_finish();
    process_shutdown(PROCESSES_US);
    co_group_cancel_and_join(&s->services);
}

/* Hand over what waits to be told, then free the tables. Yields. */
static void finish_parts(void)
{
    catalogue_finish();
    orders_finish();
    hook_updates_finish();
    hook_outbox_finish(CALLBACKS_US);
    hook_files_finish();
    hook_calls_finish();
    hook_trust_finish();
    forwards_finish();
    shows_finish();
    shelf_finish();
    scratch_finish();
    hls_timeshift_answers_finish();
    bans_finish();
    bandchecks_finish();
    tallies_finish();
    services_finish();
    live_events_finish();
}

struct err *server_run(struct server *s)
{
    s->main = co_self();
    edge_start(s);
    cluster_start();
    cluster_directory_start(s->service_id);
    cluster_waiting_start(&s->registry);
    server_apply_memory_limit(s);
    hook_outbox_start(&s->conf);
    struct err *e = dvr_rescue_begin(s->conf);
    if (!e)
        e = start_services(s);
    if (!e) {
        wait_for_stop(s, SERVER_STOPS_GRACEFULLY, DEADLINE_NEVER);
        if (s->stop == SERVER_STOPS_GRACEFULLY)
            stop_gracefully(s);
    }
    service_notify_stopping();
    close_entries(s);
    end_all(s);
    finish_parts();
    s->main = NULL;
    log_info("server terminated");
    return err_wrap(e, "run the server");
}
