#include "kernel/amf3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An input, and the exact bytes that must come out. */
struct row {
    const char *what, *in;
    size_t      in_len;
    const char *out;
    size_t      out_len;
};

#define BYTES(s) s, sizeof s - 1
#define ONE "\x3F\xF0\0\0\0\0\0\0"
#define TWO "\x40\0\0\0\0\0\0\0"
#define END "\0\0\x09"

static bool convert(struct wr *w, const void *in, size_t len)
{
    struct amf3_tables *tables = malloc(sizeof *tables);
    uint8_t            *exact = malloc(len ? len : 1); /* the sanitizer finds a read past its end */
    assert_true(tables && exact);
    memcpy(exact, in, len);
    bool ok = amf3_to_amf0(w, exact, len, tables);
    free(exact);
    free(tables);
    return ok;
}

static void assert_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t   out[512];
        struct wr w = wr_over(out, sizeof out);
        if (!convert(&w, rows[i].in, rows[i].in_len))
            fail_msg("%s is refused", rows[i].what);
        if (wr_len(&w) != rows[i].out_len || memcmp(out, rows[i].out, rows[i].out_len) != 0)
            fail_msg("%s became other bytes", rows[i].what);
        for (size_t cap = 0; cap < rows[i].out_len; cap++) {
            w = wr_over(out, cap);
            assert_false(convert(&w, rows[i].in, rows[i].in_len));
        }
        for (size_t cut = 0; cut < rows[i].in_len; cut++) { /* no crash; most are refused */
            w = wr_over(out, sizeof out);
            if (convert(&w, rows[i].in, cut))
                assert_true(wr_len(&w) <= sizeof out);
        }
    }
}

static void single_values_stand_behind_avmplus(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "undefined",       BYTES("\x11\x00"),                 BYTES("\x06") },
        { "null",            BYTES("\x11\x01"),                 BYTES("\x05") },
        { "false",           BYTES("\x11\x02"),                 BYTES("\x01\x00") },
        { "true",            BYTES("\x11\x03"),                 BYTES("\x01\x01") },
        { "1",               BYTES("\x11\x04\x01"),             BYTES("\x00" ONE) },
        { "-1",              BYTES("\x11\x04\xFF\xFF\xFF\xFF"), BYTES("\x00\xBF\xF0\0\0\0\0\0\0") },
        { "-2^28",           BYTES("\x11\x04\xC0\x80\x80\x00"), BYTES("\x00\xC1\xB0\0\0\0\0\0\0") },
        { "2^28 - 1",        BYTES("\x11\x04\xBF\xFF\xFF\xFF"), BYTES("\x00\x41\xAF\xFF\xFF\xFE\0\0\0") },
        { "128",             BYTES("\x11\x04\x81\x00"),         BYTES("\x00\x40\x60\0\0\0\0\0\0") },
        { "a double",        BYTES("\x11\x05" TWO),            BYTES("\x00" TWO) },
        { "a string",        BYTES("\x11\x06\x07" "abc"),       BYTES("\x02\0\x03" "abc") },
        { "an empty string", BYTES("\x11\x06\x01"),             BYTES("\x02\0\0") },
        { "a date",          BYTES("\x11\x08\x01" ONE),         BYTES("\x0B" ONE "\0\0") },
        { "XML",             BYTES("\x11\x0B\x09" "<a/>"),      BYTES("\x02\0\x04" "<a/>") },
        { "an XML document", BYTES("\x11\x07\x09" "<a/>"),      BYTES("\x02\0\x04" "<a/>") },
        { "a byte array",    BYTES("\x11\x0C\x05" "ab"),        BYTES("\x05") },
        { "two",             BYTES("\x11\x04\x01\x11\x03"),     BYTES("\x00" ONE "\x01\x01") },
        { "AMF0 around it",  BYTES("\x02\0\x01" "f\x11\x03\x05"), BYTES("\x02\0\x01" "f\x01\x01\x05") },
        { "in an object",    BYTES("\x03\0\x01" "a\x11\x04\x01" END), BYTES("\x03\0\x01" "a\x00" ONE END) },
        { "in an array",     BYTES("\x0A\0\0\0\x01\x11\x03"), BYTES("\x0A\0\0\0\x01\x01\x01") },
        { "in an ECMA array without its end", BYTES("\x08\0\0\0\x01\0\x01" "a\x11\x03"),
                                             BYTES("\x08\0\0\0\x01\0\x01" "a\x01\x01" END) },
        { "AMF0 alone",      BYTES("\x02\0\x01\x11\x00" ONE),  BYTES("\x02\0\x01\x11\x00" ONE) },
    };
    /* clang-format on */
    assert_rows(rows, ARRAY_LEN(rows));
}

