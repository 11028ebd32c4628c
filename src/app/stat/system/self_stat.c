#include "app/stat/system/self_stat.h"

#include <string.h>

#include "app/stat/system/proc_text.h"
#include "core/str.h"

/* Indices in the list below. */
enum { PPID = 0, UTIME = 10, STIME = 11, RSS = 20, STARTCODE = 22, KSTKEIP = 26, WCHAN = 31 };

/* The largest number that every reader of JSON holds exactly (RFC 8259 6): rsslim without a limit is 2^64 - 1. */
static const int64_t number_max = (INT64_C(1) << 53) - 1;

const char *const self_stat_names[SELF_STAT_NUMBERS] = {
    "ppid",        "pgrp",        "session",
    "tty_nr",      "tpgid",       "flags",
    "minflt",      "cminflt",     "majflt",
    "cmajflt",     "utime",       "stime",
    "cutime",      "cstime",      "priority",
    "nice",        "num_threads", "itrealvalue",
    "starttime",   "vsize",       "rss",
    "rsslim",      "startcode",   "endcode",
    "startstack",  "kstkesp",     "kstkeip",
    "signal",      "blocked",     "sigignore",
    "sigcatch",    "wchan",       "nswap",
    "cnswap",      "exit_signal", "processor",
    "rt_priority", "policy",      "delayacct_blkio_ticks",
    "guest_time",  "cguest_time",
};

bool self_stat_parse(const char *text, struct self_stat *out)
{
    *out = (struct self_stat){ 0 };
    /* The name of a program may hold anything, parentheses and blanks too: it ends at the last one. */
    const char *name = strchr(text, '('), *end = strrchr(text, ')');
    if (!name || !end || end < name || end[1] != ' ' || !end[2] || proc_text_numbers(text, &out->pid, 1) != 1)
        return false;
    struct str comm = str_over(out->comm, sizeof out->comm);
    str_append(&comm, name, (size_t)(end + 1 - name));
    out->state = end[2];
    if (proc_text_numbers(end + 3, out->numbers, SELF_STAT_NUMBERS) <= STIME)
        return false;
    for (size_t i = 0; i < SELF_STAT_NUMBERS; i++) {
        bool is_address = (i >= STARTCODE && i <= KSTKEIP) || i == WCHAN;
        if (is_address)
            out->numbers[i] = 0; /* an address: it would reveal the program's place in memory */
        else if (out->numbers[i] > number_max)
            out->numbers[i] = number_max;
    }
    return true;
}

int64_t self_stat_ppid(const struct self_stat *s)
{
    return s->numbers[PPID];
}

int64_t self_stat_rss(const struct self_stat *s)
{
    return s->numbers[RSS];
}

int64_t self_stat_cpu_ticks(const struct self_stat *s)
{
    return s->numbers[UTIME] + s->numbers[STIME];
}
