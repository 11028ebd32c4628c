/**
 * A configuration in force as JSON: each directive that somebody wrote, with the place where it stands.
 *
 *     {"name":"vhost","words":["a.example"],"file":"conf/srs.conf","line":12,"directives":[…]}
 *
 * The words of directives that are secret (CONF_SECRET, and names that say so where no table has them) are "***", and so are
 * the secrets of a URL (core/mask.h). A directive that an environment variable made has `"env":"SRS_…"` in place of file and line.
 *
 * Yields     no
 */
#ifndef APP_CONF_VIEW_H
#define APP_CONF_VIEW_H

#include "app/conf/directive.h"
#include "app/conf/tree.h"
#include "core/jw.h"

/** Write a directive of the root, with all that is in it. */
void conf_view_put(struct jw *j, const struct conf_node *n);

/** True if the words of the directive are not shown. `row` is NULL where the table has none. */
bool conf_view_is_secret(const struct directive *row, const struct conf_node *n);

/** Write one word of a directive, masked if it is secret. `row` is NULL where the table has none. */
void conf_view_put_word(struct jw *j, const char *key, const struct directive *row, const struct conf_node *n,
                        size_t at);

#endif
