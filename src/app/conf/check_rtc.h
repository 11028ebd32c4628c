/**
 * Checks of the `rtc_server` block.
 *
 * Yields     no
 */
#ifndef APP_CONF_CHECK_RTC_H
#define APP_CONF_CHECK_RTC_H

#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/err.h"

/* Of ice_server: how many there may be, and how long a word may be. All of them stand in one answer. */
enum { CONF_ICE_SERVERS_MAX = 8, CONF_ICE_WORD_MAX = 256 };

/** Takes NULL. Errors: E_SYSTEM_CONFIG_INVALID */
struct err *conf_check_rtc(const struct conf_node *rtc_server) ATTR_MUST_USE;

#endif
