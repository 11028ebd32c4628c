/**
 * The kernel's figures about this process.
 *
 * Source     proc_pid_stat(5)
 * Units      as that page has them: times in clock ticks, vsize in bytes, rss in pages
 * Yields     no
 */
#ifndef APP_STAT_SYSTEM_SELF_STAT_H
#define APP_STAT_SYSTEM_SELF_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SELF_STAT_COMM_CAP = 32, SELF_STAT_NUMBERS = 41 };

struct self_stat {
    int64_t pid;
    char    comm[SELF_STAT_COMM_CAP]; /* the name with its parentheses: "(srs)" */
    char    state;
    int64_t numbers[SELF_STAT_NUMBERS]; /* ppid and what follows it */
};

/** The names of `numbers`. */
extern const char *const self_stat_names[SELF_STAT_NUMBERS];

/**
 * False when the text is not /proc/self/stat. Numbers that an older kernel does not give are 0, and so are addresses (code,
 * stack, registers). A number above 2^53 - 1, such as rsslim without a limit, becomes 2^53 - 1.
 */
bool self_stat_parse(const char *text, struct self_stat *out);

int64_t self_stat_ppid(const struct self_stat *s);

/** Resident pages. */
int64_t self_stat_rss(const struct self_stat *s);

/** Clock ticks of user and system time. */
int64_t self_stat_cpu_ticks(const struct self_stat *s);

#endif
