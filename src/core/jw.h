/**
 * A writer of JSON into a buffer that grows, with a failure that sticks: all of the text is there, or buf_error(&j.text)
 * says why not.
 *
 *     jw_object(&j, NULL), jw_int(&j, "code", 0), jw_object_end(&j)      {"code":0}
 *
 * Any bytes may be written as text. Bytes that are not UTF-8 become U+FFFD, and characters that could end a script element
 * or a line of JavaScript are escaped, so that a name that a peer chose does no harm on the page that shows it.
 *
 * Source     RFC 8259
 * Shape      a key is NULL in an array and for the outermost value; the caller closes what it opens
 * Ownership  jw_finish() frees the text; keys and texts are copied
 * Errors     those of the buffer: out of memory, more than JW_BYTES_MAX
 * Yields     no
 */
#ifndef CORE_JW_H
#define CORE_JW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/* One text, or one piece of a text that is sent in pieces. */
enum { JW_BYTES_MAX = 16 << 20 };

struct jw {
    struct buf text;
    bool       comma; /* the next value is not the first one here */
};

#define JW_INIT ((struct jw){ .text = BUF_UP_TO(JW_BYTES_MAX) })

void jw_finish(struct jw *j);

/** Forget the text so far, which has been sent; the next value goes on behind it. */
void jw_flushed(struct jw *j);

void jw_object(struct jw *j, const char *key);
void jw_object_end(struct jw *j);
void jw_array(struct jw *j, const char *key);
void jw_array_end(struct jw *j);

void jw_int(struct jw *j, const char *key, int64_t value);
void jw_bool(struct jw *j, const char *key, bool value);
void jw_null(struct jw *j, const char *key);

/** Always two decimals: 0.02, 2.00. NaN prints 0.00; values are clamped to JW_FIXED_MAX. */
void jw_fixed(struct jw *j, const char *key, double value);

/** As many digits as tell the number from all others; NaN and the infinities, which JSON has not, are null. */
void jw_number(struct jw *j, const char *key, double value);

/** NULL is the empty text. */
void jw_string(struct jw *j, const char *key, const char *text);

/** A text that is not terminated. */
void jw_text(struct jw *j, const char *key, const char *text, size_t len);

/** Text around the JSON, as it is. */
void jw_raw(struct jw *j, const char *text);

#define JW_FIXED_MAX 1e15

#endif
