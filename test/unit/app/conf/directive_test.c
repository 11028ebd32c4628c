/* The table is consistent with itself, and complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/env.h"
#include "app/conf/value.h"
#include "core/map.h"

typedef void visit_fn(const struct directive *row, const char *path, bool no_env, void *arg);

static void walk(const struct conf_block *block, const char *path, bool no_env, visit_fn *visit, void *arg)
{
    for (size_t i = 0; i < block->n_rows; i++) {
        const struct directive *row = &block->rows[i];
        char                    here[CONF_PATH_MAX];
        conf_path_join(path, row->name, here, sizeof here);
        bool none = no_env || row->flags & CONF_NO_ENV;
        visit(row, here, none, arg);
        if (row->children && !(row->flags & CONF_LEGACY))
            walk(row->children, here, none, visit, arg);
    }
}

static void check_row(const struct directive *row, const char *path, bool no_env, void *arg)
{
    char complaint[CONF_VALUE_TEXT_MAX];
    (void)no_env;
    (void)arg;
    if (!row->help || !row->since)
        fail_msg("%s has no help, or no release", path);
    if ((row->type == CONF_BLOCK) != (row->children != NULL) || (row->type == CONF_ENUM) != (row->words != NULL))
        fail_msg("%s is half a block or half an enumeration", path);
    if (row->type == CONF_BOOL && (!row->def || (strcmp(row->def, "on") != 0 && strcmp(row->def, "off") != 0)))
        fail_msg("%s is a switch without a default", path);
    conf_value_judge(row, NULL, complaint, sizeof complaint);
    if (complaint[0])
        fail_msg("%s: its default is %s", path, complaint);
    if (row->store != STORE_NOTHING && row->state == CONF_IGNORED)
        fail_msg("%s has a field and will never do anything", path);
    if (conf_row_at(path) != row)
        fail_msg("%s is there twice", path);
}

static void every_row_is_sound(void **state)
{
    (void)state;
    walk(&conf_root_block, "", false, check_row, NULL);
}

static void check_field(const struct directive *row, const char *path, bool no_env, void *arg)
{
    static const unsigned fits[] = {
        [CONF_BOOL] = 1u << STORE_BOOL,
        [CONF_INT] = 1u << STORE_INT,
        [CONF_INT64] = 1u << STORE_INT64,
        [CONF_FLOAT] = 1u << STORE_DOUBLE,
        [CONF_SECONDS] = 1u << STORE_INT64,
        [CONF_SECONDS_FLOAT] = 1u << STORE_INT64,
        [CONF_MS] = 1u << STORE_INT64,
        [CONF_MS_FLOAT] = 1u << STORE_INT64,
        [CONF_DURATION] = 1u << STORE_INT64,
        [CONF_STRING] = 1u << STORE_STRING,
        [CONF_ENUM] = 1u << STORE_INT | 1u << STORE_BOOL,
        [CONF_LIST] = 1u << STORE_WORDS,
        [CONF_ANYTHING] = 0,
        [CONF_BLOCK] = 1u << STORE_BLOCKS,
        [CONF_OPTIONS] = 1u << STORE_OPTIONS,
    };
    bool repeats = row->type == CONF_LIST && row->flags & CONF_REPEAT;
    (void)no_env;
    (void)arg;
    unsigned fitting = repeats ? 1u << STORE_COMMANDS : fits[row->type];
    if (row->store != STORE_NOTHING && !(fitting & 1u << row->store))
        fail_msg("the field of %s has another type", path);
}

/* The offsets in the rows of a list count from the start of one struct of its array. */
static void check_list(const struct directive *row, const char *path, bool no_env, void *arg)
{
    (void)no_env;
    (void)arg;
    if (row->store != STORE_BLOCKS)
        return;
    const struct conf_block *block = row->children;
    if (!row->item_size || (block->has_name && block->name_at + sizeof(char *) > row->item_size))
        fail_msg("%s has no struct, or a name outside it", path);
    if (row->flags & CONF_BY_NAME && (!block->has_name || strchr(path, '.')))
        fail_msg("%s has no name, or is not at the root", path);
    for (size_t i = 0; i < block->n_rows; i++)
        if (block->rows[i].store != STORE_NOTHING && block->rows[i].at >= row->item_size)
            fail_msg("%s.%s lies outside its struct", path, block->rows[i].name);
}

static void every_list_has_its_struct(void **state)
{
    (void)state;
    walk(&conf_root_block, "", false, check_list, NULL);
}

static void every_field_has_the_type_of_its_row(void **state)
{
    (void)state;
    walk(&conf_root_block, "", false, check_field, NULL);
}

struct names {
    struct map map;
    int        count;
};

static void check_variable(const struct directive *row, const char *path, bool no_env, void *arg)
{
    struct names *seen = arg;
    char          names[CONF_ENV_NAMES_MAX];
    conf_env_names(path, row, no_env, names, sizeof names);
    for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
        /* a vhost takes its chunk size from the root, so they share a name */
        if (map_find(&seen->map, name) && strcmp(name, "SRS_VHOST_CHUNK_SIZE") != 0)
            fail_msg("%s belongs to two directives", name);
        assert_true(map_put(&seen->map, name, (void *)row));
        seen->count++;
    }
}

