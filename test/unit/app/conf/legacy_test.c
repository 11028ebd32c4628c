/* Old spellings mean the same as the new ones: both are loaded, and there must be no difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"
#include "app/conf/diff.h"

struct same_row {
    const char *old, *now, *told;
};

static void loads_alike(const struct same_row *row)
{
    struct loaded       old = load_more(row->old), now = load_more(row->now);
    struct conf_changes changes = { 0 };
    if (!old.conf || !now.conf)
        fail_msg("%s\n%s%s", row->old, old.error, now.error);
    assert_null(conf_diff(old.conf, now.conf, &changes));
    if (changes.count)
        fail_msg("%s\n%s", row->old, changes.items[0].text);
    if (row->told && !conf_report_has(&old.report, row->told)) {
        print_report(&old.report);
        fail_msg("not told: %s", row->told);
    }
    conf_changes_finish(&changes);
    unload(&old);
    unload(&now);
}

static void old_spellings_mean_the_new_ones(void **state)
{
    /* clang-format off */
    static const struct same_row rows[] = {
        { "http_stream { enabled on; listen 81; }", "http_server { enabled on; listen 81; }",
          "transform: http_stream to http_server (t.conf:2)" },
        { "http_server { enabled off; dir d; } http_stream { enabled on; listen 81; }",
          "http_server { enabled on; dir d; listen 81; }", NULL },
        { "rtc_server { enabled on; perf_stat on; queue_length 3; }", "rtc_server { enabled on; }",
          "transform: rtc_server.perf_stat is removed" },
        { "srt_server { tlpkdrop off; }", "srt_server { tlpktdrop off; }",
          "transform: srt_server.tlpkdrop to srt_server.tlpktdrop" },
        { "srt_server { tlpkdrop off; tlpktdrop on; }", "srt_server { tlpktdrop off; }", NULL },
        { "stream_caster { caster gb28181; tcp_enable on; rtp_port_min 1; rtp_port_max 2; wait_keyframe on;"
          " rtp_idle_timeout 3; audio_enable on; auto_create_channel on; jitterbuffer_enable on; }",
          "stream_caster { caster gb28181; }", "transform: stream_caster.jitterbuffer_enable is removed" },
        { "stream_caster { sip { serial 1; realm 2; ack_timeout 3; keepalive_timeout 4; invite_port_fixed on;"
          " query_catalog_interval 5; auto_play on; host 6; listen 7; } }",
          "stream_caster { sip { listen 7; } }", "transform: stream_caster.sip.host is removed" },
        { "stream_caster { host 1.2.3.4; }", "stream_caster { sip { candidate 1.2.3.4; } }",
          "transform: stream_caster.host to stream_caster.sip.candidate" },
        { "vhost v { http { enabled on; dir d; } }", "vhost v { http_static { enabled on; dir d; } }",
          "transform: vhost.http to vhost.http_static of v" },
        { "vhost v { http_remux { enabled on; hstrs on; } }", "vhost v { http_remux { enabled on; } }",
          "transform: vhost.http_remux.hstrs is removed" },
        { "vhost v { refer a b; }", "vhost v { refer { enabled on; all a b; } }",
          "transform: vhost.refer to vhost.refer.all of v" },
        { "vhost v { refer_play a; refer_publish b c; }", "vhost v { refer { enabled on; play a; publish b c; } }", NULL },
        { "vhost v { refer a; refer_play b; }", "vhost v { refer { enabled on; all a; play b; } }", NULL },
        { "vhost v { mr { enabled on; latency 5; } }", "vhost v { publish { mr on; mr_latency 5; } }",
          "transform: vhost.mr.latency to vhost.publish.mr_latency of v" },
        { "vhost v { publish_1stpkt_timeout 1; publish_normal_timeout 2; }",
          "vhost v { publish { firstpkt_timeout 1; normal_timeout 2; } }", NULL },
        { "vhost v { time_jitter zero; mix_correct on; atc on; atc_auto on; mw_latency 1; gop_cache off;"
          " gop_cache_max_frames 2; queue_length 3; send_min_interval 4; reduce_sequence_header on; }",
          "vhost v { play { time_jitter zero; mix_correct on; atc on; atc_auto on; mw_latency 1; gop_cache off;"
          " gop_cache_max_frames 2; queue_length 3; send_min_interval 4; reduce_sequence_header on; } }",
          "transform: vhost.gop_cache to vhost.play.gop_cache of v (t.conf:2)" },
        { "vhost v { forward a:1 b; }", "vhost v { forward { enabled on; destination a:1 b; } }",
          "transform: vhost.forward to vhost.forward.destination of v" },
        { "vhost v { mode remote; origin a b; token_traverse on; vhost w; debug_srs_upnode off; }",
          "vhost v { cluster { mode remote; origin a b; token_traverse on; vhost w; debug_srs_upnode off; } }",
          "transform: vhost.vhost to vhost.cluster.vhost of v" },
        { "vhost v { nack { enabled off; no_copy off; } twcc { enabled off; } }",
          "vhost v { rtc { nack off; nack_no_copy off; twcc off; } }",
          "transform: vhost.nack.no_copy to vhost.rtc.nack_no_copy of v" },
        { "vhost v { rtc { aac transcode; bframe keep; } }", "vhost v { rtc { rtmp_to_rtc on; keep_bframe on; } }",
          "transform: vhost.rtc.aac to vhost.rtc.rtmp_to_rtc of v" },
        { "vhost v { rtc { rtmp_to_rtc on; aac discard; bframe x; } }", "vhost v { rtc { rtmp_to_rtc off; } }", NULL },
        /* the old spelling overwrites, wherever it stands */
        { "vhost v { play { gop_cache on; } gop_cache off; }", "vhost v { play { gop_cache off; } }", NULL },
        { "vhost v { gop_cache off; play { gop_cache on; } }", "vhost v { play { gop_cache off; } }", NULL },
        { "vhost v { gop_cache off; play { atc on; } }", "vhost v { play { gop_cache off; atc on; } }", NULL },
        /* the latest SRS 7; the root wins */
        { "rtmp { listen 99; chunk_size 4096; }", "chunk_size 4096; rtmp { }", NULL },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        loads_alike(&rows[i]);
}

