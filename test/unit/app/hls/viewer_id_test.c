/* Ids of HLS viewers: nobody can guess or choose one, and the server knows its own. */
#include "app/hls/viewer_id.h"

#include <cmocka.h>
#include <string.h>

static const uint8_t                  secret[SERVER_SECRET_LEN] = "0123456789abcdef0123456789abcde";
static const struct hls_viewer_stream cam = { "v", "live", "cam" };

static void an_id_has_letters_and_digits_and_is_recognised(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    assert_true(hls_viewer_id_make(id, secret, &cam));
    assert_int_equal(strlen(id), HLS_VIEWER_ID_LEN);
    assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz234567"), HLS_VIEWER_ID_LEN);
    assert_true(hls_viewer_id_is_ours(id, secret, &cam));
}

static void no_two_ids_share_their_beginning(void **state)
{
    char ids[64][HLS_VIEWER_ID_CAP];
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        assert_true(hls_viewer_id_make(ids[i], secret, &cam));
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(strncmp(ids[i], ids[j], 8), 0);
    }
}

static void an_id_that_differs_in_one_character_is_not_ours(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    assert_true(hls_viewer_id_make(id, secret, &cam));
    for (size_t i = 0; i < HLS_VIEWER_ID_LEN; i++) {
        char was = id[i];
        id[i] = was == 'a' ? 'b' : 'a';
        assert_false(hls_viewer_id_is_ours(id, secret, &cam));
        id[i] = was;
    }
    assert_true(hls_viewer_id_is_ours(id, secret, &cam));
}

static void an_id_is_for_one_stream_and_of_one_server(void **state)
{
    static const struct hls_viewer_stream others[] = { { "w", "live", "cam" },
                                                       { "v", "live2", "cam" },
                                                       { "v", "live", "cam2" } };
    uint8_t                               other_secret[SERVER_SECRET_LEN];
    char                                  id[HLS_VIEWER_ID_CAP];
    (void)state;
    assert_true(hls_viewer_id_make(id, secret, &cam));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(hls_viewer_id_is_ours(id, secret, &others[i]));
    memcpy(other_secret, secret, sizeof secret);
    other_secret[0] ^= 1;
    assert_false(hls_viewer_id_is_ours(id, other_secret, &cam));
}

static void what_a_peer_writes_in_its_place_is_no_id(void **state)
{
    static const char *const texts[] = { "",
                                         "1",
                                         "767f54e9",
                                         "../../etc/passwd",
                                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                         "aaaaaaaaaaaaaaaa aaaaaaaaaaaaaaa",
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(hls_viewer_id_is_ours(texts[i], secret, &cam));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_has_letters_and_digits_and_is_recognised),
        cmocka_unit_test(no_two_ids_share_their_beginning),
        cmocka_unit_test(an_id_that_differs_in_one_character_is_not_ours),
        cmocka_unit_test(an_id_is_for_one_stream_and_of_one_server),
        cmocka_unit_test(what_a_peer_writes_in_its_place_is_no_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
