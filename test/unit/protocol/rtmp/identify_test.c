/* The commands of clients up to play or publish. */
#include "protocol/rtmp/identify.h"

#include <math.h>

#include "protocol/rtmp/talk.h"

struct transcript {
    const char *who;
    struct {
        const char *name;
        double      tid;
        const char *text;
    } says[8];
    enum rtmp_role role;
    const char    *stream, *param;
};

static void every_client_is_identified_by_its_sequence(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct transcript rows[] = {
        { "FMLE, ffmpeg, librtmp", { { "releaseStream", 2, "s" }, { "FCPublish", 3, "s" }, { "createStream", 4, NULL },
          { "_checkbw", 5, NULL }, { "publish", 6, "s" } }, RTMP_FMLE_PUBLISH, "s", "" },
        { "OBS", { { "releaseStream", 2, "s?k=v" }, { "FCPublish", 3, "s?k=v" }, { "createStream", 4, NULL },
          { "publish", 5, "s?k=v" } }, RTMP_FMLE_PUBLISH, "s", "?k=v" },
        { "parameters in publish alone", { { "releaseStream", 2, "s" }, { "FCPublish", 3, "s" }, { "createStream", 4, NULL },
          { "publish", 5, "s?k=v" } }, RTMP_FMLE_PUBLISH, "s", "?k=v" },
        { "another name in publish", { { "releaseStream", 2, "s" }, { "FCPublish", 3, "t" }, { "createStream", 4, NULL },
          { "publish", 5, "u?k=v" } }, RTMP_FMLE_PUBLISH, "s", "" },
        { "FCPublish alone", { { "FCPublish", 3, "s" }, { "createStream", 4, NULL }, { "publish", 5, "s" } },
          RTMP_FMLE_PUBLISH, "s", "" },
        { "FMLE publishes again", { { "FCUnpublish", 2, "old" }, { "releaseStream", 3, "new" }, { "FCPublish", 4, "new" },
          { "createStream", 5, NULL }, { "publish", 6, "new" } }, RTMP_FMLE_PUBLISH, "new", "" },
        { "Flash", { { "createStream", 2, NULL }, { "publish", 3, "s?k=v" } }, RTMP_FLASH_PUBLISH, "s", "?k=v" },
        { "no createStream", { { "publish", 0, "s" } }, RTMP_FLASH_PUBLISH, "s", "" },
        { "Haivision", { { "_checkbw", 2, NULL }, { "createStream", 3, NULL }, { "FCPublish", 4, "s" },
          { "publish", 5, "s" } }, RTMP_HAIVISION_PUBLISH, "s", "" },
        { "ffmpeg plays", { { "createStream", 2, NULL }, { "_checkbw", 3, NULL }, { "getStreamLength", 4, "s" },
          { "play", 5, "s?k=v" } }, RTMP_PLAY, "s", "?k=v" },
        { "rtmpdump plays", { { "createStream", 2, NULL }, { "FCSubscribe", 3, "s" }, { "play", 0, "s" } }, RTMP_PLAY, "s", "" },
        { "play at once", { { "play", 0, "s" } }, RTMP_PLAY, "s", "" },
        { "a name with a dot", { { "createStream", 2, NULL }, { "play", 0, "s.flv" } }, RTMP_PLAY, "s.flv", "" },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct transcript *row = &rows[i];
        struct talk             *t = connected("rtmp://h/live");
        enum rtmp_role           role;
        int                      n = 0;
        for (; row->says[n].name; n++)
            say_call(t, row->says[n].name, row->says[n].tid, row->says[n].text);
        assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
        if (role != row->role || strcmp(t->req.url.stream, row->stream) || strcmp(t->req.url.param, row->param))
            fail_msg("%s: %s, stream %s, param %s", row->who, rtmp_role_name(role), t->req.url.stream,
                     t->req.url.param);
        for (int k = 0; k < n - 1; k++) {
            struct rtmp_call call = assert_call(t, "_result", row->says[k].tid, RTMP_CSID_COMMAND, 0);
            const char      *name = row->says[k].name;
            bool             length = strcmp(name, "getStreamLength") == 0;
            enum amf0_type   expected = strcmp(name, "createStream") == 0 || length                    ? AMF0_NUMBER
                                        : strstr(name, "ublish") || strcmp(name, "releaseStream") == 0 ? AMF0_UNDEFINED
                                                                                                       : AMF0_NULL;
            assert_int_equal(amf0_peek(&call.args), expected);
            assert_true(expected != AMF0_NUMBER || call.number == (length ? 0 : 1));
            if (strcmp(name, "FCSubscribe") == 0)
                assert_call(t, "onFCSubscribe", 0, RTMP_CSID_COMMAND, 0);
        }
        assert_no_more_answers(t);
        talk_free(t);
    }
}

