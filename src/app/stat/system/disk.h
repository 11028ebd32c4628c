/**
 * What the disks have moved since boot.
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
    int64_t read_kib, written_kib; /* of all disks */
    int64_t busy_ms;               /* of the named disks, summed */
    int     n_disks;               /* of those, found */
};

/** False when the text is not /proc/vmstat. */
bool disk_parse_vmstat(const char *vmstat, struct disk_counters *out);

/** Look for the disks of these names. */
void disk_parse_stats(const char *diskstats, char *const *names, size_t n_names, struct disk_counters *out);

/** The busy share of the named disks between two samples, 0..1; 0 when there is none. */
double disk_busy(const struct disk_counters *before, const struct disk_counters *now, int64_t elapsed_us);

#endif
