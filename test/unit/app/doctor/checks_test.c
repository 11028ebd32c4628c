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
    s.lanes[0] = (struct facts_lane){ .container = "ts", .n_lost_files = 2 };
    assert_found(&s, "files-lost");
    s.lanes[0] = (struct facts_lane){ .container = "ts", .left_out = UINT32_C(1) << CODEC_AAC };
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
    s.break_age_us = INT64_C(301) * SECOND;
    assert_found(&s, NULL);
    s = healthy();
    s.speed = 1.3; /* what a gap had held back */
    s.n_gaps = 1;
    assert_found(&s, "uplink-starving");
}

static void the_audience_is_judged(void **state)
{
    struct facts_stream s = healthy();
    (void)state;
    s.n_skipped = 4;
    assert_found(&s, "players-slow");
    s.skip_age_us = INT64_C(301) * SECOND;
    assert_found(&s, NULL);
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
        { E_SYSTEM_STREAM_BUSY, "stream-busy" },
        { E_RTMP_STREAM_NOT_FOUND, "not-published" },
        { E_RESPONSE_CODE, "refused-hook" },
        { E_HTTP_STATUS_INVALID, "refused-hook" },
        { E_HTTP_DATA_INVALID, "refused-hook" },
        { E_BACKEND, "hook-unreachable" },
        { E_ST_CONNECT, "hook-unreachable" },
        { E_LIMIT, "refused-limit" },
        { E_AUTH_DENIED, "refused-auth" },
        { E_BANNED, "refused-ban" },
        { E_RTC_DISABLED, "output-off" },
        { E_RTC_SDP_DECODE, "webrtc-offer" },
        { E_RTC_SDP_EXCHANGE, "webrtc-offer" },
        { E_RTC_STUN, "webrtc-not-connected" },
        { E_RTC_DTLS, "webrtc-not-connected" },
        { E_CROSS_SITE, "cross-site" },
        { E_MIXED_CONTENT, "mixed-content" },
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
        assert_non_null(strstr(all.items[0].seen, "Playing failed 2 times"));
        assert_non_null(strstr(all.items[0].seen, "the cause. Near is b"));
        assert_true(all.items[0].cure[0] != '\0');
    }
}

static struct findings all_of_server;

static const char *only_id(void)
{
    const struct findings *all = &all_of_server;
    assert_true(all->count <= 1);
    if (!all->count)
        return "";
    assert_true(all->items[0].subject[0] != '\0' && strlen(all->items[0].seen) > 20 && strlen(all->items[0].cure) > 5);
    return all->items[0].id;
}

static const char *found_of_server(const struct facts_server *s)
{
    all_of_server.count = 0;
    for (size_t i = 0; doctor_server_checks[i]; i++)
        doctor_server_checks[i](s, &all_of_server);
    return only_id();
}

static const char *found_of_folder(const struct facts_folder *f)
{
    all_of_server.count = 0;
    for (size_t i = 0; doctor_folder_checks[i]; i++)
        doctor_folder_checks[i](f, &all_of_server);
    return only_id();
}

static const char *found_of_pair(const struct facts_pair *p)
{
    all_of_server.count = 0;
    for (size_t i = 0; doctor_pair_checks[i]; i++)
        doctor_pair_checks[i](p, &all_of_server);
    return only_id();
}

