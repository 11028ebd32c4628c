/**
 * A ban as a line of the file that keeps bans over a restart:
 *
 *     address 10.0.0.0/8 1kz81c0a 1764500000 1764503600 - too%20many%20connections
 *     kind    subject    id       since      until      who reason
 *
 * Shape      words with one blank between them. In subject and reason everything but visible ASCII, and `%`, is %XX; an empty
 *            reason is `-`. Times are in seconds since 1970, UTC; `until` 0 is for good. `auto` says that the server made the ban
 *            by itself, `-` that somebody did. A line that begins with `#` is a comment
 * Yields     no
 */
#ifndef APP_BANS_LINE_H
#define APP_BANS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/bans/ban.h"
#include "core/buf.h"

/** A line that was read: the ban that it wishes, and the memory for its texts. */
struct ban_line {
    struct ban_wish wish;         /* its texts lie here; until_us is not set */
    int64_t         until_wall_s; /* 0: for good */
    char            subject[BAN_SUBJECT_CAP], reason[BAN_REASON_MAX + 1], id[IDENT_CAP];
};

/** Append the line of a ban, with its line feed. */
void ban_line_put(struct buf *out, const struct ban *b, int64_t until_wall_s);

/** Read a line without its line feed. False: it is no ban. */
bool ban_line_parse(const char *text, size_t len, struct ban_line *out);

#endif
