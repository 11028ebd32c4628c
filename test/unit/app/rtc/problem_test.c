#include "app/rtc/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/attr.h"
#include "protocol/http/status.h"

static struct rtc_refusal told(enum session_verdict verdict, enum sdp_fault fault, enum err_code code)
{
    struct rtc_opened  opened = { .verdict = verdict, .fault = fault };
    struct err        *why = err_new(code, "test");
    struct rtc_refusal refusal = rtc_refusal_of(&opened, why);
    err_free(why);
    return refusal;
}

static void every_refusal_has_its_status(void **state)
{
    (void)state;
    static const struct {
        enum session_verdict verdict;
        enum sdp_fault       fault;
        enum err_code        code;
        int                  status;
        const char          *word;
    } rows[] = {
        { SESSION_ADMITTED, SDP_NO_BUNDLE, E_RTC_SDP_EXCHANGE, HTTP_STATUS_BAD_REQUEST, "no-bundle" },
        { SESSION_ADMITTED, SDP_NOT_SDP, E_RTC_SDP_DECODE, HTTP_STATUS_BAD_REQUEST, "not-sdp" },
        { SESSION_ADMITTED, SDP_SOUND, E_RTC_DISABLED, HTTP_STATUS_FORBIDDEN, "disabled" },
        { SESSION_ADMITTED, SDP_SOUND, E_RTMP_REQ_TCURL, HTTP_STATUS_BAD_REQUEST, "bad-name" },
        { SESSION_ADMITTED, SDP_SOUND, E_RTC_INVALID_ICE, HTTP_STATUS_BAD_REQUEST, "bad-ice" },
        { SESSION_ADMITTED, SDP_SOUND, E_RTC_SOURCE_BUSY, HTTP_STATUS_CONFLICT, "busy" },
        { SESSION_BUSY, SDP_SOUND, E_SYSTEM_STREAM_BUSY, HTTP_STATUS_CONFLICT, "busy" },
        { SESSION_REDIRECTED, SDP_SOUND, E_CONTROL_REDIRECT, HTTP_STATUS_TEMPORARY_REDIRECT, "elsewhere" },
        { SESSION_NOT_FOUND, SDP_SOUND, E_RTMP_VHOST_NOT_FOUND, HTTP_STATUS_NOT_FOUND, "no-vhost" },
        { SESSION_NOT_FOUND, SDP_SOUND, E_OCLUSTER_DISCOVER, HTTP_STATUS_SERVICE_UNAVAILABLE, "no-answer" },
        { SESSION_NOT_FOUND, SDP_SOUND, E_OCLUSTER_REDIRECT, HTTP_STATUS_SERVICE_UNAVAILABLE, "no-way" },
        { SESSION_DENIED, SDP_SOUND, E_SYSTEM_SECURITY_DENY, HTTP_STATUS_FORBIDDEN, "denied" },
        { SESSION_DENIED, SDP_SOUND, E_LIMIT, HTTP_STATUS_FORBIDDEN, "denied" },
        { SESSION_UNNAMED, SDP_SOUND, E_AUTH_DENIED, HTTP_STATUS_UNAUTHORIZED, "unauthorized" },
        { SESSION_UNAVAILABLE, SDP_SOUND, E_SOCKET_TIMEOUT, HTTP_STATUS_SERVICE_UNAVAILABLE, "origin-unavailable" },
        { SESSION_ADMITTED, SDP_SOUND, E_LIMIT, HTTP_STATUS_SERVICE_UNAVAILABLE, "full" },
        { SESSION_ADMITTED, SDP_SOUND, E_RTC_OVERLOADED, HTTP_STATUS_SERVICE_UNAVAILABLE, "overloaded" },
        { SESSION_FAILED, SDP_SOUND, E_NO_MEMORY, HTTP_STATUS_SERVICE_UNAVAILABLE, "no-memory" },
        { SESSION_FAILED, SDP_SOUND, E_RTC_DTLS, HTTP_STATUS_INTERNAL_SERVER_ERROR, "failed" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtc_refusal refusal = told(rows[i].verdict, rows[i].fault, rows[i].code);
        assert_int_equal(refusal.status, rows[i].status);
        assert_string_equal(refusal.code, rows[i].word);
        assert_non_null(refusal.detail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_has_its_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
