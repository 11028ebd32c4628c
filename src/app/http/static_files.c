#include "app/http/static_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/http/conn.h"
#include "app/http/file_mount.h"
#include "app/http/file_part.h"
#include "app/http/gzip.h"
#include "app/http/served_file.h"
#include "app/http/unbuilt.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/flv_part.h"
#include "protocol/http/date.h"
#include "protocol/http/mime.h"
#include "protocol/http/negotiate.h"
#include "protocol/http/range.h"
#include "protocol/http/status.h"

enum { ETAG_CAP = 128, FORM_CAP = 48, LOCATION_MAX = 4 << 10 };

bool static_files_own(const struct conf *conf, const struct http_request *r)
{
    struct file_mount m;
    return file_mount_find(conf, http_request_vhost(r), r->path, &m) && m.is_vhosts;
}

/* ---- what is said of a file ------------------------------------------------------------------------------------ */

/*
 * Write the entity tag. It changes when the file is replaced or written again. `form` tells what is sent of the file: "" the whole,
 * "-gz" and others.
 */
static void format_etag(const struct stat *st, const char *form, char etag[static ETAG_CAP])
{
    snprintf(etag, ETAG_CAP, "\"%llx-%llx-%llx%s\"", (unsigned long long)st->st_ino, (unsigned long long)st->st_size,
             (unsigned long long)st->st_mtim.tv_sec * 1000000000 + (unsigned long long)st->st_mtim.tv_nsec, form);
}

static struct err *add_fields(struct http_exchange *x, const struct stat *st, const struct http_mime *mime,
                              const char *etag)
{
    char        date[HTTP_DATE_CAP];
    struct err *e = http_add_field(x, "Last-Modified", http_date_format(st->st_mtim.tv_sec, date));
    if (!e)
        e = http_add_field(x, "ETag", etag);
    if (!e)
        e = http_add_field(x, "Accept-Ranges", "bytes");
    if (!e && mime->is_text)
        e = http_add_field(x, "Vary", "Accept-Encoding");
    if (!e && mime->is_fresh)
        e = http_add_field(x, "Cache-Control",
                           "no-cache"); /* Caches may keep it, but ask each time whether it has changed. */
    return e;
}

/* ---- its bytes ------------------------------------------------------------------------------------------------- */

/* Reply with bytes of what is served: a file or a part of it. */
static struct err *reply_bytes(struct http_exchange *x, struct served_file *f, const struct vod_found *part, int status,
                               const char *type, int64_t at, int64_t len)
{
    if (f->data && !part->head)
        return http_reply(x, status, type, f->data + at, (size_t)len);
    struct err *e = http_reply_begin(x, status, type, len);
    if (!e)
        e = file_part_send(x, f, part, at, len);
    return e ? e : http_reply_end(x);
}

static struct err *reply_range(struct http_exchange *x, struct served_file *f, const struct vod_found *part,
                               const char *type, enum http_range range, int64_t first, int64_t last)
{
    long long   size = file_part_len(part);
    struct err *e;
    switch (range) {
    case HTTP_RANGE_SOME:
        e = http_add_fieldf(x, "Content-Range", "bytes %lld-%lld/%lld", (long long)first, (long long)last, size);
        return e ? e : reply_bytes(x, f, part, HTTP_STATUS_PARTIAL_CONTENT, type, first, last - first + 1);
    case HTTP_RANGE_UNSATISFIABLE:
        e = http_add_fieldf(x, "Content-Range", "bytes */%lld", size);
        return e ? e : http_reply_status(x, HTTP_STATUS_RANGE_NOT_SATISFIABLE);
    default: return reply_bytes(x, f, part, HTTP_STATUS_OK, type, 0, size);
    }
}

static struct err *reply_gzipped(struct http_exchange *x, struct gzip_text *text, const char *type)
{
    struct err *e = http_add_field(x, "Content-Encoding", "gzip");
    return e ? e : http_reply(x, HTTP_STATUS_OK, type, text->data, text->len);
}

/* ---- x.flv?start=N --------------------------------------------------------------------------------------------- */

