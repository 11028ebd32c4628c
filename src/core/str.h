/**
 * Text built in the caller's storage, cut at its end; and the few string helpers that libc lacks.
 *
 * `cut` says that something did not fit; what is there is always terminated.
 *
 * Ownership  borrows the storage
 * Yields     no
 */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

struct str {
    char  *buf;
    size_t cap, len;
    bool   cut;
};

/** An empty text in `buf`; `cap` counts the terminator and must be at least 1. */
struct str str_over(char *buf, size_t cap);

void str_printf(struct str *s, const char *fmt, ...) ATTR_PRINTF(2, 3);
void str_vprintf(struct str *s, const char *fmt, va_list args) ATTR_PRINTF(2, 0);
void str_append(struct str *s, const char *text, size_t len);

/** Copy `src` into `dst` of `cap` bytes, cut and terminated; true when it fitted. */
bool str_copy(char *dst, size_t cap, const char *src);

/** Copy `len` bytes and a terminator to `*at`, which moves behind them; the copy. The caller has made room for both. */
const char *str_pack(char **at, const char *text, size_t len);

bool str_equal(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts_with(const char *text, const char *prefix);
bool str_ends_with(const char *text, const char *suffix);

/** `text` in C locale lower case compared with `other`: as host names compare. */
bool str_equal_nocase(const char *a, const char *b);

/**
 * Replace control characters and what is not UTF-8 by '?', in place: what a peer sent must not break a log line in two, nor
 * say anything to a terminal (the C1 set, U+0080 to U+009F, has a second escape in it).
 */
void str_tame(char *text, size_t len);

/** Text with everything but printable ASCII as \xNN, for a log line that shows what a peer sent. */
const char *str_printable(const void *bytes, size_t len, char *buf, size_t cap);

#endif
