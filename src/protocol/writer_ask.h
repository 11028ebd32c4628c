/**
 * What asking a file writer for anything has in common: an operation is made, or what it would have written is lost.
 *
 * Only protocol/file_writer uses this.
 *
 * Errors     a reason is a literal, for the log
 * Yields     no
 */
#ifndef PROTOCOL_WRITER_ASK_H
#define PROTOCOL_WRITER_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"
#include "protocol/write_op.h"
#include "protocol/writer_state.h"

#define WRITER_MEMORY_IS_OUT "memory is out"

/** An operation that is not queued yet. NULL: *why is the reason. */
struct write_op *writer_ask_op(struct file_writer *w, enum write_op_kind kind, const char *path, const char *to,
                               const char **why) ATTR_MUST_USE;

/** The reason why an operation could not be made: memory, or their number. */
const char *writer_ask_why_no_op(const struct file_writer *w);

/** NULL if the queue takes `cost` bytes more, else the reason why not. */
const char *writer_ask_why_no_room(const struct file_writer *w, size_t cost);

/** Something cannot be queued. The batch that is being asked for, if there is one, fails. The last two return false. */
void writer_ask_lose(struct file_writer *w, const char *why);
bool writer_ask_lose_file(struct file_writer *w, const char *why);
bool writer_ask_lose_units(struct file_writer *w, size_t n, size_t len, const char *why);

#endif
