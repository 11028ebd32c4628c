/**
 * A publisher of an edge, and its stream at an origin.
 *
 * A guard (push_guard.h) begins it, so that the origin decides about the publisher before it is let in; an attendant (push_attend.h) sends
 * the frames. In between, and while another origin is looked for, it rests here. Every publisher has one, because a reload may make its
 * vhost an edge.
 *
 * Ownership  counted; the session of the publisher holds one reference
 */
#ifndef APP_EDGE_PUSH_H
#define APP_EDGE_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/edge/origin_call.h"
#include "app/live/sender.h"
#include "core/attr.h"
#include "core/list.h"

struct client;
struct session;

struct edge_push {
    struct list        link; /* entry in the list of all */
    int                refs;
    struct client     *client;   /* the publisher; NULL: it has left */
    struct origin_call call;     /* its `at` publishes the stream while it is open */
    bool               is_asked; /* An origin is being asked whether it takes the stream. */
    struct sender      out;
    int64_t            n_messages;
};

/**
 * A push of the session's publisher. Does not yield.
 *
 * Returns    NULL when memory is out
 * Ownership  the caller gets a reference
 */
struct edge_push *edge_push_new(struct session *s) ATTR_MUST_USE;

static inline struct edge_push *edge_push_ref(struct edge_push *p)
{
    p->refs++;
    return p;
}

/** Drop a reference; *p becomes NULL, and may be NULL before. The last one closes the connection. Does not yield. */
void edge_push_unref(struct edge_push **p);

/** The push of the publisher of this id that has not left; NULL: there is none. Borrowed until a yield. Does not yield. */
struct edge_push *edge_push_find(const char *id);

/** Another push of the same stream than `than`; NULL: there is none. Borrowed until a yield. Does not yield. */
struct edge_push *edge_push_other(const struct edge_push *than);

/** Publishers of a vhost that are passed on to this origin (origins.h) now. Does not yield. */
size_t edge_count_pushes(const char *vhost, const char *origin_url);

#endif
