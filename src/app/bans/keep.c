#include "app/bans/keep.h"

#include <string.h>

#include "app/bans/bans.h"
#include "app/bans/line.h"
#include "app/session/registry.h"
#include "app/source/source.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/file_read.h"
#include "protocol/file_writer.h"

/* The file in full: BANS_MAX bans with the longest texts, each byte of them escaped. */
enum { FILE_BYTES_MAX = 48 << 20 };

enum { PATH_CAP = 4096, READ_US = 5 * US_PER_SECOND, WRITE_EACH_US = US_PER_SECOND, AGAIN_US = 5 * US_PER_SECOND };

static struct {
    char                path[PATH_CAP]; /* empty: bans are kept in memory alone */
    struct co          *co;
    struct file_writer *writer;
    uint64_t            written, ended; /* bans_version() and bans_made() that were dealt with */
    int64_t             next_write_us;
} own;

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static struct err *take_in(struct ban_line *line, int64_t now, int64_t wall_us)
{
    int64_t left_us = line->until_wall_s * US_PER_SECOND - wall_us;
    line->wish.until_us = line->until_wall_s ? now + left_us : DEADLINE_NEVER;
    if (line->until_wall_s && left_us <= 0)
        return NULL;
    return bans_add(&line->wish, NULL);
}

static void take_lines(const struct buf *text)
{
    int64_t     now = now_us(), wall_us = wall_now_us();
    const char *at = text->bytes, *end = at + text->len;
    size_t      n_bad = 0;
    struct err *e = NULL;
    while (at < end && !e) {
        struct ban_line line;
        const char     *feed = memchr(at, '\n', (size_t)(end - at));
        size_t          len = (size_t)((feed ? feed : end) - at);
        bool            is_empty = len == 0 || *at == '#';
        if (!is_empty && ban_line_parse(at, len, &line))
            e = take_in(&line, now, wall_us);
        else
            n_bad += !is_empty;
        at += len + 1;
    }
    log_err(LOG_ERROR, e, "not all bans of %s are in force", own.path);
    if (n_bad > 0)
        log_warn("%s: %zu lines are no bans", own.path, n_bad);
}

void bans_open(const char *pid_path)
{
    struct str out = str_over(own.path, sizeof own.path);
    size_t     suffix = str_ends_with(pid_path, ".pid") ? strlen(".pid") : 0;
    str_append(&out, pid_path, strlen(pid_path) - suffix);
    str_text(&out, ".bans");
    struct buf  text;
    struct err *e = file_read(own.path, FILE_BYTES_MAX, &text, now_us() + READ_US);
    if (!e && text.len > 0)
        take_lines(&text);
    buf_finish(&text);
    log_err(LOG_ERROR, err_except(e, E_SYSTEM_FILE_NOT_EXISTS), "the bans of the last run are not in force");
    if (bans_roll()->count > 0)
        log_info("%zu bans of %s are in force", bans_roll()->count, own.path);
    own.written = bans_version();
}

static void put_all(struct buf *out)
{
    const struct ban  *b;
    int64_t            ahead_us = wall_now_us() - now_us();
    struct roll_cursor c = roll_seek(bans_roll(), 0);
    buf_text(out, "# Bans of this server, which replaces the file with each change: see /api/v1/bans.\n");
    while ((b = roll_next(bans_roll(), &c)))
        ban_line_put(out, b, b->until_us == DEADLINE_NEVER ? 0 : (b->until_us + ahead_us) / US_PER_SECOND + 1);
}

static void is_written(void *arg, const struct file_writer_result *r)
{
    (void)arg;
    if (r->ok)
        return;
    own.written = bans_version() - 1;
    own.next_write_us = now_us() + AGAIN_US;
    bans_wake();
}

static void write_file(void)
{
    struct buf text = buf_up_to(FILE_BYTES_MAX);
    put_all(&text);
    struct err *e = buf_error(&text);
    own.written = bans_version();
    own.next_write_us = now_us() + WRITE_EACH_US;
    if (!e) {
        file_writer_batch_begin(own.writer);
        file_writer_put(own.writer, own.path, ".tmp", text.bytes, text.len);
        if (!file_writer_batch_end(own.writer, is_written, NULL))
            is_written(NULL, &(struct file_writer_result){ .ok = false });
    }
    log_err(LOG_ERROR, e, "bans are not kept over a restart");
    buf_finish(&text);
}

static bool has_to_write(void)
{
    return own.writer && own.written != bans_version();
}

/* ---- clients that are there -------------------------------------------------------------------------------------- */

static void end_client(struct client *c, const struct ban *b)
{
    char        buf[IDENT_CAP];
    const char *id = client_public_id(c, buf);
    log_write_as(id, LOG_WARN, "client %s, %s of %s, ip=%s, is ended by ban %s of %s %s", id, c->type->name,
                 c->source->identity, c->ip, b->id, ban_kind_name(b->kind), b->subject);
    client_end(c);
}

/* Clients may come and go meanwhile; those that come are asked at the door. */
static void end_who_is_banned(const struct registry *r)
{
    struct client     *c;
    struct roll_cursor at = roll_seek(&r->client_roll, 0);
    while ((c = roll_next(&r->client_roll, &at))) {
        const struct ban *b = bans_find_client(c);
        if (b)
            end_client(c, b);
        co_give_way_by_time();
    }
}

/* ---- the coroutine ----------------------------------------------------------------------------------------------- */

static struct err *open_writer(void)
{
    const struct file_writer_options options = { .what = "bans", .queue_bytes_max = FILE_BYTES_MAX };
    return *own.path ? file_writer_create(&own.writer, &options) : NULL;
}

static struct err *wait_for_work(void)
{
    return err_except(co_park(has_to_write() ? own.next_write_us : DEADLINE_NEVER), E_SOCKET_TIMEOUT);
}

void bans_run(void *arg)
{
    const struct registry *registry = arg;
    own.co = co_self();
    own.ended = bans_made();
    struct err *e = open_writer();
    log_err(LOG_ERROR, e, "bans are not kept over a restart");
    do {
        if (own.ended != bans_made()) {
            own.ended = bans_made();
            end_who_is_banned(registry);
        }
        if (has_to_write() && now_us() >= own.next_write_us)
            write_file();
        e = own.ended == bans_made() ? wait_for_work() : NULL;
    } while (!e);
    err_free(e);
    if (has_to_write())
        write_file();
    own.co = NULL;
    file_writer_leave(&own.writer);
}

void bans_wake(void)
{
    if (own.co)
        co_unpark(own.co);
}
