/**
 * A reader of JSON: it checks a whole text first, and then finds members in it. It makes no tree.
 *
 *     struct jr_value answer, code;
 *     if (jr_parse(text, len, &answer) && jr_member(&answer, "code", &code) && jr_int(&code, &n)) …
 *
 * Source     RFC 8259
 * Shape      a text is UTF-8, nested JR_DEPTH_MAX deep at most
 * Ownership  values borrow the text
 * Yields     no
 */
#ifndef CORE_JR_H
#define CORE_JR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects and arrays inside each other. Replies of real backends nest three or four deep. */
enum { JR_DEPTH_MAX = 32 };

enum jr_kind { JR_OBJECT, JR_ARRAY, JR_STRING, JR_NUMBER, JR_TRUE, JR_FALSE, JR_NULL };

/** One value of a text that jr_parse() has checked: from its first character to its last. */
struct jr_value {
    enum jr_kind kind;
    const char  *at;
    size_t       len;
};

/** Check that the text is one JSON value, with nothing but white space around it. False: it is not, and `out` is not set. */
bool jr_parse(const char *text, size_t len, struct jr_value *out);

/** The member of that name; of several, the last one. False: there is none, or the value is no object. */
bool jr_member(const struct jr_value *object, const char *name, struct jr_value *out);

/** The next element of an array: *at is 0 for the first one, and moves on. False: there are no more, or the value is no array. */
bool jr_next(const struct jr_value *array, size_t *at, struct jr_value *out);

/** The next member of an object: as jr_next(), and its name, a string. */
bool jr_next_member(const struct jr_value *object, size_t *at, struct jr_value *name, struct jr_value *out);

/** An integer, written without fraction and exponent. False for every other value, and for one beyond int64_t. */
bool jr_int(const struct jr_value *v, int64_t *out);

/**
 * The text of a string, unescaped and terminated. False for every other value, for a text that `cap` bytes do not hold with its
 * end, and for one with a NUL in it; `buf` is then empty.
 */
bool jr_string(const struct jr_value *v, char *buf, size_t cap);

#endif
