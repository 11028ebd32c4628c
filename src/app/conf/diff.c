#include "app/conf/diff.h"

#include <string.h>

#include "app/conf/tree.h"
#include "app/conf/value.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"

/* A change has a node of its own in at least one of the two trees. */
enum { CHANGES_MAX = 2 * CONF_NODES_MAX };

struct diff {
    struct conf_changes *out;
    const char          *vhost;
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
    c->vhost = d->vhost ? mem_strdup(d->vhost) : NULL;
    c->text = mem_strdup(what);
    return c->path && c->text && (c->vhost || !d->vhost) ? NULL : err_no_memory();
}

/* The path as the log shows it: without "vhost.", which stands before the name. */
static struct err *add_changed(struct diff *d, const struct directive *row, const char *path, const char *before,
                               const char *now)
{
    enum { LINE_MAX_BYTES = 2048 };
    char       line[LINE_MAX_BYTES], name[CONF_SHOW_MAX];
    struct str out = str_over(line, sizeof line);
    if (d->vhost)
        str_printf(&out, "vhost %s ", conf_show(d->vhost, name, sizeof name));
    str_printf(&out, "%s: ", d->vhost && str_starts_with(path, "vhost.") ? path + strlen("vhost.") : path);
    if (!before)
        str_printf(&out, "changed");
    else if (row->flags & CONF_SECRET)
        str_printf(&out, "changed (not shown)");
    else
        str_printf(&out, "%s -> %s", before[0] ? before : "none", now[0] ? now : "none");
    str_printf(&out, " (%s)", consequence(row));
    return add(d, CONF_CHANGED, row, path, line);
}

/* Whether two chains of nodes of one name say the same. */
static bool is_same_chain(const struct conf_node *a, const struct conf_node *b)
{
    for (; a && b; a = conf_node_same(a), b = conf_node_same(b))
        if (!conf_node_equal(a, b))
            return false;
    return !a && !b;
}

/* For directives that may stand more than once, and for blocks with names of the user's own. */
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
    if (row->set_at && was.written != is.written) /* a field says "written by the user" */
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

/* Recursion follows the table. */
static struct err *compare_block(struct diff *d, const struct conf_block *block, const char *path,
                                 const struct conf_node *before, const struct conf_node *now)
{
    for (size_t i = 0; i < block->n_rows; i++) {
        const struct directive *row = &block->rows[i];
        const struct conf_node *a = conf_node_child(before, row->name), *b = conf_node_child(now, row->name);
        char                    row_path[CONF_PATH_MAX];
        struct err             *e = NULL;
        if ((!a && !b) || (row->flags & CONF_LEGACY) || row->children == &conf_vhost_block ||
            row->children == &conf_rtmp_block)
            continue;
        conf_path_join(path, row->name, row_path, sizeof row_path);
        if (row->flags & CONF_REPEAT || row->type == CONF_OPTIONS || row->type == CONF_ANYTHING)
            e = compare_whole(d, row, row_path, a, b);
        else if (row->type == CONF_BLOCK)
            e = compare_block(d, row->children, row_path, a, b);
        else
            e = compare_one(d, row, row_path, a, b);
        if (e)
            return e;
    }
    return NULL;
}

/* Of vhosts of one name the first serves. */
static struct err *index_vhosts(struct map *m, const struct conf *c)
{
    for (struct conf_node *n = c->tree->root.first; n; n = n->next) {
        const char *name = n->n_args ? n->args[0] : "";
        if (strcmp(n->name, "vhost") == 0 && !map_find(m, name) && !map_put(m, name, n))
            return err_no_memory();
    }
    return NULL;
}

static struct err *add_vhost(struct diff *d, enum conf_change_kind kind, const char *name)
{
    char       line[CONF_SHOW_MAX + 32], shown[CONF_SHOW_MAX];
    struct str out = str_over(line, sizeof line);
    str_printf(&out, "vhost %s: %s (applied at once)", conf_show(name, shown, sizeof shown),
               kind == CONF_VHOST_ADDED ? "added" : "removed");
    d->vhost = name;
    return add(d, kind, conf_row(&conf_root_block, "vhost"), "vhost", line);
}

static struct err *compare_vhosts(struct diff *d, const struct conf *before, const struct conf *now)
{
    struct err *e;
    struct map  old = MAP_INIT, new = MAP_INIT;
    if ((e = index_vhosts(&old, before)) || (e = index_vhosts(&new, now)))
        goto out;
    for (size_t i = 0; i < before->n_vhosts && !e; i++) {
        d->vhost = before->vhosts[i].name;
        struct conf_node *was = map_remove(&old, d->vhost), *is = map_find(&new, d->vhost);
        if (was && is)
            e = compare_block(d, &conf_vhost_block, "vhost", was, is);
        else if (was)
            e = add_vhost(d, CONF_VHOST_REMOVED, d->vhost);
        if (was && is)
            map_remove(&new, d->vhost);
    }
    for (size_t i = 0; i < now->n_vhosts && !e; i++)
        if (map_remove(&new, now->vhosts[i].name))
            e = add_vhost(d, CONF_VHOST_ADDED, now->vhosts[i].name);
    d->vhost = NULL;
out:
    map_finish(&old);
    map_finish(&new);
    return e;
}

struct err *conf_diff(const struct conf *before, const struct conf *now, struct conf_changes *out)
{
    struct diff d = { .out = out };
    struct err *e = compare_block(&d, &conf_root_block, "", &before->tree->root, &now->tree->root);
    return e ? e : compare_vhosts(&d, before, now);
}

bool conf_change_needs_restart(const struct conf_change *c)
{
    return c->row->state == CONF_BUILT && c->row->reload == RELOAD_RESTART;
}

void conf_changes_finish(struct conf_changes *c)
{
    for (size_t i = 0; i < c->count; i++) {
        mem_free(c->items[i].path);
        mem_free(c->items[i].vhost);
        mem_free(c->items[i].text);
    }
    mem_free(c->items);
    *c = (struct conf_changes){ 0 };
}
