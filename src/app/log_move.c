#include "app/log_move.h"

#include "core/attr.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/offload.h"

/* Much longer than any open takes. After it the log stays where it is, so that a disk that hangs does not prevent later reloads. */
enum { OPEN_TIMEOUT_US = 60 * US_PER_SECOND };

struct log_job {
    struct offload_job  job;
    struct log_settings settings;
    struct err         *error;
};

static void log_work(struct offload_job *job)
{
    struct log_job *l = CONTAINER_OF(job, struct log_job, job);
    l->error = log_setup(&l->settings);
}

static void log_drop(struct offload_job *job)
{
    struct log_job *l = CONTAINER_OF(job, struct log_job, job);
    err_free(l->error);
    mem_free(l);
}

static struct err *open_log(const struct log_settings *settings)
{
    struct log_job *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_no_memory();
    l->job = (struct offload_job){ .work = log_work, .drop = log_drop };
    l->settings = *settings;
    struct err *e = offload(OFFLOAD_CONF, &l->job, now_us() + OPEN_TIMEOUT_US);
    if (e)
        return e;
    e = l->error;
    l->error = NULL;
    log_drop(&l->job);
    return e;
}

void log_move(const struct log_settings *to)
{
    log_err(LOG_WARN, open_log(to), "the log stays where it is");
}
