/**
 * URLs of WHIP and WHEP, of servers that this one is a client of.
 *
 *     https://HOST/…/whip?…     a resource, named by a part of its path that ends with the word; so are whips://HOST/…/whip
 *     whips://HOST/APP/STREAM   the stream on a server of our kind: https://HOST/rtc/v1/whip/?app=APP&stream=STREAM
 *
 * whip and whep stand for http, whips and wheps for https.
 *
 * Yields     no
 */
#ifndef APP_CONF_RTC_URL_H
#define APP_CONF_RTC_URL_H

#include <stdbool.h>

/** True if the URL is one of the word, "whip" or "whep": its scheme, or http(s) and its path names a resource. */
bool conf_rtc_url_is(const char *url, const char *word);

/** What follows "://" in a URL of this scheme, or of it with an `s` behind it; else NULL. */
const char *conf_rtc_behind(const char *url, const char *scheme, bool *is_secure);

/** True if a part of the path ends with the word. `rest`: what follows "://". */
bool conf_rtc_path_is(const char *rest, const char *word);

#endif
