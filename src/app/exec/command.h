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
 * A client's value is never more than a part of the word in which it is inserted. No variable is replaced in the name of the
 * program. A control character becomes `?`. A word that begins with a variable must not become an option, so it is refused if it
 * begins with `-`. In the name of a file, a slash in a value becomes `_`, and so does a dot at its beginning.
 *
 * Yields     no
 */
#ifndef APP_EXEC_COMMAND_H
#define APP_EXEC_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

/* Most words of a command; most bytes of all words together after variables are replaced. */
enum { COMMAND_WORDS_MAX = 256, COMMAND_BYTES_MAX = 32 << 10 };

/** The values of the variables; no text is NULL. */
struct command_values {
    const char *vhost, *app, *stream, *param; /* `param`: "?k=v", or "" */
    const char *host, *tc_url, *swf_url, *page_url;
    int         port;
    int64_t     wall_us;
    bool        utc;
};

struct command {
    char      **argv; /* the words, ended by NULL */
    const char *output, *errors;
    char       *bytes; /* storage of all texts */
};

/**
 * Make a command ready to run.
 *
 * Ownership  release *c with command_finish(), also after an error
 * Errors     E_ENCODER_FORK: no program, a redirection without a file, a word that would become an option; E_LIMIT; out of memory
 */
struct err *command_make(struct command *c, const struct conf_words *words,
                         const struct command_values *values) ATTR_MUST_USE;

/** Free the texts. Takes a command that is all zero. */
void command_finish(struct command *c);

#endif