static void amf3_commands_identify_too(void **state)
{
    (void)state;
    struct talk   *t = connected("rtmp://h/live");
    uint8_t        body[256];
    struct wr      w = wr_over(body, sizeof body);
    enum rtmp_role role;
    wr_u8(&w, 0);
    rtmp_write_publish(&w, 3, "s");
    say_message(t, RTMP_TYPE_COMMAND_AMF3, 0, body, wr_len(&w));
    assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
    assert_int_equal(role, RTMP_FLASH_PUBLISH);
    assert_string_equal(t->req.url.stream, "s");
    talk_free(t);
}

static void three_create_streams_are_answered(void **state)
{
    (void)state;
    struct talk   *t = connected("rtmp://h/live");
    enum rtmp_role role;
    for (int i = 0; i < 4; i++)
        say_call(t, "createStream", 2 + i, NULL);
    assert_err(rtmp_identify(&t->s, &t->req, &role, soon()), E_RTMP_CREATE_STREAM_DEPTH);
    for (int i = 0; i < 3; i++)
        assert_call(t, "_result", 2 + i, RTMP_CSID_COMMAND, 0);
    assert_no_more_answers(t);
    talk_free(t);
}

static void a_second_identification_keeps_nothing_of_the_first(void **state)
{
    (void)state;
    struct talk   *t = connected("rtmp://h/live?a=1");
    enum rtmp_role role;
    say_call(t, "publish", 0, "s?k=v&vhost=v");
    assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
    assert_string_equal(t->req.url.param, "?k=v&vhost=v&a=1");
    assert_string_equal(t->req.url.vhost, "v");
    say_call(t, "publish", 0, "t");
    assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
    assert_string_equal(t->req.url.stream, "t");
    assert_string_equal(t->req.url.param, "?a=1");
    assert_string_equal(t->req.url.vhost, "h");
    talk_free(t);
}

static void a_stream_without_a_name_is_refused_in_words(void **state)
{
    (void)state;
    static const struct {
        const char   *call, *text, *status;
        enum err_code code;
    } rows[] = {
        { "play", "", "NetStream.Play.StreamNotFound", E_RTMP_STREAM_NAME_EMPTY },
        { "play", NULL, "NetStream.Play.StreamNotFound", E_RTMP_STREAM_NAME_EMPTY },
        { "publish", "?k=v", "NetStream.Publish.Denied", E_RTMP_STREAM_NAME_EMPTY },
        { "publish", "../s", "NetStream.Publish.Denied", E_RTMP_REQ_TCURL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk   *t = connected("rtmp://h/live");
        enum rtmp_role role;
        say_call(t, rows[i].call, 0, rows[i].text);
        assert_err(rtmp_identify(&t->s, &t->req, &role, soon()), rows[i].code);
        assert_status(t, "error", rows[i].status);
        talk_free(t);
    }
}

static void play_has_a_duration(void **state)
{
    (void)state;
    static const struct {
        double  asked;
        int64_t ms;
    } rows[] = { { 5000, 5000 }, { -1, 0 }, { 0, 0 }, { NAN, 0 }, { INFINITY, 0 }, { 1e300, 0 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk   *t = connected("rtmp://h/live");
        uint8_t        body[256];
        struct wr      w = wr_over(body, sizeof body);
        enum rtmp_role role;
        rtmp_write_play(&w, 0, "s", RTMP_PLAY_START, rows[i].asked);
        say_message(t, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
        assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
        assert_true(t->req.duration_ms == rows[i].ms);
        talk_free(t);
    }
}

static void play_has_a_start_in_milliseconds_or_none(void **state)
{
    (void)state;
    static const struct {
        double  asked;
        int64_t ms;
    } rows[] = { { 5000, 5000 },
                 { 0, 0 },
                 { -1, RTMP_PLAY_LIVE },
                 { -1000, RTMP_PLAY_LIVE },
                 { -2, RTMP_PLAY_START },
                 { -2000, RTMP_PLAY_START },
                 { NAN, RTMP_PLAY_START },
                 { INFINITY, RTMP_PLAY_START },
                 { 1e300, RTMP_PLAY_START } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct talk   *t = connected("rtmp://h/live");
        uint8_t        body[256];
        struct wr      w = wr_over(body, sizeof body);
        enum rtmp_role role;
        rtmp_write_play(&w, 0, "s", rows[i].asked, 5000);
        say_message(t, RTMP_TYPE_COMMAND, 0, body, wr_len(&w));
        assert_null(rtmp_identify(&t->s, &t->req, &role, soon()));
        assert_true(t->req.start_ms == rows[i].ms);
        talk_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_is_identified_by_its_sequence),
        cmocka_unit_test(amf3_commands_identify_too),
        cmocka_unit_test(three_create_streams_are_answered),
        cmocka_unit_test(a_second_identification_keeps_nothing_of_the_first),
        cmocka_unit_test(a_stream_without_a_name_is_refused_in_words),
        cmocka_unit_test(play_has_a_duration),
        cmocka_unit_test(play_has_a_start_in_milliseconds_or_none),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
