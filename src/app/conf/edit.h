/**
 * One change of a configuration, and its application to the text of a file: the line where the directive stands is changed, and
 * everything else stays as it is, comments too.
 *
 *     vhost[a.example].play.gop_cache        a path: names of the table, and for a block with a name its first word
 *
 * A directive that is absent goes to the end of its block, in the layout of its neighbours; blocks without a name are made. The
 * comments inside a block that is removed go with it.
 *
 * Shape      words are text without control characters, and without both kinds of quotes in one
 * Errors     E_SYSTEM_CONFIG_INVALID for a change that does not fit the table or the text, with the reason; out of memory
 * Yields     no
 */
#ifndef APP_CONF_EDIT_H
#define APP_CONF_EDIT_H

#include "app/conf/arena.h"
#include "app/conf/directive.h"
#include "app/conf/tree.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

enum {
    CONF_EDIT_STEPS_MAX = 8,       /* the table is 4 deep */
    CONF_EDIT_WORDS_MAX = 64,      /* of one directive */
    CONF_EDIT_BYTES_MAX = 4 << 20, /* of a file that is changed */
    CONF_EDIT_PATH_MAX = 1024,     /* bytes of a path, and of a word */
};

enum conf_edit_op {
    CONF_EDIT_SET,    /* give the directive these words; add it if it is absent */
    CONF_EDIT_ADD,    /* a block with a name that is absent, or one more of a directive that may stand several times */
    CONF_EDIT_REMOVE, /* a block with a name, a directive, or that one of several which has these words */
};

struct conf_step {
    const char *name;
    const char *word; /* first word of a block with a name; NULL: none is asked for */
};

struct conf_edit {
    enum conf_edit_op       op;
    struct conf_step        steps[CONF_EDIT_STEPS_MAX];
    int                     n_steps;
    const struct directive *row; /* of the last step */
    const char             *words[CONF_EDIT_WORDS_MAX];
    int                     n_words;
};

/** Read a path into the steps, by the table. The texts are copied into the arena. */
struct err *conf_edit_path(struct conf_edit *edit, struct conf_arena *arena, const char *path) ATTR_MUST_USE;

/** Add a word. It is copied into the arena. */
struct err *conf_edit_word(struct conf_edit *edit, struct conf_arena *arena, const char *word) ATTR_MUST_USE;

/**
 * The nodes that the steps lead to, from step `from` on, in a tree whose root is `root`. Returns how many were found; `found` has
 * room for CONF_EDIT_STEPS_MAX.
 */
int conf_edit_find(const struct conf_edit *edit, int from, const struct conf_node *root,
                   const struct conf_node **found);

/** True when the directive of the change is in the tree as the change wants it. */
bool conf_edit_holds(const struct conf_edit *edit, const struct conf_node *root);

/** Append the changed text to `out`. The steps before `from` lie outside of this file: it is included in their block. */
struct err *conf_edit_apply(const struct conf_edit *edit, int from, const char *text, size_t len,
                            struct buf *out) ATTR_MUST_USE;

#endif
