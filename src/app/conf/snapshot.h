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

/** Fill `c` from its tree, which has been checked. All memory comes from the arena of the tree. */
struct err *conf_snapshot_fill(struct conf *c, const struct conf_source *s, struct conf_report *report) ATTR_MUST_USE;

/* ---- for conf_block.derive: values that depend on more than one row ---- */

struct conf_fill {
    struct conf        *conf; /* its values are filled in; its lists are being filled */
    struct conf_arena  *arena;
    struct conf_report *report;
    bool                failed; /* memory is out */
};

/** A copy of `text` that lives as long as the snapshot. */
void conf_fill_text(struct conf_fill *f, char **to, const char *text);

/** `count` zeroed elements of `size` bytes. NULL when `count` is 0, or when memory is out, which sets `failed`. */
void *conf_fill_array(struct conf_fill *f, size_t count, size_t size) ATTR_MUST_USE;

#endif
