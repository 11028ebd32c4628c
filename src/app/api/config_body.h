/**
 * The body of a change of the configuration:
 *
 *     {"version":"…","changes":[{"op":"set","path":"vhost[a.example].play.gop_cache","value":false}]}
 *
 * `value` is a text (one word), a number, true or false (on and off), an array of these, or null (no word).
 *
 * Shape      at most CONFIG_BODY_MAX bytes, CONF_REWRITE_EDITS_MAX changes, JR_DEPTH_MAX deep
 * Errors     E_SYSTEM_CONFIG_INVALID with what is wrong; out of memory
 * Yields     no
 */
#ifndef APP_API_CONFIG_BODY_H
#define APP_API_CONFIG_BODY_H

#include <stddef.h>

#include "app/conf/rewrite.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/jr.h"

enum { CONFIG_BODY_MAX = 256 << 10 };

/** Read version and changes into `w`. */
struct err *config_body_read(struct conf_rewrite *w, const struct jr_value *body) ATTR_MUST_USE;

/** Read the version alone. It may be absent if `w` has one, from a field of the request; it is no other one. */
struct err *config_body_read_version(struct conf_rewrite *w, const struct jr_value *body) ATTR_MUST_USE;

#endif
