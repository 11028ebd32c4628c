/**
 * The MPD of a stream: from its rows to text.
 */
#ifndef APP_DASH_MPD_TEXT_H
#define APP_DASH_MPD_TEXT_H

#include <stddef.h>

#include "core/attr.h"
#include "core/err.h"

struct blob;
struct dash;

/** How many of the newest complete rows the MPD lists. */
size_t dash_in_window(const struct dash *d);

/**
 * Write the text anew if it has changed: d->text then has it, or is NULL as long as there is nothing to list.
 *
 * Yields     no
 */
struct err *dash_mpd_text_refresh(struct dash *d) ATTR_MUST_USE;

/**
 * The text for the disk: with the names of the files, and without rows that are missing there.
 *
 * Ownership  *text is a reference for the caller; NULL: there is nothing to list
 * Yields     no
 */
struct err *dash_mpd_text_of_files(struct dash *d, struct blob **text) ATTR_MUST_USE;

#endif
