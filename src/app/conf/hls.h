/**
 * What the directives of `hls` mean together.
 *
 * Yields     no
 */
#ifndef APP_CONF_HLS_H
#define APP_CONF_HLS_H

#include "app/conf/snapshot.h"

/**
 * Fill in the values that depend on more than one row, with a warning about each value that could not be taken as written.
 * `block` is the node of `hls`, or NULL.
 */
void conf_hls_derive(struct conf_fill *f, struct conf_hls *hls, const struct conf_node *block);

#endif
