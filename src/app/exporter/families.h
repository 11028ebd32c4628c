/**
 * The groups of metrics: each writes its families.
 *
 * Errors     those of scrape_give_way()
 * Yields     as scrape_give_way() does
 */
#ifndef APP_EXPORTER_FAMILIES_H
#define APP_EXPORTER_FAMILIES_H

#include "core/attr.h"
#include "core/err.h"

struct scrape;

/** What SRS 7 exports, by its names. */
struct err *families_of_srs(struct scrape *s) ATTR_MUST_USE;

/** The process: loop, threads, memory, connections. */
struct err *families_of_process(struct scrape *s) ATTR_MUST_USE;

/** Protocols, and features that have counters of their own. */
struct err *families_of_features(struct scrape *s) ATTR_MUST_USE;

/** What co-workers of an origin cluster are asked, and which of them answer. */
struct err *families_of_clusters(struct scrape *s) ATTR_MUST_USE;

/** The origins of edges. */
struct err *families_of_edges(struct scrape *s) ATTR_MUST_USE;

/** Programs of exec, transcode and ingest, one by one. */
struct err *families_of_programs(struct scrape *s) ATTR_MUST_USE;

/** Streams: those with the most bytes, one by one, and the sums of all others. */
struct err *families_of_streams(struct scrape *s) ATTR_MUST_USE;

#endif