static void new_spellings_are_left_alone(void **state)
{
    (void)state;
    struct loaded l = load_vhost("refer { enabled on; all x; } forward { enabled off; } publish { mr on; }");
    assert_non_null(l.conf);
    assert_false(conf_report_has(&l.report, "transform:"));
    unload(&l);
}

static void an_old_refer_without_domains_denies_all(void **state)
{
    (void)state;
    struct loaded l = load_vhost("refer;");
    assert_non_null(l.conf);
    assert_true(l.conf->vhosts[0].refer.enabled && l.conf->vhosts[0].refer.has_all);
    assert_int_equal(l.conf->vhosts[0].refer.all.count, 0);
    unload(&l);
    l = load_vhost("refer { }"); /* the block is no old spelling */
    assert_false(l.conf->vhosts[0].refer.enabled);
    unload(&l);
}

static void a_listen_without_its_end_keeps_its_endpoints(void **state)
{
    (void)state;
    struct loaded l = load_text("listen 1935 1936\n1937\nmax_connections 9;");
    assert_non_null(l.conf);
    assert_int_equal(l.conf->listen.count, 3);
    assert_int_equal(l.conf->max_connections, 1000); /* the next line is swallowed, as by SRS 1 to 5 */
    assert_true(conf_report_has(&l.report,
                                "transform: max_connections is no endpoint: it and the words behind it are left out"));
    unload(&l);
    l = load_text("listen host\nmax_connections 9;"); /* words on the line itself are checked */
    assert_non_null(strstr(l.error, "listen.port=0 is invalid"));
    unload(&l);
}

static void listen_of_the_latest_srs_is_found(void **state)
{
    (void)state;
    struct loaded l = load_text("daemon off; rtmp { listen 1935 [::]:1935; }");
    assert_non_null(l.conf);
    assert_int_equal(l.conf->listen.count, 2);
    assert_int_equal(l.report.count, 0);
    unload(&l);
}

