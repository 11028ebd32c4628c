/**
 * Changes of a configuration: tried as a whole, compared with what is in force, and written into the file where they stand.
 *
 *     read the files, compare their version with the one that the caller has seen
 *     change the text of the one file (conf/edit)
 *     load the configuration with that text, as a reload does: by the same table and the same checks
 *     see that each change really counts: no environment variable, old spelling or other file wins over it
 *     list what a reload would do; unless it is a dry run, look whether the files are still the same, and put the file in place
 *
 * All changes of one call stand in one file, so that they are made together or not at all. A file that is included twice is not
 * changed, nor is a configuration that comes from the environment alone.
 *
 * Blocks on the disk: a running server calls it on a thread. Touches no globals, and does not log.
 */
#ifndef APP_CONF_REWRITE_H
#define APP_CONF_REWRITE_H

#include "app/conf/conf.h"
#include "app/conf/conf_source.h"
#include "app/conf/diff.h"
#include "app/conf/edit.h"
#include "app/conf/line_diff.h"
#include "app/conf/report.h"
#include "app/conf/version.h"
#include "core/err.h"

/* Changes of one call. */
enum { CONF_REWRITE_EDITS_MAX = 64 };

enum conf_rewrite_result {
    CONF_REWRITE_DONE,
    CONF_REWRITE_CONFLICT,  /* the files are not of the version that was asked for */
    CONF_REWRITE_INVALID,   /* the changes do not fit the file, or the configuration does not load with them */
    CONF_REWRITE_NO_EFFECT, /* something else wins over a change */
    CONF_REWRITE_FAILED,    /* the disk, or memory; the file is the old one, whole */
};

struct conf_rewrite {
    struct conf_source from;
    const struct conf *in_force;                  /* the caller holds it */
    char               version[CONF_VERSION_CAP]; /* that the files must have; empty: any */
    bool               dry_run;
    struct conf_arena  arena; /* of the edits */
    struct conf_edit  *edits; /* CONF_REWRITE_EDITS_MAX */
    int                n_edits;
    char              *file, *text; /* in place of edits: conf_rewrite_replace() */
    size_t             text_len;

    enum conf_rewrite_result result;
    struct err              *error;                 /* of every result but CONF_REWRITE_DONE */
    struct conf_report       report;                /* of loading the changed configuration */
    struct conf_changes      changes;               /* what a reload does */
    struct buf               before, after;         /* texts of the file */
    struct conf_line_diff    lines;                 /* that go and come in it */
    char                     now[CONF_VERSION_CAP]; /* version of the files, after it has been written too */
};

/** Make it. NULL: memory is out. */
struct conf_rewrite *conf_rewrite_create(const struct conf_source *from) ATTR_MUST_USE;

/** Make `text` the whole text of a file, in place of edits. Both are copied. False: memory is out. */
bool conf_rewrite_replace(struct conf_rewrite *w, const char *file, const char *text, size_t len) ATTR_MUST_USE;

/** Do all of it. */
void conf_rewrite_run(struct conf_rewrite *w);

/** Takes NULL. */
void conf_rewrite_destroy(struct conf_rewrite *w);

#endif
