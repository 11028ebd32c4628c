/**
 * Words of a session that nobody can guess: passwords, tokens, names.
 *
 * Yields     no
 */
#ifndef APP_RTC_WORD_H
#define APP_RTC_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

enum { RTC_WORD_MAX = 32 };

/** Write `len` letters and digits, RTC_WORD_MAX at most, and a terminator. False: the kernel has no random numbers. */
bool rtc_word_make(char *word, size_t len) ATTR_MUST_USE;

#endif