static void the_server_is_judged(void **state)
{
    static struct conf        conf = { .path = "srs.conf", .max_connections = 100 };
    const struct facts_server good = { .conf = &conf,
                                       .reload_text = "",
                                       .n_connections = 89,
                                       .n_fds = 89,
                                       .max_fds = 100,
                                       .held_bytes = 94,
                                       .limit_bytes = 100,
                                       .cpu = 0.9 };
    struct facts_server       s = good;
    (void)state;
    assert_string_equal(found_of_server(&s), "");
    conf.http_api.enabled = conf.http_api.https.enabled = conf.http_server.enabled = true;
    assert_string_equal(found_of_server(&s), "mixed-content");
    conf.http_server.https.enabled = true;
    assert_string_equal(found_of_server(&s), "");
    s.n_connections = 90;
    assert_string_equal(found_of_server(&s), "connections-full");
    s = good;
    s.n_fds = 90;
    assert_string_equal(found_of_server(&s), "descriptors-low");
    s.max_fds = 0;
    assert_string_equal(found_of_server(&s), "");
    s = good;
    s.held_bytes = 95;
    assert_string_equal(found_of_server(&s), "memory-short");
    s.limit_bytes = 0;
    assert_string_equal(found_of_server(&s), "");
    s = good;
    s.cpu = 1.2;
    assert_string_equal(found_of_server(&s), "processor-busy");
    s = good;
    s.has_reload_failed = true;
    s.reload_text = "srs.conf:3: no";
    assert_string_equal(found_of_server(&s), "reload-failed");
    s.is_bind_failure = true;
    assert_string_equal(found_of_server(&s), "port-in-use");
    s = good;
    s.n_callbacks = 5; /* on their way */
    assert_string_equal(found_of_server(&s), "");
    s.n_backends_failing = 1;
    assert_string_equal(found_of_server(&s), "callbacks-wait");
}

static void a_limit_is_told_by_its_block(void **state)
{
    static struct findings all;
    struct refusal         x = {
                .code = E_LIMIT, .n = 2, .ip = "192.0.2.1", .text = "192.0.2.1 has 5 already, limits { a 5; }"
    };
    const struct facts_refusal facts = { .refusal = &x, .name = "/live/s", .age_us = SECOND };
    (void)state;
    all.count = 0;
    check_refusal(&facts, &all);
    assert_string_equal(all.items[0].id, "refused-limit");
    assert_non_null(strstr(all.items[0].line, "limits {"));
    x.text[0] = '\0';
    check_refusal(&facts, &all);
    assert_non_null(strstr(all.items[1].line, "memory_limit"));
}

static void candidates_are_judged(void **state)
{
    static struct conf  conf = { .path = "srs.conf", .max_connections = 100 };
    struct facts_server s = { .conf = &conf };
    (void)state;
    for (const char *const *bad = (const char *const[]){ "127.0.0.1", "localhost", "::1", "0.0.0.0", "::", NULL }; *bad;
         bad++) {
        s.candidate = *bad;
        assert_string_equal(found_of_server(&s), "candidate-unreachable");
    }
    for (const char *const *good = (const char *const[]){ "*", "192.0.2.1", "live.example.com", "$CANDIDATE", NULL };
         *good; good++) {
        s.candidate = *good;
        assert_string_equal(found_of_server(&s), "");
    }
}

static void transports_of_webrtc_are_judged(void **state)
{
    static struct conf  conf = { .path = "srs.conf", .max_connections = 100 };
    struct facts_server s = { .conf = &conf };
    (void)state;
    for (int row = 0; row < 12; row++) {
        conf.rtc_server.enabled = row / 6;
        conf.rtc_server.tcp.enabled = row / 3 % 2;
        conf.rtc_server.protocol = row % 3;
        bool is_fine = row < 6 || row == 6 || row == 10 || row == 11;
        assert_string_equal(found_of_server(&s), is_fine ? "" : "rtc-protocol");
    }
}

static void folders_are_judged(void **state)
{
    const struct facts_folder good = {
        .path = "/data", .what = "HLS", .bytes = INT64_C(1000) << 30, .free_bytes = INT64_C(6) << 30
    };
    struct facts_folder f = good;
    (void)state;
    assert_string_equal(found_of_folder(&f), ""); /* less than a hundredth, and much */
    f.free_bytes = INT64_C(4) << 30;
    assert_string_equal(found_of_folder(&f), "disk-low");
    f.free_bytes = 63 << 20;
    assert_string_equal(found_of_folder(&f), "disk-full");
    f.bytes = 64 << 20; /* a small disk that is empty */
    assert_string_equal(found_of_folder(&f), "");
    f.free_bytes = 0;
    assert_string_equal(found_of_folder(&f), "disk-full");
    f = good;
    f.is_read_only = true;
    assert_string_equal(found_of_folder(&f), "disk-read-only");
    f = good;
    f.is_closed = true;
    assert_string_equal(found_of_folder(&f), "disk-closed");
    f = (struct facts_folder){ .path = "/data", .what = "HLS", .is_silent = true };
    assert_string_equal(found_of_folder(&f), "disk-hangs");
    f = (struct facts_folder){ .path = "/data", .what = "HLS", .error = 20 };
    assert_string_equal(found_of_folder(&f), "disk-closed");
}

