/**
 * Text built in the caller's storage and cut at its end, and a few string helpers that libc lacks.
 *
 * `cut` says that something did not fit. The text is always terminated.
 *
 * Ownership  borrows the storage
 * Yields     no
 */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
void str_text(struct str *s, const char *text);

/** Append a decimal number. For texts that are made often: a format costs ten times as much. */
void str_number(struct str *s, int64_t n);

/** Copy `src` into `dst` of `cap` bytes, cut and terminated. True when it fits. */
bool str_copy(char *dst, size_t cap, const char *src);

/** Copy `len` bytes and a terminator to `*at`, and move `*at` behind them. Returns the copy. The caller has made room. */
const char *str_pack(char **at, const char *text, size_t len);

bool str_equal(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts_with(const char *text, const char *prefix);
bool str_ends_with(const char *text, const char *suffix);

/** Compare without regard to the case of ASCII letters, as host names compare. */
bool str_equal_nocase(const char *a, const char *b);

/**
 * Replace control characters and bytes that are not UTF-8 by '?', in place. Text from a peer must neither break a log line
 * in two nor command a terminal (the C1 set, U+0080 to U+009F, has a second escape character).
 */
void str_tame(char *text, size_t len);

/** The bytes as text, with everything but printable ASCII as \xNN: for log lines that show input of a peer. */
const char *str_printable(const void *bytes, size_t len, char *buf, size_t cap);

#endif
