/**
 * What a writer has lost, counted and told in the log without flooding it.
 *
 * The first loss is logged with its reason. Once writing works again, one line tells how much was lost. For the next 10 s
 * losses are only counted, and a later line tells them.
 *
 * Ownership  borrows the names it is given, for the time of the call
 * Yields     no. All calls are made on the loop
 */
#ifndef PROTOCOL_LOSSES_H
#define PROTOCOL_LOSSES_H

#include <stdbool.h>
#include <stdint.h>

/* Units of appended bytes, their bytes, and files that were to be there as a whole. */
struct file_writer_lost {
    uint64_t units, bytes, files;
};

struct losses {
    struct file_writer_lost lost, told;   /* in all; those that the log has told */
    bool                    is_told;      /* The log has a line about the trouble, and gets one about its end. */
    int64_t                 told_last_us; /* time of the last line about an end; 0: none yet */
};

/** Count a loss. `what` and `path` say in the log of what it is, and `why` says the reason. */
void losses_add(struct losses *l, struct file_writer_lost lost, const char *what, const char *path, const char *why);

/** The losses of all writers since the start. */
struct file_writer_lost losses_total(void);

/** Writing works again. */
void losses_end_trouble(struct losses *l, const char *what, const char *path);

/** No more can be lost: tell what the log does not have yet. */
void losses_finish(struct losses *l, const char *what, const char *path);

#endif
