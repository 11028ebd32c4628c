/**
 * The directives of a configuration as they are written: nodes with a name, words and children.
 *
 * Every node knows its file and line. A node that comes from an environment variable has the name of the variable as
 * `file`, and line 0.
 *
 * Ownership  nodes and words live in the tree's arena; a removed node is only unlinked
 * Errors     NULL or false when memory is out or CONF_NODES_MAX is reached
 * Yields     no
 */
#ifndef APP_CONF_TREE_H
#define APP_CONF_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/arena.h"
#include "core/err.h"

enum {
    CONF_DEPTH_MAX = 128,     /* blocks inside blocks, also through includes; real files nest 5 deep */
    CONF_NODES_MAX = 1 << 20, /* directives of all files; a file with 10,000 vhosts has some 300,000 */
};

struct conf_node {
    char       *name;
    char      **args;
    size_t      n_args;
    size_t      n_on_line; /* words on the line of the name; later ones may have been swallowed */
    const char *file;
    int         line;
    bool        block; /* written with { } */
    uint32_t    begin, stop,
        end; /* bytes of its file: its first word; its `;` or `{`; behind that `;`, or behind its `}` */
    struct conf_node *first, *last; /* children */
    struct conf_node *next;         /* sibling */
};

struct conf_file;

struct conf_tree {
    struct conf_arena arena;
    size_t            n_nodes;
    struct conf_node  root;
    struct conf_file *files, *last_file; /* that were read, in their order (conf/version.h) */
};

void conf_tree_finish(struct conf_tree *t);

/** Add a last child without words, with the file and line of `like`. */
struct conf_node *conf_tree_add(struct conf_tree *t, struct conf_node *parent, const char *name,
                                const struct conf_node *like) ATTR_MUST_USE;

/** The first child of that name, added if there is none. */
struct conf_node *conf_tree_obtain(struct conf_tree *t, struct conf_node *parent, const char *name,
                                   const struct conf_node *like) ATTR_MUST_USE;

/** Give the node exactly this one word. */
bool conf_tree_set_word(struct conf_tree *t, struct conf_node *n, const char *word) ATTR_MUST_USE;

/** The first child of that name; NULL when there is none, or when `parent` is NULL. */
struct conf_node *conf_node_child(const struct conf_node *parent, const char *name);

/** The next sibling of the same name, or NULL. */
struct conf_node *conf_node_same(const struct conf_node *n);

/** The first word, or NULL; `n` may be NULL. */
const char *conf_node_word(const struct conf_node *n);

/** True when the block says `enabled on`; `block` may be NULL. */
bool conf_node_is_on(const struct conf_node *block);

/** True when both have the same words. */
bool conf_node_words_equal(const struct conf_node *a, const struct conf_node *b);

/** True when name, words and children are equal, in their order. Recursion is bounded by CONF_DEPTH_MAX. */
bool conf_node_equal(const struct conf_node *a, const struct conf_node *b);

void conf_node_unlink(struct conf_node *parent, struct conf_node *child);

/** The place for a message: `conf/srs.conf:42`, or `environment variable SRS_LISTEN`. */
const char *conf_node_where(const struct conf_node *n, char *buf, size_t cap);

/** The place at the end of a message: `, at conf/srs.conf:42`; "" for NULL, an absent directive. */
const char *conf_node_at(const struct conf_node *n, char *buf, size_t cap);

enum { CONF_WHERE_MAX = 300, CONF_AT_MAX = CONF_WHERE_MAX + 8 };

#endif
