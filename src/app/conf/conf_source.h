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
    const char  *path;            /* the argument of -c; not used with env_only */
    bool         env_only;        /* -e: no file is read */
    char *const *envp;            /* the environment; NULL: none */
    const char  *dir;             /* the directory in which relative names start; NULL: the working directory. A server
                                     that has changed to work_dir gives the directory in which it started */
    bool         in_container;    /* filled in by conf_source_probe(), like the two below */
    int64_t      open_files;      /* the limit of open files, raised as far as possible; 0: not checked */
    int          local_addresses; /* number of addresses that stats.network can choose from; 0: not checked */
    const char  *text;            /* used instead of a file: by tests, and to try a change; NULL: read the file */
    size_t       text_len;
    const char  *text_of; /* the included file that `text` stands for, as its `include` names it; NULL: the main file */
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
