#include "app/hls/timeshift_sweep.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "app/hls/below.h"
#include "app/hls/timeshift_folder.h"
#include "app/segment/template.h"
#include "core/clock.h"
#include "core/str.h"

/* ---- one file of an index ---- */

static bool needs(const struct hls_timeshift_file *file, const char *init, const char *key)
{
    for (size_t i = 0; i < file->n; i++)
        if ((*init && strcmp(file->records[i].init, init) == 0) || (*key && strcmp(file->records[i].key, key) == 0))
            return true;
    return false;
}

/* Remove what the records name. Neighbours share init segments and keys. */
static void remove_media(const struct hls_timeshift_sweep *s, const struct hls_timeshift_file *file,
                         const struct hls_timeshift_file *next)
{
    const char *init = "", *key = "";
    for (size_t i = 0; i < file->n; i++) {
        const struct hls_timeshift_record *r = &file->records[i];
        hls_below_remove(s->hls_path, r->path, "");
        if (*r->init && strcmp(r->init, init) != 0 && !needs(next, r->init, ""))
            hls_below_remove(s->hls_path, r->init, "");
        if (*r->key && strcmp(r->key, key) != 0 && !needs(next, "", r->key))
            hls_below_remove(s->key_path, r->key, "");
        init = r->init;
        key = r->key;
    }
}

static void remove_file(const char *folder, int64_t start_ms)
{
    struct buf path = buf_up_to(TEMPLATE_FULL_MAX);
    hls_timeshift_put_path(&path, folder, start_ms);
    if (!path.fault)
        (void)unlink(path.bytes);
    buf_finish(&path);
}

static int64_t end_us(const struct hls_timeshift_file *file)
{
    return file->n ? file->records[file->n - 1].wall_us + file->records[file->n - 1].duration_us : 0;
}

/* Remove a file whose last segment is too old, and its media. False if it stays, or cannot be read. */
static bool sweep_file(const struct hls_timeshift_sweep *s, const char *folder, const struct hls_timeshift_files *files,
                       size_t i)
{
    struct hls_timeshift_file file = { 0 }, next = { 0 };
    struct err               *e = hls_timeshift_load(&file, folder, files->start_ms[i]);
    bool                      is_old = !e && end_us(&file) <= s->oldest_us;
    if (is_old && i + 1 < files->n)
        e = hls_timeshift_load(&next, folder, files->start_ms[i + 1]);
    if (is_old && !e) {
        if (s->cleanup)
            remove_media(s, &file, &next);
        remove_file(folder, files->start_ms[i]);
    }
    hls_timeshift_file_finish(&file);
    hls_timeshift_file_finish(&next);
    bool done = is_old && !e;
    err_free(e);
    return done;
}

static void sweep_index(const struct hls_timeshift_sweep *s, const char *folder)
{
    struct hls_timeshift_files files;
    struct err                *e = hls_timeshift_list(&files, folder);
    for (size_t i = 0; !e && i < files.n; i++) {
        bool may_be_old = files.start_ms[i] * US_PER_MS < s->oldest_us;
        if (!may_be_old || !sweep_file(s, folder, &files, i))
            break;
    }
    hls_timeshift_files_finish(&files);
    err_free(e);
}

/* ---- all folders ---- */

/* The folder of an index may have those of others below it: names have slashes. What is empty then goes. */
static void sweep_folder(const struct hls_timeshift_sweep *s, struct buf *path, int depth)
{
    struct dirent *entry;
    size_t         len = path->len;
    DIR           *dir = depth < HLS_TIMESHIFT_SWEEP_DEPTH_MAX ? opendir(path->bytes) : NULL;
    if (!dir)
        return;
    sweep_index(s, path->bytes);
    while ((entry = readdir(dir))) {
        if (*entry->d_name == '.' || str_ends_with(entry->d_name, HLS_TIMESHIFT_SUFFIX))
            continue;
        buf_printf(path, "/%s", entry->d_name);
        if (!path->fault && hls_below_is_folder(path->bytes))
            sweep_folder(s, path, depth + 1);
        buf_rewind(path, len);
    }
    closedir(dir);
    if (depth > 0)
        (void)rmdir(path->bytes);
}

void hls_timeshift_sweep(const struct hls_timeshift_sweep *s)
{
    struct buf path = buf_up_to(TEMPLATE_FULL_MAX);
    buf_printf(&path, "%s/" HLS_TIMESHIFT_FOLDER "/%s", s->hls_path, s->vhost);
    if (!path.fault)
        sweep_folder(s, &path, 0);
    buf_finish(&path);
}
