/**
 * The lines that a function logs at INFO and above, as text. Afterwards the log is silent again.
 */
#ifndef TEST_LOGGED_H
#define TEST_LOGGED_H

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

static char logged[20000];

static inline void log_of(void (*function)(void *), void *arg)
{
    struct log_settings silent = { .level = LOG_OFF, .to_console = true }, to_file = { .level = LOG_INFO };
    const char         *tmp = getenv("TMPDIR");
    snprintf(to_file.path, sizeof to_file.path, "%s/logged.XXXXXX", tmp ? tmp : "/tmp");
    int fd = mkstemp(to_file.path);
    assert_true(fd >= 0);
    assert_null(log_setup(&to_file));
    function(arg);
    assert_null(log_setup(&silent));
    ssize_t n = read(fd, logged, sizeof logged - 1);
    logged[n > 0 ? n : 0] = '\0';
    close(fd);
    unlink(to_file.path);
}

/** The number of times that the text occurs in the logged lines. */
static inline int times_logged(const char *text)
{
    int n = 0;
    for (const char *p = logged; (p = strstr(p, text)); p++)
        n++;
    return n;
}

#endif
