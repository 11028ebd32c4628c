/**
 * From the checked tree to the typed snapshot, by the table.
 *
 * Yields     no
 */
#ifndef APP_CONF_SNAPSHOT_H
#define APP_CONF_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/arena.h"
#include "app/conf/conf.h"
#include "app/conf/conf_source.h"
#include "app/conf/report.h"
#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/err.h"

/** Fill `c`, whose tree is the checked one; everything it points to is of the tree's arena. */
struct err *conf_snapshot_fill(struct conf *c, const struct conf_source *s, struct conf_report *report) ATTR_MUST_USE;

/* ---- for what more than one row decides: conf_block.derive ---- */

struct conf_fill {
    struct conf        *conf; /* its single values are there; its lists are being filled */
    struct conf_arena  *arena;
    struct conf_report *report;
    bool                failed; /* memory is out */
};

/** A copy of `text` that lives as long as the snapshot. */
void conf_fill_text(struct conf_fill *f, char **to, const char *text);

/** `count` zeroed elements of `size` bytes; NULL when memory is out, which is remembered, or when there is none to make. */
void *conf_fill_array(struct conf_fill *f, size_t count, size_t size) ATTR_MUST_USE;

#endif
