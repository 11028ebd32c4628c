#include "app/heartbeat/heartbeat.h"

#include <stdlib.h>

#include "app/conf/local_address.h"
#include "app/heartbeat/report.h"
#include "app/hooks/trust.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/client.h"
#include "protocol/offload.h"
#include "protocol/tls/ctx.h"

/* The time that a receiver has for its answer, the bytes of the answer that are read, and how soon a reload counts. */
enum { ANSWER_US = 10 * US_PER_SECOND, ANSWER_MAX = 64 << 10, LOOK_US = US_PER_SECOND };

/* ---- the address ---- */

struct address_job {
    struct offload_job job;
    int                index;
    char               ip[INET6_ADDRSTRLEN];
};

static void find_address(struct offload_job *job)
{
    struct address_job *a = CONTAINER_OF(job, struct address_job, job);
    if (!local_address_find(a->index, a->ip))
        a->ip[0] = '\0';
}

static void drop_address(struct offload_job *job)
{
    mem_free(CONTAINER_OF(job, struct address_job, job));
}

/* SRS_DEVICE_IP, or the address that stats { network; } chooses; "" if there is none. */
static struct err *own_address(int index, char ip[static INET6_ADDRSTRLEN])
{
    const char *told = getenv("SRS_DEVICE_IP");
    if (told && *told) {
        str_copy(ip, INET6_ADDRSTRLEN, told);
        return NULL;
    }
    struct address_job *a = mem_calloc(1, sizeof *a);
    if (!a)
        return err_no_memory();
    a->job = (struct offload_job){ .work = find_address, .drop = drop_address };
    a->index = index;
    struct err *e = offload(OFFLOAD_STAT, &a->job, now_us() + ANSWER_US);
    if (e)
        return err_wrap(e, "find the server's address");
    str_copy(ip, INET6_ADDRSTRLEN, a->ip);
    mem_free(a);
    return NULL;
}

/* ---- one report ---- */

/* The status of the answer does not matter, as in SRS: whoever answers has got the report. */
static struct err *post(const struct http_client_request *r)
{
    int64_t            deadline_us = now_us() + ANSWER_US;
    struct http_client client;
    char              *answer = NULL;
    size_t             len;
    struct err        *e = http_client_open(&client, r, deadline_us);
    if (e)
        return e;
    e = http_client_read_all(&client, ANSWER_MAX, &answer, &len, deadline_us);
    http_client_close(&client);
    mem_free(answer);
    return e;
}

static struct err *beat(const struct server *s, const struct conf *conf)
{
    struct http_client_request r = { .method = HTTP_POST,
                                     .url = conf->heartbeat.url,
                                     .content_type = "application/json" };
    struct hook_manner         manner = { .tls_verify = true, .tls_ca = "", .conf_serial = conf->serial };
    char                       ip[INET6_ADDRSTRLEN] = "";
    struct jw                  report = JW_INIT;
    struct err                *e = own_address(conf->stats.network, ip);
    if (!e)
        e = hook_trust_find(&r.tls, r.url, &manner);
    if (!e) {
        heartbeat_report(&report, s, ip);
        e = buf_error(&report.text);
    }
    if (!e) {
        r.body = report.text.bytes;
        r.body_len = report.text.len;
        e = post(&r);
    }
    tls_ctx_unref(&r.tls);
    jw_finish(&report);
    return err_wrap(e, "heartbeat to %.160s", conf->heartbeat.url);
}

/* ---- the interval ---- */

/* The log gets the first failure, and the first report that comes through again. */
static void tell(struct err *e, const struct conf *conf, bool *has_failed)
{
    if (e && !*has_failed)
        log_err(LOG_WARN, e, "the heartbeat fails, and is tried again at each interval");
    else
        err_free(e);
    if (!e && *has_failed)
        log_info("the heartbeat to %.160s comes through again", conf->heartbeat.url);
    *has_failed = e != NULL;
}

/* The first report has numbers of the machine. Where they cannot be had, it goes without them. */
static bool may_begin(const struct server *s, const struct conf *conf, int64_t waiting_us)
{
    enum { WAIT_MAX_US = 5 * US_PER_SECOND };
    return !conf->heartbeat.summaries || host_has(&s->host, HOST_ALL) || waiting_us > WAIT_MAX_US;
}

void heartbeat_run(void *arg)
{
    struct server *s = arg;
    struct err    *e = NULL;
    const int64_t  began_us = now_us();
    int64_t        beaten_us = 0; /* 0: not since the heartbeat was switched on */
    bool           has_failed = false;
    while (!e) {
        struct conf *conf = conf_ref(s->conf);
        int64_t      now = now_us();
        if (!conf->heartbeat.enabled) {
            beaten_us = 0;
        } else if (beaten_us ? now - beaten_us >= conf->heartbeat.interval_us : may_begin(s, conf, now - began_us)) {
            beaten_us = now;
            struct err *failure = beat(s, conf);
            if (err_code(failure) == E_THREAD_INTERRUPTED)
                err_free(failure);
            else
                tell(failure, conf, &has_failed);
        }
        conf_unref(&conf);
        e = co_sleep(LOOK_US);
    }
    err_free(e);
}
