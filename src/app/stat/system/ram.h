/**
 * The machine's memory.
 *
 * Source     proc_meminfo(5)
 * Units      KiB
 * Yields     no
 */
#ifndef APP_STAT_SYSTEM_RAM_H
#define APP_STAT_SYSTEM_RAM_H

#include <stdbool.h>
#include <stdint.h>

struct ram {
    int64_t total, free, buffers, cached, swap_total, swap_free;
};

/** False when the text is not /proc/meminfo. */
bool ram_parse(const char *meminfo, struct ram *out);

/** Memory in use: with buffers and cache, and without. */
int64_t ram_active(const struct ram *r);
int64_t ram_in_use(const struct ram *r);

/** The shares of memory and of swap in use, 0..1. */
double ram_share(const struct ram *r);
double ram_swap_share(const struct ram *r);

#endif
