/**
 * A writer of JSON into memory that grows, whose failure sticks: the text is there in whole, or `failed` is set.
 *
 *     jw_object(&j, NULL), jw_int(&j, "code", 0), jw_object_end(&j)      {"code":0}
 *
 * Any bytes may be written as text: what is not UTF-8 becomes U+FFFD, and what could end a script element or a line
 * of JavaScript is escaped, so that no name that a peer chose does harm where the text is shown.
 *
 * Source     RFC 8259
 * Shape      a key is NULL in an array and for the outermost value; the caller closes what he opens
 * Ownership  jw_finish() frees the text; keys and texts are copied
 * Errors     out of memory sets `failed`: from then on nothing is written
 * Yields     no
 */
#ifndef CORE_JW_H
#define CORE_JW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jw {
    char  *buf; /* not terminated */
    size_t len, cap;
    bool   failed;
    bool   comma; /* the next value is not the first one here */
};

/** All zero is an empty text. */
#define JW_INIT ((struct jw){ 0 })

void jw_finish(struct jw *j);

/** Forget the text so far, which is sent, and go on where it ended. */
void jw_flushed(struct jw *j);

void jw_object(struct jw *j, const char *key);
void jw_object_end(struct jw *j);
void jw_array(struct jw *j, const char *key);
void jw_array_end(struct jw *j);

void jw_int(struct jw *j, const char *key, int64_t value);
void jw_bool(struct jw *j, const char *key, bool value);
void jw_null(struct jw *j, const char *key);

/** With two decimals, always: 0.02, 2.00. What is no number is 0.00; beyond JW_FIXED_MAX is that. */
void jw_fixed(struct jw *j, const char *key, double value);

/** NULL is the empty text. */
void jw_string(struct jw *j, const char *key, const char *text);

/** Bytes that are no JSON: what goes around it. */
void jw_raw(struct jw *j, const char *text);

#define JW_FIXED_MAX 1e15

#endif
