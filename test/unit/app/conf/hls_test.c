/* The typed values of hls, dash and hds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"
#include "core/attr.h"

static const struct conf_hls *hls_of(struct loaded *l, const char *directives)
{
    char text[4096];
    snprintf(text, sizeof text, "hls { enabled on; %s }", directives);
    *l = load_vhost(text);
    must_load(l, text);
    return &l->conf->vhosts[0].hls;
}

static void hls_has_the_defaults_of_srs(void **state)
{
    (void)state;
    struct loaded          l = load_vhost("");
    const struct conf_hls *hls = &l.conf->vhosts[0].hls;
    assert_false(hls->enabled);
    assert_int_equal(hls->fragment_us, 10000000);
    assert_true(hls->td_ratio == 1.0);
    assert_true(hls->aof_ratio == 2.1);
    assert_int_equal(hls->window_us, 60000000);
    assert_int_equal(hls->on_error, CONF_HLS_CONTINUE);
    assert_string_equal(hls->path, "./objs/nginx/html");
    assert_string_equal(hls->m3u8_file, "[app]/[stream].m3u8");
    assert_string_equal(hls->ts_file, "[app]/[stream]-[seq].ts");
    assert_false(hls->ts_floor);
    assert_string_equal(hls->entry_prefix, "");
    assert_int_equal(hls->acodec, CONF_HLS_AAC);
    assert_int_equal(hls->vcodec, CONF_HLS_H264);
    assert_true(hls->cleanup);
    assert_int_equal(hls->dispose_us, 120000000);
    assert_int_equal(hls->nb_notify, 64);
    assert_true(hls->wait_keyframe);
    assert_true(hls->dts_directly);
    assert_true(hls->ctx);
    assert_true(hls->ts_ctx);
    assert_false(hls->keys);
    assert_int_equal(hls->fragments_per_key, 5);
    assert_string_equal(hls->key_file, "[app]/[stream]-[seq].key");
    assert_string_equal(hls->key_file_path, "./objs/nginx/html");
    assert_string_equal(hls->key_url, "");
    assert_false(hls->use_fmp4);
    assert_string_equal(hls->fmp4_file, "[app]/[stream]-[seq].m4s");
    assert_string_equal(hls->init_file, "[app]/[stream]/init.mp4");
    assert_true(hls->recover);
    assert_false(hls->master_m3u8_path_relative);
    assert_int_equal(hls->storage, CONF_HLS_BOTH);
    assert_false(hls->ll);
    assert_int_equal(hls->part_us, 200000);
    assert_int_equal(hls->variants.count, 0);
    assert_int_equal(hls->timeshift_us, 0);
    assert_int_equal(hls->encryption, CONF_HLS_AES_128);
    unload(&l);
}

static void hls_is_read(void **state)
{
    (void)state;
    struct loaded          l;
    const struct conf_hls *hls = hls_of(
        &l, "hls_fragment 2.5; hls_td_ratio 1.2; hls_aof_ratio 3; hls_window 30; hls_on_error ignore; hls_path ./h;"
            "hls_m3u8_file a.m3u8; hls_ts_file b-[seq].ts; hls_ts_floor on; hls_entry_prefix http://c; hls_acodec an;"
            "hls_vcodec vn; hls_cleanup off; hls_dispose 0; hls_nb_notify 9; hls_wait_keyframe off;"
            "hls_dts_directly off; hls_ctx off; hls_ts_ctx off; hls_keys on; hls_fragments_per_key 7;"
            "hls_key_file d-[seq].key; hls_key_file_path ./k; hls_key_url https://e/; hls_use_fmp4 on;"
            "hls_fmp4_file f-[seq].m4s; hls_init_file g.mp4; hls_recover off; hls_master_m3u8_path_relative on;"
            "hls_storage disk; hls_part 0.5; hls_variants _hi _lo; hls_timeshift 4h; hls_encryption cbcs;");
    assert_true(hls->enabled);
    assert_int_equal(hls->fragment_us, 2500000);
    assert_true(hls->td_ratio == 1.2);
    assert_true(hls->aof_ratio == 3);
    assert_int_equal(hls->window_us, 30000000);
    assert_int_equal(hls->on_error, CONF_HLS_IGNORE);
    assert_string_equal(hls->path, "./h");
    assert_string_equal(hls->m3u8_file, "a.m3u8");
    assert_string_equal(hls->ts_file, "b-[seq].ts");
    assert_true(hls->ts_floor);
    assert_string_equal(hls->entry_prefix, "http://c");
    assert_int_equal(hls->acodec, CONF_HLS_NO_AUDIO);
    assert_int_equal(hls->vcodec, CONF_HLS_NO_VIDEO);
    assert_false(hls->cleanup);
    assert_int_equal(hls->dispose_us, 0);
    assert_int_equal(hls->nb_notify, 9);
    assert_false(hls->wait_keyframe);
    assert_false(hls->dts_directly);
    assert_false(hls->ctx);
    assert_false(hls->ts_ctx);
    assert_true(hls->keys);
    assert_int_equal(hls->fragments_per_key, 7);
    assert_string_equal(hls->key_file, "d-[seq].key");
    assert_string_equal(hls->key_file_path, "./k");
    assert_string_equal(hls->key_url, "https://e/");
    assert_true(hls->use_fmp4);
    assert_string_equal(hls->fmp4_file, "f-[seq].m4s");
    assert_string_equal(hls->init_file, "g.mp4");
    assert_false(hls->recover);
    assert_true(hls->master_m3u8_path_relative);
    assert_int_equal(hls->storage, CONF_HLS_DISK);
    assert_int_equal(hls->part_us, 500000);
    assert_int_equal(hls->variants.count, 2);
    assert_string_equal(hls->variants.items[1], "_lo");
    assert_int_equal(hls->timeshift_us, INT64_C(14400000000));
    assert_int_equal(hls->encryption, CONF_HLS_CBCS);
    unload(&l);
}

static void storage_takes_the_words_of_srs_2(void **state)
{
    static const struct {
        const char           *word;
        enum conf_hls_storage storage;
        const char           *told;
    } rows[] = {
        { "both", CONF_HLS_BOTH, NULL },
        { "memory", CONF_HLS_MEMORY, NULL },
        { "ram", CONF_HLS_MEMORY, NULL },
        { "disk", CONF_HLS_DISK, NULL },
        { "tape", CONF_HLS_BOTH, "vhost.hls.hls_storage tape: none of both, memory, disk, ram; taken as both" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char          text[64];
        struct loaded l;
        snprintf(text, sizeof text, "hls_storage %s;", rows[i].word);
        assert_int_equal(hls_of(&l, text)->storage, rows[i].storage);
        if (rows[i].told)
            must_tell(&l, rows[i].told);
        else
            assert_false(conf_report_has(&l.report, "none of both"));
        unload(&l);
    }
}

static void keys_lie_in_the_vhosts_own_directory(void **state)
{
    (void)state;
    struct loaded l =
        load_more("vhost a { hls { hls_path ./a; } }\nvhost b { hls { hls_path ./b; hls_key_file_path ./k; } }\n"
                  "vhost c { }");
    must_load(&l, "keys");
    assert_string_equal(l.conf->vhosts[0].hls.key_file_path, "./a");
    assert_string_equal(l.conf->vhosts[1].hls.key_file_path, "./k");
    assert_string_equal(l.conf->vhosts[2].hls.key_file_path, "./objs/nginx/html");
    unload(&l);
}

static void variants_is_short_for_hls_variants(void **state)
{
    (void)state;
    struct loaded          l;
    const struct conf_hls *hls = hls_of(&l, "variants _720 _480 _240;");
    assert_int_equal(hls->variants.count, 3);
    assert_string_equal(hls->variants.items[0], "_720");
    must_tell(&l, "transform: vhost.hls.variants to vhost.hls.hls_variants of v");
    unload(&l);
}

static void the_environment_sets_ours(void **state)
{
    char *const env[] = { "SRS_VHOST_HLS_HLS_LL=on",           "SRS_VHOST_HLS_HLS_VARIANTS=_hi _lo",
                          "SRS_VHOST_HLS_HLS_STORAGE=memory",  "SRS_VHOST_HLS_HLS_TIMESHIFT=90m",
                          "SRS_VHOST_DASH_DASH_WINDOW_SIZE=7", NULL };
    (void)state;
    struct loaded l = load_with("listen 1935; daemon off; vhost v { }", env);
    must_load(&l, "environment");
    const struct conf_hls *hls = &l.conf->vhosts[0].hls;
    assert_true(hls->ll);
    assert_int_equal(hls->variants.count, 2);
    assert_string_equal(hls->variants.items[1], "_lo");
    assert_int_equal(hls->storage, CONF_HLS_MEMORY);
    assert_int_equal(hls->timeshift_us, INT64_C(5400000000));
    assert_int_equal(l.conf->vhosts[0].dash.window_size, 7);
    unload(&l);
}

static void dash_and_hds_are_read(void **state)
{
    (void)state;
    struct loaded l = load_more(
        "vhost a { }\n"
        "vhost b { dash { enabled on; dash_fragment 4; dash_update_period 2.5; dash_timeshift 60; dash_window_size 9;"
        " dash_path ./d; dash_mpd_file m.mpd; dash_cleanup off; dash_dispose 3; dash_ll on; }\n"
        " hds { enabled on; hds_fragment 5; hds_window 50; hds_path ./s; } }");
    must_load(&l, "dash");
    const struct conf_dash *dash = &l.conf->vhosts[0].dash;
    const struct conf_hds  *hds = &l.conf->vhosts[0].hds;
    assert_false(dash->enabled);
    assert_int_equal(dash->fragment_us, 10000000);
    assert_int_equal(dash->update_period_us, 5000000);
    assert_int_equal(dash->timeshift_us, 300000000);
    assert_int_equal(dash->window_size, 5);
    assert_string_equal(dash->path, "./objs/nginx/html");
    assert_string_equal(dash->mpd_file, "[app]/[stream].mpd");
    assert_true(dash->cleanup);
    assert_int_equal(dash->dispose_us, 120000000);
    assert_false(dash->ll);
    assert_false(hds->enabled);
    assert_int_equal(hds->fragment_us, 10000000);
    assert_int_equal(hds->window_us, 60000000);
    assert_string_equal(hds->path, "./objs/nginx/html");

    dash = &l.conf->vhosts[1].dash;
    hds = &l.conf->vhosts[1].hds;
    assert_true(dash->enabled);
    assert_int_equal(dash->fragment_us, 4000000);
    assert_int_equal(dash->update_period_us, 2500000);
    assert_int_equal(dash->timeshift_us, 60000000);
    assert_int_equal(dash->window_size, 9);
    assert_string_equal(dash->path, "./d");
    assert_string_equal(dash->mpd_file, "m.mpd");
    assert_false(dash->cleanup);
    assert_int_equal(dash->dispose_us, 3000000);
    assert_true(dash->ll);
    assert_true(hds->enabled);
    assert_int_equal(hds->fragment_us, 5000000);
    assert_int_equal(hds->window_us, 50000000);
    assert_string_equal(hds->path, "./s");
    unload(&l);
}

static void values_that_need_another_are_taken_nearly(void **state)
{
    (void)state;
    struct loaded          l;
    const struct conf_hls *hls = hls_of(&l, "hls_fragment 0; hls_td_ratio -1; hls_aof_ratio 0; hls_fragments_per_key 0;"
                                            "hls_on_error nonsense;");
    assert_int_equal(hls->fragment_us, 100000);
    must_tell(&l, "hls_fragment 0: not within 0.1 and 3600, taken as 0.1");
    assert_true(hls->td_ratio == 0.01);
    assert_true(hls->aof_ratio == 0.01);
    assert_int_equal(hls->fragments_per_key, 1);
    assert_int_equal(hls->on_error, CONF_HLS_DISCONNECT);
    unload(&l);

    hls = hls_of(&l, "hls_td_ratio 2.5;");
    assert_true(hls->aof_ratio == 2.5);
    must_tell(&l, "hls_aof_ratio is below hls_td_ratio, taken as equal to it");
    unload(&l);
}

static void the_url_of_a_key_ends_with_a_slash(void **state)
{
    static const struct {
        const char *written, *taken;
        bool        told;
    } rows[] = {
        { "https://k/keys/", "https://k/keys/", false },
        { "https://k/keys", "https://k/keys/", true },
        { "https://k/get?name=", "https://k/get?name=", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char          text[128];
        struct loaded l;
        snprintf(text, sizeof text, "hls_keys on; hls_key_url %s;", rows[i].written);
        assert_string_equal(hls_of(&l, text)->key_url, rows[i].taken);
        assert_int_equal(conf_report_has(&l.report, "hls_key_url has no slash at its end"), rows[i].told);
        unload(&l);
    }
}

static void a_segment_that_is_encrypted_as_a_whole_has_no_parts(void **state)
{
    (void)state;
    struct loaded l;
    assert_false(hls_of(&l, "hls_ll on; hls_keys on;")->ll);
    must_tell(&l, "t.conf:2: hls_ll is off, because aes-128 encrypts whole segments");
    unload(&l);
    assert_true(hls_of(&l, "hls_ll on; hls_keys on; hls_encryption cbcs; hls_use_fmp4 on;")->ll);
    assert_false(conf_report_has(&l.report, "hls_ll is off"));
    unload(&l);
    assert_true(hls_of(&l, "hls_ll on;")->ll); /* parts of TS */
    unload(&l);
}

