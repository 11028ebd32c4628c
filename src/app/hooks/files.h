/**
 * Callbacks about files of a stream: on_hls and on_hls_notify. They are told under the name of the publisher, in the lane of the stream, so
 * that the last one comes before its on_unpublish.
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

/** True if files of the vhost's streams are told of. */
bool hook_files_are_told(const struct conf_vhost *v);

/** A publisher is let in: files of this stream are told of under its name from now on. Without memory they are not. */
void hook_files_begin(const char *key, struct hook_subject *subject);

/** The publisher leaves. True: its last file is still to come, and hook_outbox_release() will be called for the lane `key`. */
bool hook_files_leave(const char *key, const struct hook_subject *subject);

/** Forget all publishers. */
void hook_files_finish(void);

#endif
