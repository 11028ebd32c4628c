/* Loading of file and environment into the snapshot: checks, values, precedence, warnings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "app/conf/conf_testing.h"
#include "core/mem.h"

/* ---- defaults */

static void absent_directives_have_their_defaults(void **state)
{
    (void)state;
    struct loaded l = load_text("listen 1935;\nvhost __defaultVhost__ {\n}\n");
    must_load(&l, "minimal");
    const struct conf *c = l.conf;
    assert_string_equal(c->path, "t.conf");
    assert_int_equal(c->listen.count, 1);
    assert_string_equal(c->listen.items[0], "1935");
    assert_int_equal(c->max_connections, 1000);
    assert_string_equal(c->pid, "./objs/srs.pid");
    assert_int_equal(c->chunk_size, 60000);
    assert_true(c->daemon);
    assert_false(c->asprocess);
    assert_string_equal(c->work_dir, "./");
    assert_string_equal(c->server_id, "");
    assert_false(c->reuse_port);
    assert_false(c->log.to_console);
    assert_int_equal(c->log.level, LOG_INFO); /* its old word is trace */
    assert_string_equal(c->log.path, "./objs/srs.log");
    assert_int_equal(c->pithy_print_us, 10000000);
    assert_int_equal(c->grace_start_wait_us, 2300000);
    assert_int_equal(c->grace_final_wait_us, 3200000);
    assert_true(c->empty_ip_ok);
    assert_false(c->inotify_auto_reload);

    assert_int_equal(c->n_vhosts, 1);
    const struct conf_vhost *v = &c->vhosts[0];
    assert_string_equal(v->name, "__defaultVhost__");
    assert_true(v->enabled);
    assert_int_equal(v->chunk_size, 60000);
    assert_false(v->min_latency);
    assert_false(v->tcp_nodelay);
    assert_int_equal(v->in_ack_size, 0);
    assert_int_equal(v->out_ack_size, 2500000);
    assert_true(v->play.gop_cache);
    assert_int_equal(v->play.gop_cache_max_frames, 2500);
    assert_int_equal(v->play.queue_length_us, 30000000);
    assert_int_equal(v->play.time_jitter, TIME_JITTER_FULL);
    assert_false(v->play.mw_latency_set);
    assert_int_equal(v->play.mw_latency_us, 350000);
    assert_false(v->play.mw_msgs_set);
    assert_int_equal(v->play.mw_msgs, 8);
    assert_int_equal(v->play.send_min_interval_us, 0);
    assert_false(v->publish.mr);
    assert_int_equal(v->publish.mr_latency_us, 350000);
    assert_int_equal(v->publish.firstpkt_timeout_us, 20000000);
    assert_int_equal(v->publish.normal_timeout_us, 5000000);
    assert_true(v->publish.parse_sps);
    assert_true(v->publish.try_annexb_first);
    assert_int_equal(v->publish.kickoff_for_idle_us, 0);
    assert_false(v->publish.republish_takeover);
    assert_false(v->refer.enabled);
    assert_false(v->refer.has_all);
    assert_false(v->security.enabled);
    assert_int_equal(l.report.count, 0);
    unload(&l);
}

static void written_directives_reach_the_snapshot(void **state)
{
    (void)state;
    struct loaded l = load_text(
        "listen 1935 [::]:1936; max_connections 7; pid p; chunk_size 128; daemon off; asprocess on; work_dir /tmp;\n"
        "utc_time on; server_id me; srs_log_tank console; srs_log_level error; srs_log_level_v2 debug;\n"
        "srs_log_file f; pithy_print_ms 20; grace_start_wait 1; grace_final_wait 2; force_grace_quit on;\n"
        "empty_ip_ok off; inotify_auto_reload on; reuse_port on;\n"
        "vhost a {\n enabled off; chunk_size 65536; min_latency on; tcp_nodelay on; in_ack_size 5; out_ack_size 6;\n"
        "  play { gop_cache off; gop_cache_max_frames 9; queue_length 3; time_jitter zero; atc on; atc_auto on;\n"
        "    mix_correct on; mw_latency 0; mw_msgs 3; send_min_interval 2.5; reduce_sequence_header on; }\n"
        "  publish { mr on; mr_latency 8; firstpkt_timeout 1000; normal_timeout 2000; parse_sps off;\n"
        "    try_annexb_first off; kickoff_for_idle 1.5; republish takeover; }\n"
        "  refer { enabled on; all a b; publish; }\n"
        "  security { enabled on; deny publish all; allow play 10.0.0.0/8; }\n}\n");
    must_load(&l, "everything");
    const struct conf *c = l.conf;
    assert_int_equal(c->listen.count, 2);
    assert_string_equal(c->listen.items[1], "[::]:1936");
    assert_int_equal(c->max_connections, 7);
    assert_string_equal(c->pid, "p");
    assert_int_equal(c->chunk_size, 128);
    assert_false(c->daemon);
    assert_true(c->asprocess);
    assert_string_equal(c->work_dir, "/tmp");
    assert_true(c->utc_time && c->log.utc);
    assert_string_equal(c->server_id, "me");
    assert_true(c->log.to_console);
    assert_int_equal(c->log.level, LOG_DEBUG); /* srs_log_level_v2 wins */
    assert_string_equal(c->log.path, "f");
    assert_int_equal(c->pithy_print_us, 20000);
    assert_int_equal(c->grace_start_wait_us, 1000);
    assert_int_equal(c->grace_final_wait_us, 2000);
    assert_true(c->force_grace_quit && c->inotify_auto_reload && c->reuse_port);
    assert_false(c->empty_ip_ok);

    const struct conf_vhost *v = &c->vhosts[0];
    assert_false(v->enabled);
    assert_int_equal(v->chunk_size, 65536);
    assert_true(v->min_latency && v->tcp_nodelay);
    assert_int_equal(v->in_ack_size, 5);
    assert_int_equal(v->out_ack_size, 6);
    assert_false(v->play.gop_cache);
    assert_int_equal(v->play.gop_cache_max_frames, 9);
    assert_int_equal(v->play.queue_length_us, 3000000);
    assert_int_equal(v->play.time_jitter, TIME_JITTER_ZERO);
    assert_true(v->play.atc && v->play.atc_auto && v->play.mix_correct && v->play.reduce_sequence_header);
    assert_true(v->play.mw_latency_set);
    assert_int_equal(v->play.mw_latency_us, 0);
    assert_true(v->play.mw_msgs_set);
    assert_int_equal(v->play.mw_msgs, 3);
    assert_int_equal(v->play.send_min_interval_us, 2500);
    assert_true(v->publish.mr && v->publish.republish_takeover);
    assert_int_equal(v->publish.mr_latency_us, 8000);
    assert_int_equal(v->publish.firstpkt_timeout_us, 1000000);
    assert_int_equal(v->publish.normal_timeout_us, 2000000);
    assert_false(v->publish.parse_sps || v->publish.try_annexb_first);
    assert_int_equal(v->publish.kickoff_for_idle_us, 1500000);
    assert_true(v->refer.enabled && v->refer.has_all && v->refer.has_publish && !v->refer.has_play);
    assert_int_equal(v->refer.all.count, 2);
    assert_string_equal(v->refer.all.items[1], "b");
    assert_int_equal(v->refer.publish.count, 0);
    assert_int_equal(v->security.n_rules, 2);
    assert_false(v->security.rules[0].allow);
    assert_true(v->security.rules[0].publish);
    assert_string_equal(v->security.rules[1].who, "10.0.0.0/8");
    assert_int_equal(l.report.count, 0);
    unload(&l);
}

