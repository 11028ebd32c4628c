/**
 * Compiler attributes, spelled once.
 */
#ifndef CORE_ATTR_H
#define CORE_ATTR_H

#include <stddef.h>

#define ATTR_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))
#define ATTR_MUST_USE __attribute__((warn_unused_result))
#define ATTR_COLD __attribute__((cold))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* The struct whose `member` is at `ptr`: for intrusive lists and embedded jobs. */
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
