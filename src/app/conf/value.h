/**
 * What the words of a directive mean, by its row.
 *
 * Reading never fails: numbers are read as C atoi and atof read them and a switch by its exact word, because
 * that is what users' files rely on. What was not clean is said in words, for a warning.
 *
 * Ownership  `text` and the words are the node's or the row's
 * Yields     no
 */
#ifndef APP_CONF_VALUE_H
#define APP_CONF_VALUE_H

#include "app/conf/directive.h"
#include "app/conf/tree.h"

struct conf_value {
    bool        written; /* by the user, not the default */
    bool        on;      /* CONF_BOOL */
    int64_t     integer; /* CONF_INT, CONF_INT64; microseconds of a time; index of CONF_ENUM, or -1 */
    double      real;    /* CONF_FLOAT */
    const char *text;    /* the word, never NULL */
};

/** The value of a directive; `node` is NULL when it is absent. */
struct conf_value conf_value(const struct directive *row, const struct conf_node *node);

/** The same, and in `complaint` what is wrong with the word and what was taken; "" when it is clean. */
struct conf_value conf_value_judge(const struct directive *row, const struct conf_node *node, char *complaint,
                                   size_t cap);

/** The value in one normal spelling, to compare and to print: `on`, `350`, `1935 19350`. */
const char *conf_value_show(const struct directive *row, const struct conf_node *node, char *buf, size_t cap);

enum { CONF_VALUE_TEXT_MAX = 512 };

#endif