static void a_vhost_takes_what_it_does_not_say_from_elsewhere(void **state)
{
    (void)state;
    struct loaded l = load_more("chunk_size 4096; vhost a { } vhost b { chunk_size 200; min_latency on; }");
    must_load(&l, "chunk_size");
    assert_int_equal(l.conf->vhosts[0].chunk_size, 4096);
    assert_int_equal(l.conf->vhosts[1].chunk_size, 200);
    assert_int_equal(l.conf->vhosts[0].play.mw_msgs, 8);
    assert_int_equal(l.conf->vhosts[1].play.mw_msgs, 0); /* min_latency sets it */
    unload(&l);
}

static void vhosts_are_found_by_their_name(void **state)
{
    (void)state;
    struct loaded l = load_more(
        "vhost __defaultVhost__ { } vhost a { enabled off; } vhost A { } vhost a { } vhost { } vhost Cc.Com { }");
    must_load(&l, "vhosts");
    const struct conf_vhost *v = l.conf->vhosts;
    assert_ptr_equal(conf_find_vhost(l.conf, "a"), &v[1]); /* it is disabled, and there is no fallback */
    assert_ptr_equal(conf_find_vhost(l.conf, "A"), &v[2]);
    assert_ptr_equal(conf_find_vhost(l.conf, "cc.com"), &v[5]); /* a browser sends names in lower case */
    assert_ptr_equal(conf_find_vhost(l.conf, "b"), &v[0]);
    assert_ptr_equal(conf_find_vhost(l.conf, "a:80"), &v[0]);
    assert_ptr_equal(conf_find_vhost(l.conf, ""), &v[0]);
    assert_ptr_equal(conf_find_vhost(l.conf, NULL), &v[0]);
    assert_ptr_equal(conf_vhost_named(l.conf, "A"), &v[2]);
    assert_ptr_equal(conf_vhost_named(l.conf, "a"), &v[1]);
    assert_null(conf_vhost_named(l.conf, "cc.com"));
    assert_null(conf_vhost_named(l.conf, "b"));
    must_tell(&l, "t.conf:2: this vhost a is ignored, that of t.conf:2 counts");
    must_tell(&l, "t.conf:2: a vhost without a name serves nobody");
    unload(&l);
    l = load_more("vhost a { }");
    assert_null(conf_find_vhost(l.conf, "b"));
    unload(&l);
    l = load_more(
        "vhost a { http_remux { mount [vhost]/[app]/[stream].webm; } } vhost b { http_remux { mount /x.ts; } }");
    must_load(&l, "mounts");
    must_tell(&l, "t.conf:2: http_remux.mount [vhost]/[app]/[stream].webm serves nobody");
    assert_int_equal(l.report.count, 1);
    unload(&l);
    l = load_more(
        "vhost a { http_remux { mount [vhost]/[app].flv; } } vhost b { http_remux { mount [vhost]/[stream].flv; } }");
    must_load(&l, "mounts");
    must_tell(&l, "t.conf:2: http_remux.mount [vhost]/[app].flv serves only streams whose name is the end of the path");
    assert_int_equal(l.report.count, 1);
    unload(&l);
}

static void an_origin_with_common_segments_and_without_atc_is_told(void **state)
{
    struct loaded l =
        load_more("vhost a {\n cluster { common_segments on; } } vhost b { play { atc on; } "
                  "cluster { common_segments on; } } vhost c { cluster { mode remote; origin a; "
                  "common_segments on; } } vhost d { play { atc_auto on; } cluster { common_segments on; } }");
    (void)state;
    must_load(&l, "common segments");
    must_tell(&l, "t.conf:3: common_segments without play { atc on; }: edges are not told the wall clock");
    assert_int_equal(l.report.count, 1);
    unload(&l);
}

/* ---- checks */

struct check_row {
    const char *text, *error;
};

