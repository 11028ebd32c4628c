#include "app/conf/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/conf/conf_load.h"
#include "app/conf/files.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/path_ops.h"

struct conf_rewrite *conf_rewrite_create(const struct conf_source *from)
{
    struct conf_rewrite *w = mem_calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->from = *from;
    w->before = buf_up_to(CONF_EDIT_BYTES_MAX);
    w->after = buf_up_to(CONF_EDIT_BYTES_MAX);
    w->edits = mem_calloc(CONF_REWRITE_EDITS_MAX, sizeof *w->edits);
    if (w->edits)
        return w;
    mem_free(w);
    return NULL;
}

void conf_rewrite_destroy(struct conf_rewrite *w)
{
    if (!w)
        return;
    conf_arena_finish(&w->arena);
    conf_report_finish(&w->report);
    conf_changes_finish(&w->changes);
    conf_line_diff_finish(&w->lines);
    buf_finish(&w->before);
    buf_finish(&w->after);
    err_free(w->error);
    mem_free(w->edits);
    mem_free(w->file);
    mem_free(w->text);
    mem_free(w);
}

bool conf_rewrite_replace(struct conf_rewrite *w, const char *file, const char *text, size_t len)
{
    w->file = mem_strdup(file);
    w->text = mem_alloc(len + 1);
    w->text_len = len;
    if (w->text && len)
        memcpy(w->text, text, len); /* may contain NUL */
    return w->file && w->text;
}

static bool fail(struct conf_rewrite *w, enum conf_rewrite_result result, struct err *e)
{
    w->result = err_code(e) == E_NO_MEMORY ? CONF_REWRITE_FAILED : result;
    w->error = e;
    return false;
}

/* ---- which file ------------------------------------------------------------------------------------------------------ */

/* Where a change stands: in the file of the innermost block, or directive, of its path that is there. */
struct place {
    const char *file;
    int         from; /* the first step that is in that file */
};

static struct place place_of(const struct conf_rewrite *w, const struct conf_tree *tree, const struct conf_edit *edit)
{
    const struct conf_node *found[CONF_EDIT_STEPS_MAX];
    int                     n = conf_edit_find(edit, 0, &tree->root, found);
    struct place            p = { .file = n ? found[n - 1]->file : w->from.path };
    while (p.from < n && strcmp(found[p.from]->file, p.file) != 0)
        p.from++;
    return p;
}

/* All changes stand in one file. One that depends on an earlier one, which makes its block, finds nothing yet: the main file. */
static bool choose_file(struct conf_rewrite *w, const struct conf_tree *tree, int *from)
{
    for (int i = 0; i < w->n_edits; i++) {
        struct place p = place_of(w, tree, &w->edits[i]);
        from[i] = p.from;
        if (!w->file && !(w->file = mem_strdup(p.file)))
            return fail(w, CONF_REWRITE_FAILED, err_no_memory());
        if (strcmp(w->file, p.file) != 0)
            return fail(w, CONF_REWRITE_INVALID,
                        err_new(E_SYSTEM_CONFIG_INVALID,
                                "the changes stand in two files, %s and %s: send them one by one", w->file, p.file));
    }
    return true;
}

static bool is_same_file(const struct conf_file *a, const struct conf_file *b)
{
    return a->device == b->device && a->inode == b->inode;
}

/* The file is one of the configuration's, and it is read once. */
static bool check_file(struct conf_rewrite *w, const struct conf_tree *tree)
{
    const struct conf_file *it = tree->files;
    int                     times = 0;
    while (it && strcmp(it->path, w->file) != 0)
        it = it->next;
    for (const struct conf_file *f = tree->files; it && f; f = f->next)
        times += is_same_file(f, it);
    if (times == 1)
        return true;
    return fail(w, CONF_REWRITE_INVALID,
                err_new(E_SYSTEM_CONFIG_INVALID,
                        times
                            ? "%s is included more than once, and a change would count in each place: change it by hand"
                            : "%s is no file of this configuration",
                        w->file));
}

/* ---- files ------------------------------------------------------------------------------------------------------------- */

