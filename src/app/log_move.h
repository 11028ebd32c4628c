/**
 * A new place for the log, at a reload.
 */
#ifndef APP_LOG_MOVE_H
#define APP_LOG_MOVE_H

#include "core/log.h"

/**
 * Open the log by these settings on a worker thread: a disk that hangs delays no stream. If it cannot be opened, the log says
 * why, and stays where it is. Yields.
 */
void log_move(const struct log_settings *to);

#endif
