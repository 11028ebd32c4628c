#include "app/conf/open_files.h"

#include <errno.h>
#include <sys/resource.h>

#include "app/conf/conf.h"
#include "core/log.h"

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
    for (size_t i = 0; i < c->n_vhosts; i++)
        any |= c->vhosts[i].exec.enabled && c->vhosts[i].exec.publish.count > 0;
    return any;
}

static void reserve_for_programs(int max_connections)
{
    struct rlimit limit;
    rlim_t        wanted = (rlim_t)max_connections + OPEN_FILES_SPARE + 1 + OPEN_FILES_PROGRAMS;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < wanted)
        log_warn(
            "max open files=%llu, and %d programs of exec may need up to %llu: connections may be turned away; raise "
            "the hard limit (ulimit -Hn, LimitNOFILE=)",
            (unsigned long long)limit.rlim_cur, PROCESSES_MAX, (unsigned long long)wanted);
}

struct err *open_files_reserve_for(const struct conf *c)
{
    struct err *e = open_files_reserve(c->max_connections);
    if (!e && runs_programs(c))
        reserve_for_programs(c->max_connections);
    return e;
}