/* Files of every release, modelled on its sample files. */
static void files_of_every_release_load(void **state)
{
    /* clang-format off */
    static const char *const files[] = {
        /* SRS 1 */
        "listen 1935;\npithy_print { publish 10000; play 10000; forwarder 10000; encoder 10000; ingester 10000; hls 10000;"
        " edge 10000; }\nheartbeat { enabled on; interval 9.3; url http://127.0.0.1:8085/api/v1/servers;"
        " device_id \"my-srs-device\"; summaries off; }\nhttp_stream { enabled on; listen 8080; dir ./objs/nginx/html; }\n"
        "vhost demo.srs.com {\n enabled on;\n gop_cache on;\n queue_length 30;\n forward 127.0.0.1:1936 127.0.0.1:1937;\n"
        " bandcheck { enabled on; key \"35c9b402c12a7246868752e2878f7e0e\"; interval 30; limit_kbps 4000; }\n"
        " hls { enabled on; hls_path ./objs; hls_fragment 10; hls_window 60; hls_on_error ignore; }\n"
        " http { enabled on; mount [vhost]/hls; dir ./objs/nginx/html/hls; }\n refer github.com github.io;\n"
        " refer_publish github.com;\n refer_play github.com;\n"
        " http_hooks { enabled on; on_connect http://127.0.0.1:8085/a http://localhost:8085/a; on_close http://x/b; }\n"
        " transcode { enabled on; ffmpeg ./ff; engine fd { enabled on; vfilter { t scale; } vcodec libx264; vbitrate 1500;"
        "  vfps 25; vwidth 1280; vheight 720; vthreads 12; vprofile main; vpreset medium; vparams { } acodec libaacplus;"
        "  abitrate 70; asample_rate 44100; achannels 2; aparams { } output rtmp://127.0.0.1:[port]/[app]?vhost=[vhost]/x; } }\n}\n"
        "vhost edge { mode remote; origin 127.0.0.1:1935 localhost:1935; token_traverse off; debug_srs_upnode on; }\n"
        "vhost small { chunk_size 100000; }\n",
        /* SRS 2 */
        "listen 1935;\nmax_connections 1000;\npithy_print_ms 10000;\nwork_dir ./;\nasprocess off;\n"
        "stream_caster { enabled off; caster rtsp; output rtmp://127.0.0.1/[app]/[stream]; listen 554; rtp_port_min 57200;"
        " rtp_port_max 57300; }\nvhost a {\n min_latency on;\n mr { enabled off; latency 350; }\n mw_latency 350;\n"
        " tcp_nodelay on;\n send_min_interval 10.0;\n reduce_sequence_header on;\n publish_1stpkt_timeout 20000;\n"
        " publish_normal_timeout 7000;\n mix_correct off;\n atc on;\n atc_auto on;\n time_jitter full;\n"
        " http_remux { enabled on; mount [vhost]/[app]/[stream].flv; hstrs on; fast_cache 30; }\n"
        " hls { hls_storage disk; hls_mount [vhost]/[app]/[stream].m3u8; hls_td_ratio 1.5; hls_aof_ratio 2.0; hls_ts_floor off; }\n"
        " hds { enabled on; hds_fragment 10; hds_window 60; hds_path ./objs/nginx/html; }\n"
        " dvr { enabled on; dvr_path ./a.flv; dvr_plan append; dvr_duration 30; dvr_wait_keyframe on; time_jitter full; }\n"
        " security { enabled on; allow play all; deny publish 1.2.3.4; }\n}\n",
        /* SRS 3, with lines without ; as in its realtime.conf and http.heartbeat.conf */
        "listen 1935\nmax_connections 1000;\ndaemon off;\nhttp_api { enabled on; raw_api { enabled on; allow_reload on;"
        " allow_query on; allow_update on; } }\nvhost a {\n tcp_nodelay on\n min_latency on;\n"
        " play { gop_cache off; queue_length 10; mw_latency 100; }\n publish { mr off; }\n"
        " cluster { mode remote; origin 127.0.0.1:19350; origin_cluster on; coworkers 127.0.0.1:9091 127.0.0.1:9092; }\n"
        " dash { enabled on; dash_fragment 30; dash_update_period 150; dash_timeshift 300; dash_path ./x; dash_mpd_file y; }\n"
        " exec { enabled on; publish ./objs/ffmpeg -i [url] -c copy -f flv ./[stream].flv; }\n"
        " refer { enabled on; all github.com; publish github.com; play github.com; }\n in_ack_size 0;\n out_ack_size 2500000;\n}\n",
        /* SRS 4 */
        "listen 1935;\nin_docker off; query_latest_version on; first_wait_for_qlv 300; tcmalloc_release_rate 0.8;\n"
        "auto_reload_for_docker on; inotify_auto_reload off; disable_daemon_for_docker on; server_id x;\n"
        "rtc_server { enabled on; listen 8000; candidate *; ecdsa on; encrypt on; reuseport 1; merge_nalus yes; perf_stat on;"
        " queue_length 1; black_hole { enabled off; addr 127.0.0.1:10000; } }\n"
        "srt_server { enabled on; listen 10080; maxbw 1000000000; connect_timeout 4000; peerlatency 300; recvlatency 300;"
        " tlpkdrop on; latency 1; mss 1500; sendbuf 1; recvbuf 1; payloadsize 1316; default_app live; mix_correct on; }\n"
        "stream_caster { enabled on; caster gb28181; output rtmp://127.0.0.1/live/[stream]; listen 9000; tcp_enable on;"
        " rtp_port_min 58200; rtp_port_max 58300; wait_keyframe off; rtp_idle_timeout 30; audio_enable off;"
        " jitterbuffer_enable on; host $CANDIDATE; auto_create_channel off; sip { enabled on; listen 5060; serial 1; realm 2;"
        " ack_timeout 30; keepalive_timeout 120; auto_play on; invite_port_fixed on; query_catalog_interval 60; host x; } }\n"
        "vhost a {\n rtc { enabled on; bframe discard; aac transcode; stun_timeout 30; stun_strict_check on; dtls_role passive;"
        " dtls_version auto; drop_for_pt 0; }\n nack { enabled on; no_copy on; }\n twcc { enabled on; }\n}\n",
        /* SRS 5 and 6 */
        "listen 1935;\nthreads { interval 5; }\ncircuit_breaker { enabled on; high_threshold 90; high_pulse 2;"
        " critical_threshold 95; critical_pulse 1; dying_threshold 99; dying_pulse 5; }\n"
        "tencentcloud_cls { enabled off; label x; tag y; secret_id z; secret_key k; endpoint e; topic_id t; stat_heartbeat on; }\n"
        "tencentcloud_apm { enabled off; team t; token k; endpoint e; service_name s; debug_logging off; }\n"
        "exporter { enabled off; listen 9972; label cn-beijing; tag cn-edge; }\n"
        "http_api { auth { enabled on; username admin; password admin; } }\n"
        "rtc_server { tcp { enabled on; listen 8000; } protocol all; use_auto_detect_network_ip on; ip_family ipv4;"
        " api_as_candidates on; resolve_api_domain on; keep_api_domain off; }\n"
        "srt_server { peer_idle_timeout 10000; tsbpdmode off; tlpktdrop off; passphrase xxxxxxxxxxxx; pbkeylen 16; }\n"
        "vhost a { play{ gop_cache_max_frames 2500; } publish { kickoff_for_idle 60000; try_annexb_first on; parse_sps on; }\n"
        " srt { enabled on; srt_to_rtmp on; } hls { hls_ctx off; hls_ts_ctx off; hls_keys on; hls_fragments_per_key 5; hls_key_file k;"
        " hls_key_file_path p; hls_key_url u; hls_dts_directly on; hls_wait_keyframe on; }\n"
        " http_remux { drop_if_not_match on; has_audio on; has_video on; guess_has_av on; }\n"
        " forward { enabled off; backend http://127.0.0.1:8085/api/v1/forward; }\n"
        " dash { dash_window_size 10; dash_cleanup on; dash_dispose 120; } }\n",
        /* the latest SRS 7 */
        "max_connections 1000;\ndaemon off;\nrtmp { listen 1935 [::]:1935; chunk_size 60000; }\n"
        "rtmps { enabled on; listen 1443; key ./conf/server.key; cert ./conf/server.crt; }\n"
        "rtsp_server { enabled on; listen 8554 [::]:8554; }\nhttp_api { enabled on; listen 1985 [::]:1985; }\n"
        "srt_server { default_streamid \"#!::r=live/livestream,m=request\"; default_mode publish; }\n"
        "vhost a { rtsp { enabled on; rtmp_to_rtsp on; } rtc { init_rate_from_sdp on; keep_original_ssrc on; }\n"
        " hls { hls_use_fmp4 on; hls_fmp4_file x; hls_init_file y; hls_recover on; hls_master_m3u8_path_relative on; } }\n",
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct loaded l = load_text(files[i]);
        if (!l.conf)
            fail_msg("%s\n%s", files[i], l.error);
        unload(&l);
    }
}

static void a_chunk_size_that_srs_7_crashes_on_is_clamped(void **state)
{
    (void)state;
    struct loaded l = load_more("chunk_size 70000; vhost v { chunk_size 1; }");
    assert_non_null(l.conf);
    assert_int_equal(l.conf->chunk_size, 65536);
    assert_int_equal(l.conf->vhosts[0].chunk_size, 128);
    assert_true(conf_report_has(&l.report, "chunk_size 70000: not within 128 and 65536, taken as 65536"));
    unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_spellings_mean_the_new_ones),
        cmocka_unit_test(new_spellings_are_left_alone),
        cmocka_unit_test(an_old_refer_without_domains_denies_all),
        cmocka_unit_test(a_listen_without_its_end_keeps_its_endpoints),
        cmocka_unit_test(listen_of_the_latest_srs_is_found),
        cmocka_unit_test(files_of_every_release_load),
        cmocka_unit_test(a_chunk_size_that_srs_7_crashes_on_is_clamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