/* The byte at which the client wants to start; 0: no special request. A time is none: see file_part.h. */
static int64_t flv_start(const struct http_request *r, const struct http_mime *mime)
{
    const char *start = strcmp(mime->ending, "flv") == 0 ? http_request_param(r, "start") : NULL;
    char       *end = NULL;
    int64_t     byte = start ? strtoll(start, &end, 10) : 0;
    return start && *end == 0 ? byte : 0;
}

static struct err *reply_flv_from(struct http_exchange *x, struct served_file *f, int64_t start, const char *type)
{
    const struct vod_found whole = { .to = f->st.st_size };
    struct vod_found       part = { .from = start, .to = f->st.st_size };
    char                  *beginning = NULL;
    size_t                 len = 0;
    if (start >= f->st.st_size)
        return reply_range(x, f, &whole, type, HTTP_RANGE_UNSATISFIABLE, 0, 0);
    part.head = mem_alloc(FLV_PART_HEAD_MAX);
    struct err *e = part.head ? served_file_read(f, 0, FLV_PART_LOOK_BYTES, &beginning, &len) : err_no_memory();
    if (!e) {
        struct wr out = wr_over(part.head, FLV_PART_HEAD_MAX);
        bool      is_flv = flv_part_head(rd_over(beginning, len), &out); /* Otherwise seeking is impossible. */
        part.head_len = wr_len(&out);
        e = reply_range(x, f, is_flv ? &part : &whole, type, HTTP_RANGE_NONE, 0, 0);
    }
    mem_free(beginning);
    mem_free(part.head);
    return e;
}

/* ---- the reply ------------------------------------------------------------------------------------------------- */

/* Find the range in the field Range, or in x.mp4?range=a-b and ?bytes=a-b. */
static enum http_range find_range(const struct http_request *r, const struct http_mime *mime, int64_t len,
                                  time_t modified, const char *etag, int64_t *first, int64_t *last)
{
    if (strcmp(mime->ending, "mp4") == 0) {
        const char *bytes = http_request_param(r, "range");
        if (!bytes)
            bytes = http_request_param(r, "bytes");
        if (bytes)
            return http_range_parse_bytes(bytes, len, first, last);
    }
    if (!http_range_applies(r, etag, modified))
        return HTTP_RANGE_NONE;
    return http_range_parse(http_request_field(r, "Range"), len, first, last);
}

static bool wants_gzip(const struct http_request *r, const struct http_mime *mime, const struct stat *st)
{
    return mime->is_text && st->st_size >= GZIP_FILE_MIN && st->st_size <= GZIP_FILE_MAX &&
           !http_request_field(r, "Range") && http_accepts_gzip(http_request_field(r, "Accept-Encoding"));
}

/* What is sent of a file. */
struct offer {
    struct vod_part  *part; /* a reference; NULL: the whole */
    struct gzip_text *text; /* the same, compressed; NULL: as it is */
    struct vod_found  bytes;
    char              etag[ETAG_CAP];
};

static struct err *make_offer(struct offer *o, const struct http_request *r, const struct http_mime *mime,
                              struct served_file *f)
{
    struct vod_wish wish;
    char            form[FORM_CAP] = "";
    struct err     *e = NULL;
    *o = (struct offer){ .bytes = { .to = f->st.st_size } };
    if (file_part_is_wanted(r, mime, &wish))
        e = vod_parts_get(&o->part, f->fd, &f->st, &wish);
    else if (wants_gzip(r, mime, &f->st))
        err_free(gzip_file(&o->text, f)); /* After an error the file is sent uncompressed. */
    if (o->part && o->part->is.head) {
        o->bytes = o->part->is;
        snprintf(form, sizeof form, "-%llx-%llx", (long long)wish.start_us, (long long)wish.end_us);
    } else if (o->text) {
        snprintf(form, sizeof form, "-gz");
    }
    format_etag(&f->st, form, o->etag);
    return e;
}

