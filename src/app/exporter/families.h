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

#endif
