/* The places that the API has beyond max_connections. */
#include <cmocka.h>
#include <stdio.h>

#include "app/api_places.h"

static void one_address_has_half_of_them_at_most(void **state)
{
    struct api_places p = { 0 };
    (void)state;
    for (int i = 0; i < API_PLACES_OF_ONE; i++)
        assert_true(api_places_take(&p, "192.0.2.1") >= 0);
    assert_false(api_places_has(&p, "192.0.2.1"));
    assert_int_equal(api_places_take(&p, "192.0.2.1"), -1);
    assert_true(api_places_has(&p, "192.0.2.2"));
    assert_int_equal(p.count, API_PLACES_OF_ONE);
}

static void all_of_them_can_be_taken_once(void **state)
{
    struct api_places p = { 0 };
    char              ip[INET6_ADDRSTRLEN];
    bool              taken[API_PLACES] = { false };
    (void)state;
    for (int i = 0; i < API_PLACES; i++) {
        snprintf(ip, sizeof ip, "192.0.2.%d", i);
        int place = api_places_take(&p, ip);
        assert_in_range(place, 0, API_PLACES - 1);
        assert_false(taken[place]);
        taken[place] = true;
    }
    assert_int_equal(api_places_take(&p, "198.51.100.1"), -1);
}

static void a_place_that_was_left_is_free_for_anybody(void **state)
{
    struct api_places p = { 0 };
    int               last = -1;
    (void)state;
    for (int i = 0; i < API_PLACES_OF_ONE; i++)
        last = api_places_take(&p, "192.0.2.1");
    api_places_leave(&p, last);
    api_places_leave(&p, -1);
    assert_int_equal(p.count, API_PLACES_OF_ONE - 1);
    assert_true(api_places_take(&p, "192.0.2.1") >= 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_address_has_half_of_them_at_most),
        cmocka_unit_test(all_of_them_can_be_taken_once),
        cmocka_unit_test(a_place_that_was_left_is_free_for_anybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