static void arrays_objects_and_vectors_become_their_likes(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "a dense array", BYTES("\x11\x09\x05\x01" "\x04\x01\x03"), BYTES("\x0A\0\0\0\x02" "\x00" ONE "\x01\x01") },
        { "names and elements", BYTES("\x11\x09\x03" "\x03" "a\x03" "\x01" "\x04\x01"),
          BYTES("\x08\0\0\0\x02" "\0\x01" "a\x01\x01" "\0\x01" "0\x00" ONE END) },
        { "a sealed object", BYTES("\x11\x0A\x23" "\x07" "Foo" "\x03" "a" "\x03" "b" "\x03\x02"),
          BYTES("\x03" "\0\x01" "a\x01\x01" "\0\x01" "b\x01\x00" END) },
        { "a dynamic object", BYTES("\x11\x0A\x0B\x01" "\x03" "a\x03" "\x01"), BYTES("\x03" "\0\x01" "a\x01\x01" END) },
        { "both", BYTES("\x11\x0A\x1B\x01" "\x03" "a" "\x03" "\x03" "b\x02" "\x01"),
          BYTES("\x03" "\0\x01" "a\x01\x01" "\0\x01" "b\x01\x00" END) },
        { "int", BYTES("\x11\x0D\x03\x00" "\xFF\xFF\xFF\xFF"), BYTES("\x0A\0\0\0\x01\x00\xBF\xF0\0\0\0\0\0\0") },
        { "uint", BYTES("\x11\x0E\x03\x00" "\0\0\0\x02"), BYTES("\x0A\0\0\0\x01\x00" TWO) },
        { "double", BYTES("\x11\x0F\x03\x00" ONE), BYTES("\x0A\0\0\0\x01\x00" ONE) },
        { "objects", BYTES("\x11\x10\x05\x00\x01" "\x03\x01"), BYTES("\x0A\0\0\0\x02\x01\x01\x05") },
    };
    /* clang-format on */
    assert_rows(rows, ARRAY_LEN(rows));
}

static void references_become_what_they_refer_to(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "a string", BYTES("\x11\x09\x05\x01" "\x06\x03" "a" "\x06\x00"),
          BYTES("\x0A\0\0\0\x02" "\x02\0\x01" "a" "\x02\0\x01" "a") },
        { "a class", BYTES("\x11\x09\x05\x01" "\x0A\x13\x01\x03" "a\x03" "\x0A\x01\x02"),
          BYTES("\x0A\0\0\0\x02" "\x03\0\x01" "a\x01\x01" END "\x03\0\x01" "a\x01\x00" END) },
        { "an object", BYTES("\x11\x09\x05\x01" "\x0A\x0B\x01\x01" "\x0A\x02"), /* 0 is the array */
          BYTES("\x0A\0\0\0\x02" "\x03" END "\x03" END) },
        { "a date", BYTES("\x11\x09\x05\x01" "\x08\x01" ONE "\x08\x02"),
          BYTES("\x0A\0\0\0\x02" "\x0B" ONE "\0\0" "\x0B" ONE "\0\0") },
        { "a cycle", BYTES("\x11\x09\x03\x01" "\x09\x00"), BYTES("\x0A\0\0\0\x01" "\x05") },
    };
    /* clang-format on */
    assert_rows(rows, ARRAY_LEN(rows));
}

static void a_message_may_be_amf3_as_a_whole(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "connect", BYTES("\x06\x0F" "connect" "\x04\x01" "\x0A\x0B\x01\x07" "app" "\x06\x09" "live" "\x01"),
          BYTES("\x02\0\x07" "connect" "\x00" ONE "\x03\0\x03" "app" "\x02\0\x04" "live" END) },
        { "one table for all", BYTES("\x06\x03" "a" "\x01" "\x06\x00"), BYTES("\x02\0\x01" "a" "\x05" "\x02\0\x01" "a") },
    };
    /* clang-format on */
    assert_rows(rows, ARRAY_LEN(rows));
}

