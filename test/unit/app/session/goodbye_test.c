/* The meaning of an error at the end of a connection, and its log level. */
#include <cmocka.h>

#include "app/session/goodbye.h"
#include "core/attr.h"
#include "logged.h"

static void assert_level(const enum err_code *codes, size_t n, enum log_level level)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(goodbye_level(goodbye_of(codes[i])), level);
}

static void a_client_that_leaves_is_no_warning(void **state)
{
    static const enum err_code codes[] = { E_SUCCESS,      E_END_OF_STREAM, E_SOCKET_READ,
                                           E_SOCKET_WRITE, E_HTTPS_READ,    E_CONTROL_REDIRECT };
    (void)state;
    assert_level(codes, ARRAY_LEN(codes), LOG_INFO);
}

static void a_client_that_is_refused_is_no_error(void **state)
{
    static const enum err_code codes[] = { E_RTMP_VHOST_NOT_FOUND, E_RTMP_ACCESS_DENIED,    E_SYSTEM_SECURITY,
                                           E_SYSTEM_SECURITY_DENY, E_SYSTEM_SECURITY_ALLOW, E_SYSTEM_STREAM_BUSY,
                                           E_OCLUSTER_DISCOVER,    E_OCLUSTER_REDIRECT,     E_LIMIT };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        assert_int_equal(goodbye_of(codes[i]), GOODBYE_REFUSED);
    assert_level(codes, ARRAY_LEN(codes), LOG_WARN);
}

static void a_client_that_is_cut_or_not_understood_is_a_warning(void **state)
{
    static const enum err_code codes[] = { E_THREAD_INTERRUPTED, E_TAKEOVER,         E_KICKOFF_FOR_IDLE,
                                           E_SOCKET_TIMEOUT,     E_RTMP_CHUNK_START, E_RTMP_AMF0_DECODE,
                                           E_HTTP_PARSE_HEADER,  E_HTTPS_HANDSHAKE,  E_PROXY_HEADER };
    (void)state;
    assert_level(codes, ARRAY_LEN(codes), LOG_WARN);
}

static void whatever_the_table_does_not_know_is_a_fault_of_the_server(void **state)
{
    static const enum err_code codes[] = { E_NO_MEMORY, E_SYSTEM_ASSERT_FAILED, E_THREAD_CREATE, E_SYSTEM_FILE_READ };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        assert_int_equal(goodbye_of(codes[i]), GOODBYE_FAULT);
    assert_level(codes, ARRAY_LEN(codes), LOG_ERROR);
}

/* ---- lines ---- */

static void say(void *arg)
{
    goodbye_say(arg);
}

static void a_good_end_has_a_line(void **state)
{
    (void)state;
    log_of(say, NULL);
    assert_non_null(strstr(logged, "[INFO]"));
    assert_non_null(strstr(logged, "] client finished.\n"));
}

/* Scripts match the code at the end of the line; a peer that closes regularly gets the code that they expect. */
static void a_client_that_has_gone_is_told_with_its_code_at_the_end(void **state)
{
    (void)state;
    log_of(say, err_new(E_END_OF_STREAM, "the peer closed the connection"));
    assert_non_null(strstr(logged, "] client has gone, the peer closed the connection\n"));
    assert_non_null(strstr(logged, "[WARN]"));
    assert_non_null(strstr(logged, "] client disconnect peer. ret=1007\n"));
    log_of(say, err_new(E_HTTPS_HANDSHAKE, "unsupported protocol"));
    assert_non_null(strstr(logged, "] client disconnect peer. ret=4042\n"));
}

static void a_client_that_was_cut_is_told_with_its_code_at_the_end(void **state)
{
    (void)state;
    log_of(say, err_new(E_THREAD_INTERRUPTED, "kicked"));
    assert_non_null(strstr(logged, "] closing, code=1070(StThreadInterrupt), kicked\n"));
    assert_non_null(strstr(logged, "] server disconnect. ret=1070\n"));
    assert_int_equal(times_logged("[WARN]"), 2);
}

static void the_others_are_chains_at_their_level(void **state)
{
    (void)state;
    log_of(say, err_new(E_SYSTEM_SECURITY_DENY, "deny play all"));
    assert_int_equal(times_logged("[WARN]"), 1);
    assert_non_null(strstr(logged, "serve error code="));
    assert_non_null(strstr(logged, "deny play all"));
    log_of(say, err_new(E_SYSTEM_ASSERT_FAILED, "a fault"));
    assert_int_equal(times_logged("[ERROR]"), 1);
    assert_non_null(strstr(logged, "serve error code="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_leaves_is_no_warning),
        cmocka_unit_test(a_client_that_is_refused_is_no_error),
        cmocka_unit_test(a_client_that_is_cut_or_not_understood_is_a_warning),
        cmocka_unit_test(whatever_the_table_does_not_know_is_a_fault_of_the_server),
        cmocka_unit_test(a_good_end_has_a_line),
        cmocka_unit_test(a_client_that_has_gone_is_told_with_its_code_at_the_end),
        cmocka_unit_test(a_client_that_was_cut_is_told_with_its_code_at_the_end),
        cmocka_unit_test(the_others_are_chains_at_their_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
