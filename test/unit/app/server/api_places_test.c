/* The places beyond max_connections that are reserved for the API. */
#include <cmocka.h>
#include <stdio.h>

#include "app/server/api_places.h"

enum { NOW = 1000 * US_PER_SECOND };

static void one_address_has_half_of_them_at_most(void **state)
{
    struct api_places p = { 0 };
    struct api_seat   seats[API_PLACES_OF_ONE + 1] = { 0 };
    (void)state;
    for (int i = 0; i < API_PLACES_OF_ONE; i++) {
        assert_true(api_places_has(&p, "192.0.2.1", NOW));
        api_places_take(&p, "192.0.2.1", &seats[i], NOW);
        assert_true(seats[i].beyond);
    }
    assert_false(api_places_has(&p, "192.0.2.1", NOW));
    api_places_take(&p, "192.0.2.1", &seats[API_PLACES_OF_ONE], NOW);
    assert_false(seats[API_PLACES_OF_ONE].beyond);
    assert_true(api_places_has(&p, "192.0.2.2", NOW));
    assert_int_equal(p.count, API_PLACES_OF_ONE);
}

static void fill(struct api_places *p, struct api_seat seats[static API_PLACES])
{
    char ip[INET6_ADDRSTRLEN];
    for (int i = 0; i < API_PLACES; i++) {
        snprintf(ip, sizeof ip, "192.0.2.%d", i);
        api_places_take(p, ip, &seats[i], NOW + i);
    }
}

static void all_of_them_can_be_taken_once(void **state)
{
    struct api_places p = { 0 };
    struct api_seat   seats[API_PLACES] = { 0 }, late = { 0 };
    bool              taken[API_PLACES] = { false };
    (void)state;
    fill(&p, seats);
    for (int i = 0; i < API_PLACES; i++) {
        assert_in_range(seats[i].place, 0, API_PLACES - 1);
        assert_false(taken[seats[i].place]);
        taken[seats[i].place] = true;
    }
    api_places_take(&p, "198.51.100.1", &late, NOW);
    assert_false(late.beyond);
    api_places_leave(&p, &late);
    assert_int_equal(p.count, API_PLACES);
}

static void a_place_that_was_left_is_free_for_anybody(void **state)
{
    struct api_places p = { 0 };
    struct api_seat   seats[API_PLACES_OF_ONE] = { 0 };
    (void)state;
    for (int i = 0; i < API_PLACES_OF_ONE; i++)
        api_places_take(&p, "192.0.2.1", &seats[i], NOW);
    api_places_leave(&p, &seats[3]);
    assert_int_equal(p.count, API_PLACES_OF_ONE - 1);
    assert_true(api_places_has(&p, "192.0.2.1", NOW));
}

static void the_connection_that_has_been_quiet_for_longest_makes_room(void **state)
{
    struct api_places p = { 0 };
    struct api_seat   seats[API_PLACES] = { 0 }, late = { 0 };
    (void)state;
    fill(&p, seats);
    seats[0].asks = true; /* the request of the oldest has come */
    int place = seats[1].place;
    api_places_take(&p, "198.51.100.1", &late, NOW + 1 + API_PLACE_QUIET_US);
    assert_true(late.beyond);
    assert_int_equal(late.place, place);
    assert_int_equal(seats[1].place, -1);
    assert_true(seats[1].beyond); /* it stays beyond max_connections until it leaves */
    assert_int_equal(p.count, API_PLACES + 1);
    api_places_leave(&p, &seats[1]);
    assert_int_equal(p.count, API_PLACES);
    assert_false(api_places_has(&p, "198.51.100.2", NOW + 1 + API_PLACE_QUIET_US));
}

static void an_address_that_has_its_share_makes_room_of_its_own(void **state)
{
    struct api_places p = { 0 };
    struct api_seat   other = { 0 }, seats[API_PLACES_OF_ONE + 1] = { 0 };
    (void)state;
    api_places_take(&p, "192.0.2.2", &other, NOW);
    for (int i = 0; i < API_PLACES_OF_ONE; i++)
        api_places_take(&p, "192.0.2.1", &seats[i], NOW + 1 + i);
    api_places_take(&p, "192.0.2.1", &seats[API_PLACES_OF_ONE], NOW + API_PLACE_QUIET_US + 1);
    assert_true(seats[API_PLACES_OF_ONE].beyond);
    assert_int_equal(seats[0].place, -1);
    assert_true(other.place >= 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_address_has_half_of_them_at_most),
        cmocka_unit_test(all_of_them_can_be_taken_once),
        cmocka_unit_test(a_place_that_was_left_is_free_for_anybody),
        cmocka_unit_test(the_connection_that_has_been_quiet_for_longest_makes_room),
        cmocka_unit_test(an_address_that_has_its_share_makes_room_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
