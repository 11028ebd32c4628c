/**
 * One scrape: the text of all metrics while it is being made.
 *
 * The text is made in pieces, between which others run, so that a scrape of a thousand streams holds nobody up.
 */
#ifndef APP_EXPORTER_SCRAPE_H
#define APP_EXPORTER_SCRAPE_H

#include <stdbool.h>

#include "app/server/server.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/mw.h"
#include "protocol/http/exchange.h"

/* A piece is sent when it has this size. A text that is to be compressed is kept whole. */
enum { SCRAPE_PIECE_BYTES = 64 << 10, SCRAPE_TEXT_MAX = 16 << 20 };

/* Texts that are kept whole at a time: a further scrape gets its text uncompressed. */
enum { SCRAPES_WHOLE_MAX = 4 };

struct scrape {
    struct http_exchange *x;
    struct server        *server;
    struct buf            text;
    struct mw             metrics;
    bool                  is_whole; /* It is kept, to be compressed at its end. */
};

/** Begin: the request says in which form the text is wanted. */
struct err *scrape_begin(struct scrape *s, struct http_exchange *x, struct server *server) ATTR_MUST_USE;

/** Call it between two samples: sends a piece that is complete, and lets others run. Yields then. */
struct err *scrape_give_way(struct scrape *s) ATTR_MUST_USE;

/** Send the rest. Yields. */
struct err *scrape_end(struct scrape *s) ATTR_MUST_USE;

/** Free what is left, whatever has happened. */
void scrape_finish(struct scrape *s);

#endif
