#include "app/rtc/routes.h"

#include "app/rtc/api.h"
#include "app/rtc/whip.h"
#include "core/attr.h"

enum { WHIP_METHODS = HTTP_METHOD(POST) | HTTP_METHOD(PATCH) | HTTP_METHOD(DELETE) };

/* The JSON API answers every method, as SRS does: with an error in its body. */
static const struct http_route rows[] = {
    { "/rtc/v1/whip/", WHIP_METHODS, rtc_whip_handle },  { "/rtc/v1/whip-play/", WHIP_METHODS, rtc_whep_handle },
    { "/rtc/v1/whep/", WHIP_METHODS, rtc_whep_handle },  { "/rtc/v1/publish/", HTTP_METHODS_ALL, rtc_api_publish },
    { "/rtc/v1/play/", HTTP_METHODS_ALL, rtc_api_play },
};
const struct http_routes rtc_routes = { rows, ARRAY_LEN(rows) };
