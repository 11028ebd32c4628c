#include "app/snapshot/snapshot.h"

#include <string.h>

#include "app/segment/template.h"
#include "app/snapshot/key_frame.h"
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
    QUEUE_BYTES_MAX = 4 << 20,   /* pictures that wait for the disk */
};

/* The pictures of one stream. */
struct album {
    struct source      *source;
    struct file_writer *writer;
    int64_t             due_us;
    uint64_t            serial, seq; /* the key frame of the last picture */
    uint64_t            conf_serial; /* of the configuration that was followed last */
    bool                fails;       /* The last picture could not be made. */
};

bool snapshot_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->snapshot.enabled;
}

/* The wish of the configuration in force. */
static struct picture_wish wish_of(const struct source *s)
{
    const struct conf_pictures *c = &s->vhost->snapshot;
    const char                 *dot = strrchr(c->path, '.');
    struct picture_wish         w = { .width = c->width, .height = c->height };
    if (!dot || !picture_parse_extension(dot, &w.format)) /* the check of the configuration refuses other endings */
        w.format = PICTURE_JPEG;
    return w;
}

static struct err *make_path(char **path, const struct source *s)
{
    char                         app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
    const struct template_names  names = { .vhost = s->vhost->name, .app = app, .stream = stream };
    const struct template_values values = { .wall_us = wall_now_us(), .duration_ms = -1 };
    const char                  *text = s->vhost->snapshot.path;
    size_t                       len = template_folders_len(text);
    char                        *folder = mem_strndup(text, len), *below = NULL;
    stream_name_normalise(app, s->app, strlen(s->app));
    stream_name_normalise(stream, s->stream, strlen(s->stream));
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
    struct err  *e = make_path(&path, a->source);
    if (e)
        release(s);
    else
        file_writer_put_shared(a->writer, path, ".tmp", &bytes, 1, release, s);
    mem_free(path);
    return e;
}

/* Tell the first failure of several, and the end of them. Takes the error over; returns one that ends the attendance. */
static struct err *tell(struct album *a, struct err *e)
{
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    if (e && !a->fails)
        log_err(LOG_WARN, e, "no picture of %s", a->source->identity);
    else
        err_free(e);
    if (!e && a->fails)
        log_info("pictures of %s are made again", a->source->identity);
    a->fails = e != NULL;
    return NULL;
}

static struct err *shoot(struct album *a, const struct key_frame *k)
{
    const struct picture_wish wish = wish_of(a->source);
    struct shot              *s = NULL;
    struct err               *e = shots_ask(&s, k, &wish, now_us() + MAKE_US);
    if (e)
        return e;
    if (s->result == PICTURE_MADE)
        return write_shot(a, s);
    e = err_new(E_PICTURE, "%s", s->picture.why);
    shot_unref(&s);
    return e;
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
        return tell(a, e);
    if (k.serial != a->serial || k.seq != a->seq) {
        a->serial = k.serial;
        a->seq = k.seq;
        e = tell(a, shoot(a, &k));
    }
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
    file_writer_leave(&a.writer);
    return e;
}
