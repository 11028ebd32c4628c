/**
 * What a relay of a configuration, or of the API, means: which URLs can be pulled, and what the stream is called here.
 *
 * Yields     no
 */
#ifndef APP_CONF_RELAY_H
#define APP_CONF_RELAY_H

#include <stdbool.h>

#include "protocol/stream_name.h"

/* Most URLs of one stream. */
enum { CONF_RELAY_URLS_MAX = 16 };

/** The form in which the stream at a URL comes. */
enum conf_relay_form {
    CONF_RELAY_UNKNOWN,
    CONF_RELAY_RTMP, /* rtmp, rtmps */
    CONF_RELAY_HTTP, /* http, https: FLV or MPEG-TS, as the first byte tells */
    CONF_RELAY_HLS,  /* http, https, and the path ends with .m3u8 */
    CONF_RELAY_WHEP, /* whep, wheps, or http, https and a part of the path that ends with whep (rtc_url.h) */
};

struct conf_relay_name {
    char app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
};

enum conf_relay_form conf_relay_form_of(const char *url);

/** True for a URL of a known form, without blanks and control characters, and not longer than all of the clients take. */
bool conf_relay_url_is_known(const char *url);

/**
 * The names of the local stream.
 *
 * Shape      name: "app/stream"; empty: the path of the URL, without .flv, .ts or .m3u8
 * Returns    false: there are not two names, or they are no valid ones
 */
bool conf_relay_name_find(struct conf_relay_name *out, const char *name, const char *url);

#endif
