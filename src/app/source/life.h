/**
 * Changes of the state of a source: a publisher comes or goes, or another configuration is in force.
 */
#ifndef APP_SOURCE_LIFE_H
#define APP_SOURCE_LIFE_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct publisher;
struct source;

/** Follow a new configuration in which the source's vhost is `vhost` (NULL: removed; the old one stays). */
void source_apply_conf(struct source *s, struct conf *conf, const struct conf_vhost *vhost);

/**
 * Become the publisher.
 *
 * Errors     E_SYSTEM_STREAM_BUSY, with the trace of the present publisher. With `republish takeover`, or if the present publisher's
 *            client was not heard yet, there is no such error: the present publisher is cancelled, and `p` has the stream at once
 * Yields     no
 */
struct err *source_publish(struct source *s, struct publisher *p) ATTR_MUST_USE;

/**
 * End the present publisher, as if another one had taken the stream over: for one that has come to another server. Does nothing without
 * a publisher. It leaves in its own coroutine. Does not yield.
 */
void source_expel(struct source *s);

/**
 * Stop publishing; if the stream is delayed, when what is held back has gone out. Then the stream is held if an attendant waits for
 * that (source_let_hold()); otherwise players are told of the end. Does nothing if another publisher took the stream over. Does
 * not yield.
 */
void source_unpublish(struct source *s, struct publisher *p);

/** What the publisher brings to a held stream (seaming.h) goes on where the log ends. Does not yield. */
void source_go_on(struct source *s);

/** It does not: its publish begins, as one of which nothing was expected. Does not yield. */
void source_begin_apart(struct source *s);

/**
 * The first frame of a publish comes out of the delay. If it follows another publish (`after`), that one ends here, and players are
 * told of both. Does not yield.
 */
void source_begin_late(struct source *s, bool after);

/** End a stream whose publisher has left, after the last frame has come out of its delay. Otherwise nothing is done. Does not yield. */
void source_end_late(struct source *s);

/** Let the stream be held when its publisher leaves, or not any more; a hold ends then. Does not yield. */
void source_let_hold(struct source *s, bool lets);

/**
 * Replace the publisher of a held stream, or another stand-in, in a publish of its own: the caller enters frames (enter.h) while s->stand_in is set. A
 * publisher ends it when its frames can be shown (hand_back.h), and so does source_end_stand_in(). Does not yield.
 *
 * Shape      what: a word for the API and the log; static
 */
void source_begin_stand_in(struct source *s, const char *what);

/** The stand-in has no more frames: the stream is held again. Does nothing if there is none. Does not yield. */
void source_end_stand_in(struct source *s);

/** End a hold, and tell players of the end of the stream. Does nothing if the stream is not held. Does not yield. */
void source_end_hold(struct source *s);

/**
 * An attendant begins to fetch an idle stream for its readers, or gives it up. A stream in another state stays as it is. Does not
 * yield.
 */
void source_pull_begin(struct source *s);
void source_pull_end(struct source *s);

#endif
