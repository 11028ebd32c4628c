/**
 * One file of a journal of callbacks: which of its events are still to be told.
 *
 * Shape      the events of a file have neighbouring numbers; a number that was not added counts as told
 * Yields     no
 */
#ifndef APP_HOOKS_JOURNAL_FILE_H
#define APP_HOOKS_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/list.h"

/* The span of numbers in a file. Records are longer than 16 bytes, and files at most 4 MiB long. */
enum { HOOK_JOURNAL_FILE_SPAN_MAX = 1 << 18 };

struct hook_journal_file {
    struct list link;
    uint64_t    number;      /* of the file, in its name */
    uint64_t    first, last; /* numbers of its events; first > last: none yet */
    size_t      n_pending;
    size_t      bytes;
    uint8_t    *bits; /* bit i: event first + i is still to be told */
    size_t      n_bits_bytes;
};

struct hook_journal_file *hook_journal_file_new(uint64_t number) ATTR_MUST_USE;

/** Unlink and free it. */
void hook_journal_file_free(struct hook_journal_file *f);

/** An event is in the file. False: out of memory, or its number is not behind those before it. */
bool hook_journal_file_add(struct hook_journal_file *f, uint64_t sequence) ATTR_MUST_USE;

bool hook_journal_file_is_pending(const struct hook_journal_file *f, uint64_t sequence);

/** The event was told. Takes one that is not pending. */
void hook_journal_file_told(struct hook_journal_file *f, uint64_t sequence);

#endif
