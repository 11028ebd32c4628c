/**
 * A guess at the name that was meant by an unknown one.
 *
 * Yields     no
 */
#ifndef APP_CONF_SPELL_H
#define APP_CONF_SPELL_H

#include <stddef.h>

#include "app/conf/directive.h"

/**
 * A hint in brackets with a space before it: ` (did you mean "listen"?)` when a name of the block is similar,
 * ` (it belongs in vhost.play)` when exactly one other block has this name; else "".
 */
const char *conf_spell_hint(const struct conf_block *block, const char *name, char *buf, size_t cap);

enum { CONF_HINT_MAX = CONF_PATH_MAX + 32 };

#endif
