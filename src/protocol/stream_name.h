/**
 * The names of live streams: bounds, the defaults, the form that is shown and the form that is compared.
 *
 * All spellings of the name of an app or a stream have one normal form, whatever protocol they come by:
 *
 *     live + TEST%20STREAM, live + "TEST STREAM", live + TESTSTREAM      live/TESTSTREAM
 *     live/123 + uuid, live + 123/uuid, live//123/ + uuid                live/123/uuid
 *     live + caf%C3%A9, live + café                                      live/café
 *
 * Escapes are decoded until none is left, even when a name was escaped twice; those of a slash, a backslash, a NUL or another
 * control character stay, because they could make another name of it. Blanks are left out: names are typed by people. Several
 * slashes are one, and none stands at an end. All else counts: letters by their case, dots, `+`, and the bytes of UTF-8.
 *
 * The normal form finds a stream. What is shown or handed on is the name as it was published.
 *
 * Yields     no
 */
#ifndef PROTOCOL_STREAM_NAME_H
#define PROTOCOL_STREAM_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum {
    STREAM_VHOST_MAX = 255, /* RFC 1035, 2.3.4: a vhost is a host name */
    STREAM_NAME_MAX = 512,  /* an app; a stream */
    STREAM_IDENTITY_CAP = STREAM_VHOST_MAX + 2 * (STREAM_NAME_MAX + 1) + 1,
};

/* The vhost that serves the hosts that no other does, and the app of a stream whose client named none. */
#define STREAM_DEFAULT_VHOST "__defaultVhost__"
#define STREAM_DEFAULT_APP "__defaultApp__"

/**
 * Write the normal form of `len` bytes, terminated; returns its length.
 *
 * Shape      `to` has room for len + 1 bytes, and may be `from`. The form of a normal form is itself.
 */
size_t stream_name_normalise(char *to, const char *from, size_t len);

/** Whether a normal form is a name: none of its parts is `.` or `..`, and it has no control character, escaped or not. */
bool stream_name_is_safe(const char *normal);

/**
 * The form in which a live stream is shown: `vhost/app/stream`, the default vhost left out: `/app/stream`. The whole name of
 * the stream counts: `room.1` and `room.2` are two streams. Returns `buf`.
 */
const char *stream_name_identity(char buf[static STREAM_IDENTITY_CAP], const char *vhost, const char *app,
                                 const char *stream);

/**
 * The form by which a live stream is found, the same for all protocols: its identity with app and stream in their normal form.
 * Returns `buf`.
 */
const char *stream_name_key(char buf[static STREAM_IDENTITY_CAP], const char *vhost, const char *app,
                            const char *stream);

#endif
