/* Files that are written: HLS, DASH, HDS, recordings. */
#include "app/conf/directive.h"

/* clang-format off */

static const char *const hls_errors[] = { "continue", "ignore", "disconnect", NULL };
static const char *const hls_acodecs[] = { "aac", "mp3", "an", NULL };
static const char *const hls_vcodecs[] = { "h264", "h265", "vn", NULL };

static const struct directive hls_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, .since = "1", .help = "Write HLS." },
    { .name = "hls_fragment", .type = CONF_SECONDS_FLOAT, .def = "10", .min = 0, .max = 3600,
      .reload = RELOAD_APPLIED, .since = "1", .help = "Target duration of a segment." },
    { .name = "hls_td_ratio", .type = CONF_FLOAT, .def = "1.0", .reload = RELOAD_APPLIED, .since = "2",
      .help = "A segment ends at the first key frame after fragment times this; also the least EXT-X-TARGETDURATION." },
    { .name = "hls_aof_ratio", .type = CONF_FLOAT, .def = "2.1", .reload = RELOAD_APPLIED, .since = "2",
      .help = "A segment ends at fragment times this even without a key frame; this also cuts pure audio." },
    { .name = "hls_window", .type = CONF_SECONDS_FLOAT, .def = "60", .min = 0, .max = 864000,
      .reload = RELOAD_APPLIED, .since = "1", .help = "Least duration of media in the playlist." },
    { .name = "hls_on_error", .type = CONF_ENUM, .words = hls_errors, .def = "continue", .since = "1",
      .help = "When writing fails: continue with the next segment, ignore HLS until the next publish, or disconnect "
              "the publisher." },
    { .name = "hls_path", .type = CONF_STRING, .unit = "path", .def = "./objs/nginx/html", .reload = RELOAD_APPLIED,
      .since = "1", .help = "Directory of all files of HLS." },
    { .name = "hls_m3u8_file", .type = CONF_STRING, .unit = "path", .def = "[app]/[stream].m3u8",
      .reload = RELOAD_APPLIED, .since = "2", .help = "Path of the playlist, below hls_path." },
    { .name = "hls_ts_file", .type = CONF_STRING, .unit = "path", .def = "[app]/[stream]-[seq].ts",
      .reload = RELOAD_APPLIED, .since = "2", .help = "Path of a segment, below hls_path." },
    { .name = "hls_ts_floor", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, .since = "2",
      .help = "[timestamp] counts fragments since 1970, so that two servers cut at the same times." },
    { .name = "hls_entry_prefix", .type = CONF_STRING, .unit = "URL", .flags = CONF_EMPTY_COUNTS,
      .reload = RELOAD_APPLIED, .since = "2", .example = "http://127.0.0.1:8080",
      .help = "Prefix of each segment in the playlist." },
    { .name = "hls_acodec", .type = CONF_ENUM, .words = hls_acodecs, .def = "aac", .reload = RELOAD_APPLIED,
      .since = "2", .help = "Audio codec that is announced until the stream tells its own; an: none." },
    { .name = "hls_vcodec", .type = CONF_ENUM, .words = hls_vcodecs, .def = "h264", .reload = RELOAD_APPLIED,
      .since = "2", .help = "Video codec that is announced until the stream tells its own; vn: none." },
    { .name = "hls_cleanup", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, .since = "2",
      .help = "Delete segments that have left the playlist." },
    { .name = "hls_dispose", .type = CONF_SECONDS, .def = "120", .min = 0, .max = 31536000, .reload = RELOAD_APPLIED,
      .since = "2", .help = "Delete all files this long after the last packet; 0: never." },
    { .name = "hls_nb_notify", .type = CONF_INT, .unit = "bytes", .def = "64", .since = "2",
      .help = "Bytes of the answer to on_hls_notify that are read." },
    { .name = "hls_wait_keyframe", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, .since = "2",
      .help = "Cut video at key frames only." },
    { .name = "hls_dts_directly", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, .since = "3",
      .help = "For pure audio: on takes the timestamps of the packets, off counts samples." },
    { .name = "hls_ctx", .type = CONF_BOOL, .def = "on", .since = "5",
      .help = "Give each player a session id, so that players can be counted." },
    { .name = "hls_ts_ctx", .type = CONF_BOOL, .def = "on", .since = "5",
      .help = "Add the session id to the segments too." },
    { .name = "hls_keys", .type = CONF_BOOL, .def = "off", .flags = CONF_ON_UNLESS_OFF, .reload = RELOAD_APPLIED,
      .since = "3", .help = "Encrypt segments (AES-128)." },
    { .name = "hls_fragments_per_key", .type = CONF_INT, .unit = "segments", .def = "5", .reload = RELOAD_APPLIED,
      .since = "3", .help = "Number of segments that share a key." },
    { .name = "hls_key_file", .type = CONF_STRING, .unit = "path", .def = "[app]/[stream]-[seq].key",
      .reload = RELOAD_APPLIED, .since = "3", .help = "Path of a key, below hls_key_file_path." },
    { .name = "hls_key_file_path", .type = CONF_STRING, .unit = "path", .reload = RELOAD_APPLIED, .since = "3",
      .example = "./objs/nginx/html", .help = "Directory of the keys. Absent: hls_path." },
    { .name = "hls_key_url", .type = CONF_STRING, .unit = "URL", .reload = RELOAD_APPLIED, .since = "3",
      .example = "https://127.0.0.1:8088/",
      .help = "Prefix of a key's name in the playlist; ends with a slash. Absent: the bare name." },
    { .name = "hls_use_fmp4", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, .since = "7 (2025)",
      .help = "Segments are fragmented MP4." },
    { .name = "hls_fmp4_file", .type = CONF_STRING, .unit = "path", .def = "[app]/[stream]-[seq].m4s",
      .reload = RELOAD_APPLIED, .since = "7 (2025)", .help = "Path of such a segment, below hls_path." },
    { .name = "hls_init_file", .type = CONF_STRING, .unit = "path", .def = "[app]/[stream]/init.mp4",
      .reload = RELOAD_APPLIED, .since = "7 (2025)", .help = "Path of the initialisation segment, below hls_path." },
    { .name = "hls_recover", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, .since = "7 (2025)",
      .help = "When a stream is published again, continue its playlist." },
    { .name = "hls_master_m3u8_path_relative", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED,
      .since = "7 (2025)", .help = "The master playlist names the media playlist by a relative path." },
    { .name = "hls_storage", .type = CONF_ANYTHING, .flags = CONF_NO_ENV, .state = CONF_IGNORED,
      .reload = RELOAD_NONE, .since = "2", .help = "Was: the place where segments are kept. Without effect." },
    { .name = "hls_mount", .type = CONF_ANYTHING, .flags = CONF_NO_ENV, .state = CONF_IGNORED, .reload = RELOAD_NONE,
      .since = "2", .help = "Was: the URL of segments in memory. Without effect." },
};
const struct conf_block conf_hls_block = { CONF_ROWS(hls_rows) };

