/**
 * Where the API answers when the file does not say: to this host alone.
 *
 * The defaults themselves stand in the table of directives. This fills in the two endpoints that depend on what else is written.
 *
 * Yields     no
 */
#ifndef APP_CONF_CLOSED_DEFAULT_H
#define APP_CONF_CLOSED_DEFAULT_H

#include "app/conf/tree.h"
#include "core/attr.h"

/**
 * Without `http_api.listen`: `https` of the API without a `listen` answers this host alone as well; and if `http_server` has the
 * port that is the default of the API, the API shares it, as it does in SRS.
 *
 * Errors     out of memory
 */
struct err *conf_closed_default_apply(struct conf_tree *tree) ATTR_MUST_USE;

#endif
