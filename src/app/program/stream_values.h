/**
 * The values of a live stream for the commands of its programs.
 */
#ifndef APP_PROGRAM_STREAM_VALUES_H
#define APP_PROGRAM_STREAM_VALUES_H

#include "app/program/command.h"

struct source;

/**
 * The values now; `engine` is "", and the time is left to the caller.
 *
 * Ownership  the texts belong to the source and its publisher, and last until the next yield
 * Yields     no
 */
struct command_values stream_values(const struct source *s);

#endif
