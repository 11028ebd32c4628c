/* Schemas from the short notation, to the letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "app/api/schema.h"
#include "core/attr.h"

static void the_notation_becomes_a_schema(void **state)
{
    static const struct {
        const char *notation, *schema;
    } rows[] = {
        /* clang-format off */
        { "i", "{\"type\":\"integer\"}" },
        { "*", "{}" },
        { "s|n", "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}" },
        { "[b]", "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}}" },
        { "@Kbps", "{\"$ref\":\"#/components/schemas/Kbps\"}" },
        { "{}", "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":false}" },
        { "{*}", "{\"type\":\"object\",\"properties\":{},\"required\":[]}" },
        { "{a:i,b?:f|n,*}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"anyOf\":[{\"type\":\"number\"},"
          "{\"type\":\"null\"}]}},\"required\":[\"a\"]}" },
        { "{a:{b:[@C]},d:s}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"array\","
          "\"items\":{\"$ref\":\"#/components/schemas/C\"}}},\"required\":[\"b\"],\"additionalProperties\":false},\"d\":{\"type\":"
          "\"string\"}},\"required\":[\"a\",\"d\"],\"additionalProperties\":false}" },
        { "{a:@B|n}", "{\"type\":\"object\",\"properties\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/B\"},{\"type\":\"null\"}]}},"
          "\"required\":[\"a\"],\"additionalProperties\":false}" },
        /* clang-format on */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jw j = JW_INIT;
        schema_put(&j, NULL, rows[i].notation);
        assert_string_equal(j.text.bytes, rows[i].schema);
        jw_finish(&j);
    }
}

/* A notation is part of the program; one that is broken off must still end. */
static void a_notation_that_is_broken_off_ends(void **state)
{
    static const char whole[] = "{a:{b:[@C|n]},d?:s,*}";
    (void)state;
    for (size_t len = 0; len < sizeof whole; len++) {
        char      part[sizeof whole];
        struct jw j = JW_INIT;
        snprintf(part, sizeof part, "%.*s", (int)len, whole);
        schema_put(&j, NULL, part);
        assert_int_equal(j.text.fault, BUF_SOUND);
        jw_finish(&j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_notation_becomes_a_schema),
        cmocka_unit_test(a_notation_that_is_broken_off_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