/* The path of the file itself, not of a link to it. */
static struct err *real_path(const struct conf_rewrite *w, char out[static PATH_MAX])
{
    char       full[PATH_MAX];
    struct str path = str_over(full, sizeof full);
    if (w->from.dir && w->file[0] != '/')
        str_printf(&path, "%s/", w->from.dir);
    str_text(&path, w->file);
    if (path.cut)
        return err_new(E_SYSTEM_FILE_OPEN, "%s: too long a path", w->file);
    return realpath(full, out) ? NULL : err_sys(E_SYSTEM_FILE_OPEN, "open %s", w->file);
}

static struct err *read_text(const struct conf_rewrite *w, struct buf *out)
{
    char        path[PATH_MAX];
    struct err *e = real_path(w, path);
    if (e)
        return e;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "open %s", w->file);
    if (!buf_read_all(out, fd))
        e = out->fault ? buf_error(out) : err_sys(E_SYSTEM_FILE_READ, "read %s", w->file);
    close(fd);
    return e;
}

static struct err *write_text(const struct conf_rewrite *w)
{
    char        path[PATH_MAX];
    struct buf  tmp = buf_up_to(PATH_MAX);
    struct err *e = real_path(w, path);
    if (e)
        return e;
    buf_printf(&tmp, "%s.rewritten", path);
    if (!(e = buf_error(&tmp)))
        e = path_replace(path, tmp.bytes, w->after.bytes ? w->after.bytes : "", w->after.len);
    buf_finish(&tmp);
    return e;
}

static struct err *read_tree_with(const struct conf_rewrite *w, const struct conf_text *instead, struct conf_tree *tree)
{
    struct conf_report report = { 0 }; /* a reload has told it, or will */
    struct err        *e = conf_files_read(tree, w->from.dir, w->from.path, instead, &report);
    conf_report_finish(&report);
    return e;
}

static struct err *read_tree(const struct conf_rewrite *w, struct conf_tree *tree)
{
    return read_tree_with(w, &(struct conf_text){ 0 }, tree);
}

/* ---- the steps ------------------------------------------------------------------------------------------------------------ */

static bool look_at_files(struct conf_rewrite *w, struct conf_tree *tree)
{
    struct err *e = w->from.env_only ? err_new(E_SYSTEM_CONFIG_INVALID,
                                               "the configuration comes from the environment, which has no file")
                                     : read_tree(w, tree);
    if (e)
        return fail(w, CONF_REWRITE_INVALID, e);
    conf_version_text(tree, w->now);
    if (*w->version && strcmp(w->version, w->now) != 0)
        return fail(
            w, CONF_REWRITE_CONFLICT,
            err_new(E_SYSTEM_CONFIG_INVALID,
                    "the files are of version %s, not %s: somebody has changed them; read the configuration again, "
                    "after a reload if they were changed by hand",
                    w->now, w->version));
    return true;
}

static bool change_text(struct conf_rewrite *w, const struct conf_tree *tree)
{
    int         from[CONF_REWRITE_EDITS_MAX] = { 0 };
    struct err *e;
    if (!choose_file(w, tree, from) || !check_file(w, tree))
        return false;
    if ((e = read_text(w, &w->before)))
        return fail(w, CONF_REWRITE_FAILED, e);
    buf_append(&w->after, w->text ? w->text : w->before.bytes, w->text ? w->text_len : w->before.len);
    for (int i = 0; i < w->n_edits; i++) {
        struct buf  next = buf_up_to(CONF_EDIT_BYTES_MAX);
        const char *text = w->after.bytes ? w->after.bytes : "";
        if ((e = conf_edit_apply(&w->edits[i], from[i], text, w->after.len, &next))) {
            buf_finish(&next);
            return fail(w, CONF_REWRITE_INVALID, err_wrap(e, "change %d", i + 1));
        }
        buf_finish(&w->after);
        w->after = next;
    }
    return (e = buf_error(&w->after)) ? fail(w, CONF_REWRITE_FAILED, e) : true;
}