static void refuses_with_the_words_that_users_know(void **state)
{
#define L "listen 1935; daemon off;\n"
    /* clang-format off */
    static const struct check_row rows[] = {
        { "",                                       "check normal : conf is empty" },
        { "# nothing",                              "check normal : conf is empty" },
        { L "foo bar;",                             "check normal : illegal directive foo, at t.conf:2" },
        { L "http_api { foo; }",                    "check normal : illegal http_api.foo, at t.conf:2" },
        { L "http_api { raw_api { foo; } }",        "check normal : illegal http_api.raw_api.foo" },
        { L "http_api { auth { foo; } }",           "check normal : illegal http_api.auth.foo" },
        { L "http_server { foo; }",                 "check normal : illegal http_stream.foo" },
        { L "http_stream { foo; }",                 "check normal : illegal http_stream.foo" },
        { L "srt_server { foo; }",                  "check normal : illegal srt_server.foo" },
        { L "heartbeat { foo; }",                   "check normal : illegal heartbeat.foo" },
        { L "stats { foo; }",                       "check normal : illegal stats.foo" },
        { L "rtc_server { foo; }",                  "check normal : illegal rtc_server.foo" },
        { L "exporter { foo; }",                    "check normal : illegal exporter.foo" },
        { L "rtmps { foo; }",                       "check normal : illegal rtmps.foo" },
        { L "stream_caster { foo; }",               "check normal : illegal stream_caster.foo" },
        { L "stream_caster { } stream_caster { foo; }", "check normal : illegal stream_caster.foo" },
        { L "stream_caster { sip { foo; } }",       "check normal : illegal stream_caster.sip.foo" },
        { L "vhost v { foo; }",                     "check normal : illegal vhost.foo, at t.conf:2" },
        { L "vhost v { play {\n foo; } }",          "check normal : illegal vhost.play.foo of v, at t.conf:3" },
        { L "vhost v { } vhost v { foo; }",         "check normal : illegal vhost.foo" },
        { L "vhost v { play { } play { foo; } }",   "check normal : illegal vhost.play.foo of v" },
        { L "vhost v { transcode { foo; } }",       "check normal : illegal vhost.transcode.foo of v" },
        { L "vhost v { transcode { engine e { foo; } } }", "check normal : illegal vhost.transcode.engine.foo of v" },
        { L "vhost v { ingest { foo; } }",          "check normal : illegal vhost.ingest.foo of v" },
        { L "vhost v { exec { foo; } }",            "check normal : illegal vhost.exec.foo of v" },
        { L "vhost v { hls { foo; } }",             "check normal : illegal vhost.hls.foo of v" },
        { L "vhost v { rtc { foo; } }",             "check normal : illegal vhost.rtc.foo of v" },
        { L "vhost { srt { foo; } }",               "check normal : illegal vhost.srt.foo of " },
        /* old names that were never allowed in the vhost itself */
        { L "vhost v { mw_msgs 1; }",               "check normal : illegal vhost.mw_msgs" },
        { L "vhost v { parse_sps on; }",            "check normal : illegal vhost.parse_sps" },
        { L "kafka { foo; }",                       "check normal : illegal kafka.foo" },
        /* listen */
        { "max_connections 1;",                     "check normal : listen requires params" },
        { "listen;",                                "check normal : listen requires params, at t.conf:1" },
        { "listen host:1935;",                      "check normal : listen.ip=host is invalid, at t.conf:1" },
        { "listen :1935;",                          "check normal : listen.ip= is invalid" },
        { "listen 1935 localhost:1936;",            "check normal : listen.ip=localhost is invalid" },
        { "listen 0;",                              "check normal : listen.port=0 is invalid" },
        { "listen -5;",                             "check normal : listen.port=-5 is invalid" },
        { "listen abc;",                            "check normal : listen.port=0 is invalid" },
        { "listen 127.0.0.1:;",                     "check normal : listen.port=0 is invalid" },
        { "listen 70000;",                          "check normal : listen.port=70000 is invalid" },
        { "listen 1935; trusted_proxies 10.0.0.0/8 lo;", "check normal : trusted_proxies=lo is neither an address nor a range, nor none" },
        { "listen 1935; trusted_proxies 10.0.0.0/33;", "check normal : trusted_proxies=10.0.0.0/33 is neither an address nor a range, nor none" },
        /* heartbeat, stats */
        { L "heartbeat { interval 0; }",            "check normal : invalid heartbeat.interval=0" },
        { L "heartbeat { interval -3; }",           "check normal : invalid heartbeat.interval=-3" },
        { L "heartbeat { interval x; }",            "check normal : invalid heartbeat.interval=0" },
        { L "stats { network -1; }",                "check normal : invalid stats.network=-1" },
        /* ports of HTTP */
        { L "http_api { listen 8080; https { listen 1; } }",
          "check normal : for same http, https api(1) != server(8088)" },
        { L "http_api { https { listen 8088; } }",  "check normal : for same https, http api(127.0.0.1:1985) != server(8080)" },
        { L "http_api { https { enabled on; } }",   "check normal : https api depends on http" },
        { L "http_server { https { enabled on; } }", "check normal : https stream depends on http" },
        /* two services at one port */
        { "listen 1935; http_server { enabled on; listen 1935; }",
          "check normal : listen 1935 and http_server.listen 1935 are one port, at t.conf:1" },
        { "listen 1935; reuse_port on; http_server { enabled on; listen 127.0.0.1:1935; }",
          "check normal : listen 1935 and http_server.listen 127.0.0.1:1935 are one port" },
        { L "http_api { enabled on; listen 8080; }\nhttp_server { enabled on;\nlisten 0.0.0.0:8080; }",
          "check normal : http_api.listen 8080 and http_server.listen 0.0.0.0:8080 are one port, at t.conf:4" },
        { L "http_api { enabled on; listen 1986 [::]:8080; }\nhttp_server { enabled on; listen 1 [::1]:8080; }",
          "check normal : http_api.listen [::]:8080 and http_server.listen [::1]:8080 are one port, at t.conf:3" },
        { L "exporter { enabled on; listen 127.0.0.1:1935; }",
          "check normal : listen 1935 and exporter.listen 127.0.0.1:1935 are one port" },
        { L "rtmps { enabled on; listen 1935; }", "check normal : listen 1935 and rtmps.listen 1935 are one port" },
        { "listen 8088; http_server { enabled on; https { enabled on; } }",
          "check normal : listen 8088 and http_server.https.listen 8088 are one port, at t.conf:1" },
        { L "http_api { enabled on; https { enabled on; listen 1985; } }",
          "check normal : http_api.listen 127.0.0.1:1985 and http_api.https.listen 1985 are one port" },
        { "listen 1935; rtc_server { enabled on; tcp { enabled on; listen 1935; } }",
          "check normal : listen 1935 and rtc_server.tcp.listen 1935 are one port, at t.conf:1" },
        { L "http_server { enabled on; listen 8080; } rtc_server { enabled on; tcp { enabled on; listen 8080 8000; } }",
          "check normal : http_server.listen 8080 and rtc_server.tcp.listen 8080 are one port" },
        { "listen 1935 127.0.0.1:1935;", "check normal : listen 1935 and listen 127.0.0.1:1935 are one port" },
        /* access */
        { L "vhost v { security { enabled yes; } }", "check normal : vhost.security.enabled=yes is neither on nor off, at t.conf:2" },
        { L "vhost v { refer { enabled true; } }",  "check normal : vhost.refer.enabled=true is neither on nor off" },
        { L "vhost v { http_hooks { enabled On; } }", "check normal : vhost.http_hooks.enabled=On is neither on nor off" },
        { L "vhost v { cluster { token_traverse 1; } }", "check normal : vhost.cluster.token_traverse=1 is neither on nor off" },
        { L "http_api { auth { enabled yes; } }",   "check normal : http_api.auth.enabled=yes is neither on nor off" },
        { L "http_api { auth { enabled on; username u; } }", "check normal : http_api.auth is enabled without a password" },
        { L "http_api { auth { enabled on; password; } }", "check normal : http_api.auth is enabled without a password" },
        /* checks inside a vhost */
        { L "vhost v { http_remux { } http_remux { } }",
          "check normal : vhost.http_remux only one but count=2 of v" },
        { L "vhost v { hls { enabled on; } http_remux { enabled on; mount [vhost]/[app]/[stream].ts; } }",
          "check normal : vhost.hls conflict with vhost.http-ts of v" },
        { L "vhost v { forward { enabled on; } publish { kickoff_for_idle 5; } }",
          "check normal : vhost.forward conflicts with vhost.publish.kickoff_for_idle" },
        { L "vhost v { ingest x { } ingest x { } }", "check normal : ingest id=x exists for v" },
        { L "vhost v { ingest { } ingest { } }",    "check normal : ingest id= exists for v" },
        /* the process */
        { "listen 1935; asprocess on;",             "check normal : daemon conflicts with asprocess" },
        { L "max_connections 0;",                   "check normal : max_connections=0 is invalid" },
        { L "max_connections abc;",                 "check normal : max_connections=0 is invalid" },
        { L "max_connections 65536;",               "check normal : 65664 exceed max open files=65536" },
        { L "max_connections 65408;",               "check normal : 65536 exceed max open files=65536" },
        { L "is_full on;",                          "check normal : never use full.conf(t.conf)" },
        /* the order of the checks */
        { "foo; http_api { bar; }",                 "check normal : illegal directive foo" },
        { "http_api { bar; }",                      "check normal : illegal http_api.bar" },
        { "listen 0; vhost v { foo; }",             "check normal : listen.port=0 is invalid" },
        { "listen 1; is_full on; asprocess on;",    "check normal : daemon conflicts with asprocess" },
        /* syntax */
        { "listen 1935",                            "parse buffer t.conf : root parse : read token" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loaded l = load_text(rows[i].text);
        if (l.conf)
            fail_msg("%s\nis accepted", rows[i].text);
        if (strncmp(l.error, rows[i].error, strlen(rows[i].error)) != 0)
            fail_msg("%s\n%s\ninstead of %s", rows[i].text, l.error, rows[i].error);
        assert_int_equal(l.code, E_SYSTEM_CONFIG_INVALID);
        unload(&l);
    }
}

static void accepts_what_the_checks_do_not_mean(void **state)
{
    /* clang-format off */
    static const char *const rows[] = {
        "listen 1935 [::]:1935; http_server { enabled off; listen 1935; } rtmps { listen 1935; }", /* address families, and a block that is off */
        "listen 1935 0.0.0.0:1935 1935;",                        /* the same endpoint, opened once */
        "listen 1935 127.0.0.1:1935; reuse_port on;",
        "listen 127.0.0.1:1935; http_server { enabled on; listen 127.0.0.2:1935; }",
        L "http_api { enabled on; listen 8080; } http_server { enabled on; listen 8080; }",
        L "http_server { enabled on; listen 8080; } rtc_server { enabled on; tcp { enabled on; listen 8080; } }",
        L "http_api { enabled on; listen 8; } http_server { enabled on; listen 8; } rtc_server { enabled on; tcp { enabled on; listen 8; } }",
        L "http_api { enabled on; listen 8000; } rtc_server { enabled on; tcp { enabled on; listen 8000; } }",
        L "rtc_server { enabled on; tcp { enabled on; listen 8000; } }", /* a port of UDP, and one of TCP */
        L "http_api { auth { enabled on; password p; } }",
        L "http_api { } http_api { anything; }",                 /* the second one does not count */
        L "http_api { raw_api { } raw_api { x; } }",
        L "http_api { https { x; } } http_server { https { x; } } rtc_server { tcp { x; } black_hole { x; } }",
        L "circuit_breaker { x; } threads { x; } tencentcloud_cls { x; } tencentcloud_apm { x; } pithy_print { x; }",
        L "vhost v { hds { x; } bandcheck { x; } mr { x; } nack { x; } twcc { x; } }",
        L "vhost v { ingest { input { x; } engine { x; vfilter { x; } } } transcode { engine e { vparams { x y; } } } }",
        L "vhost v { hls { enabled on; } http_remux { mount x.ts; enabled on; } }",   /* the order hides the conflict, as in SRS */
        L "vhost v { hls { enabled on; } http_remux { enabled off; mount x.ts; } }",
        L "vhost v { forward { enabled on; } publish { kickoff_for_idle 0; } }",
        L "vhost v { ingest { } ingest x { } ingest y { } }",
        L "vhost v { transcode { } transcode { } } stream_caster { caster flv; } stream_caster { caster flv; }",
        L "http_api { listen 8080; } http_server { https { listen 9; } }",            /* https has the ports of the server */
        L "http_api { enabled on; https { enabled on; } } http_server { enabled on; https { enabled on; } }",
        L "http_api on; vhost v { play on; }",                   /* any directive parses in either form */
        "listen 1935 127.0.0.1:1936 [::]:1937 :::1938 [::1]:1939; daemon off;",
        "listen 1935x;",
        "rtmp { listen 1935; }",
        "rtmps { enabled on; }",                                  /* the latest SRS 7 runs without RTMP */
        L "max_connections 65407;",
        L "listen;",
        L "heartbeat { interval 9.3; }",
        L "heartbeat { interval 0.5; }",                          /* SRS 1 to 3 */
        L "stats { network 4000; }",                              /* the number of addresses is not known */
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!rows[i][0])
            continue;
        struct loaded l = load_text(rows[i]);
        must_load(&l, rows[i]);
        unload(&l);
    }
}

