/* Random identifiers. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/ident.h"
#include "core/map.h"

static void a_trace_id_is_eight_of_the_alphabet(void **state)
{
    (void)state;
    bool seen[256] = { false };
    for (int i = 0; i < 2000; i++) {
        char id[IDENT_CAP];
        memset(id, 0, sizeof id);
        ident_random(id, IDENT_LEN);
        assert_int_equal(strlen(id), IDENT_LEN);
        assert_int_equal(strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"), IDENT_LEN);
        for (const char *p = id; *p; p++)
            seen[(uint8_t)*p] = true;
    }
    for (const char *p = "0123456789abcdefghijklmnopqrstuvwxyz"; *p; p++)
        assert_true(seen[(uint8_t)*p]); /* each of the 36 characters occurs among 16,000 */
}

static void ids_do_not_repeat(void **state)
{
    (void)state;
    struct map seen = MAP_INIT;
    for (int i = 0; i < 2000; i++) {
        char id[IDENT_CAP];
        ident_random(id, IDENT_LEN);
        assert_true(map_put(&seen, id, &seen));
    }
    assert_int_equal(seen.count, 2000);
    map_finish(&seen);
}

static void a_vid_is_as_the_api_prints_it(void **state)
{
    (void)state;
    char *id = malloc(VID_CAP);
    ident_vid(id);
    assert_int_equal(strlen(id), VID_CAP - 1);
    assert_memory_equal(id, "vid-", 4);
    assert_int_equal(strspn(id + 4, "0123456789abcdefghijklmnopqrstuvwxyz"), 7);
    free(id);
}

static void random_bytes_fills_all_and_no_more(void **state)
{
    (void)state;
    uint8_t bytes[70], again[70];
    memset(bytes, 0, sizeof bytes);
    random_bytes(bytes + 3, 64);
    for (size_t i = 0; i < sizeof bytes; i++)
        if (i < 3 || i >= 67)
            assert_int_equal(bytes[i], 0);
    random_bytes(again, sizeof again);
    assert_memory_not_equal(bytes + 3, again, 64);
    random_bytes(bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_id_is_eight_of_the_alphabet),
        cmocka_unit_test(ids_do_not_repeat),
        cmocka_unit_test(a_vid_is_as_the_api_prints_it),
        cmocka_unit_test(random_bytes_fills_all_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
