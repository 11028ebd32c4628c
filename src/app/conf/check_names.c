#include "app/conf/check_names.h"

#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/show.h"
#include "app/conf/spell.h"

struct place {
    const char             *path;      /* "vhost.play" */
    const struct conf_node *item;      /* the outermost block around that has a name, a vhost; or NULL */
    const char             *item_path; /* "vhost" */
    bool                    all;       /* check also the blocks that stand a second time and never count */
};

static struct err *illegal(const struct conf_block *block, const struct place *p, const struct conf_node *n)
{
    char name[CONF_SHOW_MAX], item[CONF_SHOW_MAX] = "", hint[CONF_HINT_MAX], where[CONF_WHERE_MAX];
    conf_show(n->name, name, sizeof name);
    conf_spell_hint(block, n->name, hint, sizeof hint);
    conf_node_where(n, where, sizeof where);
    if (!p->path[0])
        return err_new(E_SYSTEM_CONFIG_INVALID, "illegal directive %s%s, at %s", name, hint, where);
    if (!p->item || strcmp(p->path, p->item_path) == 0)
        return err_new(E_SYSTEM_CONFIG_INVALID, "illegal %s.%s%s, at %s", block->called ? block->called : p->path, name,
                       hint, where);
    if (p->item->n_args)
        conf_show(p->item->args[0], item, sizeof item);
    return err_new(E_SYSTEM_CONFIG_INVALID, "illegal %s.%s of %s%s, at %s", p->path, name, item, hint, where);
}

static bool has_checked_children(const struct directive *row)
{
    return row->children && !row->children->unchecked;
}

/* Check the names in one block and in its checked blocks. Recursion follows the table. */
static struct err *check_block(const struct conf_node *parent, const struct conf_block *block, const struct place *p)
{
    struct err *e;
    for (const struct conf_node *n = parent->first; n; n = n->next) {
        const struct directive *row = conf_row(block, n->name);
        if (!row)
            return illegal(block, p, n);
        if (!has_checked_children(row) || (!p->all && conf_node_child(parent, n->name) != n))
            continue;
        char         path[CONF_PATH_MAX];
        struct place below = *p;
        below.path = conf_path_join(p->path, row->name, path, sizeof path);
        if ((e = check_block(n, row->children, &below)))
            return e;
    }
    return NULL;
}

static struct err *check_root(const struct conf_tree *tree)
{
    const struct place p = { .path = "" };
    for (const struct conf_node *n = tree->root.first; n; n = n->next)
        if (!conf_row(&conf_root_block, n->name))
            return illegal(&conf_root_block, &p, n);
    return NULL;
}

/* Check the blocks of one name: all of a list, otherwise the first. */
static struct err *check_blocks(const struct conf_tree *tree, const struct directive *row)
{
    bool                    is_list = conf_row_is_list(row);
    const struct conf_node *n = conf_node_child(&tree->root, row->name);
    for (; n; n = is_list ? conf_node_same(n) : NULL) {
        struct place p = { .path = row->name, .all = row->flags & CONF_CHECK_ALL };
        if (row->children->has_name) {
            p.item = n;
            p.item_path = row->name;
        }
        struct err *e = check_block(n, row->children, &p);
        if (e)
            return e;
    }
    return NULL;
}

static struct err *check_rows(const struct conf_tree *tree, bool lists)
{
    for (size_t i = 0; i < conf_root_block.n_rows; i++) {
        const struct directive *row = &conf_root_block.rows[i];
        struct err *e = has_checked_children(row) && conf_row_is_list(row) == lists ? check_blocks(tree, row) : NULL;
        if (e)
            return e;
    }
    return NULL;
}

struct err *conf_check_names(const struct conf_tree *tree)
{
    struct err *e = check_root(tree);
    return e ? e : check_rows(tree, false);
}

struct err *conf_check_names_of_lists(const struct conf_tree *tree)
{
    return check_rows(tree, true);
}