static void an_interface_must_exist(void **state)
{
    static const char  text[] = L "stats { network 2; }";
    struct conf_source s = { .path = "t.conf", .text = text, .text_len = sizeof text - 1, .local_addresses = 2 };
    (void)state;
    struct loaded l = load_source(s);
    assert_non_null(strstr(l.error, "invalid stats.network=2 of 2, at t.conf:2"));
    unload(&l);
    s.local_addresses = 3;
    l = load_source(s);
    must_load(&l, text);
    unload(&l);
}

static void an_unknown_name_gets_a_hint(void **state)
{
    /* clang-format off */
    static const struct check_row rows[] = {
        { L "listn 1;",                         "illegal directive listn (did you mean \"listen\"?), at t.conf:2" },
        { L "max_conections 1;",                "illegal directive max_conections (did you mean \"max_connections\"?)" },
        { L "vhost v { gop_cache_ on; }",       "illegal vhost.gop_cache_ (did you mean \"gop_cache\"?), at" },
        { L "vhost v { play { gop_cahce on; } }", "illegal vhost.play.gop_cahce of v (did you mean \"gop_cache\"?)" },
        { L "gop_cache on;",                    "illegal directive gop_cache (it belongs in vhost.play), at" },
        { L "vhost v { hls_fragment 2; }",      "illegal vhost.hls_fragment (it belongs in vhost.hls), at" },
        { L "vhost v { max_connections 2; }",   "illegal vhost.max_connections (it belongs in the root), at" },
        { L "zzz;",                             "illegal directive zzz, at" },
        { L "a\x01z;",                          "illegal directive a\\x01z, at" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loaded l = load_text(rows[i].text);
        if (!strstr(l.error, rows[i].error))
            fail_msg("%s\n%s", l.error, rows[i].error);
        unload(&l);
    }
}

/* ---- values */

static void switches_have_two_readings(void **state)
{
    static const char *const words[] = { "on", "off", "ON", "OFF", "true", "1", "no", "0", "" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char text[128];
        snprintf(text, sizeof text, "tcp_nodelay %s; play { gop_cache %s; }", words[i], words[i]);
        struct loaded l = load_vhost(text);
        must_load(&l, text);
        const struct conf_vhost *v = &l.conf->vhosts[0];
        assert_int_equal(v->tcp_nodelay, strcmp(words[i], "on") == 0);     /* its default is off */
        assert_int_equal(v->play.gop_cache, strcmp(words[i], "off") != 0); /* its default is on */
        bool clean = strcmp(words[i], "on") == 0 || strcmp(words[i], "off") == 0 || !words[i][0];
        assert_int_equal(l.report.count, clean ? 0 : 2);
        unload(&l);
    }
    struct loaded l = load_vhost("play { gop_cache true; }");
    must_tell(&l, "t.conf:2: vhost.play.gop_cache true: neither on nor off, taken as on");
    unload(&l);
}

struct number_row {
    const char *word;
    int         value;
    const char *told;
};

static void numbers_are_read_as_c_reads_them(void **state)
{
    /* clang-format off */
    static const struct number_row rows[] = {
        { "4000",                   4000,  NULL },
        { " 4000",                  4000,  NULL },
        { "\"\"",                   60000, NULL }, /* no word: the default counts */
        { "4000b",                  4000,  "chunk_size 4000b: not a whole number, taken as 4000" },
        { "4000.9",                 4000,  "chunk_size 4000.9: not a whole number, taken as 4000" },
        { "1k",                     128,   "chunk_size 1k: not a whole number, taken as 1; not within 128 and 65536, taken as 128" },
        { "abc",                    128,   "chunk_size abc: not a whole number, taken as 0; not within 128 and 65536, taken as 128" },
        { "65537",                  65536, "chunk_size 65537: not within 128 and 65536, taken as 65536" },
        { "-1",                     128,   "chunk_size -1: not within 128 and 65536, taken as 128" },
        { "4294971296",             4000,  "chunk_size 4294971296: too large a number, taken as 4000" }, /* 2^32 + 4000 */
        { "99999999999999999999",   128,   "chunk_size 99999999999999999999: too large a number, taken as -1; not within" },
        { "4000 5000",              4000,  "chunk_size takes one value, 4000; the words behind it are ignored" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "chunk_size %s;", rows[i].word);
        struct loaded l = load_more(text);
        must_load(&l, text);
        assert_int_equal(l.conf->chunk_size, rows[i].value);
        if (rows[i].told)
            must_tell(&l, rows[i].told);
        assert_int_equal(l.report.count, rows[i].told != NULL);
        unload(&l);
    }
}

static void times_take_fractions_only_where_the_table_says_so(void **state)
{
    (void)state;
    struct loaded l = load_vhost("play { queue_length 9.9; send_min_interval 9.9; mw_latency 9.9; }"
                                 "publish { kickoff_for_idle 9.9; }");
    must_load(&l, "times");
    const struct conf_vhost *v = &l.conf->vhosts[0];
    assert_int_equal(v->play.queue_length_us, 9000000);
    assert_int_equal(v->play.send_min_interval_us, 9900);
    assert_int_equal(v->play.mw_latency_us, 9000);
    assert_int_equal(v->publish.kickoff_for_idle_us, 9900000);
    unload(&l);
}

static void odd_numbers_do_no_harm(void **state)
{
    static const char *const words[] = { "nan", "inf", "-inf", "1e300", "-1e300", "0x10", "1e-300", "-0", "..", "e" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "play { send_min_interval %s; queue_length %s; } publish { kickoff_for_idle %s; normal_timeout %s; }",
                 words[i], words[i], words[i], words[i]);
        struct loaded l = load_vhost(text);
        must_load(&l, text);
        const struct conf_vhost *v = &l.conf->vhosts[0];
        assert_true(v->play.send_min_interval_us >= 0 && v->play.queue_length_us >= 0);
        assert_true(v->publish.kickoff_for_idle_us >= 0 && v->publish.normal_timeout_us >= 0);
        unload(&l);
    }
}

