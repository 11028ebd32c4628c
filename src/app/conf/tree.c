#include "app/conf/tree.h"

#include <string.h>

#include "core/str.h"

void conf_tree_finish(struct conf_tree *t)
{
    conf_arena_finish(&t->arena);
    *t = (struct conf_tree){ 0 };
}

struct conf_node *conf_tree_add(struct conf_tree *t, struct conf_node *parent, const char *name,
                                const struct conf_node *like)
{
    if (t->n_nodes == CONF_NODES_MAX)
        return NULL;
    struct conf_node *n = conf_arena_alloc(&t->arena, sizeof *n);
    char             *copy = n ? conf_arena_strdup(&t->arena, name) : NULL;
    if (!copy)
        return NULL;
    *n = (struct conf_node){ .name = copy, .file = like->file, .line = like->line };
    if (parent->last)
        parent->last->next = n;
    else
        parent->first = n;
    parent->last = n;
    t->n_nodes++;
    return n;
}

struct conf_node *conf_tree_obtain(struct conf_tree *t, struct conf_node *parent, const char *name,
                                   const struct conf_node *like)
{
    struct conf_node *n = conf_node_child(parent, name);
    return n ? n : conf_tree_add(t, parent, name, like);
}

bool conf_tree_set_word(struct conf_tree *t, struct conf_node *n, const char *word)
{
    char **args = conf_arena_alloc(&t->arena, sizeof *args);
    char  *copy = args ? conf_arena_strdup(&t->arena, word) : NULL;
    if (!copy)
        return false;
    args[0] = copy;
    n->args = args;
    n->n_args = 1;
    return true;
}

struct conf_node *conf_node_child(const struct conf_node *parent, const char *name)
{
    struct conf_node *n = parent ? parent->first : NULL;
    while (n && strcmp(n->name, name) != 0)
        n = n->next;
    return n;
}

struct conf_node *conf_node_same(const struct conf_node *n)
{
    struct conf_node *s = n->next;
    while (s && strcmp(s->name, n->name) != 0)
        s = s->next;
    return s;
}

const char *conf_node_word(const struct conf_node *n)
{
    return n && n->n_args ? n->args[0] : NULL;
}

bool conf_node_is_on(const struct conf_node *block)
{
    return str_equal(conf_node_word(conf_node_child(block, "enabled")), "on");
}

bool conf_node_words_equal(const struct conf_node *a, const struct conf_node *b)
{
    if (a->n_args != b->n_args)
        return false;
    for (size_t i = 0; i < a->n_args; i++)
        if (strcmp(a->args[i], b->args[i]) != 0)
            return false;
    return true;
}

bool conf_node_equal(const struct conf_node *a, const struct conf_node *b)
{
    if (a->block != b->block || strcmp(a->name, b->name) != 0 || !conf_node_words_equal(a, b))
        return false;
    const struct conf_node *in_a = a->first, *in_b = b->first;
    for (; in_a && in_b; in_a = in_a->next, in_b = in_b->next)
        if (!conf_node_equal(in_a, in_b))
            return false;
    return !in_a && !in_b;
}

void conf_node_unlink(struct conf_node *parent, struct conf_node *child)
{
    struct conf_node *before = NULL;
    for (struct conf_node *n = parent->first; n && n != child; n = n->next)
        before = n;
    if (before)
        before->next = child->next;
    else
        parent->first = child->next;
    if (parent->last == child)
        parent->last = before;
    child->next = NULL;
}

const char *conf_node_where(const struct conf_node *n, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    if (n->line)
        str_printf(&out, "%s:%d", n->file, n->line);
    else
        str_printf(&out, "environment variable %s", n->file);
    return buf;
}

const char *conf_node_at(const struct conf_node *n, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    char       where[CONF_WHERE_MAX];
    if (n)
        str_printf(&out, ", at %s", conf_node_where(n, where, sizeof where));
    return buf;
}
