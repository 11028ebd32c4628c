/**
 * The messages of the bandwidth test of SRS: commands on message stream 0 in the form `name, 0, null, {data}`.
 *
 * Source     SRS 1 to 3, whose Flash and command-line clients speak it; doc/rtmp.md has the conversation
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_BANDCHECK_H
#define PROTOCOL_RTMP_BANDCHECK_H

#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"

enum rtmp_bandcheck {
    RTMP_BANDCHECK_OTHER, /* a command that does not belong to the test */
    RTMP_BANDCHECK_START_PLAY,
    RTMP_BANDCHECK_STARTING_PLAY,
    RTMP_BANDCHECK_PLAYING,
    RTMP_BANDCHECK_STOP_PLAY,
    RTMP_BANDCHECK_STOPPED_PLAY,
    RTMP_BANDCHECK_START_PUBLISH,
    RTMP_BANDCHECK_STARTING_PUBLISH,
    RTMP_BANDCHECK_PUBLISHING,
    RTMP_BANDCHECK_STOP_PUBLISH,
    RTMP_BANDCHECK_STOPPED_PUBLISH,
    RTMP_BANDCHECK_FINISHED,
    RTMP_BANDCHECK_FINAL,
    RTMP_BANDCHECK_BAD, /* not a command of that form */
};

/* Most texts in one Playing message: together they are shorter than RTMP_REPLY_MAX. */
enum { RTMP_BANDCHECK_TEXTS_MAX = 200 };

/** The command of a message of type 20. */
enum rtmp_bandcheck rtmp_bandcheck_read(const uint8_t *body, size_t len);

struct rtmp_bandcheck_value {
    const char *name;
    double      value;
};

/** Write a command with `n` numbers as its data. */
void rtmp_bandcheck_write(struct wr *w, enum rtmp_bandcheck command, const struct rtmp_bandcheck_value *values,
                          size_t n);

/** Write a Playing message with that many texts, at most RTMP_BANDCHECK_TEXTS_MAX. */
void rtmp_bandcheck_write_playing(struct wr *w, int n_texts);

#endif
