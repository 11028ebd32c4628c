#include "app/hls/uri_path.h"

#include <string.h>

#include "app/segment/template.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"
#include "core/uri.h"
#include "protocol/http/url.h"

/* Longest path of a file, encoded. */
enum { PATH_BYTES_MAX = 3 * TEMPLATE_PATH_MAX };

/* Append what a URI of the playlist is relative to: nothing, or the folder of the playlist. */
static void put_base(struct buf *encoded, const char *m3u8_path, bool is_root)
{
    const char *slash = strrchr(m3u8_path, '/');
    char       *folder = slash && !is_root ? mem_strndup(m3u8_path, (size_t)(slash + 1 - m3u8_path)) : NULL;
    buf_text(encoded, "/");
    if (folder)
        uri_put_path(encoded, folder);
    mem_free(folder);
}

/* True if the URI names another server. */
static bool has_scheme(const char *uri)
{
    return str_starts_with(uri + strcspn(uri, ":/?#"), "://");
}

/* The path behind a prefix; is_root: what follows the prefix is a whole path. */
static char *path_of(const char *m3u8_path, const char *uri, const char *prefix, bool is_root)
{
    size_t     len = strlen(prefix);
    struct buf encoded = buf_up_to(PATH_BYTES_MAX);
    char      *path = NULL;
    if (strncmp(uri, prefix, len) != 0 || has_scheme(uri + len))
        return NULL;
    uri += len;
    is_root |= *uri == '/';
    uri += *uri == '/';
    put_base(&encoded, m3u8_path, is_root);
    buf_append(&encoded, uri, strcspn(uri, "?"));
    if (!encoded.fault && (path = mem_alloc(encoded.len + 1)) &&
        (!http_path_decode(path, encoded.bytes, encoded.len) || strlen(path) > TEMPLATE_PATH_MAX)) {
        mem_free(path);
        path = NULL;
    }
    buf_finish(&encoded);
    if (path)
        memmove(path, path + 1, strlen(path)); /* without the slash at its beginning */
    return path;
}

char *hls_uri_path_entry(const char *m3u8_path, const char *uri, const char *entry_prefix)
{
    return path_of(m3u8_path, uri, entry_prefix, *entry_prefix && !str_ends_with(entry_prefix, "/"));
}

char *hls_uri_path_key(const char *m3u8_path, const char *uri, const char *key_url)
{
    return path_of(m3u8_path, uri, key_url, *key_url);
}
