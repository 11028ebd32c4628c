/**
 * This process and its machine, sampled regularly: processor, memory, disks, load, network.
 *
 * host_run() is a coroutine of the server's services. Each part has a period of its own. With `stats { enabled off }` only
 * the processor is sampled. Soon after the start everything has been sampled once.
 *
 * Units      shares 0..1; `wall_ms` is the time of the sample in milliseconds since 1970
 */
#ifndef APP_STAT_SYSTEM_HOST_H
#define APP_STAT_SYSTEM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/stat/system/host_reading.h"

struct host_moment {
    int64_t at_us, wall_ms; /* monotonic and wall clock; 0: never */
};

struct host {
    struct conf *const *conf; /* points to the owner's configuration in force, which a reload replaces */
    struct host_reading newest;
    struct host_moment  sampled[HOST_PARTS];
    double              self_cpu;    /* 1 is one whole processor, so it may exceed 1 */
    double              machine_cpu; /* 1 is all processors */
    double              disk_busy;
    int64_t             disk_read_kibps, disk_written_kibps;
};

/** Add a reading; rates are computed from the difference to the previous one. Does not yield. */
void host_take(struct host *h, const struct host_reading *r, int64_t now_us, int64_t wall_ms);

/** The time at which a part was sampled last. */
const struct host_moment *host_sampled(const struct host *h, enum host_part part);

/** True when all these parts have been sampled. */
bool host_has(const struct host *h, unsigned parts);

/** Sample until cancelled; `arg` is the struct host. Yields. */
void host_run(void *arg);

#endif
