/**
 * Pictures of streams for whoever asks: made on threads, once for all that ask for the same, and kept until the stream has another key
 * frame.
 *
 * What is kept, and what is being made, have bounds. An asker beyond them is refused. The threads are a kind of their own
 * (OFFLOAD_PICTURE), at a low priority, so the loop and its players come first.
 *
 * Ownership  shots_ask() gives a reference to a shot, which does not change any more
 */
#ifndef APP_SNAPSHOT_SHOTS_H
#define APP_SNAPSHOT_SHOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/snapshot/key_frame.h"
#include "app/snapshot/picture.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/offload.h"

/* Shots that are kept, and their bytes; shots that are being made or wait for it. */
enum { SHOTS_MAX = 256, SHOTS_BYTES_MAX = 16 << 20, SHOTS_WORK_MAX = 16 };

struct shot {
    struct offload_job  job;
    struct list         link; /* entry of all shots, the newest last */
    int                 refs;
    struct key_frame    of; /* its frames are dropped when the picture is made */
    struct picture_wish wish;
    bool                is_made;
    struct list         askers; /* that wait until it is made */
    enum picture_result result;
    struct picture      picture;
};

/**
 * The picture of a key frame; `wish` is compared as it is. A key frame that cannot be decoded is tried once, whatever the wish.
 *
 * Ownership  the caller gets a reference
 * Errors     E_LIMIT: too many are being made; E_SOCKET_TIMEOUT; E_THREAD_INTERRUPTED; out of memory, or those of offload_start().
 *            A picture that cannot be made is no error: shot->result says why
 * Yields     unless it is kept
 */
struct err *shots_ask(struct shot **out, const struct key_frame *k, const struct picture_wish *wish,
                      int64_t deadline_us) ATTR_MUST_USE;

/** False while half of what may wait does: those who can come later leave the rest to those who cannot. */
bool shots_have_room(void);

/** Drop the reference; *s becomes NULL, and may be NULL before. */
void shot_unref(struct shot **s);

/** Since the start: pictures made, and those that could not be made; asked for and found among those that are kept. */
struct shots_counts {
    int64_t n_made, n_failed, n_found, n_refused;
    size_t  n_kept, bytes;
};
struct shots_counts shots_count(void);

/** Forget all that are kept. */
void shots_forget(void);

#endif
