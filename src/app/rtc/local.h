/**
 * This host's own address that a client has sent to, so that it gets its answers from there.
 */
#ifndef APP_RTC_LOCAL_H
#define APP_RTC_LOCAL_H

#include <netinet/in.h>

/* Family 0: the route decides. */
struct rtc_local {
    sa_family_t family;
    union {
        struct in_addr  v4;
        struct in6_addr v6;
    };
};

#endif
