#include "core/log_tail.h"

#include <stddef.h>
#include <string.h>

#include "core/str.h"

/* A line: its texts stand at `at`, one behind the other, each with a NUL. */
struct place {
    int64_t  wall_us;
    uint32_t at;
    uint16_t trace_len;
    uint8_t  level;
};

static struct {
    struct place places[LOG_TAIL_LINES]; /* by number, modulo LOG_TAIL_LINES */
    char         bytes[LOG_TAIL_BYTES];
    uint64_t     oldest, end;
    size_t       free_at; /* where the next line goes */
} tail;

static struct place *place_of(uint64_t number)
{
    return &tail.places[number % LOG_TAIL_LINES];
}

uint64_t log_tail_oldest(void)
{
    return tail.oldest;
}

uint64_t log_tail_end(void)
{
    return tail.end;
}

/* Lines lie in the order of their numbers, so the oldest ones are those that are in the way. */
static void drop_between(size_t from, size_t to)
{
    while (tail.oldest < tail.end && place_of(tail.oldest)->at >= from && place_of(tail.oldest)->at < to)
        tail.oldest++;
}

static char *make_room(size_t len)
{
    if (tail.free_at + len > LOG_TAIL_BYTES) {
        drop_between(tail.free_at, LOG_TAIL_BYTES);
        tail.free_at = 0;
    }
    drop_between(tail.free_at, tail.free_at + len);
    if (tail.end - tail.oldest == LOG_TAIL_LINES)
        tail.oldest++;
    return tail.bytes + tail.free_at;
}

void log_tail_put(const struct log_tail_line *line)
{
    size_t trace_len = strnlen(line->trace, LOG_TAIL_TRACE_MAX), text_len = strnlen(line->text, LOG_TAIL_TEXT_MAX);
    size_t len = trace_len + 1 + text_len + 1;
    char  *to = make_room(len);
    str_pack(&to, line->trace, trace_len);
    str_pack(&to, line->text, text_len);
    *place_of(tail.end++) = (struct place){ .wall_us = line->wall_us,
                                            .at = (uint32_t)tail.free_at,
                                            .trace_len = (uint16_t)trace_len,
                                            .level = (uint8_t)line->level };
    tail.free_at += len;
}

struct log_tail_line log_tail_at(uint64_t number)
{
    const struct place *p = place_of(number);
    const char         *at = tail.bytes + p->at;
    return (
        struct log_tail_line){ .wall_us = p->wall_us, .level = p->level, .trace = at, .text = at + p->trace_len + 1 };
}
