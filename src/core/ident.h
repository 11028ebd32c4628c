/**
 * Random identifiers as SRS users know them: trace ids of 8 characters, `vid-` and 7 characters for vhosts and streams.
 */
#ifndef CORE_IDENT_H
#define CORE_IDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

enum { IDENT_LEN = 8, IDENT_CAP = IDENT_LEN + 1, VID_CAP = 12 };

/** `len` characters of 0-9a-z and a terminator; `buf` holds len + 1. */
void ident_random(char *buf, size_t len);

/** "vid-" and 7 characters; `buf` holds VID_CAP. */
void ident_vid(char *buf);

/** Random bytes from the kernel. Not for secrets: the same bytes come again and again where the kernel has none to give. */
void random_bytes(void *buf, size_t len);

/** Random bytes that nobody can guess. False: the kernel has none to give, and `buf` must not be used. */
bool random_secret(void *buf, size_t len) ATTR_MUST_USE;

#endif
