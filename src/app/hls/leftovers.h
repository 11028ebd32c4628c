/**
 * What is left of streams that have not come back after a restart. A server that stops leaves the files of HLS, so that
 * `hls_recover` can go on with them; when `hls_dispose` is over, nobody else would remove them.
 *
 * Each stream with files has a mark, HLS_PATH/.hls/streams/VHOST/live/cam.m3u8.stream: a line with its names (timeshift_record.h). It goes
 * with the stream's files.
 *
 * Yields     no: everything here waits for the disk, and is called on a thread; except hls_leftovers_mark()
 */
#ifndef APP_HLS_LEFTOVERS_H
#define APP_HLS_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/hls/timeshift_record.h"
#include "core/attr.h"
#include "core/buf.h"

/* Most bytes of all marks that are looked at in one go. */
enum { HLS_LEFTOVERS_BYTES_MAX = 1 << 20 };

/** Append the path of a stream's mark. */
void hls_leftovers_mark(struct buf *path, const char *hls_path, const char *vhost, const char *m3u8_path);

/** What of a vhost's configuration names its files. Borrowed. */
struct hls_leftovers {
    const char *hls_path, *key_path, *vhost, *entry_prefix, *key_url, *segment_file, *key_file;
    bool        keeps_media; /* timeshift looks after it */
};

/** Append the marks of a vhost to `lines`: their lines, as core/line_log reads them. */
void hls_leftovers_list(const struct hls_leftovers *l, struct buf *lines);

/** Remove the files that the playlist of a stream names, the playlist, and its mark. */
void hls_leftovers_remove(const struct hls_leftovers *l, const struct hls_timeshift_head *stream);

#endif
