/**
 * What is on the shelf of an HDS stream, sent to viewers.
 *
 * Yields     yes; each function takes the references that it needs before
 */
#ifndef APP_HDS_HTTP_H
#define APP_HDS_HTTP_H

#include "app/segment/shelf.h"
#include "core/attr.h"
#include "core/err.h"

struct http_exchange;

/** Reply with the manifest, or the bootstrap; 404 while there is no fragment. */
struct err *hds_serve_f4m(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;
struct err *hds_serve_abst(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;

/** Reply with a fragment. */
struct err *hds_serve_fragment(struct http_exchange *x, struct shelf_item *item) ATTR_MUST_USE;

#endif
