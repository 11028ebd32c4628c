/**
 * Paths of recorded files, made from `dvr_path`.
 *
 *     ./objs/nginx/html/[app]/[stream].[timestamp].flv
 *
 * The folders before the first variable are the user's, and may lead anywhere. What follows has the rules of segment/template.h: a
 * name that a client chose cannot lead out of them. A path without the ending of a format is a folder, in which a file is
 * [stream].[timestamp].flv.
 *
 * Source     SRS 7.0.18: the variables, and the path that is appended
 * Yields     no
 */
#ifndef APP_DVR_NAMES_H
#define APP_DVR_NAMES_H

#include <stdint.h>

#include "app/segment/template.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * The folders before the first variable of `dvr_path`, with their slash, and the template of what follows.
 *
 * Ownership  both belong to the caller, and are NULL after an error
 * Errors     E_LIMIT: too long; out of memory
 */
struct err *dvr_name_split(char **folder, char **text, const char *dvr_path) ATTR_MUST_USE;

/**
 * The path of a file. [duration] stays in it, because that is not known before the file is complete.
 *
 * Ownership  *path belongs to the caller, who releases it with mem_free()
 * Errors     as template_make(); *path is NULL then
 */
struct err *dvr_name_make(char **path, const char *dvr_path, const struct template_names *names, int64_t wall_us,
                          bool utc) ATTR_MUST_USE;

/**
 * The path with a duration in the place of [duration], unless that is below 0, and before its ending `-N` if n is above 0.
 *
 * Ownership  as above
 * Errors     E_LIMIT: too long; out of memory
 */
struct err *dvr_name_numbered(char **full, const char *path, int64_t duration_ms, int n) ATTR_MUST_USE;

#endif