static void an_unknown_word_of_an_enumeration_is_told(void **state)
{
    (void)state;
    struct loaded l = load_vhost("play { time_jitter maybe; } publish { republish x; } dvr { dvr_plan y; }");
    must_load(&l, "enums");
    assert_int_equal(l.conf->vhosts[0].play.time_jitter, TIME_JITTER_FULL);
    assert_false(l.conf->vhosts[0].publish.republish_takeover);
    must_tell(&l, "vhost.play.time_jitter maybe: none of full, zero, off; taken as full");
    must_tell(&l, "vhost.publish.republish x: none of busy, takeover; taken as busy");
    must_tell(&l, "vhost.dvr.dvr_plan y: none of session, segment, append");
    unload(&l);
}

static void log_levels_have_old_and_new_words(void **state)
{
    static const struct {
        const char    *text;
        enum log_level level;
    } rows[] = {
        { "srs_log_level verbose;", LOG_TRACE },
        { "srs_log_level info;", LOG_DEBUG },
        { "srs_log_level trace;", LOG_INFO },
        { "srs_log_level warn;", LOG_WARN },
        { "srs_log_level loud;", LOG_INFO }, /* a wrong word means the default, with a warning */
        { "srs_log_level Warn;", LOG_INFO },
        { "srs_log_level off;", LOG_OFF },
        { "srs_log_level_v2 loud;", LOG_INFO },
        { "srs_log_level_v2 off;", LOG_OFF },
        { "srs_log_level_v2 trace;", LOG_TRACE },
        { "srs_log_level_v2 info;", LOG_INFO },
        { "srs_log_level warn; srs_log_level_v2 error;", LOG_ERROR },
        { "srs_log_level_v2; srs_log_level warn;", LOG_WARN },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loaded l = load_more(rows[i].text);
        must_load(&l, rows[i].text);
        assert_int_equal(l.conf->log.level, rows[i].level);
        unload(&l);
    }
}

