#include "app/conf/diff.h"

#include <string.h>

#include "app/conf/show.h"
#include "app/conf/tree.h"
#include "app/conf/value.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"

/* A change has a node of its own in at least one of the two trees. */
enum { CHANGES_MAX = 2 * CONF_NODES_MAX };

struct diff {
    struct conf_changes    *out;
    const struct directive *list; /* the list whose item is being compared, `vhost`; or NULL */
    const char             *item; /* name of that item */
};

static struct conf_change *new_change(struct conf_changes *out)
{
    if (out->count == out->cap) {
        struct conf_change *items = mem_grow(out->items, &out->cap, sizeof *items, CHANGES_MAX);
        if (!items)
            return NULL;
        out->items = items;
    }
    out->items[out->count] = (struct conf_change){ 0 };
    return &out->items[out->count++];
}

static const char *consequence(const struct directive *row)
{
    if (row->state == CONF_LATER)
        return "not built yet";
    switch (row->state == CONF_IGNORED ? RELOAD_NONE : row->reload) {
    case RELOAD_LIVE: return "counts from the next use";
    case RELOAD_APPLIED: return "applied at once";
    case RELOAD_RESTART: return "needs a restart";
    default: return "no effect";
    }
}

static struct err *add(struct diff *d, enum conf_change_kind kind, const struct directive *row, const char *path,
                       const char *what)
{
    struct conf_change *c = new_change(d->out);
    if (!c)
        return err_no_memory();
    c->kind = kind;
    c->row = row;
    c->path = mem_strdup(path);
    c->item = d->item ? mem_strdup(d->item) : NULL;
    c->text = mem_strdup(what);
    return c->path && c->text && (c->item || !d->item) ? NULL : err_no_memory();
}

/* The log shows the path relative to the item, which it names first: "vhost v play.atc". */
static struct err *add_changed(struct diff *d, const struct directive *row, const char *whole_path, const char *before,
                               const char *now)
{
    enum { LINE_MAX_BYTES = 2048 };
    char        line[LINE_MAX_BYTES], name[CONF_SHOW_MAX];
    const char *path = whole_path;
    struct str  out = str_over(line, sizeof line);
    if (d->list) {
        str_printf(&out, "%s %s ", d->list->name, conf_show(d->item, name, sizeof name));
        path += strlen(d->list->name) + 1;
    }
    str_printf(&out, "%s: ", path);
    if (!before)
        str_printf(&out, "changed");
    else if (row->flags & CONF_SECRET)
        str_printf(&out, "changed (not shown)");
    else
        str_printf(&out, "%s -> %s", before[0] ? before : "none", now[0] ? now : "none");
    str_printf(&out, " (%s)", consequence(row));
    return add(d, CONF_CHANGED, row, whole_path, line);
}

/* True when two chains of nodes of one name say the same. */
static bool is_same_chain(const struct conf_node *a, const struct conf_node *b)
{
    for (; a && b; a = conf_node_same(a), b = conf_node_same(b))
        if (!conf_node_equal(a, b))
            return false;
    return !a && !b;
}

/* Directives that may stand more than once, and blocks of names that users choose, are compared as a whole. */
static struct err *compare_whole(struct diff *d, const struct directive *row, const char *path,
                                 const struct conf_node *before, const struct conf_node *now)
{
    return is_same_chain(before, now) ? NULL : add_changed(d, row, path, NULL, NULL);
}

static bool is_default_list(const struct directive *row, const struct conf_node *n)
{
    if (row->def)
        return n->n_args == 1 && strcmp(n->args[0], row->def) == 0;
    return !n->n_args && !row->set_at;
}

static bool same_list(const struct directive *row, const struct conf_node *a, const struct conf_node *b)
{
    return a && b ? conf_node_words_equal(a, b) : is_default_list(row, a ? a : b);
}

static bool same_value(const struct directive *row, const struct conf_node *a, const struct conf_node *b)
{
    if (row->type == CONF_LIST)
        return same_list(row, a, b);
    struct conf_value was = conf_value(row, a), is = conf_value(row, b);
    if (row->set_at && was.written != is.written) /* the snapshot tells "written by the user" */
        return false;
    if (row->type == CONF_STRING || (row->type == CONF_ENUM && was.integer < 0))
        return strcmp(was.text, is.text) == 0;
    return was.on == is.on && was.integer == is.integer && was.real == is.real && !was.text[0] == !is.text[0];
}

static struct err *compare_one(struct diff *d, const struct directive *row, const char *path,
                               const struct conf_node *before, const struct conf_node *now)
{
    char was[CONF_VALUE_TEXT_MAX], is[CONF_VALUE_TEXT_MAX];
    if (same_value(row, before, now))
        return NULL;
    return add_changed(d, row, path, conf_value_show(row, before, was, sizeof was),
                       conf_value_show(row, now, is, sizeof is));
}