static void every_variable_is_unique(void **state)
{
    struct names seen = { 0 };
    (void)state;
    walk(&conf_root_block, "", false, check_variable, &seen);
    assert_true(seen.count > 228); /* the number of variables of SRS 7.0.18 */
    assert_non_null(map_find(&seen.map, "SRS_HTTP_API_HTTPS_ENABLED"));
    assert_non_null(map_find(&seen.map, "SRS_VHOST_HLS_HLS_FRAGMENT"));
    assert_non_null(map_find(&seen.map, "SRS_SRS_LOG_TANK"));
    assert_non_null(map_find(&seen.map, "SRS_LOG_TANK"));
    assert_non_null(map_find(&seen.map, "SRS_VHOST_SRT_TO_RTMP"));
    assert_non_null(map_find(&seen.map, "SRS_VHOST_FORWARD_BACKEND"));
    assert_null(map_find(&seen.map, "SRS_VHOST_CLUSTER_MODE"));
    assert_null(map_find(&seen.map, "SRS_CHUNK_SIZE"));
    map_finish(&seen.map);
}

/* The names that SRS 7.0.18 accepts in each block, with its old spellings, and ours beside them. */
static void no_block_has_lost_a_name(void **state)
{
    static const struct {
        const char *path, *names;
    } rows[] = {
        { "", "listen max_connections pid chunk_size daemon asprocess work_dir utc_time server_id srs_log_tank "
              "srs_log_level srs_log_level_v2 srs_log_file ff_log_dir ff_log_level pithy_print_ms grace_start_wait "
              "grace_final_wait force_grace_quit empty_ip_ok disable_daemon_for_docker auto_reload_for_docker "
              "inotify_auto_reload in_docker tcmalloc_release_rate query_latest_version first_wait_for_qlv is_full "
              "threads heartbeat stats http_api http_server rtc_server srt_server stream_caster exporter "
              "circuit_breaker tencentcloud_cls tencentcloud_apm vhost http_stream include pithy_print rtmp rtmps "
              "rtsp_server reuse_port io_uring" },
        { "vhost", "enabled chunk_size min_latency tcp_nodelay in_ack_size out_ack_size play publish cluster forward "
                   "refer security http_hooks http_static http_remux hls dash hds dvr rtc srt transcode ingest exec "
                   "bandcheck rtsp" },
        { "vhost.hls", "enabled hls_fragment hls_td_ratio hls_aof_ratio hls_window hls_on_error hls_path "
                       "hls_m3u8_file hls_ts_file hls_ts_floor hls_entry_prefix hls_acodec hls_vcodec hls_cleanup "
                       "hls_dispose hls_nb_notify hls_wait_keyframe hls_dts_directly hls_ctx hls_ts_ctx hls_keys "
                       "hls_fragments_per_key hls_key_file hls_key_file_path hls_key_url hls_storage hls_mount "
                       "hls_use_fmp4 hls_fmp4_file hls_init_file hls_recover hls_master_m3u8_path_relative" },
        { "vhost.rtc", "enabled nack nack_no_copy twcc stun_timeout stun_strict_check dtls_role dtls_version "
                       "drop_for_pt rtmp_to_rtc keep_bframe keep_avc_nalu_sei opus_bitrate rtc_to_rtmp pli_for_rtmp "
                       "aac_bitrate aac bframe init_rate_from_sdp keep_original_ssrc" },
        { "srt_server", "enabled listen maxbw mss latency recvlatency peerlatency connect_timeout peer_idle_timeout "
                        "tsbpdmode tlpktdrop tlpkdrop sendbuf recvbuf payloadsize passphrase pbkeylen default_app "
                        "sei_filter mix_correct default_streamid default_mode" },
        { "rtc_server", "enabled listen tcp protocol candidate use_auto_detect_network_ip ip_family "
                        "api_as_candidates resolve_api_domain keep_api_domain ecdsa encrypt reuseport merge_nalus "
                        "black_hole dir perf_stat queue_length" },
        { "vhost.transcode.engine", "enabled perfile iformat vfilter vcodec vbitrate vfps vwidth vheight vthreads "
                                    "vprofile vpreset vparams acodec abitrate asample_rate achannels aparams oformat "
                                    "output" },
        { "vhost.http_hooks", "enabled on_connect on_close on_publish on_unpublish on_play on_stop on_dvr on_hls "
                              "on_hls_notify" },
        { "vhost.cluster", "mode origin token_traverse vhost debug_srs_upnode protocol follow_client origin_cluster "
                           "coworkers" },
        { "vhost.dash", "enabled dash_fragment dash_update_period dash_timeshift dash_window_size dash_path "
                        "dash_mpd_file dash_cleanup dash_dispose" },
        { "vhost.dvr", "enabled dvr_apply dvr_path dvr_plan dvr_duration dvr_wait_keyframe time_jitter" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct conf_block *block = rows[i].path[0] ? conf_row_at(rows[i].path)->children : &conf_root_block;
        char                     names[2048];
        snprintf(names, sizeof names, "%s", rows[i].names);
        for (char *name = strtok(names, " "); name; name = strtok(NULL, " "))
            if (!conf_row(block, name))
                fail_msg("%s has no %s", rows[i].path, name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_sound),        cmocka_unit_test(every_field_has_the_type_of_its_row),
        cmocka_unit_test(every_list_has_its_struct), cmocka_unit_test(every_variable_is_unique),
        cmocka_unit_test(no_block_has_lost_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
