#include "app/dvr/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/dvr/format.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"

#define DURATION "[duration]"

/* The template with the ending of a format. */
static void put_template(struct buf *out, const char *dvr_path)
{
    buf_text(out, dvr_path);
    if (!dvr_format_of(dvr_path))
        buf_printf(out, "%s[stream].[timestamp].flv", str_ends_with(dvr_path, "/") ? "" : "/");
}

struct err *dvr_name_split(char **folder, char **text, const char *dvr_path)
{
    struct buf whole = buf_up_to(TEMPLATE_FULL_MAX);
    put_template(&whole, dvr_path);
    struct err *e = buf_error(&whole);
    size_t      len = e ? 0 : template_folders_len(whole.bytes);
    *folder = e ? NULL : mem_strndup(whole.bytes, len);
    *text = e ? NULL : mem_strdup(whole.bytes + len);
    buf_finish(&whole);
    if (e || (*folder && *text))
        return e;
    mem_free(*folder);
    mem_free(*text);
    *folder = *text = NULL;
    return err_no_memory();
}

struct err *dvr_name_make(char **path, const char *dvr_path, const struct template_names *names, int64_t wall_us,
                          bool utc)
{
    const struct template_values values = { .wall_us = wall_us, .utc = utc, .duration_ms = -1 };
    char                        *folder = NULL, *text = NULL, *below = NULL;
    struct err                  *e = dvr_name_split(&folder, &text, dvr_path);
    *path = NULL;
    if (!e)
        e = template_make(&below, TEMPLATE_RECORDING, text, names, &values);
    if (!e)
        e = template_below(path, folder, below);
    mem_free(below);
    mem_free(text);
    mem_free(folder);
    return e;
}

struct err *dvr_name_numbered(char **full, const char *path, int64_t duration_ms, int n)
{
    struct buf text = buf_up_to(TEMPLATE_FULL_MAX);
    char       tag[16];
    *full = NULL;
    for (const char *at; duration_ms >= 0 && (at = strstr(path, DURATION)); path = at + strlen(DURATION)) {
        buf_append(&text, path, (size_t)(at - path));
        buf_printf(&text, "%" PRId64, duration_ms);
    }
    buf_text(&text, path);
    struct err *e = buf_error(&text);
    snprintf(tag, sizeof tag, "%d", n);
    if (!e && n > 0)
        e = template_tag(full, text.bytes, tag);
    else if (!e)
        *full = buf_take(&text);
    buf_finish(&text);
    return e;
}
