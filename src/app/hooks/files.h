/**
 * Callbacks about files of a stream: on_hls, on_hls_notify and on_dvr. They are told under the name of the publisher, in the queue of the
 * stream, so that the last one comes before its on_unpublish.
 *
 * Yields     no
 */
#ifndef APP_HOOKS_FILES_H
#define APP_HOOKS_FILES_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/hooks/subject.h"
#include "app/server/finished_file.h"

extern const struct finished_listener hook_files_listener;

/** A publisher is let in: files of this stream are told of under its name from now on. Without memory they are not. */
void hook_files_begin(const char *key, struct hook_subject *subject);

/**
 * The publisher leaves. True: the vhost, as it is now, wants to be told of files, and the last one is still to come;
 * hook_outbox_release() will be called for the queue `key`. NULL: there is no such vhost any more.
 */
bool hook_files_leave(const char *key, const struct hook_subject *subject, const struct conf_vhost *v);

/** Forget all publishers. */
void hook_files_finish(void);

#endif
