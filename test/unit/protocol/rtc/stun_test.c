#include "protocol/rtc/stun.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";

/* RFC 5769 2.1: a request with short-term credentials. The padding of the username is three spaces. */
/* clang-format off */
static const uint8_t request[] = {
    0x00, 0x01, 0x00, 0x58,                         /* Binding request, length */
    0x21, 0x12, 0xa4, 0x42,                         /* magic cookie */
    0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
    0x80, 0x22, 0x00, 0x10,                         /* SOFTWARE "STUN test client" */
    0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74,
    0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, /* PRIORITY */
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, /* ICE-CONTROLLED */
    0x00, 0x06, 0x00, 0x09,                         /* USERNAME "evtj:h6vY" */
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20,
    0x00, 0x08, 0x00, 0x14,                         /* MESSAGE-INTEGRITY */
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2,
    0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf, /* FINGERPRINT */
};

/* RFC 5769 2.2 and 2.3: responses with IPv4 and IPv6 addresses. */
static const uint8_t response_v4[] = {
    0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42,
    0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
    0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20,
    0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
    0x00, 0x08, 0x00, 0x14,
    0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9, 0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7,
    0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};
static const uint8_t response_v6[] = {
    0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42,
    0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
    0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20,
    0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47,
    0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
    0x00, 0x08, 0x00, 0x14,
    0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75, 0xbf, 0xe3, 0xed, 0x41,
    0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};
/* clang-format on */

static const uint8_t id[STUN_ID_LEN] = "transaction";

static struct rtc_addr address(const char *text, uint16_t port)
{
    struct rtc_addr a = { .v4 = { .sin_family = AF_INET, .sin_port = htons(port) }, .len = sizeof a.v4 };
    if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1)
        return a;
    a = (struct rtc_addr){ .v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) }, .len = sizeof a.v6 };
    assert_int_equal(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
    return a;
}

static void reads_the_request_of_the_rfc(void **state)
{
    (void)state;
    struct stun_message m;
    assert_true(stun_parse(&m, request, sizeof request));
    assert_int_equal(m.class, STUN_REQUEST);
    assert_int_equal(m.method, STUN_BINDING);
    assert_int_equal(m.priority, 0x6e0001ff);
    assert_true(m.is_controlled && !m.is_controlling && !m.use_candidate);
    assert_true(m.tie_breaker == 0x932ff9b151263b36);
    assert_int_equal(m.username_len, 9);
    assert_memory_equal(m.username, "evtj:h6vY", 9);
    assert_int_equal(m.n_unknown, 0);
    assert_true(stun_is_from(&m, password));
    assert_false(stun_is_from(&m, "VOkJxbRl1RmTxUk/WvJxBu"));
}

static void reads_the_responses_of_the_rfc(void **state)
{
    (void)state;
    struct stun_message m;
    struct rtc_addr     v4 = address("192.0.2.1", 32853), v6 = address("2001:db8:1234:5678:11:2233:4455:6677", 32853);
    assert_true(stun_parse(&m, response_v4, sizeof response_v4));
    assert_int_equal(m.class, STUN_SUCCESS);
    assert_true(rtc_addr_is(&m.mapped, &v4));
    assert_true(stun_is_from(&m, password));
    assert_true(stun_parse(&m, response_v6, sizeof response_v6));
    assert_true(rtc_addr_is(&m.mapped, &v6));
    assert_true(stun_is_from(&m, password));
}

static void the_ufrag_of_the_receiver_is_before_the_colon(void **state)
{
    (void)state;
    const char *ufrag = NULL;
    size_t      len = 0;
    assert_true(stun_username(request, sizeof request, &ufrag, &len));
    assert_int_equal(len, 4);
    assert_memory_equal(ufrag, "evtj", 4);
    assert_false(stun_username(response_v4, sizeof response_v4, &ufrag, &len));
}

static void a_username_needs_both_parts(void **state)
{
    (void)state;
    static const char *const parts[][2] = { { "", "b" }, { "a", "" } };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        uint8_t     bytes[128];
        struct wr   w = wr_over(bytes, sizeof bytes);
        const char *ufrag = NULL;
        size_t      len = 0;
        stun_write_begin(&w, STUN_REQUEST, id);
        stun_write_username(&w, parts[i][0], parts[i][1]);
        assert_true(stun_write_end(&w, "pwd"));
        assert_false(stun_username(bytes, wr_len(&w), &ufrag, &len));
    }
}

