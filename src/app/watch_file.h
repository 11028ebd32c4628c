/**
 * `inotify_auto_reload`: the server reloads when the configuration file is written, or when a ConfigMap's `..data` is replaced.
 */
#ifndef APP_WATCH_FILE_H
#define APP_WATCH_FILE_H

#include "app/conf/conf_source.h"
#include "core/attr.h"
#include "core/err.h"

struct server;

/** Watch the file's directory in a coroutine among the server's services. `from->path` is borrowed until that coroutine ends. */
struct err *watch_file_start(struct server *s, const struct conf_source *from) ATTR_MUST_USE;

#endif
