#include "app/conf/view.h"

#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/env.h"
#include "core/mask.h"

/* Options of a program have no rows in the table: their names tell whether they are secret. */
bool conf_view_is_secret(const struct directive *row, const struct conf_node *n)
{
    if (row && (row->flags & CONF_SECRET))
        return true;
    return (!row || row->type == CONF_STRING || row->type == CONF_ANYTHING || row->type == CONF_LIST) &&
           mask_is_telling(n->name, strlen(n->name));
}

void conf_view_put_word(struct jw *j, const char *key, const struct directive *row, const struct conf_node *n,
                        size_t at)
{
    mask_put(j, key, conf_view_is_secret(row, n) ? MASK_HIDDEN : n->args[at]);
}

static void put_words(struct jw *j, const struct directive *row, const struct conf_node *n)
{
    jw_array(j, "words");
    for (size_t i = 0; i < n->n_args; i++)
        conf_view_put_word(j, NULL, row, n, i);
    jw_array_end(j);
}

static void put_place(struct jw *j, const struct conf_node *n)
{
    if (n->line) {
        jw_string(j, "file", n->file);
        jw_int(j, "line", n->line);
    } else {
        jw_string(j, "env", n->file ? n->file : "");
    }
}

/* Recursion is bounded by CONF_DEPTH_MAX. */
static void put_node(struct jw *j, const struct conf_block *block, const struct conf_node *n)
{
    const struct directive *row = block ? conf_row(block, n->name) : NULL;
    jw_object(j, NULL);
    jw_string(j, "name", n->name);
    put_words(j, row, n);
    put_place(j, n);
    if (n->block) {
        jw_array(j, "directives");
        for (const struct conf_node *child = n->first; child; child = child->next)
            put_node(j, row ? row->children : NULL, child);
        jw_array_end(j);
    }
    jw_object_end(j);
}

void conf_view_put(struct jw *j, const struct conf_node *n)
{
    put_node(j, &conf_root_block, n);
}
