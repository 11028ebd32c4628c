#include "core/priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NICENESS_MORE = 5 };

/* The niceness of Linux belongs to a thread. */
void priority_give_way(void)
{
    id_t thread = (id_t)syscall(SYS_gettid);
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + NICENESS_MORE);
}

/* sched(7): SCHED_BATCH has the weight of SCHED_OTHER, and preempts nothing when it wakes. Another policy is the operator's. */
void priority_interrupt_nobody(void)
{
    const struct sched_param none = { 0 };
    if (sched_getscheduler(0) == SCHED_OTHER)
        (void)sched_setscheduler(0, SCHED_BATCH, &none);
}
