/**
 * One ingest of the configuration, as a program.
 *
 * Yields     no
 */
#ifndef APP_INGEST_SPEC_H
#define APP_INGEST_SPEC_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/program/program.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/stream_name.h"

/** An ingest, the vhost that has it, and their configuration; all are borrowed. */
struct ingest_spec {
    const struct conf        *conf;
    const struct conf_vhost  *vhost;
    const struct conf_ingest *ingest;
};

/** The kind of the programs; the spec of each is a struct ingest_spec. */
extern const struct program_kind ingest_spec_kind;

/** Want the ingest's program (programs_want()). `spec` is borrowed until the next change. */
struct err *ingest_spec_want(struct programs *programs, const struct ingest_spec *spec) ATTR_MUST_USE;

/**
 * Write the key (stream_name_key()) of the stream of its vhost that the ingest publishes, or "" if its output leads elsewhere or is wrong.
 *
 * Errors     out of memory
 */
struct err *ingest_spec_key(char key[static STREAM_IDENTITY_CAP], const struct ingest_spec *spec) ATTR_MUST_USE;

#endif
