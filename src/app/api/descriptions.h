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
    const char *body;   /* NULL: none */
    const char *answer; /* with status 200; with a slash in it: the type of an answer that is no JSON */
};

/** Those of one path stand together. */
extern const struct api_description api_descriptions[];
extern const size_t                 api_n_descriptions;

struct api_schema {
    const char *name, *notation;
};

extern const struct api_schema api_schemas[];
extern const size_t            api_n_schemas;

#endif
