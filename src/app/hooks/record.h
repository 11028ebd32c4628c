/**
 * The records of a callbacks' journal: events that have to be told, and the numbers of those that were.
 *
 * A record is a line of core/line_log, so that a file that was cut at any byte is read up to the cut. Fields are divided by tabs:
 *
 *     event  SEQUENCE  WALL_MS  on_stop  ID  SECRET  VHOST  QUEUE  CLIENT_ID  BODY  URL …
 *     done   SEQUENCE
 *     next   SEQUENCE        the first record of a file: its events have this number and higher ones
 *
 * Shape      in a field, backslash, tab, LF and CR are \\ \t \n \r
 * Yields     no
 */
#ifndef APP_HOOKS_RECORD_H
#define APP_HOOKS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/hooks/events.h"
#include "core/attr.h"
#include "core/buf.h"

/* The longest record. A longer event is kept in memory only. */
enum { HOOK_RECORD_MAX = 256 << 10 };

enum hook_record_kind { HOOK_RECORD_EVENT, HOOK_RECORD_DONE, HOOK_RECORD_NEXT };

struct hook_record {
    enum hook_record_kind kind;
    uint64_t              sequence;

    /* Of an event. */
    int64_t         wall_us; /* when it happened; the file has milliseconds */
    enum hook_event event;
    bool            id_is_secret;
    const char     *id, *vhost, *queue, *client_id, *body;
    const char     *urls; /* the first one; the others follow, each behind the NUL of the one before */
    size_t          n_urls;
};

/** Append a record. False: it is too long or memory is out, and nothing is appended. */
bool hook_record_write(struct buf *out, const struct hook_record *r) ATTR_MUST_USE;

/**
 * Parse the text of a line.
 *
 * Ownership  the text is changed: *out points into it. text[len] is written
 * Returns    false for a text that is no record
 */
bool hook_record_parse(char *text, size_t len, struct hook_record *out) ATTR_MUST_USE;

#endif
