#include "main/parent.h"

#include <unistd.h>

#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "protocol/co.h"

static void watch_parent(void *arg)
{
    struct server *s = arg;
    pid_t          parent = getppid();
    struct err    *e;
    while (!(e = co_sleep(US_PER_SECOND))) {
        if (getppid() == parent)
            continue;
        log_warn("code=%d(%s), the parent process %d is gone, asprocess is on: quit", E_ASPROCESS_PPID,
                 err_code_name(E_ASPROCESS_PPID), (int)parent);
        server_request_stop(s, SERVER_STOPS_QUICKLY);
        return;
    }
    err_free(e);
}

struct err *parent_watch_start(struct server *s)
{
    if (getppid() == 1)
        return err_new(E_SYSTEM_ASSERT_FAILED, "asprocess: the parent is process 1, which never ends");
    return co_go(&s->services, "parent", watch_parent, s, NULL);
}
