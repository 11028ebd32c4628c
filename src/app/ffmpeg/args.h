/**
 * The command line of an ffmpeg that `transcode` or `ingest` runs, made from an engine of the configuration.
 *
 *     ffmpeg -nostdin -loglevel level+info [-re] [perfile] [-f IFORMAT] -i INPUT [vfilter] VIDEO AUDIO [-f OFORMAT] -y OUTPUT
 *     VIDEO  -vn | -vcodec CODEC [-b:v -r -s -threads -profile:v -preset] [vparams]
 *     AUDIO  -an | -acodec CODEC [-b:a -ar -ac] [aparams]
 *
 * IFORMAT `flv` is passed for RTMP inputs alone: it is the default, and other inputs may be anything. `off` leaves a format
 * out. With `copy` nothing is encoded, so of vparams only bsf:v is passed, and of aparams only bsf:a. Width and height are made
 * even. A value of 0 is left out.
 *
 * Source     the directives `transcode`, `ingest` and `engine` of SRS 7.0.18
 * Yields     no
 */
#ifndef APP_FFMPEG_ARGS_H
#define APP_FFMPEG_ARGS_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/program/command.h"
#include "core/attr.h"
#include "core/err.h"

struct ffmpeg_args {
    const char               *program; /* a path, or a name that is looked for in PATH */
    const char               *log_level;
    const struct conf_engine *engine;
    bool                      copies;         /* Everything is copied, whatever the engine says about codecs. */
    bool                      paces;          /* -re: the input is read at its own speed. */
    const char               *input, *output; /* as they stand */
};

/* Longest output. */
enum { FFMPEG_OUTPUT_MAX = 4096 };

/**
 * Replace the variables of the set in an output.
 *
 * Ownership  the caller releases *output with mem_free()
 * Errors     E_ENCODER_FORK: it would become an option of ffmpeg; E_LIMIT; out of memory
 */
struct err *ffmpeg_args_output(char **output, const char *written, unsigned set,
                               const struct command_values *values) ATTR_MUST_USE;

/**
 * Add the words of the command.
 *
 * Errors     left in the maker: E_ENCODER_VCODEC, E_ENCODER_VPROFILE and others for an engine that cannot work, E_ENCODER_PARSE
 *            when no program is named, E_ENCODER_NO_INPUT, E_ENCODER_OUTPUT
 */
void ffmpeg_args_put(struct command_maker *m, const struct ffmpeg_args *args);

#endif
