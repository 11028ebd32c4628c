/**
 * This process and its machine, sampled regularly: processor, memory, disks, load, network.
 *
 * host_run() is a coroutine of the server's services. Each part has a period of its own; with `stats { enabled off }`
 * the processor alone is looked at. Everything has been sampled once soon after the start.
 *
 * Units      shares 0..1; `wall_ms` milliseconds since 1970, when the part was sampled
 */
#ifndef APP_STAT_SYSTEM_HOST_H
#define APP_STAT_SYSTEM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/stat/system/host_reading.h"

struct host_moment {
    int64_t at_us, wall_ms; /* monotonic and of the wall; 0: never */
};

struct host {
    struct conf *const *conf; /* the owner's configuration in force, whichever that is at the time */
    struct host_reading newest;
    struct host_moment  sampled[HOST_PARTS];
    double              self_cpu;    /* of one processor: may be above 1 */
    double              machine_cpu; /* of all processors */
    double              disk_busy;
    int64_t             disk_read_kibps, disk_written_kibps;
};

/** Put a reading in; the rates follow from the one before. Does not yield. */
void host_take(struct host *h, const struct host_reading *r, int64_t now_us, int64_t wall_ms);

/** When a part was sampled last. */
const struct host_moment *host_sampled(const struct host *h, enum host_part part);

/** True when all these parts have been sampled. */
bool host_has(const struct host *h, unsigned parts);

/** Sample until cancelled; `arg` is the struct host. Yields. */
void host_run(void *arg);

#endif
