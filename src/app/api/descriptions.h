/**
 * What the endpoints of the API take and answer: the text of the OpenAPI document. schema.h has the notation.
 *
 * Yields     no
 */
#ifndef APP_API_DESCRIPTIONS_H
#define APP_API_DESCRIPTIONS_H

#include <stddef.h>

struct api_description {
    const char *path;   /* of the route, or of the route and "{id}" behind it */
    const char *method; /* "get" */
    const char *summary;
    const char *params; /* of the query: {name?:type}; NULL: none */
    const char *body;   /* NULL: none; with a slash in it: the type of a body that is no JSON */
    const char *answer; /* to success: see below */
};

/**
 * Those of one path stand together. An answer is a notation; or the type, with a slash in it, of one that is no JSON; or nothing. A status
 * other than 200 stands before it, and ';' between several: "204;200 application/sdp".
 */
extern const struct api_description api_descriptions[];
extern const size_t                 api_n_descriptions;

struct api_schema {
    const char *name, *notation;
};

extern const struct api_schema api_schemas[];
extern const size_t            api_n_schemas;

#endif
