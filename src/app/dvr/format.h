/**
 * The formats of recorded files. A format is a row of functions and a file; its ending in `dvr_path` chooses it.
 *
 * While a file is open, its format appends bytes to it so that it can be played whenever the process is killed. When it is
 * complete, a thread makes it better: index, duration, what a kill has cut off. The same is done after a crash to what was left
 * behind, so complete() works with nothing but the file.
 */
#ifndef APP_DVR_FORMAT_H
#define APP_DVR_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/dvr/recording.h"
#include "app/source/headers.h"
#include "core/attr.h"
#include "core/err.h"
#include "kernel/frame.h"

struct file_writer;

enum dvr_took {
    DVR_TAKEN,
    DVR_SKIPPED, /* the format has no place for the frame */
    DVR_ENDS,    /* The frame needs another file. */
};

/** An open file as its format sees it. */
struct dvr_output {
    struct file_writer   *writer;
    const struct headers *headers;      /* those in force at the beginning */
    int64_t               expected_us;  /* probable length of the file; 0: not known */
    enum codec            video, audio; /* of the first tracks; CODEC_NONE: there is none, or none is known */
    void                 *state;        /* the format's own */
    uint64_t              bytes;        /* appended so far */
};

struct dvr_format {
    const char *ending; /* ".flv" */

    /** A complete file may be opened again, and more appended: then begin() is not called for it. */
    bool appends;

    /** Go on behind the end of such a file. NULL: nothing is to be known of it. False when memory is out. */
    bool (*resume)(struct dvr_output *o, const struct ts_tail *tail);

    /** Write the head of a file. False when memory is out. */
    bool (*begin)(struct dvr_output *o);

    /** Write a frame, or keep it until the next flush. us: its time in the file. */
    enum dvr_took (*take)(struct dvr_output *o, struct frame *f, int64_t us);

    /** Append what was kept, as far as it can be written yet, and at the end all of it. NULL: nothing is ever kept. */
    void (*flush)(struct dvr_output *o);
    void (*end)(struct dvr_output *o);

    /** Free the state. NULL: there is none. */
    void (*finish)(struct dvr_output *o);

    /**
     * Make the file complete, in place or through another file that replaces it. Called on a thread.
     *
     * Shape      facts->duration_us has what is known already; a format that can tell from the file says it better
     * Errors     those of the system; E_SYSTEM_FILE_EOF: the file holds nothing that can be played
     */
    struct err *(*complete)(const char *path, struct dvr_facts *facts);
};

extern const struct dvr_format dvr_flv, dvr_mp4, dvr_ts;

/** The format by the ending of a path; NULL: none has it. */
const struct dvr_format *dvr_format_of(const char *path);

/**
 * Open the file that complete() works on, and tell its length. Called on a thread.
 *
 * Shape      access: O_RDONLY or O_RDWR
 * Errors     those of the system; E_SYSTEM_FILE_EOF: there is no file. *fd is closed then
 */
struct err *dvr_format_open(int *fd, int64_t *len, const char *path, int access) ATTR_MUST_USE;

#endif
