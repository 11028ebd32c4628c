/**
 * Lines and numbers of the kernel's text files below /proc.
 *
 * Shape      a text ends with NUL; a number that does not fit is the nearest one that does
 * Yields     no
 */
#ifndef APP_STAT_SYSTEM_PROC_TEXT_H
#define APP_STAT_SYSTEM_PROC_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** Behind `label` in the first line that begins with it and a blank or colon; NULL when there is none. Takes NULL. */
const char *proc_text_find(const char *text, const char *label);

/** The number there, 0 when there is none. */
int64_t proc_text_number(const char *text, const char *label);

/** The next line, or NULL. */
const char *proc_text_next_line(const char *at);

/** Up to `max` numbers, to the end of the line or whatever is no number; returns how many. */
size_t proc_text_numbers(const char *at, int64_t *out, size_t max);

#endif
