/**
 * The files that a configuration was read from, and a version that changes whenever one of them is written or replaced.
 *
 * The version is made from what the file system says about the files, not from their text: it tells nobody anything about
 * secrets in them. A file that is only touched has a new version too.
 *
 * Ownership  files live in the arena of the tree
 * Yields     no
 */
#ifndef APP_CONF_VERSION_H
#define APP_CONF_VERSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "app/conf/tree.h"
#include "core/attr.h"

/* Hexadecimal digits, and the end. */
enum { CONF_VERSION_CAP = 16 + 1 };

struct conf_file {
    const char       *path; /* as the configuration names it */
    uint64_t          device, inode;
    uint64_t          mark; /* changes with size and time of change */
    struct conf_file *next;
};

/** Note that a file was opened; one that is included twice is noted twice. False: memory is out. */
bool conf_version_note(struct conf_tree *t, const char *path, const struct stat *st) ATTR_MUST_USE;

/** The version of all files together. */
void conf_version_text(const struct conf_tree *t, char out[static CONF_VERSION_CAP]);

#endif
