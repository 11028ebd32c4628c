/**
 * Where a configuration comes from, and the facts about this machine that it is checked against.
 *
 * Yields     no; conf_source_probe() and conf_source_check() read files
 */
#ifndef APP_CONF_CONF_SOURCE_H
#define APP_CONF_CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/report.h"
#include "core/attr.h"
#include "core/err.h"

struct conf_source {
    const char  *path;            /* of -c; not used with env_only */
    bool         env_only;        /* -e: no file is read */
    char *const *envp;            /* NULL: no environment */
    const char  *dir;             /* where relative names of files start; NULL: the working directory. A server
                                     that has changed to work_dir gives the directory in which it started */
    bool         in_container;    /* conf_source_probe() */
    int64_t      open_files;      /* what the limit of open files is or can be raised to; 0: not checked */
    int          local_addresses; /* how many stats.network can choose from; 0: not checked */
    const char  *text;            /* in place of the bytes of the file, for tests; NULL: read it */
    size_t       text_len;
};

/**
 * Fill in what the environment says about the source: SRS_CONFIG_FILE replaces `path`, SRS_ENV_ONLY with any
 * value turns `env_only` on. Both are told in the report. `path` then points into `envp`.
 */
void conf_source_apply_env(struct conf_source *s, struct conf_report *report);

/** Look at this machine: container, open files (the hard limit), local addresses. Reads files in /proc. */
void conf_source_probe(struct conf_source *s);

/** NULL when the file of the source can be opened or none is needed, else `no config file at F`. */
struct err *conf_source_check(const struct conf_source *s) ATTR_MUST_USE;

#endif
