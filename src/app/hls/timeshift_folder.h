/**
 * The folder that has the index of one stream's timeshift: files of lines (timeshift_record.h), each for the time until the next one.
 *
 *     HLS_PATH/.hls/timeshift/VHOST/live/cam.m3u8/1764480000000.index
 *
 * A file is named by the time of its first segment, in milliseconds since 1970. It is only appended to, and removed as a whole when the
 * last of its segments is too old, so that nothing is ever rewritten. No name of a stream begins with a dot, so none leads into `.hls`.
 *
 * Yields     no: everything here waits for the disk, and is called on a thread; except hls_timeshift_folder_name()
 */
#ifndef APP_HLS_TIMESHIFT_FOLDER_H
#define APP_HLS_TIMESHIFT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/hls/timeshift_record.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

/* The folder below hls_path that is the server's own, and that of timeshift in it. */
#define HLS_OWN_FOLDER ".hls"
#define HLS_TIMESHIFT_FOLDER HLS_OWN_FOLDER "/timeshift"
#define HLS_TIMESHIFT_SUFFIX ".index"

/* Most segments of a file of the index, and its bytes; most files of a stream. */
enum {
    HLS_TIMESHIFT_FILE_RECORDS_MAX = 2000,
    HLS_TIMESHIFT_FILE_BYTES_MAX = 16 << 20,
    HLS_TIMESHIFT_FILES_MAX = 1 << 17,
};

/**
 * The folder of a stream.
 *
 * Shape      m3u8_path: of its playlist, below hls_path
 * Ownership  *folder is released with mem_free()
 * Errors     E_LIMIT: too long; out of memory
 */
struct err *hls_timeshift_folder_name(char **folder, const char *hls_path, const char *vhost,
                                      const char *m3u8_path) ATTR_MUST_USE;

/** The files of a folder, by their times in milliseconds, the oldest first. */
struct hls_timeshift_files {
    int64_t *start_ms;
    size_t   n, cap;
};

/** List them. A folder that is not there has none. hls_timeshift_files_finish() also after an error. */
struct err *hls_timeshift_list(struct hls_timeshift_files *files, const char *folder) ATTR_MUST_USE;

void hls_timeshift_files_finish(struct hls_timeshift_files *files);

/** One file, read. */
struct hls_timeshift_file {
    struct buf                   bytes; /* what the records point into */
    struct hls_timeshift_record *records;
    size_t                       n, cap;
    struct hls_timeshift_head    head;
    bool                         has_head;
};

/** Append the path of a file to a text. */
void hls_timeshift_put_path(struct buf *out, const char *folder, int64_t start_ms);

/** Read a file; lines that are damaged are left out. hls_timeshift_file_finish() also after an error. */
struct err *hls_timeshift_load(struct hls_timeshift_file *file, const char *folder, int64_t start_ms) ATTR_MUST_USE;

/** Takes one that is all zero. */
void hls_timeshift_file_finish(struct hls_timeshift_file *file);

#endif
