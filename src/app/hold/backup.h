/**
 * The backup of a stream: another stream of its vhost, whose frames replace those of a publisher that is away.
 *
 *     backup_tend(&b)      find the backup, if it is live, and pass on what it has brought
 *     b.plays              its frames are those of the stream: a stand-in (source/life.h)
 *     backup_close(&b)
 *
 * It begins with a key frame of the backup, or without pictures with its next sound. Its frames are copied, because they get times
 * of the stream that they enter. A stream that is itself replaced is no backup.
 *
 * Ownership  borrows the stream that is replaced; has a reference to the backup while that is live
 */
#ifndef APP_HOLD_BACKUP_H
#define APP_HOLD_BACKUP_H

#include <stdbool.h>

#include "app/source/log_cursor.h"

struct source;

struct backup {
    struct source    *of;     /* the stream whose publisher is away */
    struct source    *source; /* NULL: no backup is live */
    struct log_cursor cursor;
    int64_t           found_us; /* time at which it was found to be live */
    bool              plays;
};

void backup_init(struct backup *b, struct source *of);

/** Called while the publisher is away: it wakes the coroutine with each frame that the backup brings. Yields. */
void backup_tend(struct backup *b);

/** Leave the backup. A stand-in that it was is ended by the caller. Yields. */
void backup_close(struct backup *b);

#endif
