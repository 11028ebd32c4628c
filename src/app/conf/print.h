/**
 * The table as text: conf/full.conf and doc/configuration.md.
 *
 * Both files are committed. A test compares them with the output of these functions, and writes them anew when it is run
 * with --update.
 *
 * Yields     no
 */
#ifndef APP_CONF_PRINT_H
#define APP_CONF_PRINT_H

#include "core/buf.h"

/**
 * Print a configuration that names every directive, with its default where it has one. `is_full on` makes the server
 * refuse it; without that line it loads.
 */
void conf_print_full(struct buf *out);

/** Print the reference in Markdown: rules, then a table for each block. */
void conf_print_reference(struct buf *out);

#endif
