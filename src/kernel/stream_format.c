#include "kernel/stream_format.h"

#include <string.h>

const struct stream_format stream_formats[STREAM_FORMATS] = {
    [STREAM_FLV] = { .name = "FLV", .ext = ".flv", .content_type = "video/x-flv" },
    [STREAM_TS] = { .name = "MPEG-TS", .ext = ".ts", .content_type = "video/MP2T" },
    [STREAM_MP4] = { .name = "MP4", .ext = ".mp4", .content_type = "video/mp4", .beside_every_mount = true },
    [STREAM_AAC] = { .name = "ADTS", .ext = ".aac", .content_type = "audio/x-aac", .bare_audio = true },
    [STREAM_MP3] = { .name = "MP3", .ext = ".mp3", .content_type = "audio/mpeg", .bare_audio = true },
};

const struct stream_format *stream_format_find(const char *ext)
{
    for (int i = 0; i < STREAM_FORMATS; i++)
        if (strcmp(stream_formats[i].ext, ext) == 0)
            return &stream_formats[i];
    return NULL;
}

const struct stream_format *stream_format_of_path(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? stream_format_find(dot) : NULL;
}

void stream_format_list(struct str *out)
{
    for (int i = 0; i < STREAM_FORMATS; i++)
        str_printf(out, "%s%s", i == 0 ? "" : i + 1 == STREAM_FORMATS ? " or " : ", ", stream_formats[i].ext);
}