static void of_two_the_first_counts(void **state)
{
    (void)state;
    struct loaded l = load_more("max_connections 5;\nmax_connections 6;\nvhost v { play { gop_cache off; }\n"
                                "play { gop_cache on; atc on; } }");
    must_load(&l, "duplicates");
    assert_int_equal(l.conf->max_connections, 5);
    assert_false(l.conf->vhosts[0].play.gop_cache);
    assert_false(l.conf->vhosts[0].play.atc);
    must_tell(&l, "t.conf:3: this max_connections is ignored, that of t.conf:2 counts");
    must_tell(&l, "t.conf:5: this vhost.play is ignored, that of t.conf:4 counts");
    unload(&l);
}

static void what_is_not_built_is_named_once(void **state)
{
    (void)state;
    struct loaded l = load_more("srt_server { enabled on; listen 10080; } threads { interval 3; }\n"
                                "vhost a { rtsp { enabled on; } srt { } }\n"
                                "vhost b { rtsp { enabled on; } play { gop_cache on; } }");
    must_load(&l, "not built");
    must_tell(&l, "srt_server is accepted but not built yet");
    must_tell(&l, "vhost.rtsp is accepted but not built yet");
    must_tell(&l, "vhost.srt is accepted but not built yet");
    must_tell(&l, "threads is accepted and has no effect");
    assert_int_equal(l.report.count, 4);
    unload(&l);
}

static void what_is_not_built_and_switched_off_is_not_named(void **state)
{
    char *const switched_on[] = { "SRS_SRT_SERVER_ENABLED=on", NULL };
    (void)state;
    struct loaded l = load_more("srt_server { enabled off; listen 10080; }\n"
                                "vhost a { srt { enabled off; srt_to_rtmp on; } }\n"
                                "vhost b { srt { enabled on; } }");
    must_load(&l, "switched off");
    must_tell(&l, "vhost.srt is accepted but not built yet");
    assert_int_equal(l.report.count, 1);
    unload(&l);
    l = load_with("listen 1; srt_server { enabled off; }", switched_on);
    must_load(&l, "switched on by the environment");
    must_tell(&l, "srt_server is accepted but not built yet");
    unload(&l);
}

static void a_rule_that_matches_nobody_is_told(void **state)
{
    static const char *const rules[] = { "allow publish;", "allow watch all;", "allow play 1.2.3.4/40;",
                                         "allow play host.example;", "allow publish ::1/129;" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        char text[128];
        snprintf(text, sizeof text, "security { enabled on; %s }", rules[i]);
        struct loaded l = load_vhost(text);
        must_load(&l, text);
        must_tell(&l, "t.conf:2: this rule matches nobody");
        assert_int_equal(l.conf->vhosts[0].security.n_rules, 1);
        unload(&l);
    }
}

