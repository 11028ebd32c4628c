/**
 * One normal form for the names of apps and streams: what all spellings of a name have in common, whichever protocol they come by.
 *
 *     live + TEST%20STREAM, live + "TEST STREAM", live + TESTSTREAM      live/TESTSTREAM
 *     live/123 + uuid, live + 123/uuid, live//123/ + uuid                live/123/uuid
 *     live + caf%C3%A9, live + café                                      live/café
 *
 * Escapes are decoded until none is left, whoever escaped a name twice; but not those of a slash, a backslash, a NUL or another
 * control character, which could make another name of it. Blanks are left out, for names are typed by people. Several slashes
 * are one, and none stands at an end. All else counts: letters by their case, dots, `+`, and the bytes of UTF-8 as they are.
 *
 * The normal form finds a stream. Whatever is shown or handed on is the name as it was published.
 *
 * Yields     no
 */
#ifndef PROTOCOL_STREAM_NAME_H
#define PROTOCOL_STREAM_NAME_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Write the normal form of `len` bytes, terminated; how long it is.
 *
 * Shape      `to` has room for len + 1 bytes, and may be `from`. The form of a normal form is itself.
 */
size_t stream_name_normalise(char *to, const char *from, size_t len);

/** Whether a normal form is a name: none of its parts is `.` or `..`, and it has no control character, escaped or not. */
bool stream_name_is_safe(const char *normal);

#endif
