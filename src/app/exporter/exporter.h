/**
 * The exporter: metrics of the server and of its streams as text for Prometheus, on a port of its own and on the ports of the API.
 *
 * Source     the metrics of SRS 7 by their names and labels, and metrics of our own beside them (doc/metrics.md)
 */
#ifndef APP_EXPORTER_EXPORTER_H
#define APP_EXPORTER_EXPORTER_H

#include "protocol/http/router.h"

/** /metrics. Its handler yields. */
extern const struct http_routes exporter_routes;

#endif