static const struct directive dash_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, .since = "3", .help = "Write DASH." },
    { .name = "dash_fragment", .type = CONF_SECONDS_FLOAT, .def = "10", .min = 0, .max = 3600,
      .reload = RELOAD_APPLIED, .since = "3", .help = "Duration of a segment, cut at key frames." },
    { .name = "dash_update_period", .type = CONF_SECONDS_FLOAT, .def = "5", .min = 0, .max = 3600,
      .reload = RELOAD_APPLIED, .since = "3", .help = "Least time between two writes of the MPD." },
    { .name = "dash_timeshift", .type = CONF_SECONDS_FLOAT, .def = "300", .min = 0, .max = 864000,
      .reload = RELOAD_APPLIED, .since = "3", .help = "How far a player may seek back." },
    { .name = "dash_window_size", .type = CONF_INT, .unit = "segments", .def = "5", .reload = RELOAD_APPLIED,
      .since = "5", .help = "Number of segments in the MPD." },
    { .name = "dash_path", .type = CONF_STRING, .unit = "path", .def = "./objs/nginx/html", .reload = RELOAD_APPLIED,
      .since = "3", .help = "Directory of all files of DASH." },
    { .name = "dash_mpd_file", .type = CONF_STRING, .unit = "path", .def = "[app]/[stream].mpd",
      .reload = RELOAD_APPLIED, .since = "3", .help = "Path of the MPD, below dash_path." },
    { .name = "dash_cleanup", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, .since = "5",
      .help = "Delete segments that have left the MPD." },
    { .name = "dash_dispose", .type = CONF_SECONDS, .def = "120", .min = 0, .max = 31536000, .reload = RELOAD_APPLIED,
      .since = "5", .help = "Delete all files this long after the last packet; 0: never." },
};
const struct conf_block conf_dash_block = { CONF_ROWS(dash_rows) };

