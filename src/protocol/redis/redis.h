/**
 * A client of Redis: one connection, one command at a time. hiredis writes commands and reads answers; the connection is an io.
 *
 * Answers are nothing, a number or a text; arrays, which no command of ours has for an answer, are an error.
 *
 * Source     the protocol is RESP2 (redis.io, "Redis serialization protocol")
 * Units      deadlines are absolute now_us() times
 * Yields     yes, where not said
 */
#ifndef PROTOCOL_REDIS_REDIS_H
#define PROTOCOL_REDIS_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/io.h"
#include "protocol/redis/place.h"

enum {
    REDIS_WORDS_MAX = 8,       /* of a command */
    REDIS_TEXT_MAX = 4 << 10,  /* bytes of a text in an answer */
    REDIS_ANSWER_MAX = 8 << 10 /* bytes of an answer */
};

enum redis_kind { REDIS_NOTHING, REDIS_NUMBER, REDIS_TEXT };

struct redis_answer {
    enum redis_kind kind;
    int64_t         number;
    size_t          len;
    char            text[REDIS_TEXT_MAX + 1];
};

/** False: the server is built without hiredis, and all calls fail. Does not yield. */
bool redis_is_built(void);

/**
 * Connect, log in and choose the database.
 *
 * Ownership  after an error the io is closed
 * Errors     those of dial() and redis_call()
 */
struct err *redis_open(struct io *io, const struct redis_place *to, int64_t deadline_us) ATTR_MUST_USE;

/**
 * Send a command, and read its answer. After an error the connection is of no use.
 *
 * Errors     those of io.h; E_BACKEND: Redis answers with an error, or what is no answer, or is too long
 */
struct err *redis_call(struct io *io, const char *const *words, size_t n, struct redis_answer *out,
                       int64_t deadline_us) ATTR_MUST_USE;

#endif
