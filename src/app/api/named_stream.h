/**
 * The stream that a request names by `vhost`, `app` and `stream`, in its JSON body or its query. Without `vhost` it is of the default one.
 *
 * Yields     no
 */
#ifndef APP_API_NAMED_STREAM_H
#define APP_API_NAMED_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "app/api/reply.h"
#include "app/conf/conf.h"
#include "core/jr.h"
#include "protocol/stream_name.h"

struct named_stream {
    char                     vhost[STREAM_VHOST_MAX + 1], app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
    char                     key[STREAM_IDENTITY_CAP]; /* stream_name_key() */
    const struct conf_vhost *found;                    /* borrowed of the configuration in force */
};

/** Copy a text of a JSON object; one that is not there changes nothing. False: it is no text, or too long. */
bool named_stream_take_text(const struct jr_value *body, const char *name, char *to, size_t cap);

/** What is wrong with the names, for the client, or NULL. `body` gets the object of the JSON text, which it borrows. */
const char *named_stream_from_body(struct named_stream *n, const char *text, size_t len, struct jr_value *body,
                                   const struct conf *conf);
const char *named_stream_from_query(struct named_stream *n, const struct api_reply *r);

#endif
