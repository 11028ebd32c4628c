/**
 * A configuration in the shape of the RAW API: names and values, without places.
 *
 *     "play":{"gop_cache":false,"queue_length":10}, "listen":["1935"], "ingest":[{"name":"a","enabled":true}]
 *
 * Only what is written is there. What conf/view masks is masked.
 *
 * Source     the RAW API of SRS 2 and 3
 * Yields     no
 */
#ifndef APP_CONF_RAW_VIEW_H
#define APP_CONF_RAW_VIEW_H

#include "app/conf/tree.h"
#include "core/jw.h"

/** Members of the open object: the directives of the root but `vhost`. */
void conf_raw_view_put_root(struct jw *j, const struct conf_node *root);

/** Members of the open object: the directives of a vhost. */
void conf_raw_view_put_vhost(struct jw *j, const struct conf_node *vhost);

/** Members of the open object: for each feature of a vhost whether it is on. */
void conf_raw_view_put_features(struct jw *j, const struct conf_node *vhost);

#endif
