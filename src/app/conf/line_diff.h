/**
 * What a change does to the text of a file: the lines that go and those that come, without the secrets in them.
 *
 *     -  3      play { gop_cache off; }   # why
 *     +  3      play { gop_cache on; }   # why
 *
 * Words of directives that are secret are "***", as conf/view.h shows them, and so are the secrets of URLs (core/mask.h). Comments are
 * shown as they are, but for URLs.
 *
 * Shape      at most CONF_LINE_DIFF_MAX lines, each cut at CONF_LINE_DIFF_TEXT_MAX. The lines between the first change and the last one
 *            are compared one by one if both texts have at most CONF_LINE_DIFF_COMPARED of them; otherwise all of them go and come
 * Ownership  conf_line_diff_finish() frees it, after an error too; all zero is an empty one
 * Errors     out of memory
 * Yields     no
 */
#ifndef APP_CONF_LINE_DIFF_H
#define APP_CONF_LINE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "app/conf/arena.h"
#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/err.h"

enum { CONF_LINE_DIFF_MAX = 500, CONF_LINE_DIFF_COMPARED = 1000, CONF_LINE_DIFF_TEXT_MAX = 1 << 10 };

struct conf_line {
    bool        comes;  /* it is in the new text; otherwise it is in the old one */
    int         number; /* in its text, from 1 */
    const char *text;   /* without its end */
};

struct conf_line_diff {
    struct conf_line *lines;
    size_t            count;
    size_t            left_out; /* lines that are not told because there are too many */
    struct conf_arena arena;
};

/* One text of the file, and the configuration with it. */
struct conf_line_side {
    const char             *text;
    size_t                  len;
    const struct conf_tree *tree; /* as conf_files_read() has made it */
};

struct err *conf_line_diff(struct conf_line_diff *d, const char *file, const struct conf_line_side *before,
                           const struct conf_line_side *after) ATTR_MUST_USE;

void conf_line_diff_finish(struct conf_line_diff *d);

#endif
