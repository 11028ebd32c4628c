/**
 * A command in the making: words and names of files, in which variables are replaced by the values of a stream.
 *
 *     command_begin(&m, &values)
 *     command_word(&m, "-i")                          a word as it stands
 *     command_template(&m, "[stream].flv", set)       a word in which the variables of the set are replaced
 *     e = command_end(&m, &command)                   asked once, after all of it
 *
 * A client's value is never more than a part of the word in which it is inserted. A control character becomes `?`. A word that
 * begins with a variable must not become an option, so it is refused if it begins with `-`. In the name of a file, a slash in a
 * value becomes `_`, and so does a dot at its beginning.
 *
 * Yields     no
 */
#ifndef APP_PROGRAM_COMMAND_H
#define APP_PROGRAM_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/variable.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

/* Most words of a command; most bytes of all words together after variables are replaced; longest name of a log file. */
enum { COMMAND_WORDS_MAX = 256, COMMAND_BYTES_MAX = 32 << 10, COMMAND_LOG_NAME_MAX = 240 };

/** The values of the variables; no text is NULL. */
struct command_values {
    const char *vhost, *app, *stream, *param, *engine; /* `param`: "?k=v", or "" */
    const char *host, *tc_url, *swf_url, *page_url;
    int         port;
    int64_t     wall_us;
    bool        utc;
};

struct command {
    char      **argv; /* the words, ended by NULL */
    const char *output, *errors;
    char       *bytes;  /* storage of all texts */
    char       *target; /* key of the stream of this server that it publishes (stream_name_key()); NULL or "": none */
};

/** The state of making a command. The bytes may move until all are written, so a word is its offset until then. */
struct command_maker {
    const struct command_values *values;
    struct variable_time         time;
    struct buf                   bytes;
    bool                         is_file; /* The word is the name of a file. */
    bool                         same_file;
    size_t                       words[COMMAND_WORDS_MAX];
    size_t                       count, output, errors; /* SIZE_MAX: no file */
    struct err                  *error;                 /* the first failure; the rest is left out */
};

/** Begin. Borrows `values` until the end. */
void command_begin(struct command_maker *m, const struct command_values *values);

/** Add a word as it stands. */
void command_word(struct command_maker *m, const char *word);

/** Add a word, made by a format from texts of the configuration alone. */
void command_printf(struct command_maker *m, const char *fmt, ...) ATTR_PRINTF(2, 3);

/** Add a word in which the variables of the set are replaced. */
void command_template(struct command_maker *m, const char *word, unsigned set);

/** Name the files of standard output and of standard error; 2>&1. */
void command_output(struct command_maker *m, const char *file, unsigned set);
void command_errors(struct command_maker *m, const char *file, unsigned set);
void command_errors_to_output(struct command_maker *m);

/** Name a log file in `folder` for standard error. A name longer than COMMAND_LOG_NAME_MAX is cut before its ending, ".log". */
void command_log(struct command_maker *m, const char *folder, const char *name, unsigned set);

/** Make it fail, unless it has failed already. Takes the error over. */
void command_fail(struct command_maker *m, struct err *e);

/**
 * End the making.
 *
 * Ownership  release *c with command_finish(), also after an error
 * Errors     the first failure of all. E_ENCODER_FORK: a word would become an option; E_LIMIT: too many words or bytes; out of
 *            memory
 */
struct err *command_end(struct command_maker *m, struct command *c) ATTR_MUST_USE;

/** Free the texts. Takes a command that is all zero. */
void command_finish(struct command *c);

#endif
