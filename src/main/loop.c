#include "main/loop.h"

#include <string.h>
#include <unistd.h>

#include "app/auth/param_names.h"
#include "app/bans/keep.h"
#include "app/exposure_log.h"
#include "app/hooks/kafka.h"
#include "app/listener.h"
#include "app/reload.h"
#include "app/server/config_store.h"
#include "app/server/server.h"
#include "app/server_run.h"
#include "app/services.h"
#include "app/watch_file.h"
#include "core/blob_store.h"
#include "core/clock.h"
#include "core/log.h"
#include "main/daemon.h"
#include "main/parent.h"
#include "main/signals.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"
#include "protocol/io.h"
#include "protocol/offload.h"
#include "protocol/process.h"
#include "protocol/send_ring.h"
#include "protocol/service_notify.h"

/* The time that jobs and file writers have to finish at the end. */
enum { LAST_WORDS_US = 2 * US_PER_SECOND };

/* Everything that must succeed before the first client is served. The log is open already. */
static struct err *open_server(struct server *s, const struct conf_source *from)
{
    struct err *e;
    auth_mask_params(s->conf);
    bans_open(s->conf->pid);
    config_store_open(&s->config, s->conf->pid);
    if ((e = hook_kafka_check(s->conf)) || (e = tls_store_open(&s->tls, s->conf)) ||
        (e = listeners_apply(s, listen_services, s->conf)) || (e = reload_start(s, from)) || (e = signals_start(s)))
        return e;
    if (s->conf->inotify_auto_reload && !s->conf->env_only && (e = watch_file_start(s, from)))
        log_err(LOG_WARN, e, "the configuration file is not watched, SIGHUP reloads it");
    return s->conf->asprocess ? parent_watch_start(s) : NULL;
}

static struct err *run_server(struct conf *conf, const struct conf_source *from, const char *server_id,
                              const uint8_t *secret)
{
    struct server server;
    struct err   *e;
    server_init(&server, conf, server_id);
    memcpy(server.secret, secret, sizeof server.secret);
    if (!(e = open_server(&server, from))) {
        log_info("server main cid=%s, pid=%d, ppid=%d, asprocess=%d", co_trace(), (int)getpid(), (int)getppid(),
                 conf->asprocess);
        exposure_log(conf, NULL);
        daemon_started(0);
        service_notify_ready("serving");
        if (conf->daemon && !conf->log.to_console)
            daemon_let_go_of_terminal();
        e = server_run(&server);
    } else {
        server_request_stop(&server, SERVER_STOPS_QUICKLY);
        err_free(server_run(&server)); /* ends all coroutines that were started, after an error too */
    }
    server_finish(&server);
    return e;
}

static void open_send_ring(const struct conf *conf)
{
    char        text[ERR_TEXT_MAX];
    struct err *e = conf->io_uring ? send_ring_open() : NULL;
    if (e)
        log_info("each player is written to by a call of its own: %s", err_text(e, text, sizeof text));
    err_free(e);
}

struct err *loop_run(struct conf *conf, const struct conf_source *from, const char *server_id, const uint8_t *secret)
{
    struct err *e = log_start_writer();
    if (!e)
        e = co_init();
    if (e)
        return e;
    io_init();
    open_send_ring(conf);
    process_init();
    if (!(e = offload_init()))
        e = run_server(conf, from, server_id, secret);
    file_writers_finish(now_us() + LAST_WORDS_US);
    offload_shutdown(LAST_WORDS_US);
    blob_store_finish();
    send_ring_close();
    co_finish();
    return e;
}
