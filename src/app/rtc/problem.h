/**
 * Refusals of WHIP and WHEP: a status, and a body that says why.
 *
 * Source     RFC 9457 (application/problem+json); RFC 9725 4.2 for who reads it
 * Yields     yes
 */
#ifndef APP_RTC_PROBLEM_H
#define APP_RTC_PROBLEM_H

#include "app/rtc/open.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/http/exchange.h"

/** Refuse the request. `code` is a word for programs ("no-bundle"), `detail` a sentence for people. */
struct err *rtc_problem(struct http_exchange *x, int status, const char *code, const char *detail) ATTR_MUST_USE;

/* How a refusal of rtc_open() is told. */
struct rtc_refusal {
    int         status;
    const char *code, *detail;
};
struct rtc_refusal rtc_refusal_of(const struct rtc_opened *opened, const struct err *why);

/** Tell that rtc_open() has refused, and log why. Takes `why` over. */
struct err *rtc_problem_of(struct http_exchange *x, const struct rtc_opened *opened, struct err *why) ATTR_MUST_USE;

#endif
