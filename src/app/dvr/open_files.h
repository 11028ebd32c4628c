/**
 * The files of all streams that are being recorded, or are not complete yet, and the names that they have taken.
 *
 * Yields     no
 */
#ifndef APP_DVR_OPEN_FILES_H
#define APP_DVR_OPEN_FILES_H

#include <stdbool.h>

#include "app/dvr/file_state.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

enum {
    OPEN_FILES_MAX = 10000,
    OPEN_FILES_NAMES_MAX = 100, /* Most names that are tried for a file beside others that are open. */
};

bool open_files_are_full(void);

void open_files_add(struct dvr_file *f);

/**
 * Take a name that no open file has: `path`, or with a number. It becomes f->path and f->temporary.
 *
 * Errors     E_SYSTEM_FILE_OPEN: OPEN_FILES_NAMES_MAX are taken; E_LIMIT: too long; out of memory
 */
struct err *open_files_take_name(struct dvr_file *f, const char *path) ATTR_MUST_USE;

/** Remove a file, and give its name back. It may be called again. */
void open_files_forget(struct dvr_file *f);

/** The list of struct dvr_file, by its `link`. */
struct list *open_files_all(void);

/** Forget all names, when the server ends. */
void open_files_finish(void);

#endif
