/**
 * The checks that refuse a configuration because of the `hls` or the `dash` of a vhost. A block that is off is not checked.
 *
 * Values that have a near meaning are no reason to refuse a file: conf_hls_derive() takes that meaning and warns.
 *
 * Yields     no
 */
#ifndef APP_CONF_CHECK_HLS_H
#define APP_CONF_CHECK_HLS_H

#include "app/conf/tree.h"
#include "core/err.h"

/* Most variants of a stream; most bytes of a suffix. */
enum { CONF_VARIANTS_MAX = 16, CONF_VARIANT_BYTES_MAX = 32 };

/** Names of files that lie outside the directory, that would be one file for all segments, or that are the same twice. */
struct err *conf_check_segment_files(const struct conf_node *vhost) ATTR_MUST_USE;

/** Directives that exclude each other; names of variants. */
struct err *conf_check_hls(const struct conf_node *vhost) ATTR_MUST_USE;

#endif
