#include "app/hls/recover.h"

#include <stdlib.h>
#include <string.h>

#include "app/hls/files.h"
#include "app/hls/hls.h"
#include "app/hls/keys.h"
#include "app/hls/names.h"
#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/uri.h"
#include "kernel/hls/playlist_read.h"
#include "protocol/file_read.h"
#include "protocol/http/url.h"

/* Bounds of the playlist that is read, and the time that a disk has for it. The stream is not cut before. */
enum { PLAYLIST_BYTES_MAX = 4 << 20, READ_US = 2 * US_PER_SECOND };

/* Longest path of a file, encoded. */
enum { PATH_BYTES_MAX = 3 * 4096 };

/* Append what a URI of the playlist is relative to: nothing, or the folder of the playlist. */
static void put_base(struct buf *encoded, const struct hls *h, bool is_root)
{
    const char *slash = strrchr(h->m3u8_path, '/');
    char       *folder = slash && !is_root ? mem_strndup(h->m3u8_path, (size_t)(slash + 1 - h->m3u8_path)) : NULL;
    buf_text(encoded, "/");
    if (folder)
        uri_put_path(encoded, folder);
    mem_free(folder);
}

/* The path below hls_path that a URI of the playlist names: the inverse of template_put_entry(). NULL: it names no such file. */
static char *path_of(const struct hls *h, const char *uri)
{
    const char *prefix = h->show->vhost->hls.entry_prefix;
    size_t      len = prefix ? strlen(prefix) : 0;
    bool        is_root = len > 0 && prefix[len - 1] != '/';
    struct buf  encoded = buf_up_to(PATH_BYTES_MAX);
    char       *path = NULL;
    if (len > 0 && strncmp(uri, prefix, len) != 0)
        return NULL;
    uri += len;
    put_base(&encoded, h, is_root);
    buf_append(&encoded, uri + (is_root && *uri == '/'), strcspn(uri + (is_root && *uri == '/'), "?"));
    if (!encoded.fault && (path = mem_alloc(encoded.len + 1)) && !http_path_decode(path, encoded.bytes, encoded.len)) {
        mem_free(path);
        path = NULL;
    }
    buf_finish(&encoded);
    if (path)
        memmove(path, path + 1, strlen(path)); /* without the slash at its beginning */
    return path;
}

/* The number in the name of an init segment (hls_name_init()): init-7.mp4 is the seventh. */
static uint64_t number_of_init(const char *path)
{
    const char *dash = strrchr(path, '-');
    uint64_t    number = dash ? strtoull(dash + 1, NULL, 10) : 0;
    return number > 1 ? number : 1;
}

static struct err *adopt_init(struct hls *h, const struct hls_segment *from, uint64_t *number)
{
    *number = 0;
    if (!from->map)
        return NULL;
    char *path = path_of(h, from->map->uri);
    if (!path)
        return NULL;
    *number = number_of_init(path);
    if (h->lane->init_number < *number)
        h->lane->init_number = *number;
    return hls_adopt_init(h, path, *number);
}

static struct err *without_key(const struct hls *h, struct err *e)
{
    log_err(LOG_WARN, e, "a key of %s is lost: its old segments cannot be played", h->show->label);
    return NULL;
}

/* Read a key of the former run. A segment whose key is lost stays listed, and cannot be played. */
static struct err *adopt_key(struct hls *h, const struct hls_key *from, uint64_t number)
{
    char       *full = NULL, *path = path_of(h, from->uri);
    struct buf  bytes = { 0 };
    struct err *e = NULL;
    if (!path || hls_keys_find(h->keys, path)) {
        mem_free(path);
        return NULL;
    }
    if (!(e = hls_name_key_file(&full, h->show, path)))
        e = file_read(full, AES_CBC_BLOCK, &bytes, now_us() + READ_US);
    mem_free(full);
    if (!e && bytes.len == AES_CBC_BLOCK) {
        e = hls_keys_adopt(h->keys, number, path, (const uint8_t *)bytes.bytes);
        path = NULL;
    }
    buf_finish(&bytes);
    mem_free(path);
    return e && err_code(e) != E_THREAD_INTERRUPTED ? without_key(h, e) : e;
}

