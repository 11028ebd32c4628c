/**
 * Whether bytes are UTF-8, as they come in.
 *
 * Source     RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF
 * Yields     no
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero at the start of a text. */
struct utf8 {
    uint8_t n_missing;   /* bytes of the character under way */
    uint8_t least, most; /* what the next one of them may be */
};

/** False as soon as the text so far cannot be the beginning of one in UTF-8. */
bool utf8_feed(struct utf8 *u, const void *text, size_t len);

/** Whether what has been fed may end here. */
static inline bool utf8_is_whole(const struct utf8 *u)
{
    return u->n_missing == 0;
}

#endif
