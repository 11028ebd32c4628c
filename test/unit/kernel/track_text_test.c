/* Tests for kernel/track_text: languages and titles of tracks, in metadata as a publisher sends them. */
#include "kernel/track_text.h"

#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "kernel/amf0.h"
#include "kernel/metadata.h"

static void put_track(struct wr *w, const char *id, const char *language, const char *title)
{
    amf0_write_key(w, id);
    amf0_write_object(w);
    amf0_put_number(w, "channels", 2);
    if (language)
        amf0_put_string(w, "language", language);
    if (title)
        amf0_put_string(w, "title", title);
    amf0_write_end(w);
}

static struct frame *read_message(const uint8_t *bytes, size_t len)
{
    struct frame   *f = NULL;
    struct metadata info;
    assert_int_equal(metadata_read(bytes, len, "server", "1", &f, &info), METADATA_OK);
    return f;
}

/* Metadata in which the track 1 has these properties. */
static struct frame *with_track(const char *language, const char *title)
{
    uint8_t   bytes[512];
    struct wr w = wr_over(bytes, sizeof bytes);
    amf0_write_string(&w, "@setDataFrame");
    amf0_write_string(&w, "onMetaData");
    amf0_write_ecma_array(&w, 2);
    amf0_put_number(&w, "width", 1280);
    amf0_write_key(&w, "audioTrackIdInfoMap");
    amf0_write_object(&w);
    put_track(&w, "0", "de", NULL);
    put_track(&w, "1", language, title);
    amf0_write_end(&w);
    amf0_write_end(&w);
    assert_false(w.full);
    return read_message(bytes, wr_len(&w));
}

static void a_track_is_found_by_its_id(void **state)
{
    (void)state;
    struct frame     *f = with_track("fr", "Commentaire été");
    struct track_text first = track_text_find(f, 0), second = track_text_find(f, 1), third = track_text_find(f, 2);
    assert_string_equal(first.language, "de");
    assert_string_equal(first.title, "");
    assert_string_equal(second.language, "fr");
    assert_string_equal(second.title, "Commentaire été");
    assert_string_equal(third.language, "");
    assert_string_equal(third.title, "");
    frame_unref(&f);
}

static void only_language_tags_are_languages(void **state)
{
    static const struct {
        const char *text;
        bool        good;
    } rows[] = {
        { "en", true },
        { "pt-BR", true },
        { "zh-Hant-TW", true },
        { "eng", true },
        { "x-klingon", true },
        { "", false },
        { "-en", false },
        { "en-", false },
        { "en--US", false },
        { "en_US", false },
        { "en\"", false },
        { "french language", false },
        { "abcdefghi", false },
        { "aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", true },
        { "aaaaaaaa-bbbbbbbb-cccccccc-dddddddd-e", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct frame *f = with_track(rows[i].text, NULL);
        assert_string_equal(track_text_find(f, 1).language, rows[i].good ? rows[i].text : "");
        frame_unref(&f);
    }
}

static void titles_that_a_playlist_cannot_have_are_left_out(void **state)
{
    static const char *const bad[] = { "line\nend", "\x7F", "\xC3", "\xFF",
                                       "a title that has one byte more than what the playlist has room f." };
    (void)state;
    assert_int_equal(strlen(bad[4]), TRACK_TITLE_CAP);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct frame *f = with_track("en", bad[i]);
        assert_string_equal(track_text_find(f, 1).title, "");
        assert_string_equal(track_text_find(f, 1).language, "en");
        frame_unref(&f);
    }
}

static void other_metadata_tell_nothing(void **state)
{
    uint8_t   bytes[128];
    struct wr w = wr_over(bytes, sizeof bytes);
    (void)state;
    amf0_write_string(&w, "onMetaData");
    amf0_write_object(&w);
    amf0_put_string(&w, "audioTrackIdInfoMap", "1");
    amf0_write_end(&w);
    struct frame *f = read_message(bytes, wr_len(&w));
    assert_string_equal(track_text_find(f, 1).language, "");
    frame_unref(&f);
    assert_string_equal(track_text_find(NULL, 1).language, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_track_is_found_by_its_id),
        cmocka_unit_test(only_language_tags_are_languages),
        cmocka_unit_test(titles_that_a_playlist_cannot_have_are_left_out),
        cmocka_unit_test(other_metadata_tell_nothing),
    };
    return cmocka_run_group_tests_name("track_text", tests, NULL, NULL);
}
