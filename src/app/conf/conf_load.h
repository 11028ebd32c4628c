/**
 * Loading a configuration: read, parse, old spellings, environment, checks, typed snapshot.
 *
 * Nothing here has global state or writes to the log, so that a reload can run on a worker thread. Remarks go into the
 * report. A reload loads the same source again.
 *
 * Yields     no; conf_load() reads files, so a running server calls it through offload()
 */
#ifndef APP_CONF_CONF_LOAD_H
#define APP_CONF_CONF_LOAD_H

#include "app/conf/conf.h"
#include "app/conf/conf_source.h"
#include "app/conf/report.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Load a configuration.
 *
 * Ownership  *out holds one reference, for conf_unref(); the caller owns the report, to which every outcome may add
 * Returns    NULL, or the error: `parse buffer F : root parse : … : line N: …` for syntax,
 *            `check normal : illegal directive X (did you mean "Y"?), at F:N` and the like for the rest, both with
 *            E_SYSTEM_CONFIG_INVALID; E_SYSTEM_FILE_OPEN for an included file that is missing
 */
struct err *conf_load(const struct conf_source *s, struct conf **out, struct conf_report *report) ATTR_MUST_USE;

#endif
