#include "app/dvr/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/segment/file_path.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/path_ops.h"
#include "protocol/stream_name.h"

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The text, if all of it is there. */
static char *take(struct buf *b)
{
    struct err *e = buf_error(b);
    char       *text = e ? NULL : buf_take(b);
    err_free(e);
    buf_finish(b);
    return text;
}

char *note_path(const char *of)
{
    const char *name = name_in(of);
    struct buf  path = buf_up_to(FILE_PATH_CAP);
    buf_append(&path, of, (size_t)(name - of));
    buf_printf(&path, ".%s" NOTE_ENDING, name);
    return take(&path);
}

bool note_is_one(const char *name)
{
    return name[0] == '.' && str_ends_with(name, NOTE_ENDING) && strlen(name) > 1 + strlen(NOTE_ENDING);
}

bool note_subject(const char *folder, const char *name, char *path, size_t cap)
{
    struct str out = str_over(path, cap);
    if (!note_is_one(name))
        return false;
    str_printf(&out, "%s%s", folder, *folder && !str_ends_with(folder, "/") ? "/" : "");
    str_append(&out, name + 1, strlen(name) - 1 - strlen(NOTE_ENDING));
    return !out.cut;
}

/* `"ts":[…]`: the version of the PMT, and the counters. */
static void write_tail(struct jw *j, const struct ts_tail *tail)
{
    jw_array(j, "ts");
    jw_int(j, NULL, tail->version);
    for (int i = 0; i < TS_TRACKS; i++)
        jw_int(j, NULL, tail->cc[i]);
    jw_array_end(j);
}

char *note_text(const struct dvr_recording *r, const struct dvr_facts *facts)
{
    struct jw j = JW_INIT;
    jw_object(&j, NULL);
    dvr_recording_write(r, facts->duration_us, facts->bytes, &j);
    if (facts->tail.seen)
        write_tail(&j, &facts->tail);
    jw_object_end(&j);
    jw_raw(&j, "\n");
    return take(&j.text);
}

static struct err *put(const char *path, const char *temporary, const char *text)
{
    const struct iovec iov = { (void *)text, strlen(text) };
    uint64_t           device;
    return path_put(path, temporary, &iov, 1, &device);
}

