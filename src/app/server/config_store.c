#include "app/server/config_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/file_read.h"
#include "protocol/offload.h"
#include "protocol/path_ops.h"

#define MAGIC "SRS-KEPT 1 "

enum { HEAD_MAX = PATH_MAX + 256, READ_US = 5 * US_PER_SECOND, WRITE_US = 60 * US_PER_SECOND };

/* ---- one file -------------------------------------------------------------------------------------------------------- */

static bool take_number(char **at, int64_t *n)
{
    size_t digits = strspn(*at, "0123456789");
    if (!digits || digits > 18 || (*at)[digits] != ' ')
        return false;
    *n = strtoll(*at, NULL, 10);
    *at += digits + 1;
    return true;
}

bool config_store_parse(char *bytes, size_t len, struct config_kept *kept)
{
    char   *lf = len ? memchr(bytes, '\n', len < HEAD_MAX ? len : HEAD_MAX) : NULL;
    int64_t text_len = 0;
    *kept = (struct config_kept){ 0 };
    if (!lf || len < strlen(MAGIC) || memcmp(bytes, MAGIC, strlen(MAGIC)) != 0)
        return false;
    *lf = '\0';
    char *at = bytes + strlen(MAGIC);
    if (memchr(bytes, '\0', (size_t)(lf - bytes)) || !take_number(&at, &kept->id) ||
        !take_number(&at, &kept->wall_us) || !take_number(&at, &text_len))
        return false;
    size_t ip_len = strcspn(at, " ");
    if (at[ip_len] != ' ' || ip_len >= sizeof kept->by || !at[ip_len + 1])
        return false;
    memcpy(kept->by, at, ip_len);
    kept->file = at + ip_len + 1;
    kept->text = lf + 1;
    kept->len = (size_t)(bytes + len - kept->text);
    return kept->id > 0 && kept->len == (size_t)text_len;
}

static void put_file(struct buf *out, const struct config_kept *kept)
{
    buf_printf(out, MAGIC "%" PRId64 " %" PRId64 " %zu %s %s\n", kept->id, kept->wall_us, kept->len, kept->by,
               kept->file);
    buf_append(out, kept->text, kept->len);
}

static void put_path(struct buf *out, const struct config_keeper *k, int64_t id, const char *suffix)
{
    buf_printf(out, "%s/%d%s", k->folder, (int)(id % CONFIG_KEPT_MAX), suffix);
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

/* A file that has been read; all zero if there is none. */
struct slot {
    struct buf         bytes;
    struct config_kept kept; /* id 0: none */
};

static struct err *read_slot(const struct config_keeper *k, int n, struct slot *slot, int64_t deadline_us)
{
    struct buf path = buf_up_to(PATH_MAX);
    put_path(&path, k, n, "");
    struct err *e = buf_error(&path);
    if (!e)
        e = file_read(path.bytes, CONFIG_KEPT_BYTES_MAX + HEAD_MAX, &slot->bytes, deadline_us);
    if (!e && !config_store_parse(slot->bytes.bytes, slot->bytes.len, &slot->kept)) {
        log_warn("%s: no text of the configuration, or a part of one", path.bytes);
        slot->kept = (struct config_kept){ 0 };
    }
    buf_finish(&path);
    return err_except(e, E_SYSTEM_FILE_NOT_EXISTS);
}

/* The slot with the smallest id above `id`; NULL: there is none. */
static const struct slot *slot_after(const struct slot *slots, int64_t id)
{
    const struct slot *next = NULL;
    for (int i = 0; i < CONFIG_KEPT_MAX; i++)
        if (slots[i].kept.id > id && (!next || slots[i].kept.id < next->kept.id))
            next = &slots[i];
    return next;
}

static struct err *read_all(struct config_keeper *k)
{
    struct slot        slots[CONFIG_KEPT_MAX] = { 0 };
    int64_t            deadline_us = now_us() + READ_US;
    struct err        *e = NULL;
    const struct slot *s;
    for (int i = 0; i < CONFIG_KEPT_MAX && !e; i++)
        e = read_slot(k, i, &slots[i], deadline_us);
    for (int64_t id = 0; (s = slot_after(slots, id)); id = s->kept.id)
        if (!config_keeper_restore(k, &s->kept) && !e)
            e = err_no_memory();
    for (int i = 0; i < CONFIG_KEPT_MAX; i++)
        buf_finish(&slots[i].bytes);
    return e;
}

void config_store_open(struct config_keeper *k, const char *pid_path)
{
    struct buf folder = buf_up_to(PATH_MAX);
    size_t     suffix = str_ends_with(pid_path, ".pid") ? strlen(".pid") : 0;
    buf_append(&folder, pid_path, strlen(pid_path) - suffix);
    buf_text(&folder, ".kept");
    struct err *e = buf_error(&folder);
    if (!e) {
        k->folder = buf_take(&folder);
        e = read_all(k);
    }
    buf_finish(&folder);
    log_err(LOG_ERROR, e, "not all earlier texts of the configuration are there for a rollback");
}

/* ---- writing ----------------------------------------------------------------------------------------------------------- */

struct put_job {
    struct offload_job job;
    struct buf         path, tmp, bytes;
    struct err        *error;
};

/* path_replace() keeps the mode of the file that it replaces, so there has to be one. */
static struct err *write_file(const struct put_job *j)
{
    struct err *e = path_make_folders(j->path.bytes);
    if (e)
        return e;
    int fd = open(j->path.bytes, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "open %s", j->path.bytes);
    close(fd);
    return path_replace(j->path.bytes, j->tmp.bytes, j->bytes.bytes, j->bytes.len);
}

static void put_work(struct offload_job *job)
{
    struct put_job *j = CONTAINER_OF(job, struct put_job, job);
    j->error = write_file(j);
}

static void put_drop(struct offload_job *job)
{
    struct put_job *j = CONTAINER_OF(job, struct put_job, job);
    buf_finish(&j->path);
    buf_finish(&j->tmp);
    buf_finish(&j->bytes);
    err_free(j->error);
    mem_free(j);
}

static struct err *fill_job(struct put_job *j, const struct config_keeper *k, const struct config_kept *kept)
{
    put_path(&j->path, k, kept->id, "");
    put_path(&j->tmp, k, kept->id, ".tmp");
    put_file(&j->bytes, kept);
    struct err *e = buf_error(&j->path);
    if (!e)
        e = buf_error(&j->tmp);
    return e ? e : buf_error(&j->bytes);
}

struct err *config_store_put(const struct config_keeper *k, int64_t id)
{
    const struct config_kept *kept = config_keeper_find(k, id);
    if (!k->folder || !kept || strchr(kept->file, '\n'))
        return NULL;
    struct put_job *j = mem_calloc(1, sizeof *j);
    if (!j)
        return err_no_memory();
    *j = (struct put_job){ .job = { .work = put_work, .drop = put_drop },
                           .path = buf_up_to(PATH_MAX),
                           .tmp = buf_up_to(PATH_MAX),
                           .bytes = buf_up_to(CONFIG_KEPT_BYTES_MAX + HEAD_MAX) };
    struct err *e = fill_job(j, k, kept);
    if (e) {
        put_drop(&j->job);
        return e;
    }
    if ((e = offload(OFFLOAD_CONF, &j->job, now_us() + WRITE_US)))
        return e;
    e = j->error;
    j->error = NULL;
    put_drop(&j->job);
    return e;
}
