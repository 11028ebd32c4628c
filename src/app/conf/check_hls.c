#include "app/conf/check_hls.h"

#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/show.h"
#include "app/conf/value.h"
#include "core/attr.h"
#include "core/str.h"

static struct conf_value value(const struct conf_node *hls, const char *name)
{
    return conf_value(conf_row(&conf_hls_block, name), conf_node_child(hls, name));
}

/* The end of a message: the vhost, and the place of the directive, or of the block if the directive is absent. */
static const char *place_of(const struct conf_node *vhost, const struct conf_node *block, const char *name, char *buf,
                            size_t cap)
{
    const struct conf_node *n = conf_node_child(block, name);
    char                    shown[CONF_SHOW_MAX], where[CONF_AT_MAX];
    struct str              out = str_over(buf, cap);
    conf_show(vhost->n_args ? vhost->args[0] : "", shown, sizeof shown);
    str_printf(&out, " of %s%s", shown, conf_node_at(n ? n : block, where, sizeof where));
    return buf;
}

enum { PLACE_MAX = CONF_AT_MAX + CONF_SHOW_MAX + 8 };

static struct err *refuse(const struct conf_node *vhost, const struct conf_node *block, const char *name,
                          const char *why)
{
    char place[PLACE_MAX];
    return err_new(E_SYSTEM_CONFIG_INVALID, "%s%s: %s", name, place_of(vhost, block, name, place, sizeof place), why);
}

/* ---- files */

static bool has_parent_step(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")); at += 2)
        if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
            return true;
    return false;
}

/* True when two segments get different names. Two segments of one minute are common, two of one second are not. */
static bool tells_segments_apart(const char *path)
{
    static const char *const variables[] = { "[seq]", "[timestamp]", "[05]", "[999]" };
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        if (strstr(path, variables[i]))
            return true;
    return false;
}

static struct err *check_path(const struct conf_node *vhost, const struct conf_node *block, const char *name,
                              const char *path)
{
    if (has_parent_step(path))
        return refuse(vhost, block, name, "a path with .. leaves the directory of the files");
    return str_ends_with(path, "/") ? refuse(vhost, block, name, "a path with a slash at its end names no file") : NULL;
}

/* The directives of the files that the vhost writes to hls_path; the playlist is the first. */
static size_t files_of(const struct conf_node *hls, const char *names[3])
{
    bool fmp4 = value(hls, "hls_use_fmp4").on;
    names[0] = "hls_m3u8_file";
    names[1] = fmp4 ? "hls_fmp4_file" : "hls_ts_file";
    names[2] = "hls_init_file";
    return fmp4 ? 3 : 2;
}

static struct err *check_hls_files(const struct conf_node *vhost, const struct conf_node *hls)
{
    const char *names[3];
    size_t      count = files_of(hls, names);
    struct err *e = NULL;
    for (size_t i = 0; i < count && !e; i++)
        e = check_path(vhost, hls, names[i], value(hls, names[i]).text);
    if (!e && value(hls, "hls_keys").on)
        e = check_path(vhost, hls, "hls_key_file", value(hls, "hls_key_file").text);
    if (!e && !tells_segments_apart(value(hls, names[1]).text))
        e = refuse(vhost, hls, names[1], "all segments would be one file; add [seq] or [timestamp]");
    for (size_t i = 1; i < count && !e; i++)
        for (size_t j = 0; j < i && !e; j++)
            if (strcmp(value(hls, names[i]).text, value(hls, names[j]).text) == 0)
                e = refuse(vhost, hls, names[i], "another file of HLS has the same path");
    return e;
}

struct err *conf_check_segment_files(const struct conf_node *vhost)
{
    const struct conf_node *hls = conf_node_child(vhost, "hls"), *dash = conf_node_child(vhost, "dash");
    struct err             *e = conf_node_is_on(hls) ? check_hls_files(vhost, hls) : NULL;
    if (!e && conf_node_is_on(dash)) {
        const struct directive *row = conf_row(&conf_dash_block, "dash_mpd_file");
        e = check_path(vhost, dash, row->name, conf_value(row, conf_node_child(dash, row->name)).text);
    }
    return e;
}

/* ---- directives that exclude each other */

static struct err *check_storage(const struct conf_node *vhost, const struct conf_node *hls)
{
    int64_t storage = value(hls, "hls_storage").integer;
    if (storage == CONF_HLS_DISK && value(hls, "hls_ll").on)
        return refuse(vhost, hls, "hls_ll", "parts are served from memory, and hls_storage disk keeps none there");
    if (storage != CONF_HLS_BOTH && storage != CONF_HLS_DISK && value(hls, "hls_timeshift").integer > 0)
        return refuse(vhost, hls, "hls_timeshift", "it keeps files, and hls_storage memory writes none");
    return NULL;
}

static struct err *check_lengths(const struct conf_node *vhost, const struct conf_node *hls)
{
    if (value(hls, "hls_ll").on && value(hls, "hls_part").integer > value(hls, "hls_fragment").integer)
        return refuse(vhost, hls, "hls_part", "a part is longer than hls_fragment");
    return NULL;
}

/* Encryption that was asked for is never left out. */
static struct err *check_encryption(const struct conf_node *vhost, const struct conf_node *hls)
{
    if (value(hls, "hls_keys").on && value(hls, "hls_encryption").integer == CONF_HLS_CBCS &&
        !value(hls, "hls_use_fmp4").on)
        return refuse(vhost, hls, "hls_encryption", "cbcs encrypts fragmented MP4, so it needs hls_use_fmp4 on");
    return NULL;
}

static bool is_suffix(const char *word)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t            len = strspn(word, good);
    return len && !word[len] && len <= CONF_VARIANT_BYTES_MAX;
}

static struct err *check_variants(const struct conf_node *vhost, const struct conf_node *hls)
{
    const struct conf_node *n = conf_node_child(hls, "hls_variants");
    char                    shown[CONF_SHOW_MAX], place[PLACE_MAX];
    place_of(vhost, hls, "hls_variants", place, sizeof place);
    for (size_t i = 0; n && i < n->n_args; i++) {
        if (i == CONF_VARIANTS_MAX)
            return err_new(E_SYSTEM_CONFIG_INVALID, "hls_variants%s: more than %d suffixes", place, CONF_VARIANTS_MAX);
        conf_show(n->args[i], shown, sizeof shown);
        if (!is_suffix(n->args[i]))
            return err_new(E_SYSTEM_CONFIG_INVALID,
                           "hls_variants=%s%s: a suffix has letters, digits, dots, dashes and underlines, at most %d",
                           shown, place, CONF_VARIANT_BYTES_MAX);
        for (size_t j = 0; j < i; j++)
            if (strcmp(n->args[i], n->args[j]) == 0)
                return err_new(E_SYSTEM_CONFIG_INVALID, "hls_variants=%s%s: this suffix is there twice", shown, place);
    }
    return NULL;
}

struct err *conf_check_hls(const struct conf_node *vhost)
{
    static struct err *(*const checks[])(const struct conf_node *,
                                         const struct conf_node *) = { check_storage, check_lengths, check_encryption,
                                                                       check_variants };
    const struct conf_node *hls = conf_node_child(vhost, "hls");
    struct err             *e = NULL;
    for (size_t i = 0; i < ARRAY_LEN(checks) && !e && conf_node_is_on(hls); i++)
        e = checks[i](vhost, hls);
    return e;
}
