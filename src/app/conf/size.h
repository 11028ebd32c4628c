/**
 * Amounts of memory as a configuration writes them: "512m", "2g", "65536", "50%", "off".
 *
 * Units      bytes, or percent of something that the caller knows; k, m, g count by 1024
 * Yields     no
 */
#ifndef APP_CONF_SIZE_H
#define APP_CONF_SIZE_H

#include <stdbool.h>
#include <stdint.h>

struct conf_size {
    int64_t bytes;   /* 0 for "off", and where `percent` counts */
    int     percent; /* 1 to 100; 0: `bytes` counts */
};

/** Parse an amount. False when the word is none, or does not fit 63 bits. */
bool conf_size_parse(const char *word, struct conf_size *out);

/** The amount in bytes; 100 % are `whole` bytes. */
int64_t conf_size_of(const struct conf_size *size, int64_t whole);

#endif
