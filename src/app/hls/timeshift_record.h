/**
 * One segment in the index of timeshift, and what stands at the beginning of each file of the index: lines of text.
 *
 * The fields of a line are separated by tabs, which no path of a stream can have. core/line_log adds the checksum.
 *
 * Ownership  a record that was read points into its line
 * Yields     no
 */
#ifndef APP_HLS_TIMESHIFT_RECORD_H
#define APP_HLS_TIMESHIFT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "kernel/hls/key.h"

/* The longest line: three paths, and numbers. */
enum { HLS_TIMESHIFT_LINE_MAX = 8 << 10 };

struct hls_timeshift_record {
    int64_t             seq;    /* its number in playlists of timeshift: one more than that of the record before it */
    int64_t             number; /* its number in the live playlist */
    int64_t             discontinuities; /* up to this segment, its own included */
    int64_t             wall_us, duration_us;
    int64_t             target_s; /* target duration of the live playlist then */
    int64_t             bytes;
    bool                discontinuity, independent;
    int64_t             init_number; /* 0: it needs no init segment */
    const char         *init;        /* path below hls_path; "": none */
    enum hls_key_method method;      /* HLS_KEY_NONE: it is not encrypted */
    uint8_t             iv[HLS_IV_LEN];
    const char         *key;  /* path below the folder of keys; "": none */
    const char         *path; /* below hls_path */
};

/** What a file of the index says of its stream. */
struct hls_timeshift_head {
    const char *app, *stream, *m3u8; /* names in normal form; path of the playlist below hls_path */
    const char *codecs;              /* "": not known */
    int64_t     width, height, fps_thousandths;
};

enum hls_timeshift_line { HLS_TIMESHIFT_UNKNOWN, HLS_TIMESHIFT_HEAD, HLS_TIMESHIFT_RECORD };

/** Append a line for core/line_log. False if a text has a tab, or memory is out; nothing is appended then. */
bool hls_timeshift_put_record(struct buf *out, const struct hls_timeshift_record *r) ATTR_MUST_USE;
bool hls_timeshift_put_head(struct buf *out, const struct hls_timeshift_head *h) ATTR_MUST_USE;

/**
 * Read a line. Only the one that the result names is filled.
 *
 * Shape      `line` is terminated; its tabs are overwritten
 * Returns    HLS_TIMESHIFT_UNKNOWN: of another version, or damaged
 */
enum hls_timeshift_line hls_timeshift_read(char *line, struct hls_timeshift_record *r, struct hls_timeshift_head *h);

#endif
