/**
 * URLs and manner of an event, kept beyond the configuration that said so: where an end is told if no later one says it.
 *
 * Ownership  one block
 * Yields     no
 */
#ifndef APP_HOOKS_KEPT_URLS_H
#define APP_HOOKS_KEPT_URLS_H

#include "app/hooks/events.h"
#include "app/hooks/manner.h"
#include "core/attr.h"

struct hook_kept_urls {
    struct hook_manner manner;
    struct conf_words  urls;
    char               texts[];
};

/** NULL: out of memory. Free it with mem_free(). */
struct hook_kept_urls *hook_kept_urls_new(const struct conf_words *urls, const struct hook_manner *m) ATTR_MUST_USE;

#endif