struct err *note_write(const char *path, const struct dvr_recording *r, const struct dvr_facts *facts)
{
    char       *note = note_path(path), *text = note_text(r, facts), temporary[FILE_PATH_CAP];
    struct str  name = str_over(temporary, sizeof temporary);
    struct err *e = note && text ? NULL : err_no_memory();
    str_printf(&name, "%s" NOTE_TEMPORARY, e ? "" : note);
    if (!e)
        e = put(note, temporary, text);
    mem_free(note);
    mem_free(text);
    return e;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static bool read_text(const struct jr_value *note, const char *name, char *to, size_t cap)
{
    struct jr_value v;
    return jr_member(note, name, &v) && jr_string(&v, to, cap) && *to;
}

static bool read_number(const struct jr_value *note, const char *name, int64_t scale, int64_t *to)
{
    struct jr_value v;
    int64_t         n;
    if (!jr_member(note, name, &v) || !jr_int(&v, &n) || n < 0 || n > INT64_MAX / 4 / scale)
        return false;
    *to = n * scale;
    return true;
}

static bool read_numbers(const struct jr_value *note, struct dvr_recording *r)
{
    return read_number(note, "begin_ms", US_PER_MS, &r->begin_us) &&
           read_number(note, "end_ms", US_PER_MS, &r->end_us) &&
           read_number(note, "duration_ms", US_PER_MS, &r->duration_us) && read_number(note, "bytes", 1, &r->bytes);
}

static void read_tail(const struct jr_value *note, struct ts_tail *tail)
{
    struct ts_tail  read = { .seen = 0 };
    struct jr_value list, item;
    size_t          at = 0;
    int64_t         n;
    int             n_read = 0;
    if (!jr_member(note, "ts", &list) || !jr_next(&list, &at, &item) || !jr_int(&item, &n))
        return;
    read.version = n & 0x1F;
    for (; n_read < TS_TRACKS && jr_next(&list, &at, &item) && jr_int(&item, &n); n_read++) {
        read.cc[n_read] = n & 0x0F;
        read.seen |= (uint8_t)(1u << n_read);
    }
    if (n_read == TS_TRACKS)
        *tail = read;
}

struct dvr_recording *note_parse(const char *text, size_t len, const char *path)
{
    struct jr_value note, list;
    int64_t         n_left_out = 0;
    char            id[IDENT_CAP], vhost[STREAM_VHOST_MAX + 1], app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
    if (!jr_parse(text, len, &note) || !read_text(&note, "id", id, sizeof id) ||
        !read_text(&note, "vhost", vhost, sizeof vhost) || !read_text(&note, "app", app, sizeof app) ||
        !read_text(&note, "stream", stream, sizeof stream))
        return NULL;
    struct dvr_recording *r = dvr_recording_create(vhost, app, stream, path);
    if (!r)
        return NULL;
    str_copy(r->id, sizeof r->id, id);
    r->state = DVR_COMPLETE;
    read_tail(&note, &r->tail);
    if (!read_numbers(&note, r))
        dvr_recording_unref(&r);
    else if (jr_member(&note, "gaps", &list))
        gaps_read(&r->gaps, &list);
    if (r && read_number(&note, "gaps_left_out", 1, &n_left_out))
        r->gaps.n_left_out += (size_t)n_left_out;
    return r;
}

static bool is_absent(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ELOOP; /* ELOOP: a symbolic link is no note */
}

/* *unknown: the note could not be opened, which tells nothing of it. */
static bool read_file(const char *path, struct buf *bytes, bool *unknown)
{
    struct stat st;
    int         fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    *unknown = fd < 0 && !is_absent(errno);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && buf_read_all(bytes, fd);
    if (fd >= 0)
        close(fd);
    return ok;
}

static struct dvr_recording *read_note(const char *path, bool *unknown)
{
    char                 *note = note_path(path);
    struct buf            bytes = buf_up_to(NOTE_BYTES_MAX);
    struct dvr_recording *r = NULL;
    *unknown = !note;
    if (note && read_file(note, &bytes, unknown) && bytes.len)
        r = note_parse(bytes.bytes, bytes.len, path);
    buf_finish(&bytes);
    mem_free(note);
    return r;
}

struct dvr_recording *note_read(const char *path)
{
    bool unknown;
    return read_note(path, &unknown);
}

/* ---- removing -------------------------------------------------------------------------------------------------- */

void note_remove(const char *path)
{
    char *note = note_path(path);
    if (note)
        unlink(note);
    mem_free(note);
}

/* ---- recording again --------------------------------------------------------------------------------------------- */

/* True if the note of the file has this id, and both lengths are this one. */
static bool is_noted(const char *path, const char *id, int64_t bytes)
{
    struct stat           st;
    struct dvr_recording *r = note_read(path);
    bool ok = r && str_equal(r->id, id) && r->bytes == bytes && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
              st.st_size == bytes;
    dvr_recording_unref(&r);
    return ok;
}

static struct err *move_note(const char *path, const char *temporary)
{
    char       *from = note_path(path), *to = note_path(temporary);
    struct err *e = !from || !to            ? err_no_memory()
                    : rename(from, to) == 0 ? NULL
                                            : err_sys(E_SYSTEM_FILE_RENAME, "rename %s", from);
    mem_free(from);
    mem_free(to);
    return e;
}

struct err *note_reopen(const char *path, const char *temporary, const char *id, int64_t bytes)
{
    if (!is_noted(path, id, bytes))
        return err_new(E_SYSTEM_FILE_OPEN, "%s is not as it was recorded", path);
    /* Its time is now: a file that is older than the server's start would be taken for one that a kill has left. */
    if (utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) != 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "touch %s", path);
    struct err *e = move_note(path, temporary);
    if (!e && rename(path, temporary) != 0)
        e = err_sys(E_SYSTEM_FILE_RENAME, "rename %s", path);
    return e;
}

/* ---- removing a file --------------------------------------------------------------------------------------------- */

enum note_removal note_remove_file(const char *path, const char *id)
{
    struct stat           st;
    bool                  unknown;
    struct dvr_recording *r = read_note(path, &unknown);
    bool                  is_ours = r && str_equal(r->id, id);
    int64_t               bytes = r ? r->bytes : 0;
    dvr_recording_unref(&r);
    if (!is_ours)
        return unknown ? NOTE_FAILED : NOTE_NOT_OURS;
    if (lstat(path, &st) != 0) {
        if (errno != ENOENT)
            return NOTE_FAILED;
    } else if (!S_ISREG(st.st_mode) || st.st_size != bytes) {
        return NOTE_NOT_OURS;
    } else if (unlink(path) != 0) {
        return NOTE_FAILED;
    }
    note_remove(path);
    return NOTE_REMOVED;
}
