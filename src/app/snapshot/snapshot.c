#include "app/snapshot/snapshot.h"

#include <string.h>

#include "app/segment/template.h"
#include "app/snapshot/key_frame.h"
#include "app/snapshot/sheet.h"
#include "app/snapshot/shots.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"
#include "protocol/stream_name.h"

enum {
    KEY_US = 5 * US_PER_SECOND,  /* wait for a key frame, where none is kept */
    MAKE_US = 5 * US_PER_SECOND, /* wait for a picture */
    LATER_US = US_PER_SECOND,    /* pause while many others wait for pictures */
    INDEX_MAX = 128 << 10,
    QUEUE_BYTES_MAX = 4 << 20, /* pictures that wait for the disk */
};

/* The pictures of one stream. */
struct album {
    struct source      *source;
    struct file_writer *writer;
    int64_t             due_us;
    uint64_t            serial, seq; /* the key frame of the last picture */
    uint64_t            conf_serial; /* of the configuration that was followed last */
    bool                fails;       /* The last picture could not be made. */
    struct sheet       *sheet;       /* NULL: none was begun */
    bool                sheet_fails; /* It could not be made or written the last time. */
};

bool snapshot_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->snapshot.enabled;
}

/* The check of the configuration refuses other endings. */
static enum picture_format format_of(const char *path)
{
    const char         *dot = strrchr(path, '.');
    enum picture_format format = PICTURE_JPEG;
    return dot && picture_parse_extension(dot, &format) ? format : PICTURE_JPEG;
}

static bool has_sheet(const struct source *s)
{
    return s->vhost->snapshot.sheet && *s->vhost->snapshot.sheet;
}

/* The path of a file, from a template of the configuration. */
static struct err *make_path(char **path, const struct source *s, const char *text, int64_t wall_us)
{
    char                         app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
    const struct template_names  names = { .vhost = s->vhost->name, .app = app, .stream = stream };
    const struct template_values values = { .wall_us = wall_us, .utc = s->conf->utc_time, .duration_ms = -1 };
    size_t                       len = template_folders_len(text);
    char                        *folder = mem_strndup(text, len), *below = NULL;
    stream_name_normalise(app, s->app, strlen(s->app));
    stream_name_normalise(stream, s->stream, strlen(s->stream));
    *path = NULL;
    struct err *e = folder ? template_make(&below, TEMPLATE_RECORDING, text + len, &names, &values) : err_no_memory();
    if (!e)
        e = template_below(path, folder, below);
    mem_free(below);
    mem_free(folder);
    return e;
}

static void release(void *arg)
{
    struct shot *s = arg;
    shot_unref(&s);
}

/* Losses of the disk are logged and counted by the writer. Takes the shot over. */
static struct err *write_shot(struct album *a, struct shot *s)
{
    char        *path = NULL;
    struct iovec bytes = { s->picture.bytes, s->picture.len };
    struct err  *e = make_path(&path, a->source, a->source->vhost->snapshot.path, wall_now_us());
    if (e)
        release(s);
    else
        file_writer_put_shared(a->writer, path, ".tmp", &bytes, 1, release, s);
    mem_free(path);
    return e;
}

/* Tell the first failure of several, and the end of them. Takes the error over; returns one that ends the attendance. */
static struct err *tell(const struct album *a, const char *what, bool *fails, struct err *e)
{
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    if (e && !*fails)
        log_err(LOG_WARN, e, "no %s of %s", what, a->source->identity);
    else
        err_free(e);
    if (!e && *fails)
        log_info("%ss of %s are made again", what, a->source->identity);
    *fails = e != NULL;
    return NULL;
}

static struct err *tell_picture(struct album *a, struct err *e)
{
    return tell(a, "picture", &a->fails, e);
}

/* A picture of the key frame; one that cannot be made is an error. */
static struct err *ask(struct shot **s, const struct key_frame *k, struct picture_wish wish)
{
    struct err *e = shots_ask(s, k, &wish, now_us() + MAKE_US);
    if (e || (*s)->result == PICTURE_MADE)
        return e;
    e = err_new(E_PICTURE, "%s", (*s)->picture.why);
    shot_unref(s);
    return e;
}

static struct err *shoot(struct album *a, const struct key_frame *k)
{
    const struct conf_pictures *c = &a->source->vhost->snapshot;
    struct shot                *s;
    struct err                 *e = ask(&s, k, (struct picture_wish){ format_of(c->path), c->width, c->height });
    return e ? e : write_shot(a, s);
}

