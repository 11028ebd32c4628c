/**
 * Random identifiers as SRS users know them: trace ids of 8 characters, `vid-` and 7 characters for vhosts and streams.
 */
#ifndef CORE_IDENT_H
#define CORE_IDENT_H

#include <stddef.h>
#include <stdint.h>

enum { IDENT_LEN = 8, IDENT_CAP = IDENT_LEN + 1, VID_CAP = 12 };

/** `len` characters of 0-9a-z and a terminator; `buf` holds len + 1. */
void ident_random(char *buf, size_t len);

/** "vid-" and 7 characters; `buf` holds VID_CAP. */
void ident_vid(char *buf);

/** Random bytes from the kernel. Not for keys that must stay secret for long. */
void random_bytes(void *buf, size_t len);

#endif
