/**
 * A notice that waits over a reload, or comes back from a journal, is told as the configuration in force says, and to its URLs.
 */
#ifndef APP_HOOKS_RENEWAL_H
#define APP_HOOKS_RENEWAL_H

#include "app/conf/conf.h"
#include "app/hooks/notice.h"
#include "core/attr.h"

/**
 * A copy of the notice as this configuration would have it.
 *
 * Ownership  the caller gets it
 * Returns    NULL: nothing is to be changed, or memory is out
 * Yields     no
 */
struct hook_notice *hook_renewal_of(const struct hook_notice *n, const struct conf *conf) ATTR_MUST_USE;

#endif
