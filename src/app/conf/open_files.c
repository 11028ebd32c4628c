#include "app/conf/open_files.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "app/conf/conf.h"
#include "core/log.h"

static _Atomic int left_to_callbacks;

struct err *open_files_reserve(int max_connections)
{
    struct rlimit limit;
    rlim_t        wanted = (rlim_t)max_connections + OPEN_FILES_SPARE + 1;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return err_sys(E_SYSTEM_CONFIG_INVALID, "read the limit of open files");
    if (limit.rlim_cur >= wanted)
        return NULL;
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted)
        limit.rlim_max = wanted; /* allowed for root */
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return err_sys(
            E_SYSTEM_CONFIG_INVALID,
            "%d exceed max open files=%llu: raise the hard limit (ulimit -Hn, LimitNOFILE=) to %llu or lower "
            "max_connections",
            max_connections, (unsigned long long)soft, (unsigned long long)wanted);
    log_info("max open files raised from %llu to %llu for max_connections=%d", (unsigned long long)soft,
             (unsigned long long)wanted, max_connections);
    return NULL;
}

static bool runs_programs(const struct conf *c)
{
    bool any = false;
    for (size_t i = 0; i < c->n_vhosts; i++) {
        const struct conf_vhost *v = &c->vhosts[i];
        any |= (v->exec.enabled && v->exec.publish.count > 0) || v->n_ingests > 0 || v->n_transcodes > 0;
    }
    return any;
}

static bool has_callbacks(const struct conf *c)
{
    bool any = false;
    for (size_t i = 0; i < c->n_vhosts; i++)
        any |= c->vhosts[i].enabled && c->vhosts[i].hooks.enabled;
    return any;
}

/* Raise the limit by `more` beyond what connections need. */
static void raise_beyond(int max_connections, int more, const char *who)
{
    struct rlimit limit;
    rlim_t        wanted = (rlim_t)max_connections + OPEN_FILES_SPARE + 1 + (rlim_t)more;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < wanted)
        log_warn("max open files=%llu, and with %s up to %llu may be needed: connections may be turned away; raise the "
                 "hard limit (ulimit -Hn, LimitNOFILE=)",
                 (unsigned long long)limit.rlim_cur, who, (unsigned long long)wanted);
}

struct err *open_files_reserve_for(const struct conf *c)
{
    struct err *e = open_files_reserve(c->max_connections);
    if (e)
        return e;
    int of_programs = runs_programs(c) ? OPEN_FILES_PROGRAMS : 0;
    int of_callbacks = has_callbacks(c) ? c->max_connections + OPEN_FILES_CALLBACKS : 0;
    left_to_callbacks = of_callbacks ? OPEN_FILES_CALLBACKS : 0;
    if (of_programs || of_callbacks)
        raise_beyond(c->max_connections, of_programs + of_callbacks,
                     !of_callbacks  ? "programs of exec"
                     : !of_programs ? "callbacks"
                                    : "callbacks and programs of exec");
    return NULL;
}

/* The kernel gives the lowest free descriptor, so one near the limit means that few are left. */
bool open_files_are_short(int fd)
{
    struct rlimit limit;
    int           left = left_to_callbacks;
    return left && getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)fd + (rlim_t)left >= limit.rlim_cur;
}
