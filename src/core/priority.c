#include "core/priority.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The shortest turn that the kernel accepts is 0.1 ms. */
enum { TURN_NS = 200 * 1000, NICENESS_MORE = 5 };

void priority_short_turns(void)
{
    struct sched_attr attr = { .size = sizeof attr };
    if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) != 0 || attr.sched_policy != SCHED_NORMAL)
        return;
    attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
    attr.sched_runtime = TURN_NS;
    syscall(SYS_sched_setattr, 0, &attr, 0);
}

/* The niceness of Linux belongs to a thread. */
void priority_give_way(void)
{
    id_t thread = (id_t)syscall(SYS_gettid);
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + NICENESS_MORE);
}
