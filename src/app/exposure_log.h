/**
 * Lines of the log about what the configuration leaves open (conf/exposure.h has the list).
 *
 * Yields     no
 */
#ifndef APP_EXPOSURE_LOG_H
#define APP_EXPOSURE_LOG_H

#include "app/conf/conf.h"

/** At the start (`before` is NULL): a line each about the API and about publishers. After a reload: about what is open since. */
void exposure_log(const struct conf *now, const struct conf *before);

#endif
