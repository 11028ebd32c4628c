#include "protocol/http/mime.h"

#include <string.h>
#include <strings.h>

#include "core/attr.h"

/* clang-format off */
static const struct http_mime known[] = {
    { "ts",    "video/MP2T",                    false, false },
    { "flv",   "video/x-flv",                   false, false },
    { "m4v",   "video/x-m4v",                   false, false },
    { "3gpp",  "video/3gpp",                    false, false },
    { "3gp",   "video/3gpp",                    false, false },
    { "mp4",   "video/mp4",                     false, false },
    { "mp4v",  "video/mp4",                     false, false },
    { "webm",  "video/webm",                    false, false },
    { "aac",   "audio/x-aac",                   false, false },
    { "mp3",   "audio/mpeg",                    false, false },
    { "m4a",   "audio/x-m4a",                   false, false },
    { "ogg",   "audio/ogg",                     false, false },
    { "m3u8",  "application/vnd.apple.mpegurl", true,  true },
    { "rss",   "application/rss+xml",           true,  true },
    { "json",  "application/json",              true,  true },
    { "swf",   "application/x-shockwave-flash", false, false },
    { "doc",   "application/msword",            false, false },
    { "zip",   "application/zip",               false, false },
    { "rar",   "application/x-rar-compressed",  false, false },
    { "wasm",  "application/wasm",              true,  false },
    { "xml",   "text/xml",                      true,  true },
    { "html",  "text/html",                     true,  true },
    { "htm",   "text/html",                     true,  true },
    { "txt",   "text/plain",                    true,  true },
    { "js",    "text/javascript",               true,  false },
    { "mjs",   "text/javascript",               true,  false },
    { "css",   "text/css",                      true,  false },
    { "svg",   "image/svg+xml",                 true,  false },
    { "ico",   "image/x-icon",                  false, false },
    { "png",   "image/png",                     false, false },
    { "jpeg",  "image/jpeg",                    false, false },
    { "jpg",   "image/jpeg",                    false, false },
    { "gif",   "image/gif",                     false, false },
    { "webp",  "image/webp",                    false, false },
    { "mpd",   "application/dash+xml",          true,  true },
    { "m4s",   "video/iso.segment",             false, false },
};
/* clang-format on */

const struct http_mime *http_mime_of(const char *path)
{
    static const struct http_mime unknown = { "", "application/octet-stream", false, false };
    const char                   *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (size_t i = 0; dot && i < ARRAY_LEN(known); i++)
        if (strcasecmp(dot + 1, known[i].ending) == 0)
            return &known[i];
    return &unknown;
}
