#include "app/conf/env.h"

#include <ctype.h>
#include <string.h>

#include "core/str.h"

const char *conf_env_find(char *const *envp, const char *name)
{
    size_t len = strlen(name);
    for (; envp && *envp; envp++)
        if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
            return (*envp)[len + 1] ? *envp + len + 1 : NULL;
    return NULL;
}

const char *conf_env_names(const char *path, const struct directive *row, bool inherited_no_env, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    if (inherited_no_env || (row->flags & CONF_NO_ENV) || row->type == CONF_BLOCK || row->type == CONF_OPTIONS)
        return buf;
    if (row->env) {
        str_printf(&out, "%s", row->env);
        return buf;
    }
    str_printf(&out, "SRS_%s", path);
    for (char *c = buf; *c; c++)
        *c = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
    return buf;
}

struct overlay {
    struct conf_tree   *tree;
    struct conf_report *report;
    char *const        *envp;
};

/* The value of the first of the row's variables that is set; its name goes to `name`. */
static const char *find_value(const struct overlay *o, const char *names, char *name, size_t cap)
{
    while (*names) {
        size_t     len = strcspn(names, " ");
        struct str out = str_over(name, cap);
        str_append(&out, names, len);
        const char *value = conf_env_find(o->envp, name);
        if (value)
            return value;
        names += len;
        names += *names == ' ';
    }
    return NULL;
}

static bool set_words(struct conf_tree *t, struct conf_node *n, const char *value)
{
    size_t n_words = 0;
    for (const char *c = value; *c; c++)
        n_words += *c == ' ';
    n->args = conf_arena_alloc(&t->arena, (n_words + 1) * sizeof *n->args);
    n->n_args = 0;
    if (!n->args)
        return false;
    while (*value) {
        size_t len = strcspn(value, " ");
        if (len) {
            char *word = conf_arena_strndup(&t->arena, value, len);
            if (!word)
                return false;
            n->args[n->n_args++] = word;
        }
        value += len;
        value += *value == ' ';
    }
    return true;
}

/* Write a value into the tree. `missing` names the blocks between `parent` and the row; they are made where needed. */
static struct err *set_node(struct overlay *o, struct conf_node *parent, const char *missing,
                            const struct directive *row, const char *variable, const char *value)
{
    char *kept = conf_arena_strdup(&o->tree->arena, variable);
    if (!kept)
        return err_no_memory();
    struct conf_node like = { .file = kept };
    while (*missing) {
        char       name[CONF_PATH_MAX];
        struct str out = str_over(name, sizeof name);
        size_t     len = strcspn(missing, ".");
        str_append(&out, missing, len);
        parent = conf_tree_obtain(o->tree, parent, name, &like);
        if (!parent)
            return err_no_memory();
        parent->block = true;
        missing += len;
        missing += *missing == '.';
    }
    struct conf_node *n = conf_tree_obtain(o->tree, parent, row->name, &like);
    if (!n)
        return err_no_memory();
    n->file = kept;
    n->line = 0;
    if (row->flags & CONF_ENV_NEEDS_ON && strcmp(value, "on") != 0)
        value = "off";
    bool done = row->flags & CONF_ENV_LIST ? set_words(o->tree, n, value) : conf_tree_set_word(o->tree, n, value);
    return done ? NULL : err_no_memory();
}

static struct err *overlay_block(struct overlay *o, const struct conf_block *block, const char *path,
                                 struct conf_node *parent, const char *below);

/* A variable counts for each block of a list. `parent` is the root or an item of another list. */
static struct err *overlay_list(struct overlay *o, const struct directive *row, const char *path,
                                const struct conf_node *parent)
{
    struct err *e = NULL;
    for (struct conf_node *n = conf_node_child(parent, row->name); n && !e; n = conf_node_same(n))
        e = overlay_block(o, row->children, path, n, "");
    return e;
}

/* Overlay all rows of a block. It lies at `path`, which is `below` when seen from `parent`. Recursion follows the table. */
static struct err *overlay_block(struct overlay *o, const struct conf_block *block, const char *path,
                                 struct conf_node *parent, const char *below)
{
    struct err *e;
    for (size_t i = 0; i < block->n_rows; i++) {
        const struct directive *row = &block->rows[i];
        char                    row_path[CONF_PATH_MAX], names[CONF_ENV_NAMES_MAX], name[CONF_PATH_MAX];
        if (row->flags & (CONF_NO_ENV | CONF_LEGACY))
            continue;
        conf_path_join(path, row->name, row_path, sizeof row_path);
        if (conf_row_is_list(row)) {
            if ((e = overlay_list(o, row, row_path, parent)))
                return e;
            continue;
        }
        if (row->type == CONF_BLOCK) {
            conf_path_join(below, row->name, name, sizeof name);
            if ((e = overlay_block(o, row->children, row_path, parent, name)))
                return e;
            continue;
        }
        conf_env_names(row_path, row, false, names, sizeof names);
        const char *value = find_value(o, names, name, sizeof name);
        if (value && (e = set_node(o, parent, below, row, name, value)))
            return e;
    }
    return NULL;
}

struct err *conf_env_apply(struct conf_tree *tree, char *const *envp, struct conf_report *report)
{
    struct overlay o = { .tree = tree, .report = report, .envp = envp };
    return overlay_block(&o, &conf_root_block, "", &tree->root, "");
}
