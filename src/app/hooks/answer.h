/**
 * The answer of a callback's server: yes, or why not.
 *
 * Source     SRS 7: status 200 or 201, and a body that is the character `0` or a JSON object whose `code` is the integer 0
 * Yields     no
 */
#ifndef APP_HOOKS_ANSWER_H
#define APP_HOOKS_ANSWER_H

#include <stddef.h>

#include "core/attr.h"
#include "core/err.h"

/**
 * Judge an answer.
 *
 * Returns    NULL for yes; E_HTTP_STATUS_INVALID, E_HTTP_DATA_INVALID for a body that is neither `0` nor an object,
 *            E_RESPONSE_CODE for an object without an integer `code`, or with another one
 */
struct err *hook_answer_judge(int status, const char *body, size_t len) ATTR_MUST_USE;

#endif
