#include "app/hold/slate.h"

#include <limits.h>
#include <string.h>

#include "app/source/delay.h"
#include "app/source/enter.h"
#include "app/source/headers.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/file_read.h"

enum { READ_US = 10 * US_PER_SECOND };

/* A slate is shown again and again: the time from its last frame to its first one. */
enum { ROUND_STEP_US = 40 * US_PER_MS };

/* A slate that is this late, after a standstill, goes on from now. */
enum { LATE_US = US_PER_SECOND };

void slate_init(struct slate *sl, struct source *of)
{
    *sl = (struct slate){ .of = of };
}

void slate_close(struct slate *sl)
{
    struct source *of = sl->of;
    frame_unref(&sl->next);
    clip_finish(&sl->clip);
    buf_finish(&sl->bytes);
    buf_finish(&sl->path);
    slate_init(sl, of);
}

/* ---- the file ---- */

static void fail(struct slate *sl, struct err *e)
{
    log_err(LOG_WARN, err_except(e, E_THREAD_INTERRUPTED), "the slate of %s is not shown", sl->of->identity);
    sl->has_failed = true;
    sl->plays = false;
}

static bool is_named(const struct slate *sl)
{
    return sl->path.bytes && str_equal(sl->path.bytes, sl->of->vhost->publish.slate);
}

static void open_file(struct slate *sl)
{
    slate_close(sl);
    sl->path = buf_up_to(PATH_MAX);
    buf_text(&sl->path, sl->of->vhost->publish.slate);
    struct err *e = buf_error(&sl->path);
    if (!e && !mem_has_room())
        e = err_new(E_LIMIT, "the server holds more than memory_limit");
    if (!e)
        e = file_read(sl->path.bytes, SLATE_BYTES_MAX, &sl->bytes, now_us() + READ_US);
    if (!e && !clip_begin(&sl->clip, sl->bytes.bytes, sl->bytes.len))
        e = err_new(E_SYSTEM_FILE_READ, "%s is neither FLV nor MP4", sl->path.bytes);
    if (e)
        fail(sl, err_wrap(e, "read the slate"));
}

/* ---- its frames ---- */

static void begin_round(struct slate *sl)
{
    clip_rewind(&sl->clip);
    sl->is_first = true;
    sl->has_media = false;
}

/* Read the next frame. False if there is none: the clip has no media at all, or memory is out. */
static bool read_next(struct slate *sl)
{
    while (!sl->next) {
        switch (clip_next(&sl->clip, &sl->next)) {
        case CLIP_FRAME: break;
        case CLIP_NOTHING: co_give_way_by_time(); continue;
        case CLIP_NO_MEMORY: return false;
        case CLIP_END:
            if (!sl->has_media)
                return false;
            begin_round(sl);
            continue;
        }
        if (sl->is_first)
            sl->shift_us = sl->end_us - sl->next->dts_us;
        sl->is_first = false;
        if (frame_is_header(sl->next))
            continue;
        sl->has_media = true;
        if (sl->next->dts_us + sl->shift_us + ROUND_STEP_US > sl->end_us)
            sl->end_us = sl->next->dts_us + sl->shift_us + ROUND_STEP_US;
    }
    return true;
}

/* True for a configuration that the stream has already, as in each round but the first. */
static bool is_known(const struct source *s, const struct frame *f)
{
    const struct frame *had = f->config ? headers_find_like(&s->headers, f) : NULL;
    return had && had->len == f->len && memcmp(had->data, f->data, f->len) == 0;
}

static void show(struct slate *sl)
{
    struct frame *f = sl->next;
    sl->next = NULL;
    struct err *e = NULL;
    if (!is_known(sl->of, f))
        e = source_enter(sl->of, &(struct arrival){ .frame = f, .own_time = f->dts_us + sl->shift_us });
    frame_unref(&f);
    if (e)
        log_err(LOG_WARN, e, "a frame of the slate of %s is lost", sl->of->identity);
}

static int64_t due_us(const struct slate *sl)
{
    return sl->began_us + sl->next->dts_us + sl->shift_us;
}

static void begin(struct slate *sl)
{
    source_begin_stand_in(sl->of, "slate");
    begin_round(sl);
    frame_unref(&sl->next);
    sl->plays = true;
    sl->end_us = 0;
    sl->began_us = now_us();
}

/* Show what is due, until the publisher is back. */
static int64_t show_due(struct slate *sl)
{
    while (sl->of->stand_in) {
        if (!read_next(sl)) {
            fail(sl, err_new(E_SYSTEM_FILE_READ, "%s has no frame that can be shown", sl->path.bytes));
            break;
        }
        if (!sl->of->stand_in)
            break; /* The publisher has come while the clip was read. */
        int64_t now = now_us();
        if (now - due_us(sl) > LATE_US)
            sl->began_us += now - due_us(sl);
        if (now < due_us(sl))
            return due_us(sl);
        show(sl);
        co_give_way_by_time();
    }
    return now_us();
}

int64_t slate_tend(struct slate *sl)
{
    if (!*sl->of->vhost->publish.slate) {
        slate_close(sl);
        return DEADLINE_NEVER;
    }
    if (!is_named(sl))
        open_file(sl);
    if (sl->has_failed)
        return DEADLINE_NEVER;
    if (!sl->plays && !source_is_replaceable(sl->of))
        return now_us(); /* The publisher has come while the file was read. */
    if (!sl->plays)
        begin(sl);
    return show_due(sl);
}