static const struct directive hds_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, .since = "2", .help = "Write HDS." },
    { .name = "hds_fragment", .type = CONF_SECONDS_FLOAT, .def = "10", .min = 0, .max = 3600,
      .reload = RELOAD_APPLIED, .since = "2", .help = "Duration of a fragment." },
    { .name = "hds_window", .type = CONF_SECONDS_FLOAT, .def = "60", .min = 0, .max = 864000,
      .reload = RELOAD_APPLIED, .since = "2", .help = "Least duration of media in the manifest." },
    { .name = "hds_path", .type = CONF_STRING, .unit = "path", .def = "./objs/nginx/html", .reload = RELOAD_APPLIED,
      .since = "2", .help = "Directory of all files of HDS." },
};
const struct conf_block conf_hds_block = { CONF_ROWS(hds_rows), .unchecked = true };

static const char *const dvr_plans[] = { "session", "segment", "append", NULL };
static const char *const jitters[] = { "full", "zero", "off", NULL };

static const struct directive dvr_rows[] = {
    { .name = "enabled", .type = CONF_BOOL, .def = "off", .reload = RELOAD_APPLIED, .since = "1",
      .help = "Record published streams." },
    { .name = "dvr_apply", .type = CONF_LIST, .unit = "all|app/stream ...", .def = "all", .flags = CONF_NO_ENV,
      .since = "3", .help = "Streams to record." },
    { .name = "dvr_path", .type = CONF_STRING, .unit = "path", .def = "./objs/nginx/html/[app]/[stream].[timestamp].flv",
      .reload = RELOAD_APPLIED, .since = "1", .help = "Path of a file; the ending .flv or .mp4 chooses the format." },
    { .name = "dvr_plan", .type = CONF_ENUM, .words = dvr_plans, .other = -1, .def = "session",
      .reload = RELOAD_APPLIED, .since = "1",
      .help = "session: one file for each publish. segment: a new file after each dvr_duration. append (SRS 2) "
              "means session." },
    { .name = "dvr_duration", .type = CONF_SECONDS, .def = "30", .min = 0, .max = 31536000, .reload = RELOAD_APPLIED,
      .since = "1", .help = "With plan segment: duration of a file." },
    { .name = "dvr_wait_keyframe", .type = CONF_BOOL, .def = "on", .reload = RELOAD_APPLIED, .since = "1",
      .help = "Start and cut files at key frames only." },
    { .name = "time_jitter", .type = CONF_ENUM, .words = jitters, .other = TIME_JITTER_FULL, .def = "full",
      .reload = RELOAD_APPLIED, .since = "1", .help = "Timestamps in the file; see play." },
};
const struct conf_block conf_dvr_block = { CONF_ROWS(dvr_rows) };
