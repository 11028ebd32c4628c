/**
 * Changing the configuration from a request of the API: off the loop, then by a reload as SIGHUP does it.
 *
 * Yields     config_apply() does
 */
#ifndef APP_API_CONFIG_APPLY_H
#define APP_API_CONFIG_APPLY_H

#include "app/api/reply.h"
#include "app/conf/rewrite.h"
#include "core/attr.h"
#include "core/err.h"

/** The outcome of config_apply(). */
struct config_outcome {
    int         status;  /* of HTTP; 200: done, or tried */
    int64_t     kept_id; /* for a rollback; 0: nothing was written */
    struct err *error;   /* why it is not done; NULL: it is */
};

/**
 * Try the changes of `w`, and unless it is a dry run write them and reload. A reload that fails puts the old text back. Others that
 * change the configuration meanwhile get 409.
 *
 * Ownership  on NULL `w` is the caller's again, with what was found; otherwise it is gone. The error of the outcome is the caller's too
 * Errors     of the offload; interrupted while it waited for the reload, which goes on
 */
struct err *config_apply(struct api_reply *r, struct conf_rewrite **w, struct config_outcome *out) ATTR_MUST_USE;

#endif
