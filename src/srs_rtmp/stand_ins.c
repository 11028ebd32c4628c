/*
 * What the connections of the server have from the loop, in a program without one. A thread that blocks gives way to nobody, has no
 * log and no other connection to share a buffer with; the resolver blocks it.
 */
#include "core/log.h"
#include "protocol/co.h"
#include "protocol/offload.h"
#include "protocol/unfinished.h"
#include "srs_rtmp/handle.h"

struct co *co_self(void)
{
    return NULL;
}

bool co_is_cancelled(const struct co *co)
{
    (void)co;
    return false;
}

void co_give_way(void)
{
}

bool co_give_way_by_time(void)
{
    return false;
}

bool co_slice_is_over(void)
{
    return false;
}

int64_t co_deadline(int64_t deadline_us)
{
    return deadline_us;
}

struct err *offload(enum offload_kind kind, struct offload_job *job, int64_t deadline_us)
{
    (void)kind;
    (void)deadline_us;
    job->work(job);
    return NULL;
}

void log_write(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
}

void unfinished_set(struct unfinished *u, size_t bytes)
{
    (void)u;
    (void)bytes;
}

struct rtmp_receive_buffer *rtmp_receive_buffer_of(struct io *io)
{
    return &handle_of(io)->buffer;
}
