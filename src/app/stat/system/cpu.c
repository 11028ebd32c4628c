#include "app/stat/system/cpu.h"

#include <stddef.h>

#include "app/stat/system/proc_text.h"

enum { FIELDS_MIN = 4, FIELDS = 9 }; /* kernels before 2.6 had four */

bool cpu_parse(const char *proc_stat, struct cpu_ticks *out)
{
    int64_t     v[FIELDS] = { 0 };
    const char *at = proc_text_find(proc_stat, "cpu");
    if (!at || proc_text_numbers(at, v, FIELDS) < FIELDS_MIN)
        return false;
    *out = (struct cpu_ticks){ v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8] };
    return true;
}

/* `guest` is part of `user` already. */
static int64_t busy_ticks(const struct cpu_ticks *t)
{
    return t->user + t->nice + t->sys + t->irq + t->softirq + t->steal;
}

double cpu_busy(const struct cpu_ticks *before, const struct cpu_ticks *now)
{
    int64_t busy = busy_ticks(now) - busy_ticks(before);
    int64_t all = busy + now->idle - before->idle + now->iowait - before->iowait;
    return all > 0 && busy > 0 && busy <= all ? (double)busy / (double)all : 0;
}
