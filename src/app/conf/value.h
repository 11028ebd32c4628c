/**
 * The value that the words of a directive mean, by its row.
 *
 * Reading never fails. Numbers are read as by C atoi and atof, and a switch by its exact word: existing files rely on it.
 * A complaint describes a word that was not clean, for a warning.
 *
 * Ownership  `text` and the words belong to the node or the row
 * Yields     no
 */
#ifndef APP_CONF_VALUE_H
#define APP_CONF_VALUE_H

#include "app/conf/directive.h"
#include "app/conf/tree.h"

struct conf_value {
    bool        written; /* by the user; otherwise it is the default */
    bool        on;      /* CONF_BOOL */
    int64_t     integer; /* of numbers; of times in microseconds; of CONF_ENUM the index, or -1 */
    double      real;    /* CONF_FLOAT */
    const char *text;    /* the word, never NULL */
};

/** The value of a directive; `node` is NULL when it is absent. */
struct conf_value conf_value(const struct directive *row, const struct conf_node *node);

/** The same. `complaint` tells what is wrong with the word and what was taken; "" when it is clean. */
struct conf_value conf_value_judge(const struct directive *row, const struct conf_node *node, char *complaint,
                                   size_t cap);

/** The value in its normal spelling: `on`, `350`, `1935 19350`. */
const char *conf_value_show(const struct directive *row, const struct conf_node *node, char *buf, size_t cap);

enum { CONF_VALUE_TEXT_MAX = 512 };

#endif
