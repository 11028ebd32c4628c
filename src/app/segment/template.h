/**
 * Paths of the files of a stream, made from templates of the configuration, and the URIs that name them in a playlist.
 *
 *     hls_m3u8_file [app]/[stream].m3u8          live/cam.m3u8
 *     hls_ts_file   [app]/[stream]-[seq].ts      live/cam-7.ts         in live/cam.m3u8: cam-7.ts
 *     hls_ts_file   ts/[app]/[stream]-[seq].ts   ts/live/cam-7.ts      in live/cam.m3u8: ../ts/live/cam-7.ts
 *
 * A path is relative to the directory of the configuration (hls_path). The same path, behind a slash, is the path of the file's
 * URL. Clients choose the names of apps and streams. Such a name may add folders by its slashes, but it cannot lead out of the
 * directory: a name in which a step begins with a dot, where that dot would begin the name of a file or folder, is refused, and
 * so is a name with a control character. Slashes at both ends of a name, and all but one of several, are left out. A variable
 * that a kind of file does not have stays in the text.
 *
 * Source     SRS 7.0.18: the variables of each directive; the rules of the URIs, except that a file that is not below the
 *            directory of the playlist is named by .. steps here, and by its path on the disk there
 * Ownership  paths belong to the caller, who releases them with mem_free()
 * Yields     no
 */
#ifndef APP_SEGMENT_TEMPLATE_H
#define APP_SEGMENT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

/*
 * Most bytes of a path, and of one step of it. A file system takes 255 bytes in a step; the rest is for the endings of files
 * that are being written, and for a tag. A directory and a path are at most TEMPLATE_FULL_MAX bytes, as the kernel takes.
 */
enum { TEMPLATE_PATH_MAX = 2048, TEMPLATE_STEP_MAX = 255 - 32, TEMPLATE_FULL_MAX = 4095 };

enum template_kind {
    TEMPLATE_PLAYLIST,  /* also an MPD and an initialisation segment: [vhost] [app] [stream] */
    TEMPLATE_KEY,       /* [seq] as well */
    TEMPLATE_SEGMENT,   /* [duration] and the time as well */
    TEMPLATE_RECORDING, /* likewise, without [seq] */
};

/** Names of the stream, the names of app and stream in normal form (stream_name.h): all spellings have the same files. */
struct template_names {
    const char *vhost, *app, *stream;
};

/** Values for all but TEMPLATE_PLAYLIST. */
struct template_values {
    uint64_t seq;
    int64_t  wall_us;     /* wall clock at the beginning of the segment */
    bool     utc;         /* [2006] to [999] are UTC; otherwise local time */
    int64_t  fragment_us; /* with hls_ts_floor: [timestamp] is the time divided by this; 0: it is in ms */
    int64_t  duration_ms; /* -1: not known yet, and [duration] stays */
};

/**
 * The path of a file.
 *
 * Shape      values: may be NULL for TEMPLATE_PLAYLIST
 * Errors     E_SYSTEM_FILE_OPEN: the names cannot be a path; E_LIMIT: too long; out of memory. *path is NULL then
 */
struct err *template_make(char **path, enum template_kind kind, const char *text, const struct template_names *names,
                          const struct template_values *values) ATTR_MUST_USE;

/**
 * A path with a tag before its extension: live/cam/init.mp4 and video-2 give live/cam/init-video-2.mp4. The tag is ours.
 *
 * Errors     E_LIMIT: the tag is longer than 24 bytes; out of memory. *tagged is NULL then
 */
struct err *template_tag(char **tagged, const char *path, const char *tag) ATTR_MUST_USE;

/** The number of bytes of the folders before the first variable of a path, with their slash. */
size_t template_folders_len(const char *path);

/** The path of a file on the disk: the directory and the path, with one slash between them. Errors as of template_make(). */
struct err *template_below(char **full, const char *directory, const char *path) ATTR_MUST_USE;

/** Append the URI of `file` that counts in `playlist`. Both are paths below the same directory. */
void template_put_uri(struct buf *out, const char *file, const char *playlist);

/**
 * Append the URI of a segment, with hls_entry_prefix, which is "" if there is none. A prefix without a slash at its end stands
 * for the root of the URLs: the whole path follows. A prefix with one stands for the directory of the playlist.
 */
void template_put_entry(struct buf *out, const char *prefix, const char *file, const char *playlist);

/** Append the URI of a key: behind hls_key_url its whole path; without one, relative to the playlist. */
void template_put_key(struct buf *out, const char *key_url, const char *file, const char *playlist);

#endif
