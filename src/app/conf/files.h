/**
 * Reading configuration files and what they include.
 *
 * Blocks on the disk, so not to be called from a coroutine that serves somebody; touches no globals.
 */
#ifndef APP_CONF_FILES_H
#define APP_CONF_FILES_H

#include "app/conf/report.h"
#include "app/conf/tree.h"

enum {
    CONF_FILE_BYTES_MAX = 64 << 20, /* of one file; the largest seen in the wild has some 100 KiB */
    CONF_INCLUDE_DEPTH_MAX = 32,    /* files that include files */
    CONF_FILES_MAX = 4096,          /* opened for one configuration */
};

/** `no config file at F` when there is none; NULL when it can be opened. */
struct err *conf_file_check(const char *dir, const char *path) ATTR_MUST_USE;

/**
 * Read and parse `path` and replace each `include` by the directives of its files.
 *
 * `dir` is where relative names start, NULL for the working directory; `text` stands for the bytes of the main
 * file when it is not NULL (tests). A directory given as file is empty, with a warning.
 */
struct err *conf_files_read(struct conf_tree *tree, const char *dir, const char *path, const char *text, size_t len,
                            struct conf_report *report) ATTR_MUST_USE;

#endif
