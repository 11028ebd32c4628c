#include "app/hooks/journal.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "app/hooks/journal_file.h"
#include "app/hooks/journal_lock.h"
#include "app/hooks/record.h"
#include "core/clock.h"
#include "core/jw.h"
#include "core/line_log.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/file_read.h"
#include "protocol/file_writer.h"

/*
 * A file is followed by another one at this length. Records gather while a thread writes, at most this many bytes of them; they are
 * all in one file.
 */
enum { FILE_BYTES = 1 << 20, GATHERED_BYTES_MAX = 2 << 20, FILE_BYTES_MAX = FILE_BYTES + GATHERED_BYTES_MAX };

/* Names in the folder that are read; how long a read may take, and when it is tried again. */
enum { NAMES_BYTES_MAX = 1 << 20, READ_US = 30 * US_PER_SECOND, RETRY_READ_US = US_PER_SECOND };

enum { BYTES_DEFAULT = 256 << 20 };

static const char prefix[] = "hooks-", suffix[] = ".journal";

/* Notices that were kept back: one in memory, or those in a part of a file. */
struct later {
    struct list               link;
    uint64_t                  moment;
    struct hook_notice       *notice; /* NULL: in the file */
    bool                      stays;  /* in memory; or of a part that is being read: it does not grow */
    struct hook_journal_file *file;
    uint64_t                  first, last; /* numbers of the part */
};

struct hook_journal {
    char               *folder;
    int64_t             bytes_max;
    int                 lock;                /* -1: not taken */
    bool                is_open, has_failed; /* has_failed: the disk cannot be used, all is in memory */
    struct co          *reader;
    struct list         files; /* the oldest first; the last one is written to, once `is_writable` */
    struct list         later;
    uint64_t            sequence; /* the next number */
    uint64_t            moment;
    struct file_writer *writer;
    bool                is_writable; /* the last file was begun by this run */
    bool                opens_file;  /* it is to be opened before the gathered bytes are written */
    bool                is_writing;
    struct buf          gathered;
    uint64_t gathered_last, writing_last; /* number of the last event in `gathered`, and in what is being written */
    size_t   n_gathered, n_writing;       /* events in them */
    uint64_t n_unsafe, n_given_up;        /* notices that were in memory only; that were given up */
    size_t   n_unsafe_now;                /* since the journal took all */
};

static struct map by_folder;

/* ---- files --------------------------------------------------------------------------------------------------------- */

static struct hook_journal_file *file_at(struct list *link)
{
    return LIST_ENTRY(link, struct hook_journal_file, link);
}

static const char *path_of(const struct hook_journal *j, uint64_t number, char path[static PATH_MAX])
{
    struct str s = str_over(path, PATH_MAX);
    str_printf(&s, "%s/%s%" PRIu64 "%s", j->folder, prefix, number, suffix);
    return path;
}

static size_t bytes_of(const struct hook_journal *j)
{
    size_t bytes = 0;
    LIST_FOREACH (&j->files, it, after)
        bytes += file_at(it)->bytes;
    return bytes;
}

static size_t n_pending_of(const struct hook_journal *j)
{
    size_t n = 0;
    LIST_FOREACH (&j->files, it, after)
        n += file_at(it)->n_pending;
    return n;
}

