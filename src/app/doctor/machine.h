/**
 * What only the machine knows: its disks, the descriptors of the process. Read on a thread, because a disk may hang.
 *
 * Ownership  a reading borrows its paths from the configuration
 */
#ifndef APP_DOCTOR_MACHINE_H
#define APP_DOCTOR_MACHINE_H

#include "app/conf/conf.h"
#include "app/doctor/facts.h"
#include "core/attr.h"
#include "core/err.h"

/* Folders that are looked at. Vhosts share them as a rule. */
enum { MACHINE_FOLDERS_MAX = 16 };

struct machine_reading {
    int64_t             n_fds, max_fds;
    size_t              n_folders;
    struct facts_folder folders[MACHINE_FOLDERS_MAX];
};

/**
 * Look at the folders that the configuration writes to, and at the descriptors. A disk that does not answer is_silent; it is not asked
 * again before it has answered, and folders for which no time is left stay unknown.
 *
 * Errors     out of memory, E_THREAD_INTERRUPTED
 * Yields     yes; *out borrows the paths from `conf`, of which the caller holds a reference
 */
struct err *machine_read(const struct conf *conf, struct machine_reading *out) ATTR_MUST_USE;

#endif
