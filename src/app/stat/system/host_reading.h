/**
 * One reading of the kernel's figures about this process and its machine.
 *
 * It reads files, so it runs on a worker thread. A part that cannot be read is missing in `got`.
 *
 * Yields     no
 */
#ifndef APP_STAT_SYSTEM_HOST_READING_H
#define APP_STAT_SYSTEM_HOST_READING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "app/stat/system/cpu.h"
#include "app/stat/system/disk.h"
#include "app/stat/system/nics.h"
#include "app/stat/system/ram.h"
#include "app/stat/system/self_stat.h"
#include "app/stat/system/sockets.h"

/* The parts of a reading; each can be read alone. */
enum host_part {
    HOST_CPU = 1 << 0, /* processor time of the process and of the machine */
    HOST_USAGE = 1 << 1,
    HOST_DISK = 1 << 2,
    HOST_RAM = 1 << 3,
    HOST_PLATFORM = 1 << 4,
    HOST_NETWORK = 1 << 5,
    HOST_ALL = (1 << 6) - 1,
};

enum { HOST_PARTS = 6, HOST_LOADS = 3, HOST_TEXT_CAP = 1024 };

struct host_platform {
    int    cpus, cpus_online;
    double uptime_s, idle_s; /* idle_s is the sum over all processors */
    double load[HOST_LOADS]; /* means over 1, 5 and 15 min */
    char   argv[HOST_TEXT_CAP], cwd[HOST_TEXT_CAP];
};

struct host_reading {
    unsigned             got; /* set of enum host_part */
    struct self_stat     self;
    struct cpu_ticks     cpu;
    struct rusage        usage;
    struct disk_counters disk;
    struct ram           ram;
    struct host_platform platform;
    struct nics          nics;
    struct sockets       sockets;
};

/** Read the `wanted` parts. `disks` names the disks whose counters are read. */
void host_reading_take(struct host_reading *r, unsigned wanted, char *const *disks, size_t n_disks);

#endif
