#include "protocol/busy.h"

#include "core/attr.h"
#include "core/clock.h"

/* A load measured over a longer time than this is ignored: nothing waited meanwhile. */
enum { STALE_US = 4 * BUSY_JUDGE_US };

/*
 * Percent of a core: above BUSY more is gathered, below CALM less. One step changes the load by less than their distance, so
 * that steps do not alternate.
 */
enum { BUSY_PERCENT = 55, CALM_PERCENT = 35 };

/* With fewer waits than this, waking up is not what the loop spends its time on: gathering would only cost latency. */
enum { WAITS_PER_SECOND_MIN = 2000 };

static const int64_t steps_us[] = { 0, 5 * US_PER_MS, 10 * US_PER_MS, 20 * US_PER_MS, BUSY_GATHER_MAX_US };

int64_t busy_judge(struct busy *b, int64_t now_us, int64_t cpu_us)
{
    int64_t elapsed_us = now_us - b->judged_us;
    int64_t percent = (cpu_us - b->judged_cpu_us) * 100 / elapsed_us;
    bool    many = b->n_waits * US_PER_SECOND / elapsed_us >= WAITS_PER_SECOND_MIN;
    if (elapsed_us > STALE_US)
        b->step = 0;
    else if (many && percent > BUSY_PERCENT && b->step + 1 < ARRAY_LEN(steps_us))
        b->step++;
    else if ((!many || percent < CALM_PERCENT) && b->step > 0)
        b->step--;
    b->judged_us = now_us;
    b->judged_cpu_us = cpu_us;
    b->n_waits = 0;
    return steps_us[b->step];
}

int64_t busy_gather_us(void)
{
    static struct busy loop;
    int64_t            now = now_us();
    loop.n_waits++;
    return now - loop.judged_us < BUSY_JUDGE_US ? steps_us[loop.step] : busy_judge(&loop, now, thread_cpu_us());
}
