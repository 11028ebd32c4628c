/**
 * The table as text: conf/full.conf and doc/configuration.md.
 *
 * Both files are committed; a test compares them with what these functions write, and writes them anew when it
 * is run with --update.
 *
 * Yields     no
 */
#ifndef APP_CONF_PRINT_H
#define APP_CONF_PRINT_H

#include "core/buf.h"

/**
 * A configuration that names every directive, with its default where it has one. `is_full on` makes the server
 * refuse it; without that line it loads.
 */
void conf_print_full(struct buf *out);

/** The reference in Markdown: rules, then a table for each block. */
void conf_print_reference(struct buf *out);

#endif
