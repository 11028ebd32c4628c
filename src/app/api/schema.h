/**
 * A JSON Schema from a short notation:
 *
 *     i f s b         integer, number, string, boolean
 *     {a:i,b?:s}      an object with these members and no others; b may be missing
 *     {a:i,*}         an object that may have others
 *     [i]             an array of integers
 *     @Name           the schema of that name
 *     i|n             an integer or null
 *     *               anything
 *
 * Source     JSON Schema 2020-12, which OpenAPI 3.1 uses
 * Shape      the notation is part of the program: a mistake in it is a broken schema, which a test finds
 * Yields     no
 */
#ifndef APP_API_SCHEMA_H
#define APP_API_SCHEMA_H

#include "core/jw.h"

void schema_put(struct jw *j, const char *key, const char *notation);

#endif
