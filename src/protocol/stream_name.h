/**
 * The names of live streams: bounds, the defaults, the form that is shown and the form that is compared.
 *
 * All spellings of the name of an app or a stream have one normal form, in all protocols:
 *
 *     live + TEST%20STREAM, live + "TEST STREAM", live + TESTSTREAM      live/TESTSTREAM
 *     live/123 + uuid, live + 123/uuid, live//123/ + uuid                live/123/uuid
 *     live + caf%C3%A9, live + café                                      live/café
 *
 * Escapes are decoded until none is left, even when a name was escaped twice. Escapes of a slash, a backslash, a NUL or another
 * control character stay, because decoding them could make another name. Blanks are left out, because people type names.
 * Several slashes count as one, and slashes at either end are dropped. Everything else is kept: case, dots, `+`, UTF-8.
 *
 * Streams are found by the normal form. The name that is shown or handed on is the one that was published.
 *
 * Yields     no
 */
#ifndef PROTOCOL_STREAM_NAME_H
#define PROTOCOL_STREAM_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum {
    STREAM_VHOST_MAX = 255, /* RFC 1035, 2.3.4: a vhost is a host name */
    STREAM_NAME_MAX = 512,  /* longest name of an app, and of a stream */
    STREAM_IDENTITY_CAP = STREAM_VHOST_MAX + 2 * (STREAM_NAME_MAX + 1) + 1,
};

/* The vhost for hosts that no other vhost serves; the app of a client that named none. */
#define STREAM_DEFAULT_VHOST "__defaultVhost__"
#define STREAM_DEFAULT_APP "__defaultApp__"

/**
 * Write the normal form of `len` bytes, terminated; returns its length.
 *
 * Shape      `to` has room for len + 1 bytes, and may be `from`. A normal form is its own normal form.
 */
size_t stream_name_normalise(char *to, const char *from, size_t len);

/** True if a normal form is a valid name: no part is `.` or `..`, and there is no control character, escaped or not. */
bool stream_name_is_safe(const char *normal);

/** Write the normal form of `len` bytes, terminated. False, and no name is written, if no app and no stream can have it. */
bool stream_name_take(char to[static STREAM_NAME_MAX + 1], const char *text, size_t len);

/** True if an app or a stream may have this name, as a client writes it: its length, and its normal form, are those of a name. */
bool stream_name_is_valid(const char *name);

/**
 * Write the name by which a live stream is shown: `vhost/app/stream`, or `/app/stream` in the default vhost. The whole name of
 * the stream counts: `room.1` and `room.2` are two streams. Returns `buf`.
 */
const char *stream_name_identity(char buf[static STREAM_IDENTITY_CAP], const char *vhost, const char *app,
                                 const char *stream);

/**
 * Write the key by which a live stream is found in all protocols: its identity with app and stream in normal form. Returns
 * `buf`.
 */
const char *stream_name_key(char buf[static STREAM_IDENTITY_CAP], const char *vhost, const char *app,
                            const char *stream);

#endif
