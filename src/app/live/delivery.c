#include "app/live/delivery.h"

#include <string.h>

#include "app/live/release_bytes.h"
#include "app/live/sender.h"
#include "app/source/source.h"
#include "core/mem.h"
#include "protocol/io.h"
#include "protocol/send_ring.h"

/*
 * The bytes of a queued write must stay as they are, while those of the release are made over for the next player's
 * times. So they are copied, once for all neighbours with the same times; larger ones only when there is a neighbour,
 * for a copy then costs as much as the call that it saves.
 */
enum { COPIES_BYTES = 1 << 20, SMALL_BYTES = 8 << 10 };

/* QUEUE_BYTES in one queue take the kernel about a quarter of a millisecond: the pacer looks at the clock behind it. */
enum { QUEUE_BYTES = 1 << 20 };

/*
 * A source with this many readers fills a queue, which is written before its pacer yields. The writes of smaller ones
 * wait until all that are ready have run (co_before_look()): one call serves many streams.
 */
enum { CROWD = 4 };

/* What waits must not depend on the release, which is gone by then: not more frames than fit here. */
enum { WAITING_FRAMES_MAX = 8 };

struct write {
    struct sender       *player;
    struct release_share share;
    struct wire_mark     marks[WAITING_FRAMES_MAX]; /* of a write that waits */
};

/* What queued writes point to. */
struct copies {
    uint8_t       *bytes;
    size_t         used;
    uint64_t       content; /* of the last player's bytes; 0: there was none */
    const uint8_t *newest;  /* the copy of those; NULL: none */
};

static struct delivery {
    struct release_bytes release;
    struct copies        copies;
    struct write         writes[SEND_RING_MAX]; /* those in the queue, in its order */
    size_t               queued_bytes;
    bool                 is_bound; /* a write in the queue depends on the release: it does not outlive a yield */
} the;

static void finish_write(void *arg, ssize_t sent)
{
    const struct write *w = arg;
    w->player->reader.under_way = false;
    w->player->reader.source->under_way = NULL;
    if (sent > 0)
        sender_took(w->player, &w->share, (size_t)sent);
    if (sent < (ssize_t)w->share.len)
        co_unpark(w->player->reader.co); /* its own attempt finds out why */
}

static void write_queue(void)
{
    send_ring_flush(finish_write);
    the.copies.used = the.queued_bytes = 0;
    the.copies.newest = NULL;
    the.is_bound = false;
}

/* Where the bytes stay as they are until the queue is written; NULL: nowhere. */
static const uint8_t *keep(const struct release_share *b)
{
    struct copies *c = &the.copies;
    bool           has_neighbour = c->content == b->content;
    c->content = b->content;
    if (has_neighbour && c->newest)
        return c->newest;
    c->newest = NULL;
    if (!has_neighbour && b->len > SMALL_BYTES)
        return NULL;
    if (!c->bytes && !(c->bytes = mem_alloc(COPIES_BYTES)))
        return NULL;
    if (b->len > COPIES_BYTES - c->used)
        write_queue();
    c->newest = memcpy(c->bytes + c->used, b->bytes, b->len);
    c->used += b->len;
    return c->newest;
}

/* Few frames of a wire that is the same after any frame: all that is known of them fits into the write. */
static bool may_wait(const struct release_share *b)
{
    return b->n_frames <= WAITING_FRAMES_MAX && !b->before->format->follow && !b->before->format->pass;
}

static bool is_for_queue(const struct sender *p, const struct release_share *b)
{
    return send_ring_is_open() && !p->io->layer && b->len && (p->reader.source->n_readers >= CROWD || may_wait(b));
}

/* False when it does not fit in whole: there is no queue, or no place for the bytes. */
static bool queue_write(struct sender *p, const struct release_share *b)
{
    if (send_ring_is_full() || the.queued_bytes > QUEUE_BYTES)
        write_queue();
    const uint8_t *bytes = is_for_queue(p, b) ? keep(b) : NULL;
    if (!bytes || !send_ring_is_open()) /* a full queue on the way may have lost the ring */
        return false;
    struct write *w = &the.writes[send_ring_count()];
    w->player = p;
    w->share = *b;
    if (p->reader.source->n_readers < CROWD) {
        w->share.marks = memcpy(w->marks, b->marks, b->n_frames * sizeof *b->marks);
        p->reader.under_way = true;
        p->reader.source->under_way = &live_delivery;
    } else {
        the.is_bound = true;
    }
    send_ring_add(p->io, bytes, b->len, w);
    the.queued_bytes += b->len;
    return true;
}

/* Writes to one player by a system call of its own; false when not all went out. */
static bool write_now(struct sender *p, const struct release_share *b)
{
    size_t       sent = 0;
    struct iovec iov = { .iov_base = (void *)b->bytes, .iov_len = b->len };
    struct err  *e = b->len ? io_writev_now(p->io, &iov, 1, &sent) : NULL;
    bool         is_whole = !e && sent == b->len;
    if (!e && (sent > 0 || !b->len))
        sender_took(p, b, sent);
    err_free(e); /* the player's coroutine meets it again, and can report it */
    return is_whole;
}

static bool add(struct reader *r)
{
    struct sender       *p = sender_of(r);
    const struct source *s = r->source;
    struct release_share share;
    if (r->under_way)
        write_queue();
    if (!sender_keeps_step(p) ||
        !release_bytes_get(&the.release, &share, s, r->seq, &p->held.wire, &p->jitter, r->gate.open | s->gops.keyless))
        return false;
    return queue_write(p, &share) || write_now(p, &share);
}

static void flush(void)
{
    the.copies.content = 0;
    if (the.is_bound)
        write_queue();
    else
        co_before_look(write_queue);
}

static void forget(const struct source *s)
{
    release_bytes_forget(&the.release, s);
}

const struct reader_delivery live_delivery = { .add = add, .flush = flush, .settle = write_queue, .forget = forget };