static void every_cut_and_every_changed_bit_is_refused(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof request; cut++) {
        uint8_t            *bytes = malloc(cut + 1);
        struct stun_message m;
        memcpy(bytes, request, cut);
        assert_false(stun_parse(&m, bytes, cut));
        free(bytes);
    }
    for (size_t bit = 0; bit < 8 * sizeof request; bit++) {
        if (bit / 8 == sizeof request - 8 || bit / 8 == sizeof request - 7)
            continue; /* the type of FINGERPRINT: it is then an attribute that may be ignored */
        uint8_t             bytes[sizeof request];
        struct stun_message m;
        memcpy(bytes, request, sizeof bytes);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(stun_parse(&m, bytes, sizeof bytes) && stun_is_from(&m, password));
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    uint8_t             bytes[256];
    struct wr           w = wr_over(bytes, sizeof bytes);
    struct stun_message m;
    struct rtc_addr     v6 = address("2001:db8::7", 5);
    const uint16_t      unknown[] = { 0x7fff };
    stun_write_begin(&w, STUN_FAILURE, id);
    stun_write_error(&w, STUN_ERROR_ROLE_CONFLICT, "Role Conflict");
    stun_write_unknown(&w, unknown, 1);
    stun_write_username(&w, "them", "us");
    stun_write_priority(&w, 77);
    stun_write_use_candidate(&w);
    stun_write_role(&w, true, UINT64_C(0x0123456789abcdef));
    stun_write_mapped(&w, &v6);
    assert_true(stun_write_end(&w, "secret"));
    assert_true(stun_parse(&m, bytes, wr_len(&w)));
    assert_int_equal(m.class, STUN_FAILURE);
    assert_int_equal(m.method, STUN_BINDING);
    assert_memory_equal(m.id, id, STUN_ID_LEN);
    assert_int_equal(m.error, 487);
    assert_int_equal(m.priority, 77);
    assert_true(m.use_candidate && m.is_controlling && !m.is_controlled);
    assert_true(m.tie_breaker == UINT64_C(0x0123456789abcdef));
    assert_true(rtc_addr_is(&m.mapped, &v6));
    assert_memory_equal(m.username, "them:us", m.username_len);
    assert_true(stun_is_from(&m, "secret"));
    for (size_t cap = 0; cap < wr_len(&w); cap++) {
        uint8_t  *small = malloc(cap + 1);
        struct wr s = wr_over(small, cap);
        stun_write_begin(&s, STUN_SUCCESS, id);
        stun_write_mapped(&s, &v6);
        assert_int_equal(stun_write_end(&s, "secret"), cap >= 76);
        free(small);
    }
}

static void unknown_attributes_that_must_be_understood_are_named(void **state)
{
    (void)state;
    uint8_t             bytes[128];
    struct wr           w = wr_over(bytes, sizeof bytes);
    struct stun_message m;
    stun_write_begin(&w, STUN_REQUEST, id);
    for (unsigned i = 0; i < STUN_UNKNOWN_MAX + 2; i++) {
        wr_u16(&w, (uint16_t)(0x7000 + i));
        wr_u16(&w, 0);
    }
    wr_u16(&w, 0xC057); /* may be ignored */
    wr_u16(&w, 0);
    assert_true(stun_write_end(&w, "secret"));
    assert_true(stun_parse(&m, bytes, wr_len(&w)));
    assert_int_equal(m.n_unknown, STUN_UNKNOWN_MAX);
    assert_int_equal(m.unknown[0], 0x7000);
}

static void attributes_behind_the_integrity_do_not_count(void **state)
{
    (void)state;
    uint8_t             bytes[128];
    struct wr           w = wr_over(bytes, sizeof bytes);
    struct stun_message m;
    stun_write_begin(&w, STUN_REQUEST, id);
    assert_true(stun_write_end(&w, "secret"));
    w.p -= 8; /* the fingerprint makes room for USE-CANDIDATE */
    stun_write_use_candidate(&w);
    bytes[3] = (uint8_t)(wr_len(&w) - STUN_HEAD_LEN);
    assert_true(stun_parse(&m, bytes, wr_len(&w)));
    assert_true(stun_is_from(&m, "secret"));
    assert_false(m.use_candidate);
}

static void too_many_attributes_are_refused(void **state)
{
    (void)state;
    for (unsigned n = STUN_ATTRIBUTES_MAX - 1; n < STUN_ATTRIBUTES_MAX + 1; n++) {
        uint8_t             bytes[512];
        struct wr           w = wr_over(bytes, sizeof bytes);
        struct stun_message m;
        stun_write_begin(&w, STUN_REQUEST, id);
        for (unsigned i = 0; i < n - 1; i++)
            stun_write_use_candidate(&w);
        assert_true(stun_write_end(&w, "secret")); /* two more */
        assert_int_equal(stun_parse(&m, bytes, wr_len(&w)), n + 1 <= STUN_ATTRIBUTES_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_request_of_the_rfc),
        cmocka_unit_test(reads_the_responses_of_the_rfc),
        cmocka_unit_test(the_ufrag_of_the_receiver_is_before_the_colon),
        cmocka_unit_test(a_username_needs_both_parts),
        cmocka_unit_test(every_cut_and_every_changed_bit_is_refused),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(unknown_attributes_that_must_be_understood_are_named),
        cmocka_unit_test(attributes_behind_the_integrity_do_not_count),
        cmocka_unit_test(too_many_attributes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