/* A later change of the same directive replaces an earlier one. */
static bool is_replaced(const struct conf_rewrite *w, int edit)
{
    const struct conf_edit *a = &w->edits[edit];
    for (int i = edit + 1; i < w->n_edits; i++) {
        const struct conf_edit *b = &w->edits[i];
        int                     same = 0;
        while (same < a->n_steps && same < b->n_steps && strcmp(a->steps[same].name, b->steps[same].name) == 0 &&
               str_equal(a->steps[same].word, b->steps[same].word))
            same++;
        if (same == b->n_steps && same <= a->n_steps)
            return true;
    }
    return false;
}

static bool check_effect(struct conf_rewrite *w, const struct conf *conf)
{
    for (int i = 0; i < w->n_edits; i++)
        if (!is_replaced(w, i) && !conf_edit_holds(&w->edits[i], &conf->tree->root))
            return fail(
                w, CONF_REWRITE_NO_EFFECT,
                err_new(E_SYSTEM_CONFIG_INVALID,
                        "change %d would not count: an environment variable, an old spelling or another line wins over "
                        "it; GET /api/v1/config names the place",
                        i + 1));
    return true;
}

/* A text in place of the file. */
static struct conf_text text_of(const struct conf_rewrite *w, const struct buf *text)
{
    bool is_main = strcmp(w->file, w->from.path) == 0;
    return (
        struct conf_text){ .of = is_main ? NULL : w->file, .bytes = text->bytes ? text->bytes : "", .len = text->len };
}

static bool try_text(struct conf_rewrite *w)
{
    struct conf_source with = w->from;
    struct conf       *conf = NULL;
    struct conf_text   text = text_of(w, &w->after);
    with.text = text.bytes;
    with.text_len = text.len;
    with.text_of = text.of;
    struct err *e = conf_load(&with, &conf, &w->report);
    bool        good = e ? fail(w, CONF_REWRITE_INVALID, e) : check_effect(w, conf);
    if (good && (e = conf_diff(w->in_force, conf, &w->changes)))
        good = fail(w, CONF_REWRITE_FAILED, e);
    conf_unref(&conf);
    return good;
}

static bool compare_texts(struct conf_rewrite *w)
{
    struct conf_tree trees[2] = { 0 };
    struct conf_text before = text_of(w, &w->before), after = text_of(w, &w->after);
    struct err      *e = read_tree_with(w, &before, &trees[0]);
    if (!e && !(e = read_tree_with(w, &after, &trees[1])))
        e = conf_line_diff(&w->lines, w->file, &(struct conf_line_side){ before.bytes, before.len, &trees[0] },
                           &(struct conf_line_side){ after.bytes, after.len, &trees[1] });
    conf_tree_finish(&trees[0]);
    conf_tree_finish(&trees[1]);
    return e ? fail(w, CONF_REWRITE_FAILED, e) : true;
}

static struct err *read_version(const struct conf_rewrite *w, char version[static CONF_VERSION_CAP])
{
    struct conf_tree tree = { 0 };
    struct err      *e = read_tree(w, &tree);
    if (!e)
        conf_version_text(&tree, version);
    conf_tree_finish(&tree);
    return e;
}

/* Loading may have taken a while: an editor that has saved the file meanwhile wins. */
static bool check_unchanged(struct conf_rewrite *w)
{
    char        version[CONF_VERSION_CAP];
    struct err *e = read_version(w, version);
    if (e)
        return fail(w, CONF_REWRITE_FAILED, e);
    if (strcmp(version, w->now) == 0)
        return true;
    return fail(w, CONF_REWRITE_CONFLICT,
                err_new(E_SYSTEM_CONFIG_INVALID, "somebody has changed the files just now; nothing was written"));
}

static void write_and_look(struct conf_rewrite *w)
{
    struct err *e = write_text(w);
    if (e)
        fail(w, CONF_REWRITE_FAILED, e);
    else
        err_free(read_version(w, w->now)); /* if that fails, the reload fails too and tells */
}

void conf_rewrite_run(struct conf_rewrite *w)
{
    struct conf_tree tree = { 0 };
    if (look_at_files(w, &tree) && change_text(w, &tree) && try_text(w) && compare_texts(w) && !w->dry_run &&
        check_unchanged(w))
        write_and_look(w);
    conf_tree_finish(&tree);
}
