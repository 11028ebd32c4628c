/**
 * The bytes that the disks have moved since boot, and the time they were busy.
 *
 * Source     proc_vmstat(5): pgpgin, pgpgout; the kernel's Documentation/admin-guide/iostats.rst
 * Yields     no
 */
#ifndef APP_STAT_SYSTEM_DISK_H
#define APP_STAT_SYSTEM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_counters {
    int64_t read_kib, written_kib; /* sum over all disks */
    int64_t busy_ms;               /* sum over the named disks */
    int     n_disks;               /* named disks that were found */
};

/** False when the text is not /proc/vmstat. */
bool disk_parse_vmstat(const char *vmstat, struct disk_counters *out);

/** Read the counters of the disks of these names. */
void disk_parse_stats(const char *diskstats, char *const *names, size_t n_names, struct disk_counters *out);

/** The busy share of the named disks between two samples, 0..1; 0 when there is none. */
double disk_busy(const struct disk_counters *before, const struct disk_counters *now, int64_t elapsed_us);

#endif