static void certificates_are_judged(void **state)
{
    const struct facts_pair good = {
        .key = "k", .cert = "c", .is_usable = true, .days_left = 14, .why = "", .missed = ""
    };
    struct facts_pair p = good;
    (void)state;
    assert_string_equal(found_of_pair(&p), "");
    p.days_left = 13;
    assert_string_equal(found_of_pair(&p), "certificate-expires");
    p.days_left = -1;
    assert_string_equal(found_of_pair(&p), "certificate-expired");
    p = good;
    p.missed = "other.example";
    assert_string_equal(found_of_pair(&p), "certificate-name");
    p = good;
    p.is_usable = false;
    p.days_left = -20000;
    p.why = "read c: No such file or directory";
    assert_string_equal(found_of_pair(&p), "certificate-unusable");
}

/* What is said of a path at which nothing was; "": nothing. */
static const char *found_of_path(const char *path, const struct conf_vhost *v, bool is_published)
{
    struct refusal       x = { .code = E_HTTP_HANDLER_MATCH_URL, .n = 1, .app = "live" };
    struct facts_refusal r = { .refusal = &x, .name = "/live/s", .vhost = v, .is_published = is_published };
    strcpy(x.stream, path);
    all_of_server.count = 0;
    for (size_t i = 0; doctor_refusal_checks[i]; i++)
        doctor_refusal_checks[i](&r, &all_of_server);
    return only_id();
}

static void a_timeout_is_judged_by_its_place(void **state)
{
    struct refusal       x = { .code = E_SOCKET_TIMEOUT, .n = 1, .publish = true };
    struct facts_refusal r = { .refusal = &x, .name = "/live/s" };
    (void)state;
    for (int at_door = 0; at_door < 2; at_door++) {
        x.at_door = at_door;
        all_of_server.count = 0;
        for (size_t i = 0; doctor_refusal_checks[i]; i++)
            doctor_refusal_checks[i](&r, &all_of_server);
        assert_string_equal(only_id(), at_door ? "hook-unreachable" : "publisher-cut");
    }
}

static void paths_are_judged(void **state)
{
    struct conf_vhost off = { .name = "v" }, on = off;
    char              mount[] = "/other/[stream].flv";
    (void)state;
    on.hls.enabled = on.dash.enabled = on.http_remux.enabled = true;
    on.http_remux.mount = mount;
    for (const char *const *path = (const char *const[]){ "s.m3u8", "s.mpd", "s.flv", NULL }; *path; path++)
        assert_string_equal(found_of_path(*path, &off, true), "output-off");
    assert_string_equal(found_of_path("s.m3u8", &on, false), "not-published");
    assert_string_equal(found_of_path("s.mpd", &on, false), "not-published");
    assert_string_equal(found_of_path("s.m3u8", &on, true), ""); /* it begins */
    assert_string_equal(found_of_path("s.flv", &on, false), ""); /* the player's session tells it */
    assert_string_equal(found_of_path("s.flv", &on, true), "path-mismatch");
    assert_non_null(strstr(all_of_server.items[0].cure, mount));
    assert_string_equal(found_of_path("s.flv", NULL, false), "");
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
        cmocka_unit_test(the_server_is_judged),
        cmocka_unit_test(a_limit_is_told_by_its_block),
        cmocka_unit_test(candidates_are_judged),
        cmocka_unit_test(transports_of_webrtc_are_judged),
        cmocka_unit_test(folders_are_judged),
        cmocka_unit_test(certificates_are_judged),
        cmocka_unit_test(a_timeout_is_judged_by_its_place),
        cmocka_unit_test(paths_are_judged),
        cmocka_unit_test(findings_beyond_the_bound_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
