#include "app/conf/conf_source.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/conf/env.h"
#include "app/conf/files.h"
#include "app/conf/local_address.h"

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

void conf_source_probe(struct conf_source *s)
{
    s->in_container = is_in_container();
    s->open_files = reachable_open_files();
    s->local_addresses = local_address_count();
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
    return s->env_only || (s->text && !s->text_of) ? NULL : conf_file_check(s->dir, s->path);
}
