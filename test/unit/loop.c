#include "loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "protocol/co.h"

int64_t a_while(void)
{
    return now_us() + A_WHILE_US;
}

int code_of(struct err *e)
{
    int code = (int)err_code(e);
    err_free(e);
    return code;
}

int loop_begin(void **state)
{
    (void)state;
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    if (code_of(log_setup(&silent)) || code_of(co_init()))
        return -1;
    io_init();
    return 0;
}

int loop_end(void **state)
{
    (void)state;
    co_finish();
    return 0;
}

int connect_ends(struct io *io, int *other)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return -1;
    *other = ends[1];
    return code_of(io_open(io, ends[0])) ? -1 : 0;
}

void close_end(int *other)
{
    if (*other >= 0)
        close(*other);
    *other = -1;
}
