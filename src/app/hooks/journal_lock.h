/**
 * The lock of a journal's folder: two servers, as during an upgrade, must not write the same files.
 *
 * Shape      FOLDER/lock, locked by flock(2) until journal_lock_release() or the end of the process
 */
#ifndef APP_HOOKS_JOURNAL_LOCK_H
#define APP_HOOKS_JOURNAL_LOCK_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

/**
 * Take the lock, by a thread; missing folders are made.
 *
 * Returns    *fd of the lock, for hook_journal_lock_release()
 * Errors     E_LIMIT: another server has it; E_SYSTEM_FILE_OPEN, E_SYSTEM_CREATE_DIR; those of offload()
 * Yields     yes
 */
struct err *hook_journal_lock_take(int *fd, const char *folder, int64_t deadline_us) ATTR_MUST_USE;

/** Takes -1. Does not yield. */
void hook_journal_lock_release(int *fd);

#endif
