#include "app/live/delivery.h"

#include <string.h>

#include "app/live/release_bytes.h"
#include "app/live/sender.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/io.h"
#include "protocol/send_ring.h"

/*
 * The bytes of a queued write must not change, but those of the release are stamped with the next player's times. So they are
 * copied, once for all successive players with the same times. More than SMALL_BYTES are copied only if there are several such
 * players, because then the copy costs as much as the system call that it saves.
 */
enum { COPIES_BYTES = 1 << 20, SMALL_BYTES = 8 << 10 };

/* Most bytes of one queue. The kernel takes them in about a quarter of a millisecond; then the pacer looks at the clock. */
enum { QUEUE_BYTES = 1 << 20 };

/* A queue of encoded writes is shorter, so that their bytes are still in the CPU's cache when the kernel copies them. */
enum { ENCODED_BYTES = 512 << 10 };

/*
 * The queue of a source with this many readers is written before its pacer yields. The writes of sources with fewer readers wait
 * until all coroutines that are ready have run (co_before_look()), so that one call serves many streams.
 */
enum { CROWD = 4 };

/* Most frames of a write that waits. It keeps its own marks, because it must not depend on the release. */
enum { WAITING_FRAMES_MAX = 8 };

struct write {
    struct sender       *player;
    struct release_share share;
    struct wire_mark     marks[WAITING_FRAMES_MAX]; /* marks of a write that waits */
};

/* The bytes that queued writes point to. */
struct copies {
    uint8_t       *bytes;
    size_t         used;
    uint64_t       content; /* number of the last player's bytes (release_share.content); 0: none */
    const uint8_t *newest;  /* copy of those bytes; NULL: none */
};

static struct delivery {
    struct release_bytes release;
    struct copies        copies;
    struct write         writes[SEND_RING_MAX]; /* the writes in the queue, in its order */
    size_t               queued_bytes;
    bool                 is_bound; /* A write in the queue depends on the release, so it must not outlive a yield. */
    struct source       *crowd;    /* source of the writes that depend on the release, and arrival of its first frame */
    int64_t              crowd_arrived_us;
    uint64_t             n_to_crowd; /* writes to its players that have been made in this flush */
} the;

/* A write that waited is counted by itself, those of a crowd together. */
static void count_write(const struct write *w, ssize_t sent)
{
    struct source *s = w->player->reader.source;
    if (sent > 0 && w->player->reader.under_way)
        source_count_latency(s, w->share.arrived_us, send_ring_flushed_us(), 1);
    else
        the.n_to_crowd += sent > 0;
}

static void count_crowd(void)
{
    if (the.n_to_crowd)
        source_count_latency(the.crowd, the.crowd_arrived_us, send_ring_flushed_us(), the.n_to_crowd);
    the.n_to_crowd = 0;
}

static void finish_write(void *arg, ssize_t sent)
{
    const struct write *w = arg;
    if (sent > 0 && w->player->io->layer) /* The layer has taken over all of them. */
        sent = (ssize_t)w->share.len;
    count_write(w, sent);
    w->player->reader.under_way = false;
    w->player->reader.source->under_way = NULL;
    if (sent > 0)
        sender_took(w->player, &w->share, (size_t)sent);
    if (sent < (ssize_t)w->share.len)
        co_unpark(w->player->reader.co); /* The player writes for itself, and finds the reason. */
}

static void write_queue(void)
{
    send_ring_flush();
    count_crowd();
    the.copies.used = the.queued_bytes = 0;
    the.copies.newest = NULL;
    the.is_bound = false;
}

/* Find bytes that do not change until the queue is written: the share's own, or a copy. NULL: there is no room. */
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

/* True for few frames of a wire that no frame changes: all that must be known about them fits into the write. */
static bool may_wait(const struct release_share *b)
{
    return b->n_frames <= WAITING_FRAMES_MAX && !b->before->format->follow && !b->before->format->pass;
}

/* Let the layer of the player's socket make its bytes, into the memory for copies. NULL: the layer does not, or has no room. */
static const uint8_t *encode(const struct sender *p, const struct release_share *b, size_t *len)
{
    struct copies *c = &the.copies;
    struct io     *io = p->io;
    struct iovec   iov = { .iov_base = (void *)b->bytes, .iov_len = b->len };
    if (!io->layer->encode || (!c->bytes && !(c->bytes = mem_alloc(COPIES_BYTES))))
        return NULL;
    *len = io->layer->encode(io, &iov, 1, c->bytes + c->used, COPIES_BYTES - c->used);
    if (!*len)
        return NULL;
    c->used += *len;
    return c->bytes + c->used - *len;
}

static bool is_for_queue(const struct sender *p, const struct release_share *b)
{
    bool waits = p->reader.source->n_readers < CROWD;
    return send_ring_is_open() && b->len && (!waits || (may_wait(b) && !p->io->layer));
}

/* The io whose socket gets the player's bytes. */
static struct io *carrier_of(const struct sender *p)
{
    return p->io->layer && p->io->layer->carrier ? p->io->layer->carrier(p->io) : p->io;
}

/* Queue the write of a share. False if there is no queue, or no room for all its bytes. */
static bool queue_write(struct sender *p, const struct release_share *b)
{
    struct io *carrier = carrier_of(p);
    if (send_ring_is_full() || carrier->queued || the.queued_bytes > (p->io->layer ? ENCODED_BYTES : QUEUE_BYTES))
        write_queue();
    size_t         len = b->len;
    const uint8_t *bytes = !is_for_queue(p, b) ? NULL : p->io->layer ? encode(p, b, &len) : keep(b);
    if (!bytes || !send_ring_is_open()) /* Writing a full queue above may have closed the ring. */
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
        the.crowd = p->reader.source;
        the.crowd_arrived_us = b->arrived_us;
    }
    send_ring_add(carrier, bytes, len, finish_write, w);
    the.queued_bytes += len;
    return true;
}

/* Write to one player with a system call of its own; false if some bytes did not go out. */
static bool write_now(struct sender *p, const struct release_share *b)
{
    size_t       sent = 0;
    struct iovec iov = { .iov_base = (void *)b->bytes, .iov_len = b->len };
    struct err  *e = b->len ? io_writev_now(p->io, &iov, 1, &sent) : NULL;
    bool         is_whole = !e && sent == b->len;
    if (!e && sent > 0)
        source_count_latency(p->reader.source, b->arrived_us, now_us(), 1);
    if (!e && (sent > 0 || !b->len))
        sender_took(p, b, sent);
    err_free(e); /* The player's coroutine gets the same error, and can report it. */
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
