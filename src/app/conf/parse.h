/**
 * The grammar of configuration files: bytes in, nodes out.
 *
 * Source     as in nginx: a directive is words followed by `;` or by `{ … }`
 * Shape      `text` may be any bytes; NUL ends a word. A UTF-8 BOM at the start is skipped. Directives that continue over
 *            line ends, as SRS 1 to 5 read them, are accepted with a warning
 * Ownership  the tree has copies of everything
 * Errors     E_SYSTEM_CONFIG_INVALID with the texts that SRS users know; the tree is then half built, and good for
 *            conf_tree_finish() alone
 * Yields     no
 */
#ifndef APP_CONF_PARSE_H
#define APP_CONF_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/report.h"
#include "app/conf/tree.h"

/**
 * Append the directives of one file to `parent`, which is `depth` blocks deep in the files around. `include` stays a
 * node; conf_files_read() replaces it.
 */
struct err *conf_parse(struct conf_tree *tree, struct conf_node *parent, int depth, const char *file, const char *text,
                       size_t len, struct conf_report *report) ATTR_MUST_USE;

/** True for a word that is read back as it is without quotes. */
bool conf_parse_is_plain(const char *word);

#endif
