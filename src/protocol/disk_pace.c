#include "protocol/disk_pace.h"

void disk_pace_init(struct disk_pace *p, int64_t handed_over_us, int64_t now_us, int64_t cpu_us)
{
    *p = (struct disk_pace){ .gentle_until_us = handed_over_us + DISK_PACE_GENTLE_US,
                             .began_us = now_us,
                             .began_cpu_us = cpu_us,
                             .burst_cpu_us = cpu_us };
}

enum disk_pace_step disk_pace_next(const struct disk_pace *p, int64_t now_us, int64_t cpu_us)
{
    int64_t worked_us = cpu_us - p->began_cpu_us, waited_us = now_us - p->began_us - p->rested_us - worked_us;
    if (waited_us >= DISK_PACE_WAIT_US || worked_us >= DISK_PACE_WORK_US)
        return DISK_PACE_LEAVE;
    return cpu_us - p->burst_cpu_us >= DISK_PACE_BURST_US && now_us < p->gentle_until_us ? DISK_PACE_REST
                                                                                         : DISK_PACE_GO_ON;
}

void disk_pace_rested(struct disk_pace *p, int64_t rest_us, int64_t cpu_us)
{
    p->rested_us += rest_us;
    p->burst_cpu_us = cpu_us;
}