/* Remove the oldest files whose events are all told. The newest one stays: it tells the next number. */
static void remove_told(struct hook_journal *j)
{
    char path[PATH_MAX];
    while (j->writer && j->files.next != j->files.prev && file_at(j->files.next)->n_pending == 0) {
        struct hook_journal_file *f = file_at(j->files.next);
        if (!file_writer_remove(j->writer, path_of(j, f->number, path)))
            return;
        hook_journal_file_free(f);
    }
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static void start_writing(struct hook_journal *j);

static void note_unsafe(struct hook_journal *j, size_t n, const char *why)
{
    if (n == 0)
        return;
    if (j->n_unsafe_now == 0)
        log_error("journal of callbacks %s: callbacks are in memory only, because %s", j->folder, why);
    j->n_unsafe_now += n;
    j->n_unsafe += n;
}

static void note_safe(struct hook_journal *j)
{
    if (j->n_unsafe_now > 0)
        log_warn("journal of callbacks %s: it takes all again; %zu callbacks were in memory only", j->folder,
                 j->n_unsafe_now);
    j->n_unsafe_now = 0;
}

/* A notice that was kept back is on the disk, so it leaves memory. */
static void settle(struct hook_journal *j, struct later *l)
{
    struct later *before = l->link.prev == &j->later ? NULL : LIST_ENTRY(l->link.prev, struct later, link);
    uint64_t      sequence = l->notice->call.sequence;
    LIST_FOREACH (&j->files, it, after)
        if (hook_journal_file_is_pending(file_at(it), sequence))
            l->file = file_at(it);
    if (!l->file) {
        l->stays = true;
        return;
    }
    hook_notice_free(l->notice);
    l->notice = NULL;
    l->first = l->last = sequence;
    if (!before || before->notice || before->stays || before->file != l->file)
        return;
    before->last = sequence;
    list_remove(&l->link);
    mem_free(l);
}

/* The notices up to this number were written, or are lost to the disk. */
static void settle_all(struct hook_journal *j, uint64_t last, bool are_written)
{
    struct list *it = j->later.prev;
    while (it != &j->later && LIST_ENTRY(it, struct later, link)->notice && !LIST_ENTRY(it, struct later, link)->stays)
        it = it->prev;
    for (it = it->next; it != &j->later;) {
        struct later *l = LIST_ENTRY(it, struct later, link);
        it = it->next;
        if (l->notice->call.sequence > last)
            return;
        if (are_written && l->notice->call.sequence)
            settle(j, l);
        else
            l->stays = true;
    }
}

static void written(void *arg, const struct file_writer_result *r)
{
    struct hook_journal *j = arg;
    j->is_writing = false;
    settle_all(j, j->writing_last, r->ok);
    if (!r->ok)
        note_unsafe(j, j->n_writing, "the disk does not take them");
    else if (j->n_writing)
        note_safe(j);
    start_writing(j);
    if (j->reader)
        co_unpark(j->reader);
}

static bool queue_batch(struct hook_journal *j)
{
    char path[PATH_MAX];
    bool ok = true;
    file_writer_batch_begin(j->writer);
    if (j->opens_file)
        ok = file_writer_open(j->writer, path_of(j, file_at(j->files.prev)->number, path), WRITTEN_FILE_FRESH, 0);
    ok = ok && file_writer_append(j->writer, j->gathered.bytes, j->gathered.len);
    return file_writer_batch_end(j->writer, written, j) && ok;
}

/*
 * One batch is on its way at a time; what comes meanwhile gathers for the next. Nothing waits for fdatasync(): on a busy disk it takes
 * seconds, in which a kill would cost all that has gathered.
 */
static void start_writing(struct hook_journal *j)
{
    if (j->is_writing || j->gathered.len == 0)
        return;
    j->writing_last = j->gathered_last;
    j->n_writing = j->n_gathered;
    j->is_writing = queue_batch(j);
    j->opens_file = false;
    j->n_gathered = 0;
    buf_clear(&j->gathered);
    if (j->is_writing)
        return;
    settle_all(j, j->writing_last, false);
    note_unsafe(j, j->n_writing, "the queue of the disk is full");
}

static bool begin_file(struct hook_journal *j)
{
    uint64_t                  number = list_is_empty(&j->files) ? 1 : file_at(j->files.prev)->number + 1;
    struct hook_journal_file *f = hook_journal_file_new(number);
    const struct hook_record  r = { .kind = HOOK_RECORD_NEXT, .sequence = j->sequence };
    if (!f || !hook_record_write(&j->gathered, &r)) {
        if (f)
            hook_journal_file_free(f);
        return false;
    }
    list_push(&j->files, &f->link);
    f->bytes = j->gathered.len;
    j->is_writable = j->opens_file = true;
    remove_told(j);
    return true;
}

/* Append a record. NULL, or why it is not written. */
static const char *put(struct hook_journal *j, const struct hook_record *r)
{
    size_t before = j->gathered.len;
    if (!j->writer)
        return "the disk cannot be used";
    if (before == 0 && (!j->is_writable || file_at(j->files.prev)->bytes >= FILE_BYTES)) {
        if (!begin_file(j))
            return "memory is out";
        before = j->gathered.len;
    }
    if (!hook_record_write(&j->gathered, r))
        return "too many wait for the disk";
    file_at(j->files.prev)->bytes += j->gathered.len - before;
    return NULL;
}

/* Write a notice down. If that does not work, it has no number. */
static void record(struct hook_journal *j, struct hook_notice *n)
{
    size_t      before = j->gathered.len;
    const char *why = bytes_of(j) + n->bytes > (size_t)j->bytes_max ? "it is as long as it may be" : NULL;
    n->call.sequence = j->sequence;
    const struct hook_record r = hook_notice_record(n);
    if (!why)
        why = put(j, &r);
    if (!why && !hook_journal_file_add(file_at(j->files.prev), j->sequence)) {
        file_at(j->files.prev)->bytes -= j->gathered.len - before;
        buf_rewind(&j->gathered, before);
        why = "memory is out";
    }
    if (why) {
        n->call.sequence = 0;
        note_unsafe(j, 1, why);
        return;
    }
    j->gathered_last = j->sequence++;
    j->n_gathered++;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

/* Walk the records of a file. `text` is the caller's reader over `bytes`. */
static bool next_record(struct line_log_reader *in, struct buf *bytes, struct hook_record *r)
{
    const char *text;
    size_t      len;
    while (line_log_next(in, &text, &len)) {
        if (hook_record_parse(bytes->bytes + (text - bytes->bytes), len, r))
            return true;
        in->n_torn++;
    }
    return false;
}

static void told(struct hook_journal *j, uint64_t sequence)
{
    LIST_FOREACH (&j->files, it, after)
        hook_journal_file_told(file_at(it), sequence);
}

static bool recover_record(struct hook_journal *j, struct hook_journal_file *f, const struct hook_record *r)
{
    switch (r->kind) {
    case HOOK_RECORD_EVENT:
        if (r->sequence < j->sequence || !hook_journal_file_add(f, r->sequence))
            return false;
        j->sequence = r->sequence + 1;
        return true;
    case HOOK_RECORD_DONE: told(j, r->sequence); return true;
    case HOOK_RECORD_NEXT: j->sequence = r->sequence > j->sequence ? r->sequence : j->sequence; return true;
    }
    return false;
}

static struct err *recover_file(struct hook_journal *j, uint64_t number)
{
    char                      path[PATH_MAX];
    struct buf                bytes;
    struct hook_record        r;
    struct hook_journal_file *f = hook_journal_file_new(number);
    if (!f)
        return err_no_memory();
    list_push(&j->files, &f->link);
    struct err *e = file_read(path_of(j, number, path), FILE_BYTES_MAX, &bytes, now_us() + READ_US);
    if (e)
        return e;
    struct line_log_reader in = line_log_over(bytes.bytes ? bytes.bytes : "", bytes.len);
    f->bytes = bytes.len;
    while (next_record(&in, &bytes, &r))
        in.n_torn += !recover_record(j, f, &r);
    if (in.n_torn)
        log_warn("journal of callbacks %s: %zu records cannot be read", path, in.n_torn);
    buf_finish(&bytes);
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The number in the name of a file; 0: it is none of a journal. */
static uint64_t number_in(const char *name)
{
    char    *end;
    uint64_t number = strtoull(name + strlen(prefix), &end, 10);
    return str_equal(end, suffix) ? number : 0;
}

static struct err *recover_files(struct hook_journal *j, const struct buf *names)
{
    struct err *e = NULL;
    size_t      n = 0;
    for (const char *name = NULL; (name = file_names_next(names, name));)
        n += number_in(name) > 0;
    uint64_t *numbers = mem_calloc(n ? n : 1, sizeof *numbers);
    if (!numbers)
        return err_no_memory();
    n = 0;
    for (const char *name = NULL; (name = file_names_next(names, name));)
        if (number_in(name) > 0)
            numbers[n++] = number_in(name);
    qsort(numbers, n, sizeof *numbers, by_number);
    for (size_t i = 0; i < n && !e; i++)
        e = recover_file(j, numbers[i]);
    mem_free(numbers);
    return e;
}

static struct err *recover(struct hook_journal *j)
{
    static const struct file_writer_options options = { .what = "the journal of callbacks",
                                                        .queue_bytes_max = 2 * GATHERED_BYTES_MAX };
    struct buf                              names;
    struct err *e = err_except(file_names(j->folder, prefix, NAMES_BYTES_MAX, &names, now_us() + READ_US),
                               E_SYSTEM_FILE_NOT_EXISTS);
    if (!e)
        e = recover_files(j, &names);
    buf_finish(&names);
    if (!e)
        e = file_writer_create(&j->writer, &options);
    return e;
}

static struct later *later_new(struct hook_journal *j, struct hook_notice *n)
{
    struct later *l = mem_calloc(1, sizeof *l);
    if (!l)
        return NULL;
    list_init(&l->link);
    l->moment = ++j->moment;
    l->notice = n;
    return l;
}

/* What a former run has left comes before what has come since. */
static void keep_back_files(struct hook_journal *j)
{
    struct list *before = j->later.next;
    LIST_FOREACH (&j->files, it, after) {
        struct hook_journal_file *f = file_at(it);
        struct later             *l = f->n_pending > 0 ? later_new(j, NULL) : NULL;
        if (!l)
            continue;
        l->moment = 0;
        l->file = f;
        l->first = f->first;
        l->last = f->last;
        list_push(before, &l->link);
    }
}

bool hook_journal_open(struct hook_journal *j)
{
    struct err *e = hook_journal_lock_take(&j->lock, j->folder, now_us() + READ_US);
    bool        is_taken = err_code(e) == E_LIMIT;
    if (is_taken && j->is_open) { /* and the log knows it */
        err_free(e);
        return false;
    }
    if (!e)
        e = recover(j);
    j->has_failed = e;
    while (e && !list_is_empty(&j->files))
        hook_journal_file_free(file_at(j->files.next));
    log_err(LOG_ERROR, e, "the journal of callbacks %s cannot be used", j->folder);
    size_t n = n_pending_of(j);
    if (n > 0)
        log_info("journal of callbacks %s: %zu callbacks of a former run are to be delivered", j->folder, n);
    keep_back_files(j);
    j->is_open = true;
    LIST_FOREACH (&j->later, it, after) {
        struct later *l = LIST_ENTRY(it, struct later, link);
        if (l->notice)
            record(j, l->notice);
        l->stays = l->notice && !l->notice->call.sequence;
    }
    start_writing(j);
    return !is_taken;
}

/* The events of a part before this one cannot be read: they are lost. */
static void give_up(struct hook_journal *j, struct later *part, uint64_t end)
{
    size_t n = 0;
    for (; part->first < end; part->first++)
        if (hook_journal_file_is_pending(part->file, part->first)) {
            hook_journal_file_told(part->file, part->first);
            n++;
        }
    j->n_given_up += n;
    if (n > 0)
        log_error("journal of callbacks %s: %zu callbacks cannot be read, and are lost", j->folder, n);
}

/* Put the pending events of a part in its place. False: memory is out, and the rest remains. */
static bool unpack(struct hook_journal *j, struct later *part, struct buf *bytes)
{
    struct line_log_reader in = line_log_over(bytes->bytes ? bytes->bytes : "", bytes->len);
    struct hook_record     r;
    while (next_record(&in, bytes, &r)) {
        if (r.kind != HOOK_RECORD_EVENT || r.sequence < part->first || r.sequence > part->last ||
            !hook_journal_file_is_pending(part->file, r.sequence))
            continue;
        struct hook_notice *n = hook_notice_of(&r);
        struct later       *l = n ? later_new(j, n) : NULL;
        give_up(j, part, r.sequence);
        if (!l) {
            hook_notice_free(n);
            return false;
        }
        n->journal = j;
        l->moment = part->moment;
        l->stays = true;
        list_push(&part->link, &l->link);
        part->first++;
    }
    return true;
}

/* Read a part of a file. False: it cannot be read now. */
static bool read_part(struct hook_journal *j, struct later *part)
{
    char       path[PATH_MAX];
    struct buf bytes;
    part->stays = true;
    struct err *e = file_read(path_of(j, part->file->number, path), FILE_BYTES_MAX, &bytes, now_us() + READ_US);
    bool        is_readable = !e || err_code(e) == E_SYSTEM_FILE_NOT_EXISTS;
    log_err(LOG_WARN, e, "read the journal of callbacks");
    bool is_whole = is_readable && unpack(j, part, &bytes);
    buf_finish(&bytes);
    if (!is_whole)
        return false;
    give_up(j, part, part->last + 1);
    list_remove(&part->link);
    mem_free(part);
    return true;
}

struct hook_notice *hook_journal_next(struct hook_journal *j, bool may_read)
{
    while (j->is_open && !list_is_empty(&j->later)) {
        struct later *l = LIST_ENTRY(j->later.next, struct later, link);
        if (l->notice) {
            struct hook_notice *n = l->notice;
            list_remove(&l->link);
            mem_free(l);
            return n;
        }
        if (!may_read)
            return NULL;
        if (!read_part(j, l)) {
            err_free(co_sleep(RETRY_READ_US));
            return NULL;
        }
    }
    return NULL;
}

/* ---- what others do ---------------------------------------------------------------------------------------------------- */

struct hook_journal *hook_journal_find(const char *folder)
{
    struct hook_journal *j = map_find(&by_folder, folder);
    if (j || !(j = mem_calloc(1, sizeof *j)))
        return j;
    j->folder = mem_strdup(folder);
    j->bytes_max = BYTES_DEFAULT;
    j->lock = -1;
    j->sequence = 1;
    j->gathered = buf_up_to(GATHERED_BYTES_MAX);
    list_init(&j->files);
    list_init(&j->later);
    if (j->folder && map_put(&by_folder, folder, j))
        return j;
    mem_free(j->folder);
    mem_free(j);
    return NULL;
}

struct hook_journal *hook_journals_next(size_t *at)
{
    return map_next(&by_folder, at, NULL);
}

struct co **hook_journal_reader(struct hook_journal *j)
{
    return &j->reader;
}

void hook_journal_limit(struct hook_journal *j, int64_t bytes_max)
{
    if (bytes_max > 0)
        j->bytes_max = bytes_max;
}

bool hook_journal_take(struct hook_journal *j, struct hook_notice *n, bool has_room)
{
    n->journal = j;
    if (j->is_open)
        record(j, n);
    bool          comes_now = j->is_open && has_room && list_is_empty(&j->later);
    struct later *l = comes_now ? NULL : later_new(j, n);
    if (l) {
        l->stays = j->is_open && !n->call.sequence;
        list_push(&j->later, &l->link);
    }
    start_writing(j);
    return l;
}

uint64_t hook_journal_moment(const struct hook_journal *j)
{
    return j->moment;
}

bool hook_journal_keeps(const struct hook_journal *j, uint64_t moment)
{
    return !list_is_empty(&j->later) && LIST_ENTRY(j->later.next, struct later, link)->moment <= moment;
}

void hook_journal_told(struct hook_journal *j, uint64_t sequence)
{
    const struct hook_record r = { .kind = HOOK_RECORD_DONE, .sequence = sequence };
    if (!sequence)
        return;
    told(j, sequence);
    (void)put(j, &r); /* without it the event may come again after a restart */
    start_writing(j);
    remove_told(j);
}

void hook_journal_expired(struct hook_journal *j, uint64_t sequence)
{
    j->n_given_up++;
    hook_journal_told(j, sequence);
}

void hook_journal_show(const struct hook_journal *j, struct jw *out)
{
    jw_object(out, NULL);
    jw_string(out, "path", j->folder);
    jw_string(out, "state", !j->is_open ? "opening" : j->has_failed ? "failed" : "open");
    jw_int(out, "waiting", (int64_t)n_pending_of(j));
    jw_int(out, "bytes", (int64_t)bytes_of(j));
    jw_int(out, "bytes_max", j->bytes_max);
    jw_int(out, "next_sequence", (int64_t)j->sequence);
    jw_int(out, "memory_only", (int64_t)j->n_unsafe);
    jw_int(out, "given_up", (int64_t)j->n_given_up);
    jw_object_end(out);
}

static void finish(struct hook_journal *j, int64_t deadline_us)
{
    struct err *e = NULL;
    while (j->writer && !e && (j->is_writing || j->gathered.len > 0)) {
        start_writing(j);
        e = file_writer_wait(j->writer, deadline_us);
    }
    if (n_pending_of(j) > 0)
        log_info("journal of callbacks %s: %zu callbacks wait for the next start", j->folder, n_pending_of(j));
    log_err(LOG_WARN, e, "the last records of the journal of callbacks %s", j->folder);
    log_err(LOG_WARN, file_writer_close(&j->writer, deadline_us), "the journal of callbacks %s", j->folder);
    size_t n_lost = 0;
    while (!list_is_empty(&j->later)) {
        struct later *l = LIST_ENTRY(j->later.next, struct later, link);
        n_lost += l->notice && !l->notice->call.sequence;
        list_remove(&l->link);
        hook_notice_free(l->notice);
        mem_free(l);
    }
    if (n_lost > 0)
        log_error("journal of callbacks %s: %zu callbacks that were in memory only are lost", j->folder, n_lost);
    hook_journal_lock_release(&j->lock);
    while (!list_is_empty(&j->files))
        hook_journal_file_free(file_at(j->files.next));
    buf_finish(&j->gathered);
    mem_free(j->folder);
    mem_free(j);
}

void hook_journals_finish(int64_t deadline_us)
{
    size_t               at = 0;
    struct hook_journal *j;
    while ((j = map_next(&by_folder, &at, NULL)))
        finish(j, deadline_us);
    map_finish(&by_folder);
}
