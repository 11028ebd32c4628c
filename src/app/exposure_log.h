/**
 * Lines of the log about what the configuration leaves open (conf/exposure.h has the list).
 *
 * Yields     no
 */
#ifndef APP_EXPOSURE_LOG_H
#define APP_EXPOSURE_LOG_H

#include "app/conf/conf.h"

/**
 * Log what is new in `now` since `before`, which is NULL at the start of the server: at most a line about whom the API answers, and
 * one about a vhost to which anybody may publish.
 */
void exposure_log(const struct conf *now, const struct conf *before);

#endif
