#include "app/conf/conf_source.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/conf/env.h"
#include "app/conf/files.h"

/* Docker and the like: recognised by the cgroup of process 1, or by the file that Docker puts into each container. */
static bool is_in_container(void)
{
    if (access("/.dockerenv", F_OK) == 0)
        return true;
    FILE *f = fopen("/proc/1/cgroup", "re");
    char  line[4096];
    bool  found = false;
    while (f && !found && fgets(line, sizeof line, f))
        found = strstr(line, "/docker");
    if (f)
        fclose(f);
    return found;
}

/* 0 when there is no bound: root may raise the hard limit too. */
static int64_t reachable_open_files(void)
{
    struct rlimit limit;
    if (geteuid() == 0 || getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_max == RLIM_INFINITY)
        return 0;
    return (int64_t)limit.rlim_max;
}

/* Addresses of interfaces that are up and running and not point-to-point. Loopback counts only if there are no others. */
static int count_local_addresses(void)
{
    struct ifaddrs *all;
    int             n = 0, n_loopback = 0;
    if (getifaddrs(&all))
        return 0;
    for (struct ifaddrs *a = all; a; a = a->ifa_next) {
        int family = a->ifa_addr ? a->ifa_addr->sa_family : 0;
        if (family != AF_INET && family != AF_INET6)
            continue;
        if (!(a->ifa_flags & IFF_UP) || !(a->ifa_flags & IFF_RUNNING) || (a->ifa_flags & IFF_POINTOPOINT))
            continue;
        if (a->ifa_flags & IFF_LOOPBACK)
            n_loopback++;
        else
            n++;
    }
    freeifaddrs(all);
    return n ? n : n_loopback;
}

void conf_source_probe(struct conf_source *s)
{
    s->in_container = is_in_container();
    s->open_files = reachable_open_files();
    s->local_addresses = count_local_addresses();
}

void conf_source_apply_env(struct conf_source *s, struct conf_report *report)
{
    const char *file = conf_env_find(s->envp, "SRS_CONFIG_FILE");
    if (file) {
        conf_report_add(report, LOG_INFO, "SRS_CONFIG_FILE is set: the configuration file is %s", file);
        s->path = file;
    }
    const char *only = conf_env_find(s->envp, "SRS_ENV_ONLY");
    if (only && !s->env_only) {
        conf_report_add(report, LOG_WARN,
                        "SRS_ENV_ONLY=%s: the configuration comes from the environment only, no file "
                        "is read (any value does that)",
                        only);
        s->env_only = true;
    }
}

struct err *conf_source_check(const struct conf_source *s)
{
    return s->env_only || s->text ? NULL : conf_file_check(s->dir, s->path);
}
