#include "app/conf/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/conf/parse.h"
#include "app/conf/version.h"
#include "core/buf.h"
#include "core/str.h"

/* A file that is being read, and the file that includes it. */
struct chain {
    const struct chain *includer;
    const char         *path;
    dev_t               dev;
    ino_t               ino;
    int                 length;
};

struct files {
    struct conf_tree       *tree;
    struct conf_report     *report;
    const char             *dir;
    const struct conf_text *instead;
    int                     n_opened;
};

static const char *kind_of(const struct stat *st)
{
    switch (st->st_mode & S_IFMT) {
    case S_IFIFO: return "pipe";
    case S_IFSOCK: return "socket";
    default: return "device";
    }
}

/*
 * Opening does not wait for a pipe or a terminal, and neither is read: a reload might never end. A directory is opened;
 * the caller knows what it counts as.
 */
static struct err *open_file(const char *dir, const char *path, int *fd, struct stat *st)
{
    enum { PATH_BYTES = 4096 };
    char       full[PATH_BYTES];
    struct str out = str_over(full, sizeof full);
    if (dir && path[0] != '/')
        str_printf(&out, "%s/", dir);
    str_printf(&out, "%s", path);
    if (out.cut)
        errno = ENAMETOOLONG;
    *fd = out.cut ? -1 : open(full, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0 || fstat(*fd, st) < 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "open file %s failed: %s", path, strerror(errno));
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
        return err_new(E_SYSTEM_FILE_OPEN, "open file %s failed: it is a %s, not a file", path, kind_of(st));
    return NULL;
}

struct err *conf_file_check(const char *dir, const char *path)
{
    int         fd = -1;
    struct stat st;
    struct err *e = path && path[0] ? open_file(dir, path, &fd, &st) : err_new(E_SYSTEM_FILE_OPEN, "no name");
    bool        is_there = fd >= 0;
    if (is_there)
        close(fd);
    if (!e || is_there)
        return e;
    err_free(e);
    return err_new(E_SYSTEM_CONFIG_INVALID, "no config file at %s", path ? path : "");
}

static struct err *read_all(int fd, const char *path, struct buf *out)
{
    if (buf_read_all(out, fd))
        return NULL;
    if (!out->fault)
        return err_sys(E_SYSTEM_FILE_READ, "read file %s failed", path);
    return out->fault == BUF_NO_MEMORY
               ? err_no_memory()
               : err_new(E_SYSTEM_CONFIG_INVALID, "file %s is larger than %d bytes", path, CONF_FILE_BYTES_MAX);
}

static struct err *refuse_cycle(const struct chain *file)
{
    for (const struct chain *c = file->includer; c; c = c->includer)
        if (c->dev == file->dev && c->ino == file->ino)
            return err_new(E_SYSTEM_CONFIG_INVALID, "%s includes itself, by way of %s", c->path, file->includer->path);
    if (file->length > CONF_INCLUDE_DEPTH_MAX)
        return err_new(E_SYSTEM_CONFIG_INVALID, "%s: more than %d files include each other", file->path,
                       CONF_INCLUDE_DEPTH_MAX);
    return NULL;
}

static struct err *read_file(struct files *in, struct conf_node *parent, int depth, struct chain *file)
{
    struct err *e;
    struct stat st;
    struct buf  bytes = buf_up_to(CONF_FILE_BYTES_MAX);
    int         fd = -1;
    if (++in->n_opened > CONF_FILES_MAX)
        return err_new(E_SYSTEM_CONFIG_INVALID, "more than %d files are included", CONF_FILES_MAX);
    if ((e = open_file(in->dir, file->path, &fd, &st)))
        goto out;
    if (!conf_version_note(in->tree, file->path, &st)) {
        e = err_no_memory();
        goto out;
    }
    file->dev = st.st_dev;
    file->ino = st.st_ino;
    if ((e = refuse_cycle(file)))
        goto out;
    if (S_ISDIR(st.st_mode))
        conf_report_add(in->report, LOG_WARN, "%s is a directory and counts as an empty file", file->path);
    else if (in->instead->of && strcmp(in->instead->of, file->path) == 0)
        e = conf_parse(in->tree, parent, depth, file->path, in->instead->bytes, in->instead->len, in->report);
    else if (!(e = read_all(fd, file->path, &bytes)))
        e = conf_parse(in->tree, parent, depth, file->path, bytes.bytes, bytes.len, in->report);
out:
    buf_finish(&bytes);
    if (fd >= 0)
        close(fd);
    return e;
}

static struct err *expand(struct files *in, struct conf_node *parent, int depth, const struct chain *file);

/* The directives of the included files, as children of `got`. */
static struct err *read_included(struct files *in, const struct conf_node *include, struct conf_node *got, int depth,
                                 const struct chain *includer)
{
    struct err *e = NULL;
    for (size_t i = 0; i < include->n_args && !e; i++) {
        struct conf_node part = { 0 };
        struct chain     file = { .includer = includer, .path = include->args[i], .length = includer->length + 1 };
        if (!(e = read_file(in, &part, depth, &file)))
            e = expand(in, &part, depth, &file);
        if (!part.first)
            continue;
        if (got->last)
            got->last->next = part.first;
        else
            got->first = part.first;
        got->last = part.last;
    }
    return err_wrap(e, "include at %s:%d", include->file, include->line);
}

/* Recursion is bounded: every level is a block (CONF_DEPTH_MAX) or an include (CONF_INCLUDE_DEPTH_MAX). */
static struct err *expand(struct files *in, struct conf_node *parent, int depth, const struct chain *file)
{
    struct conf_node *before = NULL;
    for (struct conf_node *n = parent->first; n;) {
        struct err *e;
        if (strcmp(n->name, "include") != 0) {
            if ((e = expand(in, n, depth + 1, file)))
                return e;
            before = n;
            n = n->next;
            continue;
        }
        struct conf_node got = { 0 };
        if ((e = read_included(in, n, &got, depth, file)))
            return e;
        struct conf_node *after = n->next;
        if (got.last)
            got.last->next = after;
        struct conf_node *first = got.first ? got.first : after;
        if (before)
            before->next = first;
        else
            parent->first = first;
        if (got.last)
            before = got.last;
        if (!after)
            parent->last = before;
        n = after;
    }
    return NULL;
}

struct err *conf_files_read(struct conf_tree *tree, const char *dir, const char *path, const struct conf_text *instead,
                            struct conf_report *report)
{
    struct files in = { .tree = tree, .report = report, .dir = dir, .instead = instead };
    struct chain file = { .path = path };
    struct err  *e = instead->bytes && !instead->of
                         ? conf_parse(tree, &tree->root, 0, path, instead->bytes, instead->len, report)
                         : read_file(&in, &tree->root, 0, &file);
    if (e)
        return e;
    return err_wrap(expand(&in, &tree->root, 0, &file), "parse buffer %s", path);
}
