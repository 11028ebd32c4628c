#include "app/conf/srs_ffmpeg.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/str.h"

enum { PATH_CAP = 1024 };

static const char name[] = "ffmpeg";

struct change {
    struct conf_tree       *tree;
    const char             *missing; /* the path that is replaced */
    const struct conf_node *first;   /* where it stands first; NULL: nowhere yet */
};

static bool is_of_srs(const char *path)
{
    return str_ends_with(path, "objs/ffmpeg/bin/ffmpeg") && access(path, F_OK) != 0;
}

/* Replace the program that the node names with its first word. */
static struct err *look_at(struct change *c, struct conf_node *n)
{
    const char *path = conf_node_word(n);
    if (!path || !is_of_srs(path))
        return NULL;
    char *word = conf_arena_strdup(&c->tree->arena, name);
    if (!word)
        return err_no_memory();
    if (!c->first) {
        c->first = n;
        c->missing = path;
    }
    n->args[0] = word;
    return NULL;
}

static struct err *look_at_all(struct change *c, struct conf_node *block, const char *directive)
{
    struct err *e = NULL;
    for (struct conf_node *n = conf_node_child(block, directive); n && !e; n = conf_node_same(n))
        e = look_at(c, n);
    return e;
}

static struct err *look_into(struct change *c, const struct conf_node *vhost)
{
    struct err *e = NULL;
    for (struct conf_node *n = vhost->first; n && !e; n = n->next) {
        if (str_equal(n->name, "transcode") || str_equal(n->name, "ingest"))
            e = look_at_all(c, n, "ffmpeg");
        else if (str_equal(n->name, "exec"))
            e = look_at_all(c, n, "publish");
    }
    return e;
}

/* True if a folder of PATH has the program. */
static bool path_has_it(void)
{
    const char *folder = getenv("PATH");
    while (folder && *folder) {
        char       file[PATH_CAP];
        struct str out = str_over(file, sizeof file);
        size_t     len = strcspn(folder, ":");
        str_printf(&out, "%.*s/%s", (int)len, folder, name);
        if (!out.cut && access(file, X_OK) == 0)
            return true;
        folder += len + (folder[len] == ':');
    }
    return false;
}

struct err *conf_srs_ffmpeg_apply(struct conf_tree *tree, struct conf_report *report)
{
    struct change c = { .tree = tree };
    struct err   *e = NULL;
    char          where[CONF_AT_MAX];
    if (!path_has_it())
        return NULL;
    for (struct conf_node *n = conf_node_child(&tree->root, "vhost"); n && !e; n = conf_node_same(n))
        e = look_into(&c, n);
    if (c.first)
        conf_report_add(report, LOG_WARN, "%s is not there: the ffmpeg of PATH is used in its place%s", c.missing,
                        conf_node_at(c.first, where, sizeof where));
    return e;
}
