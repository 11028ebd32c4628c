/**
 * The circuit breaker: while the loop has no time left, less is done for WebRTC, and nobody new is let in.
 *
 * The load is the computing time of the loop's thread, as protocol/busy.h has it: a core that other processes keep busy makes nobody do
 * less. It is measured each second.
 *
 *     high        lost packets of publishers are not asked for
 *     critical    and no arrivals are reported; what viewers ask for again, packets and key frames, is not sent; new sessions are refused
 *     dying       and nothing is sent to viewers
 *
 * The process has one such state.
 *
 * Source     SRS: circuit_breaker; the refusal of sessions is ours
 * Yields     only rtc_breaker_run()
 */
#ifndef APP_RTC_BREAKER_H
#define APP_RTC_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct conf_breaker;
struct jw;
struct mw;

enum rtc_level { RTC_LEVEL_CALM, RTC_LEVEL_HIGH, RTC_LEVEL_CRITICAL, RTC_LEVEL_DYING };

/* All zero at the beginning. */
struct rtc_breaker {
    enum rtc_level level;
    int            high_left, critical_left; /* seconds until the level ends, unless the load comes back */
    int            dying_for;                /* seconds for which the load has been above the threshold */
};

/** Judge the percent of a second's time that the loop has computed: sets the level. Called once a second. */
void rtc_breaker_judge(struct rtc_breaker *b, const struct conf_breaker *conf, int percent);

/** The level in force. */
enum rtc_level rtc_breaker_level(void);

/** An error while new sessions are refused: E_RTC_OVERLOADED. */
struct err *rtc_breaker_check(void) ATTR_MUST_USE;

/** Put the member "circuit_breaker" of the API, and the families of metrics. */
void rtc_breaker_put(struct jw *j);
void rtc_breaker_put_metrics(struct mw *m);

/** A service of the server (`arg`): measure, until the coroutine is cancelled. A change of the level is logged, and told as an event. */
void rtc_breaker_run(void *arg);

#endif