/* Give an adopted segment the key that the playlist names. */
static struct err *key_entry(struct hls *h, struct segment *s, const struct hls_key *from)
{
    struct hls_entry *entry = hls_find_entry(h, s);
    if (!from || !h->keys || !entry)
        return NULL;
    struct err              *e = adopt_key(h, from, s->number);
    char                    *path = e ? NULL : path_of(h, from->uri);
    const struct hls_secret *secret = path ? hls_keys_find(h->keys, path) : NULL;
    if (secret) {
        entry->key = *from;
        entry->key.uri = secret->uri;
        entry->key.uri_kind = HLS_URI_KEY;
        entry->key.keyformat = NULL;
    }
    mem_free(path);
    return e;
}

static struct err *adopt(struct hls *h, const struct hls_playlist_reader *r, const struct hls_segment *from)
{
    struct plan *plan = h->viewing->plan;
    char        *path = path_of(h, from->uri);
    uint64_t     init_number;
    struct err  *e = path ? adopt_init(h, from, &init_number) : NULL;
    if (e || !path) {
        mem_free(path);
        return e;
    }
    plan->discontinuities += from->discontinuity;
    struct segment *s = lane_adopt(h->lane, (uint64_t)(r->media_sequence + r->n_read - 1), from->duration_us);
    if (!s) {
        mem_free(path);
        return err_no_memory();
    }
    s->init_number = init_number;
    s->discontinuities = plan->discontinuities;
    s->is_discontinuous = from->discontinuity;
    s->wall_us = from->wall_us ? from->wall_us : plan->wall_end_us;
    plan->wall_end_us = s->wall_us + s->duration_us;
    if (s->duration_us > plan->longest_us)
        plan->longest_us = s->duration_us;
    e = hls_adopt_entry(h, s, path);
    return e ? e : key_entry(h, s, from->key);
}

/* With timeshift they are in its index. */
static bool removes_old(const struct hls *h)
{
    return h->show->vhost->hls.cleanup && h->show->vhost->hls.timeshift_us == 0;
}

static struct err *adopt_all(struct hls *h, struct buf *text)
{
    struct hls_playlist_reader r;
    struct hls_segment         from;
    struct plan               *plan = h->viewing->plan;
    struct err                *e = NULL;
    hls_playlist_reader_init(&r, text->bytes, text->len);
    while (!e && hls_playlist_read(&r, &from) == HLS_READ_SEGMENT) {
        if (r.n_read == 1)
            plan->discontinuities = (uint64_t)r.discontinuity_sequence;
        e = adopt(h, &r, &from);
    }
    if (e || r.n_read == 0)
        return e;
    for (int64_t n = 1; n <= HLS_SEGMENTS_KEPT && n <= r.media_sequence && removes_old(h); n++)
        hls_files_remove_number(h, (uint64_t)(r.media_sequence - n));
    plan->next_number = (uint64_t)(r.media_sequence + r.n_read);
    plan->has_begun = plan->breaks = true;
    log_info("HLS of %s/%s goes on with segment %llu", h->show->app, h->show->stream,
             (unsigned long long)plan->next_number);
    return NULL;
}

/* A stream is worth more than its old playlist. */
static struct err *without_playlist(const struct hls *h, struct err *e)
{
    if (err_code(e) == E_THREAD_INTERRUPTED)
        return e;
    if (err_code(e) == E_SYSTEM_FILE_NOT_EXISTS)
        err_free(e);
    else
        log_err(LOG_WARN, e, "HLS of %s/%s begins with segment 0: the playlist on the disk cannot be read",
                h->show->app, h->show->stream);
    return NULL;
}

struct err *hls_recover(struct hls *h)
{
    char       *full = NULL;
    struct buf  text = { 0 };
    struct err *e = hls_name_file(&full, h->show, h->m3u8_path);
    if (!e)
        e = file_read(full, PLAYLIST_BYTES_MAX, &text, now_us() + READ_US);
    e = e ? without_playlist(h, e) : adopt_all(h, &text);
    buf_finish(&text);
    mem_free(full);
    return e;
}