static struct err *reply_offer(struct http_exchange *x, struct served_file *f, const struct http_mime *mime,
                               const struct offer *o)
{
    const struct http_request *r = http_request_of(x);
    time_t                     modified = f->st.st_mtim.tv_sec;
    int64_t                    first = 0, last = 0, start = o->bytes.head ? 0 : flv_start(r, mime);
    struct err                *e = add_fields(x, &f->st, mime, o->etag);
    if (e)
        return e;
    if (!http_is_expected(r, o->etag, modified))
        return http_reply_status(x, HTTP_STATUS_PRECONDITION_FAILED);
    if (http_is_not_modified(r, o->etag, modified))
        return http_reply_begin(x, HTTP_STATUS_NOT_MODIFIED, NULL, 0);
    if (o->text)
        return reply_gzipped(x, o->text, mime->type);
    if (start > 0)
        return reply_flv_from(x, f, start, mime->type);
    enum http_range range = find_range(r, mime, file_part_len(&o->bytes), modified, o->etag, &first, &last);
    return reply_range(x, f, &o->bytes, mime->type, range, first, last);
}

static struct err *reply_file(struct http_exchange *x, struct served_file *f, const char *path)
{
    const struct http_mime *mime = http_mime_of(path);
    struct offer            o;
    struct err             *e = make_offer(&o, http_request_of(x), mime, f);
    if (err_code(e) == E_LIMIT) {
        err_free(e);
        e = http_reply_status(x, HTTP_STATUS_SERVICE_UNAVAILABLE);
    } else if (!e) {
        e = reply_offer(x, f, mime, &o);
    }
    gzip_text_unref(&o.text);
    vod_part_unref(&o.part);
    return e;
}

/* Redirect to the name of the folder with a slash at its end: relative links of the pages in it need that. */
static struct err *redirect_to_folder(struct http_exchange *x)
{
    const struct http_request *r = http_request_of(x);
    char                      *location = mem_alloc(LOCATION_MAX);
    if (!location)
        return err_no_memory();
    size_t len = 0;
    bool   fits = http_path_encode(location, LOCATION_MAX, r->path);
    if (fits) {
        len = strlen(location);
        fits = (size_t)snprintf(location + len, LOCATION_MAX - len, "/%s%s", *r->raw_query ? "?" : "", r->raw_query) <
               LOCATION_MAX - len;
    }
    struct err *e = fits ? http_reply_redirect(x, HTTP_STATUS_MOVED_PERMANENTLY, location)
                         : http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    mem_free(location);
    return e;
}

static struct err *reply_from(struct http_exchange *x, const struct file_mount *m)
{
    struct served_file *f = NULL;
    enum file_found     found;
    size_t              len = strlen(m->below);
    struct err         *e = served_file_open(&f, m->dir, m->below, &found);
    if (e)
        return e;
    switch (found) {
    case FILE_FOUND:
        e = reply_file(x, f, m->below[len - 1] == '/' ? "index.html" : m->below);
        served_file_unref(&f);
        return e;
    case FILE_IS_FOLDER: return redirect_to_folder(x);
    case FILE_BUSY: return http_reply_status(x, HTTP_STATUS_SERVICE_UNAVAILABLE);
    case FILE_FORBIDDEN:
        log_warn("HTTP %s: what is there in %s may not be read, or is a link that leads out",
                 http_request_of(x)->raw_path, m->dir);
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    default: return http_unbuilt_reply(x);
    }
}

struct err *static_files_reply(struct http_exchange *x, const char *dir, const char *below)
{
    struct file_mount m = { 0 };
    char             *path = mem_strdup(below);
    struct str        out = str_over(m.dir, sizeof m.dir);
    str_printf(&out, "%s", dir);
    m.below = path;
    struct err *e = !path ? err_no_memory() : out.cut ? http_reply_status(x, HTTP_STATUS_NOT_FOUND) : reply_from(x, &m);
    mem_free(path);
    return e;
}

struct err *static_files_handle(struct http_exchange *x)
{
    const struct http_request *r = http_request_of(x);
    struct file_mount          m;
    /* "//host/x" would redirect to another host, and no file has such a name. */
    if (r->path[1] == '/' || !file_mount_find(http_conn_of(x)->server->conf, http_request_vhost(r), r->path, &m))
        return http_unbuilt_reply(x);
    return m.slash_is_missing ? redirect_to_folder(x) : reply_from(x, &m);
}