/* A deny rule that cannot be read would otherwise let in the clients that it is meant to keep out. */
static void a_deny_that_cannot_be_read_is_refused(void **state)
{
    static const char *const rules[][2] = {
        { "deny play 1.2.3.4/40;", "security.deny play 1.2.3.4/40 of v is neither all, nor an address, nor a range" },
        { "deny publish;", "security.deny publish" },
        { "deny publish ::1/129;", "security.deny publish ::1/129 of v is neither all" },
        { "deny play host.example;", "security.deny play host.example of v is neither all" },
        { "deny play 10.0.0.0/8x;", "security.deny play 10.0.0.0/8x of v is neither all" },
        { "deny watch all;", "security.deny=watch of v is neither publish nor play" },
        { "allow play all; deny;", "of v is neither publish nor play" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        char text[128];
        snprintf(text, sizeof text, "security { enabled on; %s }", rules[i][0]);
        struct loaded l = load_vhost(text);
        if (l.conf || !strstr(l.error, rules[i][1]))
            fail_msg("%s\n%s\ninstead of %s", text, l.error, rules[i][1]);
        unload(&l);
        snprintf(text, sizeof text, "security { enabled off; %s }", rules[i][0]);
        l = load_vhost(text); /* it is not in effect */
        must_load(&l, text);
        unload(&l);
    }
}

static void the_report_is_bounded(void **state)
{
    (void)state;
    char *text = calloc(1, 200000);
    strcpy(text, "listen 1935; daemon off;");
    for (size_t len = strlen(text); len < 100000; len += strlen("empty_ip_ok x;"))
        strcpy(text + len, "empty_ip_ok x;");
    struct loaded l = load_text(text);
    must_load(&l, "many warnings");
    assert_true(l.report.count <= CONF_REPORT_MAX);
    unload(&l);
    free(text);
}

/* ---- environment */

static void the_environment_wins_over_the_file(void **state)
{
    static const char text[] = "listen 1935; max_connections 5; daemon on; srs_log_tank file;\n"
                               "vhost a { play { mw_latency 100; } } vhost b { }";
    char *const       env[] = { "HOME=/",
                                "SRS_LISTEN=1936 [::]:1937",
                                "SRS_MAX_CONNECTIONS=6",
                                "SRS_DAEMON=off",
                                "SRS_LOG_TANK=console",
                                "SRS_SRS_LOG_LEVEL_V2=warn",
                                "SRS_VHOST_PLAY_MW_LATENCY=0",
                                "SRS_VHOST_CHUNK_SIZE=4096",
                                "SRS_PID=",
                                "SRS_VHOST_MIN_LATENCY=on",
                                NULL };
    (void)state;
    struct loaded l = load_with(text, env);
    must_load(&l, text);
    assert_int_equal(l.conf->listen.count, 2);
    assert_string_equal(l.conf->listen.items[0], "1936");
    assert_string_equal(l.conf->listen.items[1], "[::]:1937");
    assert_int_equal(l.conf->max_connections, 6);
    assert_false(l.conf->daemon);
    assert_true(l.conf->log.to_console);
    assert_int_equal(l.conf->log.level, LOG_WARN);
    assert_string_equal(l.conf->pid, "./objs/srs.pid"); /* an empty variable counts as unset */
    assert_int_equal(l.conf->chunk_size, 4096);
    for (int i = 0; i < 2; i++) { /* the variable counts for all vhosts */
        assert_int_equal(l.conf->vhosts[i].play.mw_latency_us, 0);
        assert_true(l.conf->vhosts[i].play.mw_latency_set);
        assert_int_equal(l.conf->vhosts[i].chunk_size, 4096);
        assert_true(l.conf->vhosts[i].min_latency);
    }
    assert_int_equal(l.report.count, 0);
    unload(&l);
}

static void the_environment_is_checked_too(void **state)
{
    char *const bad[] = { "SRS_LISTEN=host:1", NULL };
    char *const odd[] = { "SRS_MAX_CONNECTIONS=9x", "SRS_SRT_SERVER_ENABLED=on", NULL };
    char *const two_spaces[] = { "SRS_LISTEN=1935  1936", NULL };
    (void)state;
    struct loaded l = load_with("listen 1935;", bad);
    assert_non_null(strstr(l.error, "listen.ip=host is invalid, at environment variable SRS_LISTEN"));
    unload(&l);
    l = load_with("listen 1935;", odd);
    must_load(&l, "odd");
    must_tell(&l, "environment variable SRS_MAX_CONNECTIONS: max_connections 9x: not a whole number, taken as 9");
    must_tell(&l, "srt_server is accepted but not built yet");
    unload(&l);
    l = load_with("listen 1;", two_spaces);
    must_load(&l, "two spaces");
    assert_int_equal(l.conf->listen.count, 2);
    unload(&l);
}

static void some_directives_have_no_variable(void **state)
{
    char *const env[] = { "SRS_VHOST_ENABLED=off",
                          "SRS_VHOST_SECURITY_ENABLED=on",
                          "SRS_VHOST_REFER_ENABLED=on",
                          "SRS_IS_FULL=on",
                          "SRS_CHUNK_SIZE=128",
                          "SRS_STREAM_CASTER_ENABLED=on",
                          "SRS_INCLUDE=x",
                          NULL };
    (void)state;
    struct loaded l = load_with("listen 1935; vhost v { }", env);
    must_load(&l, "no variable");
    assert_true(l.conf->vhosts[0].enabled);
    assert_false(l.conf->vhosts[0].security.enabled || l.conf->vhosts[0].refer.enabled);
    assert_int_equal(l.conf->chunk_size, 60000);
    assert_int_equal(l.report.count, 0);
    unload(&l);
}

static void environment_only_needs_no_file(void **state)
{
    char *const env[] = { "SRS_VHOST_PLAY_GOP_CACHE=off", NULL };
    (void)state;
    struct loaded l = load_source((struct conf_source){ .env_only = true, .envp = env });
    must_load(&l, "-e");
    assert_true(l.conf->env_only);
    assert_string_equal(l.conf->path, "");
    assert_int_equal(l.conf->listen.count, 0);
    assert_false(l.conf->daemon);
    assert_true(l.conf->log.to_console);
    assert_int_equal(l.conf->n_vhosts, 1);
    assert_string_equal(l.conf->vhosts[0].name, "__defaultVhost__");
    assert_false(l.conf->vhosts[0].play.gop_cache);
    unload(&l);

    char *const more[] = { "SRS_DAEMON=on", "SRS_LOG_TANK=file", "SRS_LISTEN=1935", NULL };
    l = load_source((struct conf_source){ .env_only = true, .envp = more });
    must_load(&l, "-e");
    assert_true(l.conf->daemon);
    assert_false(l.conf->log.to_console);
    assert_int_equal(l.conf->listen.count, 1);
    unload(&l);
}

static void the_environment_can_name_the_source(void **state)
{
    char *const        file[] = { "SRS_CONFIG_FILE=/a/b.conf", NULL };
    char *const        only[] = { "SRS_ENV_ONLY=off", NULL }; /* any value counts, with a warning */
    struct conf_report r = { 0 };
    struct conf_source s = { .path = "x.conf", .envp = file };
    (void)state;
    conf_source_apply_env(&s, &r);
    assert_string_equal(s.path, "/a/b.conf");
    assert_false(s.env_only);
    assert_true(conf_report_has(&r, "SRS_CONFIG_FILE is set: the configuration file is /a/b.conf"));
    s = (struct conf_source){ .path = "x.conf", .envp = only };
    conf_source_apply_env(&s, &r);
    assert_true(s.env_only);
    assert_true(conf_report_has(&r, "SRS_ENV_ONLY=off"));
    conf_report_finish(&r);
}

/* ---- containers */

static void a_container_has_its_own_defaults(void **state)
{
    static const char  plain[] = "listen 1935;";
    static const char  forced[] = "listen 1935; disable_daemon_for_docker off; auto_reload_for_docker off;"
                                  "srs_log_tank file; in_docker on;";
    struct conf_source s = { .path = "t.conf", .text = plain, .text_len = sizeof plain - 1, .in_container = true };
    (void)state;
    struct loaded l = load_source(s);
    must_load(&l, plain);
    assert_true(l.conf->in_docker && l.conf->log.to_console && l.conf->inotify_auto_reload);
    assert_false(l.conf->daemon);
    unload(&l);

    s = (struct conf_source){ .path = "t.conf", .text = forced, .text_len = sizeof forced - 1 };
    l = load_source(s);
    must_load(&l, forced);
    assert_true(l.conf->in_docker && l.conf->daemon);
    assert_false(l.conf->log.to_console || l.conf->inotify_auto_reload);
    unload(&l);

    char *const env[] = { "SRS_IN_DOCKER=on", NULL };
    l = load_with("listen 1935; asprocess on;", env); /* in a container it is no daemon, so there is no conflict */
    must_load(&l, "SRS_IN_DOCKER");
    assert_true(l.conf->in_docker && !l.conf->daemon);
    unload(&l);
}

/* ---- failures */

static void a_file_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct loaded l = load_source((struct conf_source){ .path = "/nonexistent/x.conf" });
    assert_non_null(strstr(l.error, "no config file at /nonexistent/x.conf"));
    assert_int_equal(l.code, E_SYSTEM_CONFIG_INVALID);
    unload(&l);
    l = load_source((struct conf_source){ .path = "" });
    assert_non_null(strstr(l.error, "no config file at "));
    unload(&l);
    l = load_source((struct conf_source){ 0 });
    assert_non_null(strstr(l.error, "no config file at "));
    unload(&l);
}

