/**
 * All pushes of the process: what runs, for the API and the metrics, and the targets that the API has added.
 *
 * An added target belongs to the name of a stream. It lasts until it is removed, or the server ends: it is pushed to with each publish,
 * beside the words of the configuration, also where the vhost's `forward` is off.
 *
 * Ownership  the process has one set; forwards_finish() frees what was added
 * Yields     no
 */
#ifndef APP_FORWARD_FORWARDS_H
#define APP_FORWARD_FORWARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/co.h"

struct co;
struct source;
struct target;

/** The pushes of one stream. */
struct forward {
    struct list     link; /* entry in forwards_running() */
    struct source  *source;
    struct list     targets; /* list of struct target */
    struct co_group group;   /* their coroutines */
    uint64_t        warned;  /* serial of the configuration whose surplus of destinations was told */
    int64_t retry_us; /* time of the next try to start targets for which there was no memory; DEADLINE_NEVER: none */

    /* The question to a backend that a reload has brought. */
    struct co *owner; /* is woken by its end */
    bool       is_asking;
    int64_t    ask_us, pause_us; /* not before; the last pause, 0: there was none */
};

enum { FORWARDS_ADDED_MAX = 1000 };

struct forward_added {
    struct list link;
    char       *vhost; /* name of the vhost */
    char       *key;   /* key of the stream (stream_name_key()) */
    char       *word;  /* destination.h */
};

/** The list of struct forward, by its `link`. */
struct list *forwards_running(void);

/** The list of struct forward_added. */
const struct list *forwards_added(void);

/**
 * Add a target. One that is there already is no error.
 *
 * Errors     E_LIMIT: there are FORWARDS_ADDED_MAX; out of memory
 */
struct err *forwards_add(const char *vhost, const char *key, const char *word) ATTR_MUST_USE;

/** Remove a target that was added. False: there is none of this word. */
bool forwards_remove(const char *key, const char *word);

/** True if this target was added for the stream of this key. */
bool forwards_has(const char *key, const char *word);

/** True if a target was added for any stream of the vhost. */
bool forwards_has_vhost(const char *vhost);

/** The stream whose pushes are meant; NULL: any vhost, app or name. */
struct forward_filter {
    const char *vhost, *app, *stream;
};

/**
 * Call `show` for up to `n` targets, in the order of their streams, without the first `start`. It must not yield. Returns how many targets
 * are meant in all.
 */
size_t forwards_walk(const struct forward_filter *which, size_t start, size_t n,
                     void (*show)(void *arg, const struct forward *f, const struct target *t), void *arg);

/** Numbers of the process. */
struct forward_counts {
    int64_t connecting, pushing, waiting; /* targets now */
    int64_t bytes, failures;              /* since the start */
};
struct forward_counts forwards_count(void);

void forwards_finish(void);

#endif
