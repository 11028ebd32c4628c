#include "app/hold/backup.h"

#include <string.h>

#include "app/conf/variable.h"
#include "app/source/delay.h"
#include "app/source/enter.h"
#include "app/source/life.h"
#include "app/source/picture_gate.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/stream_name.h"

void backup_init(struct backup *b, struct source *of)
{
    *b = (struct backup){ .of = of };
}

/* ---- which stream it is ---- */

struct names {
    struct buf           text;
    const struct source *of;
};

static void put_name(void *arg, enum variable variable)
{
    struct names *n = arg;
    buf_text(&n->text, variable == VARIABLE_APP ? n->of->app : n->of->stream);
}

/* The stream that the configuration names: "stream", in the same app, or "app/stream". NULL if there is none, or memory is out. */
static struct source *find(const struct source *of)
{
    enum { NAMES = 1 << VARIABLE_APP | 1 << VARIABLE_STREAM };
    struct names   n = { .text = buf_up_to(2 * STREAM_NAME_MAX), .of = of };
    struct source *found = NULL;
    if (!*of->vhost->publish.backup)
        return NULL;
    variable_replace(&n.text, of->vhost->publish.backup, NAMES, put_name, &n);
    if (n.text.bytes && !n.text.fault) {
        char *stream = strrchr(n.text.bytes, '/');
        if (stream)
            *stream++ = '\0';
        found = source_find(of->owner, of->vhost, stream ? n.text.bytes : of->app, stream ? stream : n.text.bytes);
    }
    buf_finish(&n.text);
    return found;
}

static bool is_live(const struct source *backup)
{
    return source_is_live(backup) && backup->publisher && !backup->stand_in;
}

void backup_close(struct backup *b)
{
    struct source *left = b->source;
    log_cursor_leave(&b->cursor);
    b->source = NULL;
    b->plays = false;
    source_release(left);
}

/* Follow the configuration, and the publishers of the backup. */
static void look(struct backup *b)
{
    struct source *found = find(b->of);
    if (found && (found == b->of || !is_live(found)))
        found = NULL;
    if (found == b->source)
        return;
    if (b->source) {
        backup_close(b); /* It yields, so the next look finds the other one. */
        return;
    }
    b->source = found;
    b->found_us = now_us();
    found->refs++;
    log_cursor_join(&b->cursor, found);
    log_cursor_skip(&b->cursor);
    log_cursor_be_prompt(&b->cursor, true);
    b->cursor.until_us = 0;
}

/* ---- its frames ---- */

static void enter(struct source *of, const struct frame *f, int64_t own_us)
{
    struct frame *copy = frame_new(f->len);
    struct err   *e = copy ? NULL : err_no_memory();
    if (copy) {
        uint32_t cap = copy->cap;
        memcpy(copy, f, sizeof *f + f->len);
        copy->refs = 1;
        copy->cap = cap;
        e = source_enter(of, &(struct arrival){ .frame = copy, .own_time = own_us });
        frame_unref(&copy);
    }
    if (e)
        log_err(LOG_WARN, e, "a frame of the backup of %s is lost", of->identity);
}

static bool may_begin_with(const struct backup *b, const struct frame *f)
{
    if (source_knows_codec(b->source, FRAME_VIDEO))
        return is_picture(f) && f->key;
    return f->kind == FRAME_AUDIO && !frame_is_header(f);
}

/* Replace what is there: nothing, or another stand-in. */
static void begin(struct backup *b, int64_t own_us)
{
    const struct headers *headers = &b->source->headers;
    if (!source_is_replaceable(b->of))
        return;
    source_begin_stand_in(b->of, "backup");
    b->plays = true;
    for (size_t i = 0; i < headers->count; i++)
        enter(b->of, headers->frames[i], own_us);
}

static void pass_on(struct backup *b)
{
    struct frame *f;
    bool          jumped = false;
    while (b->source && (!b->plays || b->of->stand_in) && (f = log_cursor_next(&b->cursor, &jumped))) {
        if (!b->plays && may_begin_with(b, f))
            begin(b, f->dts_us);
        if (b->plays)
            enter(b->of, f, f->dts_us);
        frame_unref(&f);
        co_give_way_by_time();
    }
}

void backup_tend(struct backup *b)
{
    look(b);
    if (b->source)
        pass_on(b);
}
