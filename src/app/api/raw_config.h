/**
 * rpc=query and rpc=update of the RAW API: reading and changing the configuration.
 *
 * Source     the RAW API of SRS 2 and 3
 * Errors     out of memory, the socket's
 * Yields     yes
 */
#ifndef APP_API_RAW_CONFIG_H
#define APP_API_RAW_CONFIG_H

#include "app/api/reply.h"
#include "core/attr.h"
#include "core/err.h"

struct err *raw_config_query(struct api_reply *r) ATTR_MUST_USE;
struct err *raw_config_update(struct api_reply *r) ATTR_MUST_USE;

#endif