static const char rich[] =
    "listen 1935\n1936; daemon off; max_connections 9x; http_stream { enabled on; } srt_server { tlpkdrop on; }\n"
    "stream_caster { tcp_enable on; host 1.2.3.4; } rtc_server { perf_stat on; }\n"
    "vhost a { gop_cache off; mr { enabled on; } refer x.y; forward z; http { enabled on; } nack { enabled off; }\n"
    "  rtc { aac transcode; } security { enabled on; deny publish all; allow nobody; } ingest i { }\n"
    "  hls { hls_path \"a b\"; } play { time_jitter what; mw_msgs 200; } }\n"
    "vhost a { }\n";

static void any_prefix_ends_cleanly(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof rich; len++) {
        char         *exact = mem_strndup(rich, len);
        struct loaded l = load_source((struct conf_source){ .path = "t.conf", .text = exact, .text_len = len });
        unload(&l);
        mem_free(exact);
    }
}

static void memory_may_run_out_anywhere(void **state)
{
    char *const env[] = { "SRS_LISTEN=1 2", "SRS_VHOST_HLS_ENABLED=on", "SRS_VHOST_PLAY_MW_LATENCY=3", NULL };
    (void)state;
    struct loaded whole = load_with(rich, env);
    must_load(&whole, rich);
    size_t n_messages = whole.report.count;
    unload(&whole);

    int64_t n = 0;
    bool    failed;
    do {
        mem_fail_after(n);
        struct loaded l = load_with(rich, env);
        failed = mem_failed();
        mem_fail_after(-1);
        if (failed) { /* an error, or the whole snapshot */
            assert_true(l.conf ? l.report.count == n_messages : l.code == E_NO_MEMORY);
        } else {
            assert_non_null(l.conf);
        }
        unload(&l);
        n++;
    } while (failed);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_directives_have_their_defaults),
        cmocka_unit_test(written_directives_reach_the_snapshot),
        cmocka_unit_test(an_origin_with_common_segments_and_without_atc_is_told),
        cmocka_unit_test(a_vhost_takes_what_it_does_not_say_from_elsewhere),
        cmocka_unit_test(vhosts_are_found_by_their_name),
        cmocka_unit_test(refuses_with_the_words_that_users_know),
        cmocka_unit_test(accepts_what_the_checks_do_not_mean),
        cmocka_unit_test(an_interface_must_exist),
        cmocka_unit_test(an_unknown_name_gets_a_hint),
        cmocka_unit_test(switches_have_two_readings),
        cmocka_unit_test(numbers_are_read_as_c_reads_them),
        cmocka_unit_test(times_take_fractions_only_where_the_table_says_so),
        cmocka_unit_test(odd_numbers_do_no_harm),
        cmocka_unit_test(an_unknown_word_of_an_enumeration_is_told),
        cmocka_unit_test(log_levels_have_old_and_new_words),
        cmocka_unit_test(of_two_the_first_counts),
        cmocka_unit_test(what_is_not_built_is_named_once),
        cmocka_unit_test(what_is_not_built_and_switched_off_is_not_named),
        cmocka_unit_test(a_rule_that_matches_nobody_is_told),
        cmocka_unit_test(a_deny_that_cannot_be_read_is_refused),
        cmocka_unit_test(the_report_is_bounded),
        cmocka_unit_test(the_environment_wins_over_the_file),
        cmocka_unit_test(the_environment_is_checked_too),
        cmocka_unit_test(some_directives_have_no_variable),
        cmocka_unit_test(environment_only_needs_no_file),
        cmocka_unit_test(the_environment_can_name_the_source),
        cmocka_unit_test(a_container_has_its_own_defaults),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
        cmocka_unit_test(any_prefix_ends_cleanly),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
