/**
 * The caster by HTTP: a POST or PUT whose body is a live stream, FLV or a transport stream. Its path names the stream.
 *
 * It is always answered: 200 at the end of the body, and otherwise a status with a line of text that says why.
 */
#ifndef APP_CASTER_POST_H
#define APP_CASTER_POST_H

#include "app/conf/conf.h"
#include "protocol/http/router.h"

extern const struct http_routes caster_routes;

/** The endpoints of all casters by HTTP; NULL: there are none. */
const struct conf_words *caster_post_endpoints(const struct conf *conf);

#endif
