#include "app/dash/names.h"

#include <inttypes.h>
#include <string.h>

#include "app/segment/file_path.h"
#include "app/segment/template.h"
#include "core/buf.h"
#include "core/mem.h"

enum { PATH_BYTES_MAX = 2 * TEMPLATE_PATH_MAX };

static char *take(struct buf *path)
{
    char *text = path->fault ? NULL : buf_take(path);
    buf_finish(path);
    return text;
}

/* The template of a file in the folder of the stream, which lies beside the MPD. */
static char *beside_mpd(const char *mpd_file, const char *file)
{
    struct buf  text = BUF_UP_TO(PATH_BYTES_MAX);
    const char *slash = strrchr(mpd_file, '/');
    buf_append(&text, mpd_file, slash ? (size_t)(slash + 1 - mpd_file) : 0);
    buf_text(&text, "[stream]/");
    buf_text(&text, file);
    return take(&text);
}

struct err *dash_names_make(char **mpd_path, char **folder, const struct show *show)
{
    const char                 *mpd_file = show->vhost->dash.mpd_file;
    const struct template_names names = { show->vhost->name, show->app, show->stream };
    char                       *text = beside_mpd(mpd_file, "file");
    struct err                 *e = text ? NULL : err_no_memory();
    *mpd_path = *folder = NULL;
    if (!e)
        e = template_make(mpd_path, TEMPLATE_PLAYLIST, mpd_file, &names, NULL);
    if (!e)
        e = template_make(folder, TEMPLATE_PLAYLIST, text, &names, NULL);
    mem_free(text);
    if (e) {
        mem_free(*mpd_path);
        *mpd_path = NULL;
        return err_wrap(e, "name the files of DASH");
    }
    strrchr(*folder, '/')[1] = '\0';
    return NULL;
}

bool dash_names_has(const struct conf_vhost *v, const char *path, const struct template_names *names)
{
    static const char *const files[] = { "video-[…].mp4", "video-[…].m4s", "audio-[…].mp4", "audio-[…].m4s" };
    const struct conf_dash  *c = &v->dash;
    bool                     has = file_path_is_made_by(path, c->path, c->mpd_file, names);
    for (size_t i = 0; i < ARRAY_LEN(files) && !has; i++) {
        char *template = beside_mpd(c->mpd_file, files[i]);
        has = !template ||
              file_path_is_made_by(path, c->path, template, names); /* without memory nothing is given away */
        mem_free(template);
    }
    return has;
}

char *dash_names_init(const char *folder, const char *track, uint64_t number)
{
    struct buf path = BUF_UP_TO(PATH_BYTES_MAX);
    if (number > 1)
        buf_printf(&path, "%s%s-init-%" PRIu64 ".mp4", folder, track, number);
    else
        buf_printf(&path, "%s%s-init.mp4", folder, track);
    return take(&path);
}

char *dash_names_segment(const char *folder, const char *track, uint64_t number)
{
    struct buf path = BUF_UP_TO(PATH_BYTES_MAX);
    buf_printf(&path, "%s%s-%" PRIu64 ".m4s", folder, track, number);
    return take(&path);
}

char *dash_names_timed(const char *folder, const char *media_before, int64_t time)
{
    struct buf path = BUF_UP_TO(PATH_BYTES_MAX);
    buf_printf(&path, "%s%s%" PRId64 ".m4s", folder, media_before, time);
    return take(&path);
}
