/**
 * The results of the client library, from the errors of the files below it.
 */
#ifndef SRS_RTMP_RESULT_H
#define SRS_RTMP_RESULT_H

#include "core/err.h"
#include "srs_rtmp/srs_rtmp.h"

/** The result that an error with this code means to a caller of the library. */
enum srs_rtmp_result result_of(enum err_code code);

#endif
