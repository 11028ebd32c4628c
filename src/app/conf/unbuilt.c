#include "app/conf/unbuilt.h"

#include <string.h>

#include "core/attr.h"
#include "core/str.h"

static const struct conf_unbuilt rows[] = {
    { .feature = "cluster token_traverse",
      .directive = "vhost.cluster",
      .name = "token_traverse",
      .word = "on",
      .refuses = true,
      .effect = "the origin is not asked who may publish and play" },
    { .feature = "cluster mode remote (edge)",
      .directive = "vhost.cluster",
      .name = "mode",
      .word = "remote",
      .refuses = true,
      .effect = "no stream is taken from or passed to an origin" },
    { .feature = "DVR", .directive = "vhost.dvr", .name = "enabled", .word = "on", .effect = "nothing is recorded" },
    { .feature = "forward",
      .directive = "vhost.forward",
      .name = "enabled",
      .word = "on",
      .effect = "streams are not pushed to other servers" },
    { .feature = "transcode",
      .directive = "vhost.transcode",
      .name = "enabled",
      .word = "on",
      .effect = "streams are served as they are published, and in no other form" },
    { .feature = "ingest",
      .directive = "vhost.ingest",
      .name = "enabled",
      .word = "on",
      .effect = "no file and no stream is pulled in" },
    { .feature = "origin_cluster",
      .directive = "vhost.cluster",
      .name = "origin_cluster",
      .word = "on",
      .effect = "players are not sent to the origin that has their stream" },
    { .feature = "WebRTC",
      .directive = "rtc_server",
      .name = "enabled",
      .word = "on",
      .path = "/rtc/v1/",
      .effect = "there is no WHIP, no WHEP and no port for media" },
    { .feature = "SRT",
      .directive = "srt_server",
      .name = "enabled",
      .word = "on",
      .effect = "its port is not opened" },
    { .feature = "RTSP",
      .directive = "rtsp_server",
      .name = "enabled",
      .word = "on",
      .effect = "its port is not opened" },
    { .feature = "stream_caster",
      .directive = "stream_caster",
      .name = "enabled",
      .word = "on",
      .effect = "its port is not opened" },
    { .feature = "the signalling of GB28181", .path = "/gb/v1/", .effect = "no camera is asked for its stream" },
    { .feature = "heartbeat",
      .directive = "heartbeat",
      .name = "enabled",
      .word = "on",
      .effect = "no server is reported to" },
};

static bool is_asked(const struct conf_unbuilt *row, const struct conf_node *block)
{
    return row->name && str_equal(conf_node_word(conf_node_child(block, row->name)), row->word);
}

const struct conf_unbuilt *conf_unbuilt_asked(const char *path, const struct conf_node *block)
{
    const struct conf_unbuilt *found = NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct conf_unbuilt *row = &rows[i];
        if (!row->directive || strcmp(row->directive, path) != 0 || !is_asked(row, block))
            continue;
        if (row->refuses)
            return row;
        if (!found)
            found = row;
    }
    return found;
}

const struct conf_unbuilt *conf_unbuilt_refusal(const struct conf_node *vhost)
{
    static const char above[] = "vhost.";
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].refuses && is_asked(&rows[i], conf_node_child(vhost, rows[i].directive + strlen(above))))
            return &rows[i];
    return NULL;
}

static bool matches(const char *pattern, const char *path)
{
    size_t len = strlen(pattern);
    if (pattern[0] == '*')
        return str_ends_with(path, pattern + 1);
    return pattern[len - 1] == '/' ? strncmp(path, pattern, len) == 0 : strcmp(path, pattern) == 0;
}

const struct conf_unbuilt *conf_unbuilt_at(const char *http_path)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].path && matches(rows[i].path, http_path))
            return &rows[i];
    return NULL;
}

const struct conf_unbuilt *conf_unbuilt_rows(size_t *count)
{
    *count = ARRAY_LEN(rows);
    return rows;
}
