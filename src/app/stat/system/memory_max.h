/**
 * The memory that this process may use: the machine's, or less if its control group or one above it has a limit
 * (containers, systemd's MemoryMax=).
 *
 * Source     cgroups(7); the kernel's cgroup-v2 "memory.max", cgroup-v1 "memory.limit_in_bytes"
 * Units      bytes
 * Yields     no: the kernel makes these files when they are read
 */
#ifndef APP_STAT_SYSTEM_MEMORY_MAX_H
#define APP_STAT_SYSTEM_MEMORY_MAX_H

#include <stdint.h>

/** `root` is a prefix of /proc and /sys, which is "" outside tests. Returns 0 when nothing can be read. */
int64_t memory_max(const char *root);

#endif
