/**
 * One scrape: the text of all metrics while it is being made.
 *
 * The text is made in pieces, between which others run, so that a scrape of a thousand streams holds nobody up.
 */
#ifndef APP_EXPORTER_SCRAPE_H
#define APP_EXPORTER_SCRAPE_H

#include "app/server/server.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/mw.h"
#include "protocol/http/exchange.h"

/* A piece is sent when it has this size. The metrics between two calls of scrape_give_way() must fit into the rest. */
enum { SCRAPE_PIECE_BYTES = 64 << 10, SCRAPE_TEXT_MAX = 16 << 20 };

struct scrape {
    struct http_exchange *x;
    struct server        *server;
    struct buf            text;
    struct mw             metrics;
};

/** Call it between two samples: sends a piece that is complete, and lets others run. Yields then. */
struct err *scrape_give_way(struct scrape *s) ATTR_MUST_USE;

/** Send the rest. Yields. */
struct err *scrape_end(struct scrape *s) ATTR_MUST_USE;

#endif
