/* Tests for app/hls/audio_group: what a master playlist says of tracks of sound. */
#include "app/hls/audio_group.h"

#include <cmocka.h>
#include <stdio.h>

static void add(struct hls_audio_group *g, unsigned track, const char *language, const char *title)
{
    struct track_text text = { 0 };
    snprintf(text.language, sizeof text.language, "%s", language);
    snprintf(text.title, sizeof text.title, "%s", title);
    hls_audio_group_add(g, track, &text, 2, "uri");
}

static void the_first_track_is_the_default(void **state)
{
    struct hls_audio_group g;
    (void)state;
    hls_audio_group_begin(&g, 0);
    add(&g, 2, "", "");
    add(&g, 5, "", "");
    assert_string_equal(g.id, "audio");
    assert_true(g.rows[0].is_default && g.rows[0].autoselect);
    assert_false(g.rows[1].is_default || g.rows[1].autoselect);
    assert_null(g.rows[0].language);
    assert_string_equal(g.rows[0].name, "Audio 3");
    assert_string_equal(g.rows[1].name, "Audio 6");
    hls_audio_group_begin(&g, 1);
    assert_string_equal(g.id, "audio-2");
}

static void players_choose_among_different_languages(void **state)
{
    struct hls_audio_group g;
    (void)state;
    hls_audio_group_begin(&g, 0);
    add(&g, 0, "en", "");
    add(&g, 1, "fr", "");
    add(&g, 2, "EN", "");
    add(&g, 3, "", "");
    for (size_t i = 0; i < g.n; i++)
        assert_int_equal(g.rows[i].autoselect, i < 2);
    assert_string_equal(g.rows[2].language, "EN");
}

static void no_two_tracks_have_one_name(void **state)
{
    struct hls_audio_group g;
    (void)state;
    hls_audio_group_begin(&g, 0);
    add(&g, 0, "", "Main");
    add(&g, 1, "", "Main");
    add(&g, 2, "", "Audio 2");
    add(&g, 3, "", "Commentary");
    assert_string_equal(g.rows[0].name, "Main");
    assert_string_equal(g.rows[1].name, "Audio 2");
    assert_string_equal(g.rows[2].name, "Audio 3");
    assert_string_equal(g.rows[3].name, "Commentary");
}

static void tracks_beyond_the_bound_are_left_out(void **state)
{
    struct hls_audio_group g;
    (void)state;
    hls_audio_group_begin(&g, 0);
    for (unsigned i = 0; i < HLS_SOUNDS_MAX + 2; i++)
        add(&g, i, "", "");
    assert_int_equal(g.n, HLS_SOUNDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_track_is_the_default),
        cmocka_unit_test(players_choose_among_different_languages),
        cmocka_unit_test(no_two_tracks_have_one_name),
        cmocka_unit_test(tracks_beyond_the_bound_are_left_out),
    };
    return cmocka_run_group_tests_name("audio_group", tests, NULL, NULL);
}
