/**
 * The processor time spent since boot.
 *
 * Source     proc_stat(5), the line `cpu`
 * Units      clock ticks
 * Yields     no
 */
#ifndef APP_STAT_SYSTEM_CPU_H
#define APP_STAT_SYSTEM_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_ticks {
    int64_t user, nice, sys, idle, iowait, irq, softirq, steal, guest;
};

/** False when the text is not /proc/stat. */
bool cpu_parse(const char *proc_stat, struct cpu_ticks *out);

/** The busy share of all processors between two samples, 0..1. */
double cpu_busy(const struct cpu_ticks *before, const struct cpu_ticks *now);

#endif
