/**
 * A journal of callbacks: notices are on the disk until their backend has got them, also over a restart and a kill.
 *
 * Each notice gets a number, the journal's sequence. Its record goes to a file (record.h), by a thread; when it is told, a short
 * record says so. A file whose events are all told is removed, the oldest one first. What does not fit into the outbox is kept on the
 * disk alone, and comes back by hook_journal_next() in its order; so does what a former run has left.
 *
 *     HOOKS-FOLDER/hooks-17.journal
 *
 * A disk that is full, or a journal that is as long as it may be, costs the safety of notices and not the notices: they are in memory
 * only, up to HOOK_NOTICES_BYTES_MAX, and are counted. The log tells of the first one, and how many there were.
 *
 * Ownership  the process has one set of journals; hook_journals_finish() ends them
 */
#ifndef APP_HOOKS_JOURNAL_H
#define APP_HOOKS_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "app/hooks/notice.h"
#include "core/attr.h"

struct co;
struct hook_journal;
struct jw;

/** The journal of a folder, made by its first use. NULL: out of memory. Does not yield. */
struct hook_journal *hook_journal_find(const char *folder) ATTR_MUST_USE;

/** Walk all journals: start with *at = 0. NULL is the end. */
struct hook_journal *hook_journals_next(size_t *at);

/** The coroutine that opens the journal and takes what comes back, to be unparked when there is something. NULL: there is none. */
struct co **hook_journal_reader(struct hook_journal *j);

/**
 * Read what a former run has left. Until then all notices are kept back. A disk that fails is logged, and its files are left alone.
 *
 * Returns    false: another server has the folder; all is in memory, and it is to be tried again
 * Yields     yes
 */
bool hook_journal_open(struct hook_journal *j) ATTR_MUST_USE;

/**
 * Give a notice its number, and write it down.
 *
 * Shape      has_room: the outbox would take it
 * Returns    true: the journal has it, and gives it back later; false: the caller keeps it, and is to deliver it now
 * Yields     no
 */
bool hook_journal_take(struct hook_journal *j, struct hook_notice *n, bool has_room) ATTR_MUST_USE;

/**
 * The next notice that was kept back, in the order in which they were taken.
 *
 * Shape      may_read: there is room for what a file has; notices that are in memory come in any case
 * Ownership  the caller gets it
 * Returns    NULL: there is none now
 * Yields     when a file is read
 */
struct hook_notice *hook_journal_next(struct hook_journal *j, bool may_read) ATTR_MUST_USE;

/** Moments of a journal: whether something that was kept back before `moment` is still there. Do not yield. */
uint64_t hook_journal_moment(const struct hook_journal *j);
bool     hook_journal_keeps(const struct hook_journal *j, uint64_t moment);

/** The notice was delivered, or given up. Does not yield. */
void hook_journal_told(struct hook_journal *j, uint64_t sequence);

/** The notice is too old, or its text on the disk cannot be read: it is given up. Does not yield. */
void hook_journal_expired(struct hook_journal *j, uint64_t sequence);

/** Set the most bytes that the files may have. Does not yield. */
void hook_journal_limit(struct hook_journal *j, int64_t bytes_max);

/** Write an object about it into an array. */
void hook_journal_show(const struct hook_journal *j, struct jw *out);

/** Write what is still to be written, and end all journals. What is not told stays in the files. Yields. */
void hook_journals_finish(int64_t deadline_us);

#endif
