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

/** Find the first line that begins with `label` and a blank or colon, and return the text after the label; NULL when there is
 * none. Takes NULL. */
const char *proc_text_find(const char *text, const char *label);

/** The number after `label`, as proc_text_find() finds it; 0 when there is none. */
int64_t proc_text_number(const char *text, const char *label);

/** The start of the next line; NULL at the end. */
const char *proc_text_next_line(const char *at);

/** Read up to `max` numbers, until the end of the line or the first word that is no number. Returns their count. */
size_t proc_text_numbers(const char *at, int64_t *out, size_t max);

#endif
