/**
 * What the API tells of a session of WebRTC, and what metrics count of all of them.
 *
 * Yields     no
 */
#ifndef APP_RTC_REPORT_H
#define APP_RTC_REPORT_H

#include <stdbool.h>

#include "core/jw.h"
#include "core/mw.h"

struct client;

/** Put the member "rtc", if the client is one of WebRTC. Addresses are left empty unless `shows_secrets`. */
void rtc_report_put_client(struct jw *j, const struct client *c, bool shows_secrets);

/** Write the families of metrics. */
void rtc_report_put_metrics(struct mw *m);

#endif