static struct err *compare_block(struct diff *d, const struct conf_block *block, const char *path,
                                 const struct conf_node *before, const struct conf_node *now);

static const char *name_of(const struct conf_node *n)
{
    return n->n_args ? n->args[0] : "";
}

/* The first of two items of one name counts. */
static struct err *index_items(struct map *m, struct conf_node *first)
{
    for (struct conf_node *n = first; n; n = conf_node_same(n))
        if (!map_find(m, name_of(n)) && !map_put(m, name_of(n), n))
            return err_no_memory();
    return NULL;
}

static struct err *add_item(struct diff *d, enum conf_change_kind kind, const char *path)
{
    char       line[CONF_PATH_MAX + CONF_SHOW_MAX + 64], shown[CONF_SHOW_MAX];
    struct str out = str_over(line, sizeof line);
    str_printf(&out, "%s %s: %s (%s)", d->list->name, conf_show(d->item, shown, sizeof shown),
               kind == CONF_ITEM_ADDED ? "added" : "removed", consequence(d->list));
    return add(d, kind, d->list, path, line);
}

static struct err *compare_indexed(struct diff *d, const char *path, struct conf_node *before, struct conf_node *now,
                                   struct map *old, struct map *new)
{
    struct err *e = NULL;
    for (struct conf_node *n = before; n && !e; n = conf_node_same(n)) {
        d->item = name_of(n);
        struct conf_node *was = map_remove(old, d->item), *is = was ? map_remove(new, d->item) : NULL;
        if (is)
            e = compare_block(d, d->list->children, path, was, is);
        else if (was)
            e = add_item(d, CONF_ITEM_REMOVED, path);
    }
    for (struct conf_node *n = now; n && !e; n = conf_node_same(n)) {
        d->item = name_of(n);
        if (map_remove(new, d->item))
            e = add_item(d, CONF_ITEM_ADDED, path);
    }
    return e;
}

/* Compare the items of one name with each other. A list with names stands at the root. */
static struct err *compare_items(struct diff *d, const struct directive *row, const char *path,
                                 struct conf_node *before, struct conf_node *now)
{
    struct map  old = MAP_INIT, new = MAP_INIT;
    struct err *e = index_items(&old, before);
    if (!e)
        e = index_items(&new, now);
    d->list = row;
    if (!e)
        e = compare_indexed(d, path, before, now, &old, &new);
    d->list = NULL;
    d->item = NULL;
    map_finish(&old);
    map_finish(&new);
    return e;
}

static struct err *compare_row(struct diff *d, const struct directive *row, const char *path, struct conf_node *before,
                               struct conf_node *now)
{
    if (row->flags & CONF_BY_NAME)
        return compare_items(d, row, path, before, now);
    if (row->flags & CONF_REPEAT || row->type == CONF_OPTIONS || row->type == CONF_ANYTHING)
        return compare_whole(d, row, path, before, now);
    if (row->type == CONF_BLOCK)
        return compare_block(d, row->children, path, before, now);
    return compare_one(d, row, path, before, now);
}

/* Compare the rows of a block: those that are such lists, or the others. */
static struct err *compare_rows(struct diff *d, const struct conf_block *block, const char *path,
                                const struct conf_node *before, const struct conf_node *now, bool by_name)
{
    for (size_t i = 0; i < block->n_rows; i++) {
        const struct directive *row = &block->rows[i];
        struct conf_node       *a = conf_node_child(before, row->name), *b = conf_node_child(now, row->name);
        char                    row_path[CONF_PATH_MAX];
        if ((!a && !b) || (row->flags & CONF_LEGACY) || !(row->flags & CONF_BY_NAME) == by_name ||
            row->children == &conf_rtmp_block) /* its directives have become the root's */
            continue;
        conf_path_join(path, row->name, row_path, sizeof row_path);
        struct err *e = compare_row(d, row, row_path, a, b);
        if (e)
            return e;
    }
    return NULL;
}

/* Recursion follows the table. */
static struct err *compare_block(struct diff *d, const struct conf_block *block, const char *path,
                                 const struct conf_node *before, const struct conf_node *now)
{
    struct err *e = compare_rows(d, block, path, before, now, false);
    return e ? e : compare_rows(d, block, path, before, now, true);
}

struct err *conf_diff(const struct conf *before, const struct conf *now, struct conf_changes *out)
{
    struct diff d = { .out = out };
    return compare_block(&d, &conf_root_block, "", &before->tree->root, &now->tree->root);
}

bool conf_change_needs_restart(const struct conf_change *c)
{
    return c->row->state == CONF_BUILT && c->row->reload == RELOAD_RESTART;
}

void conf_changes_finish(struct conf_changes *c)
{
    for (size_t i = 0; i < c->count; i++) {
        mem_free(c->items[i].path);
        mem_free(c->items[i].item);
        mem_free(c->items[i].text);
    }
    mem_free(c->items);
    *c = (struct conf_changes){ 0 };
}
