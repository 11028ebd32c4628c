#include "protocol/redis/redis.h"

#ifdef WITH_REDIS

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/dial.h"

bool redis_is_built(void)
{
    return true;
}

/* ---- answers, as the reader of hiredis makes them ---- */

/* What the reader fills in: its "object" is this, or NULL, which ends it. */
struct reading {
    struct redis_answer *out;
    bool                 is_error;
};

static void *take_text(const redisReadTask *task, char *text, size_t len)
{
    struct reading *r = task->privdata;
    if (len > REDIS_TEXT_MAX)
        return NULL;
    memcpy(r->out->text, text, len);
    r->out->text[len] = '\0';
    r->out->len = len;
    r->out->kind = REDIS_TEXT;
    r->is_error = task->type == REDIS_REPLY_ERROR;
    return r;
}

#if HIREDIS_MAJOR >= 1
static void *refuse_array(const redisReadTask *task, size_t n)
#else
static void *refuse_array(const redisReadTask *task, int n)
#endif
{
    (void)task;
    (void)n;
    return NULL;
}

static void *take_number(const redisReadTask *task, long long number)
{
    struct reading *r = task->privdata;
    r->out->kind = REDIS_NUMBER;
    r->out->number = number;
    return r;
}

static void *take_nothing(const redisReadTask *task)
{
    struct reading *r = task->privdata;
    r->out->kind = REDIS_NOTHING;
    return r;
}

static void forget(void *object)
{
    (void)object;
}

static struct err *judge(const struct reading *r)
{
    return r->is_error ? err_new(E_BACKEND, "Redis answers: %.200s", r->out->text) : NULL;
}

static struct err *feed(redisReader *reader, const char *bytes, size_t len, void **object)
{
    if (redisReaderFeed(reader, bytes, len) == REDIS_OK && redisReaderGetReply(reader, object) == REDIS_OK)
        return NULL;
    return err_new(E_BACKEND, "what has come is no answer of Redis that is expected: %.100s", reader->errstr);
}

static struct err *read_answer(struct io *io, redisReader *reader, struct reading *r, int64_t deadline_us)
{
    char        bytes[1024];
    void       *object = NULL;
    size_t      n, sum = 0;
    struct err *e = NULL;
    while (!e && !object && sum <= REDIS_ANSWER_MAX) {
        e = io_read(io, bytes, sizeof bytes, &n, deadline_us);
        if (!e)
            e = feed(reader, bytes, n, &object);
        sum += n;
    }
    if (!e && !object)
        e = err_new(E_BACKEND, "the answer of Redis has more than %d bytes", REDIS_ANSWER_MAX);
    return e ? e : judge(r);
}

/* ---- commands ---- */

static struct err *send_command(struct io *io, const char *const *words, size_t n, int64_t deadline_us)
{
    const char *texts[REDIS_WORDS_MAX];
    size_t      lens[REDIS_WORDS_MAX];
    char       *command = NULL;
    for (size_t i = 0; i < n && i < REDIS_WORDS_MAX; i++) {
        texts[i] = words[i];
        lens[i] = strlen(words[i]);
    }
    long long len = redisFormatCommandArgv(&command, (int)n, texts, lens);
    if (len < 0)
        return err_no_memory();
    struct err *e = io_write(io, command, (size_t)len, deadline_us);
    redisFreeCommand(command);
    return e;
}

struct err *redis_call(struct io *io, const char *const *words, size_t n, struct redis_answer *out, int64_t deadline_us)
{
    struct reading            r = { .out = out };
    redisReplyObjectFunctions makers = { .createString = take_text,
                                         .createArray = refuse_array,
                                         .createInteger = take_number,
                                         .createNil = take_nothing,
                                         .freeObject = forget };
    redisReader              *reader = n <= REDIS_WORDS_MAX ? redisReaderCreateWithFunctions(&makers) : NULL;
    *out = (struct redis_answer){ .kind = REDIS_NOTHING };
    if (!reader)
        return err_no_memory();
    reader->privdata = &r;
    struct err *e = send_command(io, words, n, deadline_us);
    if (!e)
        e = read_answer(io, reader, &r, deadline_us);
    redisReaderFree(reader);
    return err_wrap(e, "%s", words[0]);
}

static struct err *log_in(struct io *io, const struct redis_place *to, struct redis_answer *answer, int64_t deadline_us)
{
    const char *words[] = { "AUTH", to->user, to->password };
    if (!*to->password)
        return NULL;
    if (*to->user)
        return redis_call(io, words, 3, answer, deadline_us);
    words[1] = to->password; /* Before Redis 6 there are no users. */
    return redis_call(io, words, 2, answer, deadline_us);
}

static struct err *choose(struct io *io, const struct redis_place *to, struct redis_answer *answer, int64_t deadline_us)
{
    char        number[16];
    const char *words[] = { "SELECT", number };
    snprintf(number, sizeof number, "%d", to->database);
    return to->database ? redis_call(io, words, 2, answer, deadline_us) : NULL;
}

struct err *redis_open(struct io *io, const struct redis_place *to, int64_t deadline_us)
{
    struct redis_answer answer;
    struct err         *e = dial(io, to->host, to->port, deadline_us);
    if (e)
        return e;
    e = log_in(io, to, &answer, deadline_us);
    if (!e)
        e = choose(io, to, &answer, deadline_us);
    if (e)
        io_close(io);
    return e;
}

#else

bool redis_is_built(void)
{
    return false;
}

static struct err *not_built(void)
{
    return err_new(E_BACKEND, "this server is built without Redis: configure --redis=on");
}

struct err *redis_open(struct io *io, const struct redis_place *to, int64_t deadline_us)
{
    (void)to;
    (void)deadline_us;
    *io = (struct io){ .fd = -1 };
    return not_built();
}

struct err *redis_call(struct io *io, const char *const *words, size_t n, struct redis_answer *out, int64_t deadline_us)
{
    (void)io;
    (void)words;
    (void)n;
    (void)deadline_us;
    *out = (struct redis_answer){ .kind = REDIS_NOTHING };
    return not_built();
}

#endif
