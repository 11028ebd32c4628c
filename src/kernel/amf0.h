/**
 * AMF0: the values that RTMP commands and FLV metadata are made of, read and written in place.
 *
 * No tree is built. A reader is at a value; the value is read, skipped, or opened and walked:
 *
 *     struct rd r = rd_over(body, len);
 *     struct amf0_text name = amf0_read_string(&r);
 *     double           tid  = amf0_read_number(&r);
 *     struct amf0_text app  = amf0_get_string(r, "app");        (r is at the command object)
 *     amf0_skip(&r);
 *     if (r.bad)
 *         ...the command is malformed
 *
 * As with every struct rd, a failure sticks: read a whole command, then check `bad` once. A value of
 * another type than requested is a failure, too; amf0_peek() tells the type beforehand.
 *
 * Source     Action Message Format AMF0, Adobe 2007
 * Ownership  borrows the bytes; a struct amf0_text points into them
 * Yields     no
 */
#ifndef KERNEL_AMF0_H
#define KERNEL_AMF0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "core/wr.h"

/* AMF0 2.1: the type markers. MovieClip and RecordSet are reserved and never valid. */
enum amf0_type {
    AMF0_NUMBER = 0x00,
    AMF0_BOOLEAN = 0x01,
    AMF0_STRING = 0x02,
    AMF0_OBJECT = 0x03,
    AMF0_MOVIECLIP = 0x04,
    AMF0_NULL = 0x05,
    AMF0_UNDEFINED = 0x06,
    AMF0_REFERENCE = 0x07,
    AMF0_ECMA_ARRAY = 0x08,
    AMF0_OBJECT_END = 0x09,
    AMF0_STRICT_ARRAY = 0x0A,
    AMF0_DATE = 0x0B,
    AMF0_LONG_STRING = 0x0C,
    AMF0_UNSUPPORTED = 0x0D,
    AMF0_RECORDSET = 0x0E,
    AMF0_XML_DOCUMENT = 0x0F,
    AMF0_TYPED_OBJECT = 0x10,
    AMF0_AVMPLUS = 0x11, /* An AMF3 value follows; its length is unknown here, so it is malformed. */
    AMF0_NONE = 0x100,   /* no value: the reader is at its end, or bad */
};

enum {
    AMF0_DEPTH_MAX = 16,      /* Real commands nest 2 deep. It bounds the stack that a peer can make us use. */
    AMF0_STRING_MAX = 0xFFFF, /* AMF0 1.3.1: the length of a string has 16 bits; a longer text is a long string. */
};

/** Bytes of a string or key, not terminated. `p` is NULL if there was no string, but not for an empty string. */
struct amf0_text {
    const char *p;
    size_t      len;
};

/** True if the text is `word`, byte for byte. */
bool amf0_text_is(struct amf0_text text, const char *word);

/**
 * Copy a text into `dst` of `cap` bytes, terminated.
 *
 * Returns    true if the whole text fits and has no NUL; otherwise `dst` has the beginning of it
 */
bool amf0_text_copy(char *dst, size_t cap, struct amf0_text text);

/* ---- reading: one value ---- */

/** The marker of the next value, not consumed; AMF0_NONE at the end of the bytes. */
enum amf0_type amf0_peek(const struct rd *r);

double amf0_read_number(struct rd *r);
bool   amf0_read_bool(struct rd *r);

/** Read a string or a long string; `{NULL, 0}` and `bad` for anything else. */
struct amf0_text amf0_read_string(struct rd *r);

/**
 * Skip one value of any type. Containers that are nested deeper than AMF0_DEPTH_MAX are malformed, and so
 * are inner containers without an end marker.
 */
void amf0_skip(struct rd *r);

/** As amf0_skip(), for a value inside a container that the caller walks: the container counts as one level. */
void amf0_skip_inner(struct rd *r);

/* ---- reading: the properties of an object, a typed object or an ECMA array ---- */

/** A walk over properties. Walks may be nested on one reader. */
struct amf0_walk {
    uint32_t left;    /* properties of an ECMA array that have not come, by its count */
    bool     counted; /* The container is an ECMA array, whose end marker some encoders leave out. */
    bool     done;
};

/** Step into the object at the reader; `bad` if there is something else. */
struct amf0_walk amf0_open(struct rd *r);

/**
 * Go to the next property.
 *
 * Shape      the caller consumes the value at `r` (reads, skips or walks it) before the next call. An
 *            ECMA array ends at its end marker, whatever count it announces; or at the end of the
 *            bytes, once the count is reached
 * Returns    true   `key` is the name of the property, and `r` is at its value
 *            false  `r` is after the object; or `r->bad`
 */
bool amf0_next(struct amf0_walk *walk, struct rd *r, struct amf0_text *key);

/**
 * Find a property of the object at `object`. The reader is a copy, so the caller's does not move.
 *
 * Returns    true   `value` is at the value of the first property of that name
 *            false  the property is missing, the object is malformed before it, or the value is no object
 */
bool amf0_find(struct rd object, const char *name, struct rd *value);

/** A property that is a string; `{NULL, 0}` if it is missing or has another type. */
struct amf0_text amf0_get_string(struct rd object, const char *name);

/** A property that is a number; `otherwise` if it is missing or has another type. */
double amf0_get_number(struct rd object, const char *name, double otherwise);

/* ---- writing ---- */

/**
 * Copy the properties of the object at `r`, byte for byte, without those of the `n_but` names in `but`. `w` may be NULL, to count alone.
 *
 * Returns    their number; *bad is set if the object is malformed
 */
uint32_t amf0_copy_properties(struct rd r, const char *const *but, size_t n_but, struct wr *w, bool *bad);

void amf0_write_number(struct wr *w, double value);
void amf0_write_bool(struct wr *w, bool value);
void amf0_write_null(struct wr *w);
void amf0_write_undefined(struct wr *w);

/** Write a string, or a long string if it exceeds AMF0_STRING_MAX. `text` must not be NULL. */
void amf0_write_string(struct wr *w, const char *text);
void amf0_write_text(struct wr *w, const char *text, size_t len);

/** Begin an object; then amf0_write_key() and a value for each property; then amf0_write_end(). */
void amf0_write_object(struct wr *w);

/** Begin an ECMA array of `count` properties; it continues and ends like an object. */
void amf0_write_ecma_array(struct wr *w, uint32_t count);

/** Begin a strict array: exactly `count` values follow, and no end. */
void amf0_write_strict_array(struct wr *w, uint32_t count);

/** Write the name of the property whose value follows; a name longer than AMF0_STRING_MAX sets `full`. */
void amf0_write_key(struct wr *w, const char *name);
void amf0_write_end(struct wr *w);

/* Write a property in one call: key and value. */
void amf0_put_number(struct wr *w, const char *name, double value);
void amf0_put_bool(struct wr *w, const char *name, bool value);
void amf0_put_string(struct wr *w, const char *name, const char *value);

#endif
