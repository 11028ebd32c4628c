/**
 * One line `publish PROGRAM ARGUMENTS ...;` of `exec`, made ready to run for a stream: variables are replaced and redirections
 * are taken out.
 *
 *     [vhost] [app] [stream]              the names of the stream; the vhost by its configured name
 *     [tcUrl] [swfUrl] [pageUrl] [port]   the values that the publisher has sent
 *     [url]                               rtmp://HOST:PORT/APP/STREAM with the stream's parameters, by the host of the tcUrl
 *     [2006] [01] [02] [15] [04] [05] [999] [timestamp]   the time at which the program is started
 *
 * Other text in brackets stays. `> FILE` or `1> FILE` is the file of standard output, `2> FILE` that of standard error, and `2>&1`
 * means the same file; the blank before FILE is optional. A number before a blank is an argument, as in a shell.
 *
 * No variable is replaced in the name of the program. program/command.h says what a client's value can do in a word.
 *
 * Yields     no
 */
#ifndef APP_EXEC_LINE_H
#define APP_EXEC_LINE_H

#include "app/conf/conf.h"
#include "app/program/command.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Make a command ready to run.
 *
 * Ownership  release *c with command_finish(), also after an error
 * Errors     E_ENCODER_FORK: no program, a redirection without a file; those of command_end()
 */
struct err *line_make(struct command *c, const struct conf_words *words,
                      const struct command_values *values) ATTR_MUST_USE;

#endif
