/**
 * How much memory this process may have: that of the machine, or less if a control group of its own or of those above
 * says so (containers, systemd's MemoryMax=).
 *
 * Source     cgroups(7); the kernel's cgroup-v2 "memory.max", cgroup-v1 "memory.limit_in_bytes"
 * Units      bytes
 * Yields     no: the kernel makes these files when they are read
 */
#ifndef APP_STAT_SYSTEM_MEMORY_MAX_H
#define APP_STAT_SYSTEM_MEMORY_MAX_H

#include <stdint.h>

/** `root` stands before /proc and /sys: "" but in tests. 0 when nothing can be read. */
int64_t memory_max(const char *root);

#endif
