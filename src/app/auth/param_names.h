/**
 * The parameters that have tokens, by the names that vhosts gave them, for the masks of log and API (core/mask.h).
 *
 * Yields     no
 */
#ifndef APP_AUTH_PARAM_NAMES_H
#define APP_AUTH_PARAM_NAMES_H

#include "app/conf/conf.h"

/** The names in this configuration are secret from now on, in the lines of clients that came earlier as well. */
void auth_mask_params(const struct conf *conf);

#endif
