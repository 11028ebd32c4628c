#include "main/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"

static int tell_fd = -1; /* a pipe to the first parent */

/* Wait for the status that the grandchild reports. A grandchild that dies without a report has failed. */
static int wait_for_status(int fd)
{
    uint8_t status = 1;
    while (read(fd, &status, 1) < 0 && errno == EINTR)
        ;
    return status;
}

struct err *daemon_enter(void)
{
    int ends[2];
    if (pipe(ends) < 0)
        return err_sys(E_SYSTEM_CREATE_PIPE, "create the pipe to the daemon");

    pid_t child = fork();
    if (child < 0)
        return err_sys(E_SYSTEM_WAITPID, "fork into the background");
    if (child > 0) {
        close(ends[1]);
        int status = wait_for_status(ends[0]);
        waitpid(child, NULL, 0);
        _exit(status);
    }
    close(ends[0]);
    setsid();
    pid_t grandchild = fork(); /* not a session leader: it can never get a controlling terminal */
    if (grandchild != 0)
        _exit(grandchild < 0);
    tell_fd = ends[1];
    return NULL;
}

void daemon_started(int status)
{
    if (tell_fd < 0)
        return;
    uint8_t byte = (uint8_t)status;
    while (write(tell_fd, &byte, 1) < 0 && errno == EINTR)
        ;
    close(tell_fd);
    tell_fd = -1;
}

void daemon_let_go_of_terminal(void)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0)
        return;
    dup2(null_fd, STDIN_FILENO);
    dup2(null_fd, STDOUT_FILENO);
    dup2(log_descriptor(), STDERR_FILENO);
    close(null_fd);
}
