#include "core/priority.h"

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