static void files_that_streams_share_are_told(void **state)
{
    static const struct {
        const char *directives, *told; /* NULL: nothing about a file */
    } rows[] = {
        { "hls_m3u8_file [app]/live.m3u8;", "hls_m3u8_file has no [stream], so two streams write the same file" },
        { "hls_ts_file [app]/[seq].ts;", "hls_ts_file has no [stream], so two streams write the same file" },
        { "hls_use_fmp4 on; hls_init_file [app]/init.mp4;", "hls_init_file has no [stream]" },
        { "hls_keys on; hls_key_file [app]/[stream].key;", "hls_key_file has no [seq], so a new key overwrites" },
        { "hls_key_file [app]/[stream].key;", NULL },
        { "hls_init_file [app]/init.mp4;", NULL },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loaded l;
        hls_of(&l, rows[i].directives);
        if (rows[i].told)
            must_tell(&l, rows[i].told);
        else
            assert_false(conf_report_has(&l.report, "_file has no"));
        unload(&l);
    }
}

static void keys_in_a_public_directory_are_told(void **state)
{
    static const struct {
        const char *directives;
        bool        told;
    } rows[] = {
        { "hls_keys on;", true },
        { "hls_keys on; hls_path ./a; hls_key_file_path ./a;", true },
        { "hls_keys on; hls_key_file_path ./keys;", false },
        { "hls_keys on; hls_storage memory;", false },
        { "", false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loaded l;
        hls_of(&l, rows[i].directives);
        assert_int_equal(conf_report_has(&l.report, "keys are written to hls_path"), rows[i].told);
        unload(&l);
    }
}

static void memory_alone_needs_a_port(void **state)
{
    (void)state;
    struct loaded l;
    hls_of(&l, "hls_storage memory;");
    must_tell(&l, "hls_storage memory without http_server: no player can reach the segments");
    unload(&l);
    l = load_more("http_server { enabled on; } vhost v { hls { enabled on; hls_storage memory; } }");
    assert_false(conf_report_has(&l.report, "no player can reach"));
    unload(&l);
}

static void contradictions_are_refused(void **state)
{
    static const struct {
        const char *directives, *error;
    } rows[] = {
        { "hls_ts_file [app]/[stream].ts;",
          "hls_ts_file of v, at t.conf:2: all segments would be one file; add [seq] or [timestamp]" },
        { "hls_ts_file [app]/[stream]-[2006][01][02]-[15][04].ts;", "all segments would be one file" },
        { "hls_use_fmp4 on; hls_fmp4_file [app]/[stream].m4s;", "hls_fmp4_file of v, at t.conf:2: all segments" },
        { "hls_m3u8_file [app]/[stream]-[seq].ts;", "hls_ts_file of v, at t.conf:2: another file of HLS has the same" },
        { "hls_use_fmp4 on; hls_init_file [app]/[stream].m3u8;", "hls_init_file of v, at t.conf:2: another file" },
        { "hls_m3u8_file ../[app]/[stream].m3u8;", "hls_m3u8_file of v, at t.conf:2: a path with .. leaves" },
        { "hls_ts_file [app]/../[stream]-[seq].ts;", "hls_ts_file of v, at t.conf:2: a path with .. leaves" },
        { "hls_ts_file [app]/[stream]-[seq]/..;", "hls_ts_file of v, at t.conf:2: a path with .. leaves" },
        { "hls_keys on; hls_key_file ../[seq].key;", "hls_key_file of v, at t.conf:2: a path with .. leaves" },
        { "hls_m3u8_file [app]/[stream]/;", "hls_m3u8_file of v, at t.conf:2: a path with a slash at its end" },
        { "} dash { enabled on; dash_mpd_file ../x.mpd;", "dash_mpd_file of v, at t.conf:2: a path with .. leaves" },
        { "hls_ll on; hls_part 2; hls_fragment 1;", "hls_part of v, at t.conf:2: a part is longer than hls_fragment" },
        { "hls_ll on; hls_storage disk;", "hls_ll of v, at t.conf:2: parts are served from memory" },
        { "hls_timeshift 1h; hls_storage ram;", "hls_timeshift of v, at t.conf:2: it keeps files" },
        { "hls_keys on; hls_encryption cbcs;", "hls_encryption of v, at t.conf:2: cbcs encrypts fragmented MP4" },
        { "hls_variants _720 ../x;", "hls_variants=../x of v, at t.conf:2: a suffix has letters" },
        { "hls_variants _a _b _a;", "hls_variants=_a of v, at t.conf:2: this suffix is there twice" },
        { "hls_variants 1 2 3 4 5 6 7 8 9 a b c d e f g h;", "hls_variants of v, at t.conf:2: more than 16 suffixes" },
        { "variants _0123456789012345678901234567890123;", "a suffix has letters" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[512];
        snprintf(text, sizeof text, "hls { enabled on; %s }", rows[i].directives);
        struct loaded l = load_vhost(text);
        if (l.conf || !strstr(l.error, rows[i].error))
            fail_msg("%s\n%s", text, l.error);
        unload(&l);
        snprintf(text, sizeof text, "hls { %s }", rows[i].directives); /* off, so it cannot do harm */
        l = load_vhost(text);
        if (!strstr(text, "dash"))
            must_load(&l, text);
        unload(&l);
    }
}

static void usual_names_of_files_load(void **state)
{
    static const char *const rows[] = {
        "hls_ts_file [app]/[stream]-[timestamp]-[duration].ts;",
        "hls_ts_file [app]/[2006]/[01]/[02]/[stream]-[15][04][05].ts;",
        "hls_ts_file [app]/[stream]/...[seq].ts;",
        "hls_m3u8_file [vhost]/[app]/[stream]..m3u8;",
        "hls_path ../media;", /* the operator's own choice */
        "hls_ts_file [app]/[stream].ts; hls_use_fmp4 on;",
        "hls_init_file [app]/[stream].m3u8;",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loaded l;
        hls_of(&l, rows[i]);
        unload(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hls_has_the_defaults_of_srs),
        cmocka_unit_test(hls_is_read),
        cmocka_unit_test(storage_takes_the_words_of_srs_2),
        cmocka_unit_test(keys_lie_in_the_vhosts_own_directory),
        cmocka_unit_test(variants_is_short_for_hls_variants),
        cmocka_unit_test(the_environment_sets_ours),
        cmocka_unit_test(dash_and_hds_are_read),
        cmocka_unit_test(values_that_need_another_are_taken_nearly),
        cmocka_unit_test(the_url_of_a_key_ends_with_a_slash),
        cmocka_unit_test(a_segment_that_is_encrypted_as_a_whole_has_no_parts),
        cmocka_unit_test(files_that_streams_share_are_told),
        cmocka_unit_test(keys_in_a_public_directory_are_told),
        cmocka_unit_test(memory_alone_needs_a_port),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(usual_names_of_files_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
