/**
 * The last frames of a stream that is not recorded, for a recording that the API starts later (`dvr_preroll`).
 *
 * It begins at a place where a file may begin, and is cut there: it has the time that is asked for and at most one GOP more, within its
 * bounds. Frames are references to those of the log.
 *
 * Ownership  holds references; preroll_clear() drops them; all zero is empty
 * Yields     no
 */
#ifndef APP_DVR_PREROLL_H
#define APP_DVR_PREROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/source/headers.h"
#include "core/attr.h"
#include "kernel/frame.h"

/* Bounds of one stream, whatever time is asked for. What is beyond them goes up to the next place. */
enum { PREROLL_BYTES_MAX = 16 << 20, PREROLL_FRAMES_MAX = 1 << 15 };

struct preroll_frame {
    struct frame *frame;
    bool          is_place; /* A file may begin here. */
};

struct preroll {
    struct headers        headers; /* those in force before the first frame */
    struct preroll_frame *frames;  /* `n` of them from `first` on */
    size_t                first, n, cap;
    size_t                bytes;
};

/**
 * Keep a frame, and drop those that are too old, or too many. Without memory, also by `memory_limit`, all are dropped.
 *
 * Shape      before: the headers in force; is_place: a file may begin with the frame; span_us: the time to keep
 */
void preroll_take(struct preroll *p, struct frame *f, const struct headers *before, bool is_place, int64_t span_us);

/** Drop what is older than span_us, so that it begins at the last place before that. */
void preroll_trim(struct preroll *p, int64_t span_us);

/** The earliest time of a frame; INT64_MAX: there is none. */
int64_t preroll_first_us(const struct preroll *p);

/** Take the first frame; NULL: there is none. The caller gets its reference. */
struct frame *preroll_next(struct preroll *p) ATTR_MUST_USE;

void preroll_clear(struct preroll *p);

#endif
