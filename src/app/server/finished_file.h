/**
 * Files of streams that an output has completed, told to whoever wants to know.
 *
 * One table (app/finished_listeners.c) names the listeners. An output that writes files (HLS, a recorder) tells of each
 * one when it is whole, and that the last one of a publish was told.
 *
 * Ownership  a listener copies what it keeps
 * Yields     no; a listener may not either
 */
#ifndef APP_SERVER_FINISHED_FILE_H
#define APP_SERVER_FINISHED_FILE_H

#include <stdint.h>

#include "app/conf/conf.h"
#include "core/jw.h"

enum finished_kind {
    FINISHED_HLS,
    FINISHED_DVR, /* without URLs, playlist and number */
};

struct finished_file {
    enum finished_kind       kind;
    const struct conf       *conf; /* the snapshot that `vhost` belongs to */
    const struct conf_vhost *vhost;
    const char              *app, *stream; /* in normal form (stream_name.h) */
    const char              *file;         /* path as configured, absolute or from the working directory */
    const char              *url;          /* path below the root of the HTTP server, with hls_entry_prefix */
    const char              *uri;          /* as the playlist has it */
    const char              *playlist_file, *playlist_url;
    int64_t                  duration_us;
    uint64_t                 number;

    /* Further members of the callback about the file; NULL: none. */
    void (*write_more)(const void *arg, struct jw *j);
    const void *arg;
};

struct finished_listener {
    void (*finished)(const struct finished_file *f);

    /** A publish has ended, and all its files of this kind have been told. */
    void (*over)(enum finished_kind kind, const struct conf_vhost *vhost, const char *app, const char *stream);
};

/** The table of listeners, ended by NULL. */
extern const struct finished_listener *const finished_listeners[];

void finished_file_tell(const struct finished_file *f);
void finished_file_over(enum finished_kind kind, const struct conf_vhost *vhost, const char *app, const char *stream);

#endif
