/* Each check finds its fault in made-up facts, at its bound and not below it, and nothing in those of a healthy stream. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "app/doctor/checks.h"
#include "core/attr.h"
#include "core/clock.h"
#include "loop.h"

enum { SECOND = US_PER_SECOND };

static struct conf_vhost vhost;

static struct facts_stream healthy(void)
{
    vhost.hls.enabled = true;
    vhost.hls.fragment_us = 10 * SECOND;
    return (struct facts_stream){
        .name = "/live/s",
        .app = "live",
        .stream = "s",
        .vhost = &vhost,
        .is_live = true,
        .live_us = 60 * SECOND,
        .n_players = 3,
        .video = CODEC_H264,
        .audio = CODEC_AAC,
        .fps = 25,
        .n_pictures = 1500,
        .n_reordered = 900,
        .n_keys = 30,
        .gop_us = 2 * SECOND,
        .has_speed = true,
        .speed = 1,
        .speed_over_us = 9 * SECOND,
        .has_drift = true,
        .drift_over_us = 57 * SECOND,
    };
}

static struct findings *ask(const struct facts_stream *s)
{
    static struct findings all;
    all.count = all.n_dropped = 0;
    for (size_t i = 0; doctor_stream_checks[i]; i++)
        doctor_stream_checks[i](s, &all);
    return &all;
}

/* Exactly this is found; NULL: nothing. */
static void assert_found(const struct facts_stream *s, const char *id)
{
    const struct findings *all = ask(s);
    assert_int_equal(all->count, id ? 1 : 0);
    if (!id)
        return;
    assert_string_equal(all->items[0].id, id);
    assert_string_equal(all->items[0].subject, s->name);
    assert_true(strlen(all->items[0].seen) > 20 && strlen(all->items[0].cure) > 20);
}

static void a_healthy_stream_has_no_finding(void **state)
{
    struct facts_stream s = healthy();
    (void)state;
    assert_found(&s, NULL);
}

static void pictures_are_judged(void **state)
{
    struct facts_stream s = healthy();
    (void)state;
    s.gop_us = 5 * SECOND - 1;
    assert_found(&s, NULL);
    s.gop_us = 5 * SECOND;
    assert_found(&s, "gop-long");
    s = healthy();
    s.key_age_us = 6 * SECOND; /* the GOP under way */
    assert_found(&s, "gop-long");
    s = healthy();
    s.n_keys = s.gop_us = 0;
    assert_found(&s, "no-key-frame");
    s.live_us = 4 * SECOND;
    assert_found(&s, NULL);
    s = healthy();
    s.gop_us = 3 * SECOND;
    vhost.hls.fragment_us = SECOND;
    assert_found(&s, "hls-gop");
    vhost.hls.enabled = false;
    assert_found(&s, NULL);
    s = healthy();
    s.is_rtc_wanted = true;
    assert_found(&s, "b-frames");
    s.n_reordered = 0;
    assert_found(&s, NULL);
}

static void codecs_are_judged(void **state)
{
    struct facts_stream s = healthy();
    (void)state;
    for (int codec = CODEC_H264; codec <= CODEC_OTHER; codec++) {
        bool everywhere = codec == CODEC_H264 || codec == CODEC_AAC;
        s = healthy();
        if (codec_kind((enum codec)codec) == FRAME_VIDEO)
            s.video = (enum codec)codec;
        else
            s.audio = (enum codec)codec;
        assert_found(&s, everywhere ? NULL : codec < (int)CODEC_AAC ? "codec-video" : "codec-audio");
    }
    s = healthy();
    s.n_lanes = 1;
    s.lanes[0] = (struct facts_lane){ .container = "ts", .left_out = UINT32_C(1) << CODEC_AAC };
    assert_found(&s, "codec-left-out");
    assert_int_equal(ask(&s)->items[0].severity, FINDING_ERROR);
}

static void tracks_are_judged(void **state)
{
    struct facts_stream s = healthy();
    (void)state;
    s.audio = CODEC_NONE;
    assert_found(&s, "no-audio");
    assert_int_equal(ask(&s)->items[0].severity, FINDING_INFO);
    s.audio_told = true;
    assert_int_equal(ask(&s)->items[0].severity, FINDING_ERROR);
    s.live_us = SECOND;
    assert_found(&s, NULL);
    s = healthy();
    s.video = CODEC_NONE;
    s.n_pictures = s.n_keys = s.gop_us = s.n_reordered = 0;
    assert_found(&s, "no-video");
    s = healthy();
    s.drift_us = -SECOND;
    assert_found(&s, "clock-drift");
    s.drift_us = SECOND / 5; /* jitter of the network */
    assert_found(&s, NULL);
    s.drift_us = SECOND;
    s.drift_over_us = INT64_C(3600) * SECOND; /* 1 s in an hour: a jump long ago, or nothing that a person sees */
    assert_found(&s, NULL);
}

