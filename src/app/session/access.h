/**
 * Who may: the rules of `security` and `refer`, and whether the vhost can be served at all.
 *
 * Pure: the rules and what is known of the client go in, NULL or a refusal comes out, which says exactly which
 * rule refused whom. The caller logs it and closes.
 *
 * Ownership  everything is only read
 * Yields     no
 */
#ifndef APP_SESSION_ACCESS_H
#define APP_SESSION_ACCESS_H

#include "app/conf/conf.h"
#include "core/err.h"

enum access_role { ACCESS_PLAY, ACCESS_PUBLISH };

/**
 * `security` of the vhost: a deny that matches refuses; then, if there is any allow, of whatever role, one must
 * match; with deny rules only the rest is allowed; without any rule nobody is.
 *
 * Shape      `ip` is an IPv4 or IPv6 address without brackets; ::ffff:1.2.3.4 is 1.2.3.4. An address that cannot
 *            be read, or NULL, matches only `all`
 * Returns    NULL, or E_SYSTEM_SECURITY_DENY, E_SYSTEM_SECURITY_ALLOW, E_SYSTEM_SECURITY
 */
struct err *access_check_security(const struct conf_vhost *v, enum access_role role, const char *ip) ATTR_MUST_USE;

/** Which list of `refer`: `all` when a client connects, the one of its role when that is known. */
enum access_refer { ACCESS_REFER_ALL, ACCESS_REFER_PLAY, ACCESS_REFER_PUBLISH };

/**
 * `refer` of the vhost: the host of the page must be one of the domains or lie below one, whatever the case of
 * its letters. A list without domains refuses every page; no list, or `enabled off`, refuses none.
 *
 * Shape      `page_url` as the client sends it, may be NULL or empty: refused where there is a list
 * Returns    NULL, or E_RTMP_ACCESS_DENIED
 */
struct err *access_check_refer(const struct conf_vhost *v, enum access_refer which, const char *page_url) ATTR_MUST_USE;

/**
 * A vhost that asks for a feature without which it is unsafe or useless, and which is not built yet, serves nobody unless
 * `allow_unbuilt` is on.
 *
 * Returns    NULL, or E_NOT_BUILT
 */
struct err *access_check_built(const struct conf *c, const struct conf_vhost *v) ATTR_MUST_USE;

#endif