static void what_cannot_be_converted_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *in;
        size_t      len;
    } rows[] = {
        { "no value", BYTES("\x11") },
        { "an unknown marker", BYTES("\x11\x12") },
        { "a dictionary", BYTES("\x11\x11\x01\x00") },
        { "an externalizable object", BYTES("\x11\x0A\x07\x01\x01") },
        { "a string that is not there", BYTES("\x11\x06\x00") },
        { "a string of a value before", BYTES("\x11\x06\x03"
                                              "a\x11\x06\x00") },
        { "an object that is not there", BYTES("\x11\x0A\x00") },
        { "a class that is not there", BYTES("\x11\x0A\x01") },
        { "more elements than bytes", BYTES("\x11\x09\xFF\xFF\xFF\xFF\x01\x03") },
        { "a vector of more than there is", BYTES("\x11\x0F\x05\x00" ONE) },
        { "more names than a class may have", BYTES("\x11\x0A\xFF\xFF\xFF\x83\x01") },
        { "a key of 64 KiB and more", BYTES("\x11\x09\x01\x88\x80\x01") },
        { "malformed AMF0", BYTES("\x03\0\x01") },
        { "a reserved AMF0 type", BYTES("\x04") },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t   out[512];
        struct wr w = wr_over(out, sizeof out);
        if (convert(&w, rows[i].in, rows[i].len))
            fail_msg("%s is taken", rows[i].what);
    }
}

/* Write nested arrays of one element each; the innermost holds a number. */
static size_t nested(uint8_t *to, int depth)
{
    struct wr w = wr_over(to, 256);
    wr_u8(&w, AMF0_AVMPLUS);
    for (int i = 0; i < depth; i++)
        wr_bytes(&w, "\x09\x03\x01", 3);
    wr_bytes(&w, "\x04\x01", 2);
    return wr_len(&w);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    uint8_t   in[256], out[512];
    struct wr w = wr_over(out, sizeof out);
    assert_true(convert(&w, in, nested(in, AMF0_DEPTH_MAX)));
    w = wr_over(out, sizeof out);
    assert_false(convert(&w, in, nested(in, AMF0_DEPTH_MAX + 1)));
    w = wr_over(out, sizeof out);
    assert_false(convert(&w, in, nested(in, 60)));
}

/* Each object holds the one before twice, so n * 12 bytes describe 2^n objects. */
static void references_do_not_multiply_without_end(void **state)
{
    (void)state;
    enum { LEVELS = 14, CAP = 4096 };
    static uint8_t in[CAP], out[CAP];
    struct wr      w = wr_over(in, CAP), made = wr_over(out, CAP);
    wr_bytes(&w, "\x11\x09", 2);
    wr_u8(&w, LEVELS << 1 | 1);
    wr_u8(&w, 1);
    for (int i = 0; i < LEVELS; i++) {
        wr_bytes(&w, "\x09\x05\x01\x09", 4);
        wr_u8(&w, (uint8_t)(i << 1)); /* a reference from the first object to its owner becomes null */
        wr_u8(&w, 9);
        wr_u8(&w, (uint8_t)(i << 1));
    }
    assert_false(convert(&made, in, wr_len(&w)));
}

static void tables_end(void **state)
{
    (void)state;
    enum { CAP = 1 << 16 };
    static uint8_t in[CAP], out[CAP];
    for (int n = AMF3_STRINGS_MAX; n <= AMF3_STRINGS_MAX + 1; n++) {
        struct wr w = wr_over(in, CAP), made = wr_over(out, CAP);
        for (int i = 0; i < n; i++) {
            char text[8];
            int  len = snprintf(text, sizeof text, "%d", i);
            wr_u8(&w, AMF3_STRING);
            wr_u8(&w, (uint8_t)(len << 1 | 1));
            wr_bytes(&w, text, (size_t)len);
        }
        wr_u8(&w, AMF3_STRING); /* a reference to the last string, as a U29 of two bytes */
        wr_u8(&w, (uint8_t)(0x80 | (n - 1) << 1 >> 7));
        wr_u8(&w, (uint8_t)((n - 1) << 1 & 0x7F));
        assert_true(convert(&made, in, wr_len(&w)) == (n == AMF3_STRINGS_MAX));
    }
}

static void plain_amf0_is_seen_to_be_plain(void **state)
{
    (void)state;
    assert_false(amf3_may_be_in((const uint8_t *)"\x02\0\x01"
                                                 "a\x05",
                                5));
    assert_false(amf3_may_be_in((const uint8_t *)"", 0));
    assert_true(amf3_may_be_in((const uint8_t *)"\x02\0\x01"
                                                "a\x11\x01",
                               6));
    assert_true(amf3_may_be_in((const uint8_t *)"\x06\x03"
                                                "a",
                               3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_values_stand_behind_avmplus),
        cmocka_unit_test(arrays_objects_and_vectors_become_their_likes),
        cmocka_unit_test(references_become_what_they_refer_to),
        cmocka_unit_test(a_message_may_be_amf3_as_a_whole),
        cmocka_unit_test(what_cannot_be_converted_is_refused),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(references_do_not_multiply_without_end),
        cmocka_unit_test(tables_end),
        cmocka_unit_test(plain_amf0_is_seen_to_be_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