static void the_uplink_is_judged(void **state)
{
    struct facts_stream s = healthy();
    (void)state;
    s.speed = 0.94;
    assert_found(&s, "encoder-slow");
    s.speed = 0.96;
    assert_found(&s, NULL);
    s.speed = 1.5;
    assert_found(&s, "encoder-fast");
    s = healthy();
    s.speed = 0.6;
    s.n_gaps = 3;
    s.gaps_us = 6 * SECOND;
    s.longest_gap_us = 3 * SECOND;
    s.gap_age_us = SECOND;
    assert_found(&s, "uplink-starving");
    s = healthy();
    s.n_gaps = 1;
    s.gap_age_us = INT64_C(3600) * SECOND;
    assert_found(&s, NULL);
    s = healthy();
    s.silence_us = 4 * SECOND;
    assert_found(&s, "publisher-silent");
    s = healthy();
    s.n_breaks = 1;
    assert_found(&s, "timestamps-jump");
}

static void the_audience_is_judged(void **state)
{
    struct facts_stream s = healthy();
    (void)state;
    s.n_skipped = 4;
    assert_found(&s, "players-slow");
    s = (struct facts_stream){ .name = "/live/s", .vhost = &vhost, .n_players = 1, .silence_us = -1 };
    assert_found(&s, "not-published");
    s.near_name = "a/live/s";
    assert_found(&s, "not-published");
    s.near_is_other_vhost = true;
    assert_found(&s, "vhost-mismatch");
    s.n_players = 0;
    assert_found(&s, NULL);
}

static void each_refusal_is_named(void **state)
{
    static const struct {
        enum err_code code;
        const char   *id;
    } rows[] = {
        { E_RTMP_VHOST_NOT_FOUND, "vhost-not-found" },
        { E_SYSTEM_SECURITY, "refused-security" },
        { E_SYSTEM_SECURITY_DENY, "refused-security" },
        { E_SYSTEM_SECURITY_ALLOW, "refused-security" },
        { E_RTMP_ACCESS_DENIED, "refused-refer" },
        { E_NOT_BUILT, "conf-unbuilt" },
        { E_SYSTEM_STREAM_BUSY, "stream-busy" },
        { E_RTMP_STREAM_NOT_FOUND, "not-published" },
        { E_RESPONSE_CODE, "refused-hook" },
        { E_HTTP_STATUS_INVALID, "refused-hook" },
        { E_HTTP_DATA_INVALID, "refused-hook" },
        { E_BACKEND, "hook-unreachable" },
        { E_ST_CONNECT, "hook-unreachable" },
        { E_LIMIT, "refused-limit" },
        { E_SOCKET_BIND, "refused" },
    };
    static struct findings all;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct refusal             x = { .code = rows[i].code, .n = 2, .ip = "192.0.2.1", .text = "the cause" };
        const struct facts_refusal facts = { .refusal = &x, .name = "/live/s", .age_us = SECOND, .near_name = "b" };
        all.count = 0;
        for (size_t k = 0; doctor_refusal_checks[k]; k++)
            doctor_refusal_checks[k](&facts, &all);
        assert_int_equal(all.count, 1);
        assert_string_equal(all.items[0].id, rows[i].id);
        assert_non_null(strstr(all.items[0].seen, "Playing was refused 2 times"));
        assert_non_null(strstr(all.items[0].seen, "the cause. Near is b"));
        assert_true(all.items[0].cure[0] != '\0');
    }
}

static void findings_beyond_the_bound_are_counted(void **state)
{
    static struct findings all;
    (void)state;
    for (int n = 0; n < FINDINGS_MAX + 3; n++)
        finding_seen(findings_add(&all, "id", FINDING_INFO, FINDING_SERVER, "s"), "%d", n);
    assert_int_equal(all.count, FINDINGS_MAX);
    assert_int_equal(all.n_dropped, 3);
    assert_string_equal(all.items[FINDINGS_MAX - 1].seen, "95");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_stream_has_no_finding),
        cmocka_unit_test(pictures_are_judged),
        cmocka_unit_test(codecs_are_judged),
        cmocka_unit_test(tracks_are_judged),
        cmocka_unit_test(the_uplink_is_judged),
        cmocka_unit_test(the_audience_is_judged),
        cmocka_unit_test(each_refusal_is_named),
        cmocka_unit_test(findings_beyond_the_bound_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
