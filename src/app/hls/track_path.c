#include "app/hls/track_path.h"

#include <stdio.h>
#include <string.h>

#include "app/segment/show.h"
#include "app/segment/template.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"

#define SOUND "audio"

void hls_track_name(char name[static HLS_TRACK_NAME_CAP], unsigned track)
{
    if (track > 0)
        snprintf(name, HLS_TRACK_NAME_CAP, SOUND "-%u", track + 1);
    else
        snprintf(name, HLS_TRACK_NAME_CAP, SOUND);
}

bool hls_track_read(const char *name, unsigned *track)
{
    char made[HLS_TRACK_NAME_CAP];
    for (*track = 0; *track < SHOW_SOUNDS_MAX; ++*track) {
        hls_track_name(made, *track);
        if (str_equal(made, name))
            return true;
    }
    return false;
}

static bool is_track(const char *name)
{
    unsigned track;
    return str_equal(name, HLS_TRACK_PICTURES) || hls_track_read(name, &track);
}

struct err *hls_track_path(char **path, const char *track)
{
    const char *slash = *path ? strrchr(*path, '/') : NULL;
    size_t      len = slash ? (size_t)(slash + 1 - *path) : 0;
    struct buf  text = BUF_UP_TO(TEMPLATE_PATH_MAX + HLS_TRACK_NAME_CAP);
    if (!*path || !*track)
        return NULL;
    buf_append(&text, *path, len);
    buf_printf(&text, ".%s/%s", track, *path + len);
    mem_free(*path);
    struct err *e = buf_error(&text);
    *path = e ? NULL : buf_take(&text);
    buf_finish(&text);
    return e;
}

bool hls_track_path_strip(char *path, char track[HLS_TRACK_NAME_CAP])
{
    char  name[HLS_TRACK_NAME_CAP];
    char *last = strrchr(path, '/'), *folder = last;
    while (folder && folder > path && folder[-1] != '/')
        folder--;
    if (!folder || *folder != '.' || (size_t)(last - folder) > sizeof name)
        return false;
    *last = '\0';
    snprintf(name, sizeof name, "%s", folder + 1);
    *last = '/';
    if (!is_track(name))
        return false;
    memmove(folder, last + 1, strlen(last + 1) + 1);
    if (track)
        memcpy(track, name, sizeof name);
    return true;
}
