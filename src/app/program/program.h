/**
 * Supervised programs: each is started, started again when it ends, and ended by its owner, a coroutine.
 *
 *     programs_begin_change(&set)
 *     programs_want(&set, &plan)          for each program that is to run: it goes on if there is one of the same key
 *     programs_end_change(&set)           all others end; or, if one could not be wanted,
 *     programs_abandon_change(&set)       all stay as they were before, and the owner tries again later
 *     loop:
 *         wait until programs_tend(&set)  the end of a program unparks the owner
 *     programs_end(&set)                  end all, and wait for it
 *
 * A program that ends by itself is started again after PROGRAM_PAUSE_US. If it ends soon again and again, the pause grows to
 * PROGRAM_PAUSE_MAX_US. A program is not started before those that leave the same slot have ended: they may use the same files
 * and names. protocol/process ends a program by SIGTERM, then SIGKILL.
 *
 * All programs of the server are in one roll, for the API and metrics.
 *
 * Ownership  the set owns its programs; `spec` of a plan is borrowed until the end of the next change that is not abandoned
 * Yields     programs_end() only
 */
#ifndef APP_PROGRAM_PROGRAM_H
#define APP_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/program/command.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/list.h"
#include "core/roll.h"

/* The pauses before starts. A run shorter than PROGRAM_QUICK_US doubles the next pause. */
enum {
    PROGRAM_PAUSE_US = 3 * US_PER_SECOND,
    PROGRAM_PAUSE_MAX_US = 60 * US_PER_SECOND,
    PROGRAM_QUICK_US = 10 * US_PER_SECOND,
};

/* Most bytes of the text that tells why a program has ended or could not be started. */
enum { PROGRAM_REASON_CAP = 256 };

/* The time of a command that is only compared. */
enum { PROGRAM_KEY = 0 };

struct output_tail;
struct process;
struct programs;

/** A feature that runs programs. */
struct program_kind {
    const char *name;     /* "exec" */
    bool        has_tail; /* The newest lines of its standard error are kept. */

    /*
     * Make the command of a start at this time; *c is released by the caller, also after an error. At time PROGRAM_KEY it is not run
     * but compared: what may change without a restart is left out. Does not yield.
     */
    struct err *(*make)(struct command *c, const void *spec, void *owner, int64_t wall_us);
};

/** A program that an owner wants to run. All texts are copied. */
struct program_plan {
    const char *subject; /* the stream or the vhost that it is for */
    const char *name;    /* for the log and the API: a program, an engine, an id */
    const char *key;     /* Programs of equal keys are one and the same. NULL: those of equal commands are */
    const char *slot;    /* Programs of one slot never run at the same time as those that replace them. */
    const void *spec;
    bool        may_complete; /* Exit status 0 means that the work is done, which is no reason for longer pauses. */
};

struct program {
    struct list            link; /* entry in the set */
    struct roll_place      place;
    const struct programs *set;
    const char            *subject, *name, *key, *slot;
    char                  *target;           /* that of its newest command */
    const void            *spec, *next_spec; /* that of the change that is under way */
    struct output_tail    *tail;             /* what its newest run has printed; NULL: it has not run */
    struct process        *process;          /* NULL: the program is started at start_us */
    int64_t                began_us, start_us;
    int64_t                pause_us; /* pause before the last start; 0: none */
    int64_t                n_starts, n_failures;
    bool                   may_complete;
    bool                   is_wanted;                  /* by the change that is under way, or the last one */
    bool                   is_new;                     /* The change that is under way has brought it. */
    bool                   is_leaving;                 /* It was told to end, and is destroyed then. */
    bool                   anew;                       /* It ends, to be started again at once. */
    char                   reason[PROGRAM_REASON_CAP]; /* the last end or failure by itself; "": none */
    char                   said[PROGRAM_REASON_CAP];   /* the error that the run before this one has printed last */
};

/** The programs of one owner. */
struct programs {
    const struct program_kind *kind;
    void                      *owner; /* passed to kind->make() */
    struct list                items;
    int64_t retry_us; /* when a change that was abandoned is to be tried again; DEADLINE_NEVER: none was */
};

void programs_init(struct programs *s, const struct program_kind *kind, void *owner);

/**
 * Change the programs that the owner wants. Between begin and end comes programs_want() for each of them. After an error the
 * change is abandoned, so that no program ends for it. programs_tend() then wakes the owner after PROGRAM_PAUSE_US.
 *
 * Errors     out of memory
 * Yields     no
 */
void        programs_begin_change(struct programs *s);
struct err *programs_want(struct programs *s, const struct program_plan *plan) ATTR_MUST_USE;
void        programs_end_change(struct programs *s);
void        programs_abandon_change(struct programs *s);

/** Clean up after programs that have ended, and start those that are due. Returns when to call it again. Owner only. */
int64_t programs_tend(struct programs *s);

/** End all programs, to start them again at once, for instance for another publisher. */
void programs_begin_anew(struct programs *s);

/**
 * End all programs and wait for it, because the next owner may want the same files. A program that is still being started then,
 * from a disk that hangs, ends without being waited for.
 *
 * Errors     E_THREAD_INTERRUPTED
 */
struct err *programs_end(struct programs *s) ATTR_MUST_USE;

/** Give all programs up: they end without being waited for. */
void programs_finish(struct programs *s);

/** True while a process of the set runs, starts or ends. */
bool programs_have_process(const struct programs *s);

/** True while the process of the program runs. */
bool program_is_running(const struct program *p);

/** True while a program runs, or ends, that publishes the stream of this key and is of this kind. */
bool program_publishes(const struct program_kind *kind, const char *key);

/** The last error that a program has printed, in this run or the one before; a run that failed without one counts with its last line. */
const char *program_last_error(const struct program *p);

/** All programs of the server. */
const struct roll *programs_of_all(void);

#endif
