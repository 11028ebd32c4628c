/**
 * Secrets in a text that people read: a line of the log, an answer of the API. What is secret is written as "***":
 *
 *     live/s?token=x&expires=9  is shown as  live/s?token=***&expires=9
 *
 * The secrets are user and password of a URL; the value of a parameter whose name says so (`token`, `sign`, `auth_key`, `pwd`, … or a name
 * that was added), also of a URL within a URL, where it is percent-encoded; and the hash of a link that has its signature in its path,
 * /HASH/HEXTIME/… or /YYYYMMDDHHMM/HASH/….
 *
 * Shape      the text may be anything that is logged: JSON, several URLs, words between them. A value ends at '&', '#', a blank, a
 *            quotation mark that ends a string of JSON, or a comma with a blank
 * Source     RFC 3986 3.2.1, 3.4; the schemes of protocol/token
 * Yields     no
 */
#ifndef CORE_MASK_H
#define CORE_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/jw.h"
#include "core/str.h"

/* Names that can be added, and characters of a name. */
enum { MASK_NAMES_MAX = 32, MASK_NAME_MAX = 64 };

#define MASK_HIDDEN "***"

/** True if the name alone tells that what it names is a secret: "txSecret", "access_token". False for `sign` and `key`, which may name other things. */
bool mask_is_telling(const char *name, size_t len);

/** The parameter of this name is secret from now on. Names that are too long, or too many, are left out. */
void mask_add_name(const char *name);

/** Append the text with its secrets masked. */
void mask_append(struct str *out, const char *text, size_t len);

/** Write the text with its secrets masked as a value of JSON. Without memory it is all hidden. */
void mask_put(struct jw *j, const char *key, const char *text);

#endif
