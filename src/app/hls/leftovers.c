#include "app/hls/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "app/hls/below.h"
#include "app/hls/timeshift_folder.h"
#include "app/hls/track_path.h"
#include "app/hls/uri_path.h"
#include "app/segment/template.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/hls/playlist_read.h"

#define MARKS_FOLDER HLS_OWN_FOLDER "/streams"
#define MARK_SUFFIX ".stream"

enum { DEPTH_MAX = 16, PLAYLIST_BYTES_MAX = 4 << 20 };

/* Segments that had left the playlist: two were kept for viewers, and a kill may have come before the removal of others. */
enum { SEGMENTS_BEFORE = 4 };

/* Segments behind it: one may have been written, and one was open. */
enum { SEGMENTS_BEHIND = 2 };

void hls_leftovers_mark(struct buf *path, const char *hls_path, const char *vhost, const char *m3u8_path)
{
    buf_printf(path, "%s/" MARKS_FOLDER "/%s/%s" MARK_SUFFIX, hls_path, vhost, m3u8_path);
}

/* Append a whole file. False: it cannot be read, and nothing is appended. */
static bool append_file(struct buf *bytes, const char *path)
{
    size_t before = bytes->len;
    int    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool good = buf_read_all(bytes, fd);
    close(fd);
    if (!good)
        buf_rewind(bytes, before);
    return good;
}

/* ---- marks ---- */

static void list_folder(struct buf *path, struct buf *lines, int depth)
{
    struct dirent *entry;
    size_t         len = path->len;
    DIR           *dir = depth < DEPTH_MAX ? opendir(path->bytes) : NULL;
    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, ".."))
            continue;
        buf_printf(path, "/%s", entry->d_name);
        if (!path->fault && hls_below_is_folder(path->bytes))
            list_folder(path, lines, depth + 1);
        else if (!path->fault && str_ends_with(path->bytes, MARK_SUFFIX))
            (void)append_file(lines, path->bytes);
        buf_rewind(path, len);
    }
    closedir(dir);
    if (depth > 0)
        (void)rmdir(path->bytes); /* if it is empty */
}

void hls_leftovers_list(const struct hls_leftovers *l, struct buf *lines)
{
    struct buf path = buf_up_to(TEMPLATE_FULL_MAX);
    buf_printf(&path, "%s/" MARKS_FOLDER "/%s", l->hls_path, l->vhost);
    if (!path.fault)
        list_folder(&path, lines, 0);
    buf_finish(&path);
}

/* ---- files ---- */

/* Takes NULL; frees `path`. The suffix is that of a file that was being written, or "". */
static void remove_file(const char *folder, char *path, const char *suffix)
{
    if (path)
        hls_below_remove(folder, path, suffix);
    mem_free(path);
}

static void remove_listed(const struct hls_leftovers *l, const char *m3u8, const struct hls_segment *s)
{
    remove_file(l->hls_path, hls_uri_path_entry(m3u8, s->uri, l->entry_prefix), "");
    if (s->map)
        remove_file(l->hls_path, hls_uri_path_entry(m3u8, s->map->uri, l->entry_prefix), "");
    if (s->key && s->key->uri)
        remove_file(l->key_path, hls_uri_path_key(m3u8, s->key->uri, l->key_url), "");
}

/* The rendition that the playlist is of, as hls_track_path() takes it. */
static void read_track(const struct hls_timeshift_head *h, char track[static HLS_TRACK_NAME_CAP])
{
    char *m3u8 = mem_strdup(h->m3u8);
    if (!m3u8 || !hls_track_path_strip(m3u8, track))
        *track = '\0';
    mem_free(m3u8);
}

/* A name that has no other variable than the number. */
static void remove_numbered(const struct hls_leftovers *l, const struct hls_timeshift_head *h, const char *track,
                            int64_t number, bool is_key, const char *suffix)
{
    const struct template_names  names = { .vhost = l->vhost, .app = h->app, .stream = h->stream };
    const struct template_values values = { .seq = (uint64_t)number, .duration_ms = -1 };
    char                        *path = NULL;
    if (number < 0)
        return;
    struct err *e = template_make(&path, is_key ? TEMPLATE_KEY : TEMPLATE_SEGMENT,
                                  is_key ? l->key_file : l->segment_file, &names, &values);
    if (!e)
        e = hls_track_path(&path, track);
    err_free(e);
    remove_file(is_key ? l->key_path : l->hls_path, path, suffix);
}

static void remove_unlisted(const struct hls_leftovers *l, const struct hls_timeshift_head *h, const char *track,
                            const struct hls_playlist_reader *r)
{
    int64_t next = r->media_sequence + r->n_read;
    for (int64_t n = 1; n <= SEGMENTS_BEFORE && !l->keeps_media; n++)
        for (int is_key = 0; is_key < 2; is_key++)
            remove_numbered(l, h, track, r->media_sequence - n, is_key, "");
    for (int64_t n = next; n < next + SEGMENTS_BEHIND; n++)
        for (int is_key = 0; is_key < 2; is_key++) {
            remove_numbered(l, h, track, n, is_key, "");
            remove_numbered(l, h, track, n, is_key, ".tmp");
        }
}

static void remove_media(const struct hls_leftovers *l, const struct hls_timeshift_head *h, struct buf *text)
{
    struct hls_playlist_reader r;
    struct hls_segment         s;
    struct hls_leftovers       own = *l;
    char                       track[HLS_TRACK_NAME_CAP];
    read_track(h, track);
    own.keeps_media &= !*track; /* Timeshift does not have renditions. */
    hls_playlist_reader_init(&r, text->bytes, text->len);
    while (hls_playlist_read(&r, &s) == HLS_READ_SEGMENT)
        if (!own.keeps_media)
            remove_listed(&own, h->m3u8, &s);
    if (r.n_read > 0)
        remove_unlisted(&own, h, track, &r);
}

void hls_leftovers_remove(const struct hls_leftovers *l, const struct hls_timeshift_head *h)
{
    struct buf text = buf_up_to(PLAYLIST_BYTES_MAX), path = buf_up_to(TEMPLATE_FULL_MAX),
               mark = buf_up_to(TEMPLATE_FULL_MAX);
    buf_printf(&path, "%s/%s", l->hls_path, h->m3u8);
    hls_leftovers_mark(&mark, l->hls_path, l->vhost, h->m3u8);
    if (!path.fault && append_file(&text, path.bytes))
        remove_media(l, h, &text);
    if (!path.fault)
        (void)unlink(path.bytes);
    buf_text(&path, ".temp"); /* A kill may have come while it was written. */
    if (!path.fault)
        (void)unlink(path.bytes);
    if (!mark.fault)
        (void)unlink(mark.bytes);
    buf_finish(&text);
    buf_finish(&path);
    buf_finish(&mark);
}
