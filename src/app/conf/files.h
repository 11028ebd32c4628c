/**
 * Reading configuration files and what they include.
 *
 * Blocks on the disk: a running server calls it on a thread. Touches no globals.
 */
#ifndef APP_CONF_FILES_H
#define APP_CONF_FILES_H

#include "app/conf/report.h"
#include "app/conf/tree.h"

enum {
    CONF_FILE_BYTES_MAX = 64 << 20, /* bytes of one file; the largest seen in the wild has some 100 KiB */
    CONF_INCLUDE_DEPTH_MAX = 32,    /* files that include each other */
    CONF_FILES_MAX = 4096,          /* files opened for one configuration */
};

/** NULL when the file can be opened, else `no config file at F`. */
struct err *conf_file_check(const char *dir, const char *path) ATTR_MUST_USE;

/* A text that stands for the bytes of one file. */
struct conf_text {
    const char *of;    /* the file, as its `include` names it; NULL: the main file, which is not opened then */
    const char *bytes; /* NULL: every file is read */
    size_t      len;
};

/**
 * Read and parse `path` and replace each `include` by the directives of its files.
 *
 * Relative names start at `dir`, or at the working directory when it is NULL. A directory in place of a file counts as an empty
 * file, with a warning.
 */
struct err *conf_files_read(struct conf_tree *tree, const char *dir, const char *path, const struct conf_text *instead,
                            struct conf_report *report) ATTR_MUST_USE;

#endif
