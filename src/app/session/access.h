/**
 * Access rules: `security` and `refer` of a vhost.
 *
 * Pure functions of the rules and of what is known about the client. A refusal is an error that names the rule and the client;
 * the caller logs it and closes.
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
 * The vhost's `security`. A deny rule that matches refuses. If there is an allow rule of either role, one must match. With deny
 * rules alone everybody else is allowed. Without any rule nobody is.
 *
 * Shape      `ip`: an IPv4 or IPv6 address without brackets; ::ffff:1.2.3.4 is 1.2.3.4. NULL, or an address that cannot be
 *            read, matches `all` and nothing else
 * Returns    NULL, or E_SYSTEM_SECURITY_DENY, E_SYSTEM_SECURITY_ALLOW, E_SYSTEM_SECURITY
 */
struct err *access_check_security(const struct conf_vhost *v, enum access_role role, const char *ip) ATTR_MUST_USE;

/** The lists of `refer`: one for every client, one for each role. */
enum access_refer { ACCESS_REFER_ALL, ACCESS_REFER_PLAY, ACCESS_REFER_PUBLISH };

/**
 * The vhost's `refer`. The host of the page must be one of the list's domains or lie below one; the case of letters does not
 * matter. A list without domains refuses every page; no list, or `enabled off`, refuses none.
 *
 * Shape      `page_url`: as the client sends it; NULL or empty is refused where there is a list
 * Returns    NULL, or E_RTMP_ACCESS_DENIED
 */
struct err *access_check_refer(const struct conf_vhost *v, enum access_refer which, const char *page_url) ATTR_MUST_USE;

#endif
