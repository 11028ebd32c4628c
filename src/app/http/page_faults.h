/**
 * Requests for media that fail for reasons that neither the server nor the player can see alone: noted for the doctor.
 *
 * Yields     no
 */
#ifndef APP_HTTP_PAGE_FAULTS_H
#define APP_HTTP_PAGE_FAULTS_H

#include "app/conf/conf.h"
#include "protocol/http/exchange.h"

/** Before a request is served: a page of another site that may not read the reply, a page over https that asks over http. */
void page_faults_before(const struct http_exchange *x, const struct conf *conf);

/** After it: nothing was found at the path of a stream. */
void page_faults_after(const struct http_exchange *x);

#endif
