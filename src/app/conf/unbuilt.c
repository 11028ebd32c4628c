#include "app/conf/unbuilt.h"

#include <string.h>

#include "app/conf/directive.h"
#include "core/attr.h"
#include "core/str.h"

static const struct conf_unbuilt rows[] = {
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
    { .feature = "the signalling of GB28181", .path = "/gb/v1/", .effect = "no camera is asked for its stream" },
};

static const char above_vhost[] = "vhost.";

static bool is_asked(const struct conf_unbuilt *row, const struct conf_node *block)
{
    return row->name && str_equal(conf_node_word(conf_node_child(block, row->name)), row->word);
}

/* True if `n`, at `path`, is the row's block, or the directive in it, and asks for the feature. */
static bool is_asked_by(const struct conf_unbuilt *row, const char *path, const struct conf_node *n)
{
    char whole[CONF_PATH_MAX];
    if (strcmp(row->directive, path) == 0)
        return is_asked(row, n);
    return row->name && strcmp(conf_path_join(row->directive, row->name, whole, sizeof whole), path) == 0 &&
           str_equal(conf_node_word(n), row->word);
}

const struct conf_unbuilt *conf_unbuilt_asked(const char *path, const struct conf_node *at)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct conf_unbuilt *row = &rows[i];
        if (row->directive && is_asked_by(row, path, at))
            return row;
    }
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

/* The next row of which `block`, the root or a vhost, asks for the feature. */
static const struct conf_unbuilt *next_asked(const struct conf_node *block, bool is_vhost, size_t *at)
{
    size_t skip = is_vhost ? strlen(above_vhost) : 0;
    while (*at < ARRAY_LEN(rows)) {
        const struct conf_unbuilt *row = &rows[(*at)++];
        if (!row->directive || str_starts_with(row->directive, above_vhost) != is_vhost)
            continue;
        for (const struct conf_node *n = conf_node_child(block, row->directive + skip); n; n = conf_node_same(n))
            if (is_asked(row, n))
                return row;
    }
    return NULL;
}

bool conf_unbuilt_step(const struct conf *c, struct conf_unbuilt_walk *at, struct conf_unbuilt_found *out)
{
    const struct conf_node *block = at->is_below ? at->vhost : &c->tree->root;
    *out = (struct conf_unbuilt_found){ .row = NULL };
    if (!block)
        return false;
    out->row = next_asked(block, at->is_below, &at->row);
    if (out->row) {
        const char *name = out->row->directive + (at->is_below ? strlen(above_vhost) : 0);
        out->vhost = at->is_below ? conf_node_word(block) : NULL;
        conf_node_where(conf_node_child(block, name), out->where, sizeof out->where);
        return true;
    }
    at->vhost = at->is_below ? conf_node_same(at->vhost) : conf_node_child(&c->tree->root, "vhost");
    at->is_below = true;
    at->row = 0;
    return true;
}

const struct conf_unbuilt *conf_unbuilt_rows(size_t *count)
{
    *count = ARRAY_LEN(rows);
    return rows;
}
