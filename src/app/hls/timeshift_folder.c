#include "app/hls/timeshift_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/segment/template.h"
#include "core/line_log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

/* All spellings of a path have one folder, as they have one place on the shelf. */
struct err *hls_timeshift_folder_name(char **folder, const char *hls_path, const char *vhost, const char *m3u8_path)
{
    size_t     len = strlen(m3u8_path);
    char      *normal = mem_alloc(len + 1);
    struct buf text = buf_up_to(TEMPLATE_FULL_MAX);
    *folder = NULL;
    if (!normal)
        return err_no_memory();
    stream_name_normalise(normal, m3u8_path, len);
    buf_printf(&text, "%s%s" HLS_TIMESHIFT_FOLDER "/%s/%s", hls_path, str_ends_with(hls_path, "/") ? "" : "/", vhost,
               normal);
    struct err *e = buf_error(&text);
    if (!e)
        *folder = buf_take(&text);
    buf_finish(&text);
    mem_free(normal);
    return e;
}

void hls_timeshift_put_path(struct buf *out, const char *folder, int64_t start_ms)
{
    buf_printf(out, "%s/%" PRId64 HLS_TIMESHIFT_SUFFIX, folder, start_ms);
}

/* ---- the files of a folder ---- */

static bool read_name(const char *name, int64_t *start_ms)
{
    char *end;
    if (*name < '0' || *name > '9')
        return false;
    errno = 0;
    *start_ms = strtoll(name, &end, 10);
    return errno == 0 && strcmp(end, HLS_TIMESHIFT_SUFFIX) == 0;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static struct err *add_name(struct hls_timeshift_files *files, int64_t start_ms)
{
    if (files->n == files->cap) {
        int64_t *larger = mem_grow(files->start_ms, &files->cap, sizeof *larger, HLS_TIMESHIFT_FILES_MAX);
        if (!larger)
            return err_no_memory();
        files->start_ms = larger;
    }
    files->start_ms[files->n++] = start_ms;
    return NULL;
}

struct err *hls_timeshift_list(struct hls_timeshift_files *files, const char *folder)
{
    struct dirent *entry;
    struct err    *e = NULL;
    int64_t        start_ms;
    DIR           *dir = opendir(folder);
    *files = (struct hls_timeshift_files){ 0 };
    if (!dir)
        return errno == ENOENT || errno == ENOTDIR ? NULL : err_sys(E_SYSTEM_FILE_OPEN, "open %s", folder);
    while (!e && (entry = readdir(dir)))
        if (read_name(entry->d_name, &start_ms))
            e = add_name(files, start_ms);
    closedir(dir);
    if (files->n > 0)
        qsort(files->start_ms, files->n, sizeof *files->start_ms, compare);
    return e;
}

void hls_timeshift_files_finish(struct hls_timeshift_files *files)
{
    mem_free(files->start_ms);
    *files = (struct hls_timeshift_files){ 0 };
}

/* ---- one file ---- */

static struct err *add_record(struct hls_timeshift_file *file, const struct hls_timeshift_record *r)
{
    if (file->n == file->cap) {
        struct hls_timeshift_record *larger =
            mem_grow(file->records, &file->cap, sizeof *larger, HLS_TIMESHIFT_FILE_RECORDS_MAX);
        if (!larger)
            return file->cap >= HLS_TIMESHIFT_FILE_RECORDS_MAX ? NULL : err_no_memory();
        file->records = larger;
    }
    file->records[file->n++] = *r;
    return NULL;
}

static struct err *read_lines(struct hls_timeshift_file *file)
{
    struct line_log_reader      r = line_log_over(file->bytes.bytes, file->bytes.len);
    struct hls_timeshift_record record;
    struct err                 *e = NULL;
    const char                 *text;
    size_t                      len;
    while (!e && line_log_next(&r, &text, &len)) {
        char *line = file->bytes.bytes + (text - file->bytes.bytes);
        line[len] = '\0';
        switch (hls_timeshift_read(line, &record, &file->head)) {
        case HLS_TIMESHIFT_HEAD: file->has_head = true; break;
        case HLS_TIMESHIFT_RECORD: e = add_record(file, &record); break;
        case HLS_TIMESHIFT_UNKNOWN: break;
        }
    }
    return e;
}

struct err *hls_timeshift_load(struct hls_timeshift_file *file, const char *folder, int64_t start_ms)
{
    struct buf path = buf_up_to(TEMPLATE_FULL_MAX);
    *file = (struct hls_timeshift_file){ .bytes = BUF_UP_TO(HLS_TIMESHIFT_FILE_BYTES_MAX) };
    hls_timeshift_put_path(&path, folder, start_ms);
    struct err *e = buf_error(&path);
    int         fd = e ? -1 : open(path.bytes, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (!e && fd < 0 && errno != ENOENT)
        e = err_sys(E_SYSTEM_FILE_OPEN, "open %s", path.bytes);
    if (fd >= 0 && !buf_read_all(&file->bytes, fd))
        e = file->bytes.fault ? buf_error(&file->bytes) : err_sys(E_SYSTEM_FILE_READ, "read %s", path.bytes);
    if (fd >= 0)
        close(fd);
    buf_finish(&path);
    return e || !file->bytes.len ? e : read_lines(file);
}

void hls_timeshift_file_finish(struct hls_timeshift_file *file)
{
    buf_finish(&file->bytes);
    mem_free(file->records);
    *file = (struct hls_timeshift_file){ 0 };
}