/* ---- the sheet ---- */

/* The index has the name of the picture, with .vtt in the place of its ending. */
static struct err *write_index(struct album *a, char *path)
{
    struct buf  text = buf_up_to(INDEX_MAX);
    const char *slash = strrchr(path, '/');
    sheet_put_index(&text, a->sheet, slash ? slash + 1 : path);
    struct err *e = buf_error(&text);
    if (!e) {
        memcpy(strrchr(path, '.'), ".vtt", sizeof ".vtt"); /* as long as .jpg, the shortest */
        file_writer_put(a->writer, path, ".tmp", text.bytes, text.len);
    }
    buf_finish(&text);
    return e;
}

static struct err *write_sheet(struct album *a)
{
    const struct picture *p = &a->sheet->picture;
    char                 *path;
    struct err           *e = make_path(&path, a->source, a->source->vhost->snapshot.sheet, a->sheet->begin_us);
    if (!e) {
        file_writer_put(a->writer, path, ".tmp", p->bytes, p->len);
        e = write_index(a, path);
    }
    mem_free(path);
    return e;
}

/* Put the tile of this moment into its sheet, which may begin with it. */
static struct err *put_tile(struct album *a, const struct picture *tile)
{
    int64_t wall_us = wall_now_us(), tile_us = a->source->vhost->snapshot.interval_us;
    if (a->sheet && !sheet_covers(a->sheet, wall_us, tile_us))
        sheet_free(&a->sheet);
    if (!a->sheet && !(a->sheet = sheet_new(wall_us, tile_us)))
        return err_no_memory();
    sheet_put(a->sheet, wall_us, tile);
    return NULL;
}

static struct err *add_tile(struct album *a, const struct key_frame *k)
{
    struct shot *s;
    struct err  *e = ask(&s, k, (struct picture_wish){ PICTURE_I420, SHEET_TILE_WIDTH, SHEET_TILE_HEIGHT });
    if (e)
        return e;
    e = put_tile(a, &s->picture);
    shot_unref(&s);
    if (!e)
        e = sheet_make(&a->sheet, format_of(a->source->vhost->snapshot.sheet), now_us() + MAKE_US);
    if (e || !has_sheet(a->source)) /* a reload came meanwhile */
        return e;
    return a->sheet->result == PICTURE_MADE ? write_sheet(a) : err_new(E_PICTURE, "%s", a->sheet->picture.why);
}

/* A picture of the newest key frame, unless there is one already. */
static struct err *take(struct album *a)
{
    struct key_frame k;
    if (!shots_have_room()) {
        a->due_us = now_us() + LATER_US;
        return NULL;
    }
    a->due_us = now_us() + a->source->vhost->snapshot.interval_us;
    struct err *e = key_frame_await(a->source, now_us() + KEY_US, &k);
    if (err_code(e) == E_END_OF_STREAM) {
        err_free(e);
        return NULL;
    }
    if (e)
        return tell_picture(a, e);
    if (k.serial != a->serial || k.seq != a->seq) {
        a->serial = k.serial;
        a->seq = k.seq;
        e = tell_picture(a, shoot(a, &k));
    }
    if (!e && !a->fails && has_sheet(a->source))
        e = tell(a, "sheet", &a->sheet_fails, add_tile(a, &k));
    key_frame_drop(&k);
    return e;
}

/* Another path, size or interval counts at once. */
static void follow_conf(struct album *a)
{
    if (a->conf_serial == a->source->conf->serial)
        return;
    a->conf_serial = a->source->conf->serial;
    a->serial = 0;
    a->due_us = 0;
}

struct err *snapshot_run(struct attendance *attendance)
{
    static const struct file_writer_options options = { .what = "snapshots", .queue_bytes_max = QUEUE_BYTES_MAX };
    struct album                            a = { .source = attendance->source };
    unsigned                                moments;
    struct err                             *e = file_writer_create(&a.writer, &options);
    while (!e && !attendance_is_over(attendance)) {
        follow_conf(&a);
        if (a.due_us <= now_us())
            e = take(&a);
        else
            e = err_except(attendance_wait(attendance, a.due_us, &moments), E_SOCKET_TIMEOUT);
    }
    sheet_free(&a.sheet);
    file_writer_leave(&a.writer);
    return e;
}
