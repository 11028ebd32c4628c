#include "app/source/log_cursor.h"

#include "app/source/source.h"
#include "core/log.h"
#include "protocol/co.h"

static void begin_at(struct log_cursor *c, uint64_t seq, const struct headers *headers)
{
    c->seq = seq;
    headers_copy(&c->prologue, headers);
    c->n_prologue_taken = 0;
    c->gate = (struct picture_gate){ 0 };
}

static void begin_at_newest_gop(struct log_cursor *c)
{
    const struct source *s = c->source;
    if (s->gops.is_cached && gops_place(&s->gops)->seq >= c->seq)
        begin_at(c, gops_place(&s->gops)->seq, &gops_place(&s->gops)->headers);
    else
        begin_at(c, s->ring.head, &s->headers);
}

void log_cursor_join_for(struct log_cursor *c, struct source *s, struct co *co)
{
    *c = (struct log_cursor){ .source = s, .co = co, .until_us = INT64_MAX };
    begin_at_newest_gop(c);
    list_push(&s->cursors, &c->link);
}

void log_cursor_join(struct log_cursor *c, struct source *s)
{
    log_cursor_join_for(c, s, co_self());
}

void log_cursor_skip(struct log_cursor *c)
{
    begin_at(c, c->source->ring.head, &c->source->headers);
}

void log_cursor_be_prompt(struct log_cursor *c, bool prompt)
{
    if (prompt == c->is_prompt)
        return;
    c->is_prompt = prompt;
    c->source->n_prompt += prompt ? 1 : -1;
    if (c->source->publisher)
        co_unpark(c->source->publisher->co);
}

void log_cursor_leave(struct log_cursor *c)
{
    if (!c->source)
        return;
    log_cursor_be_prompt(c, false);
    list_remove(&c->link);
    headers_clear(&c->prologue);
    c->source = NULL;
}

static struct frame *next_of_prologue(struct log_cursor *c)
{
    if (c->n_prologue_taken < c->prologue.count)
        return frame_ref(c->prologue.frames[c->n_prologue_taken++]);
    headers_clear(&c->prologue);
    c->n_prologue_taken = 0;
    return NULL;
}

/* The log has forgotten frames that were not taken yet. */
static void jump(struct log_cursor *c)
{
    const struct source *s = c->source;
    uint64_t             from = c->seq;
    c->seq = s->ring.tail;
    begin_at_newest_gop(c);
    c->n_jumps++;
    log_warn("%s of %s fell behind, %lld frames are lost, jumps=%lld", co_trace(), s->identity,
             (long long)(c->seq - from), (long long)c->n_jumps);
}

struct frame *log_cursor_next(struct log_cursor *c, bool *jumped)
{
    const struct source *s = c->source;
    struct frame        *f;
    if (c->seq < s->ring.tail) {
        jump(c);
        *jumped = true;
    }
    if (!source_is_settled(s))
        return NULL;
    if (c->prologue.count && (f = next_of_prologue(c)))
        return f;
    while (c->seq < s->ring.head) {
        c->is_apart |= s->broke_at && c->seq == s->broke_at;
        f = ring_at(&s->ring, c->seq++);
        if (picture_gate_take(&c->gate, f, s->gops.keyless))
            return frame_ref(f);
    }
    c->n_waiting = 0;
    return NULL;
}

bool log_cursor_is_at_end(const struct log_cursor *c)
{
    return c->seq >= c->source->ring.head;
}

void log_cursors_wake(struct source *s, const struct frame *f)
{
    LIST_FOREACH (&s->cursors, it, after) {
        struct log_cursor *c = LIST_ENTRY(it, struct log_cursor, link);
        c->n_waiting += f->len;
        if (f->key || f->config || f->dts_us >= c->until_us || c->n_waiting >= LOG_CURSOR_BYTES)
            co_unpark(c->co);
    }
}
