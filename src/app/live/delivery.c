#include "app/live/delivery.h"

#include <string.h>

#include "app/live/sender.h"
#include "app/live/release_bytes.h"
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

/*
 * A queue for fewer players costs more than their calls. So much in one queue takes the kernel about a millisecond: the
 * pacer looks at the clock behind it.
 */
enum { QUEUE_MIN = 4, QUEUE_BYTES = 4 << 20 };

struct write {
    struct sender       *player;
    struct release_share batch;
};

static struct write writes[SEND_RING_MAX];

static struct {
    uint8_t       *bytes;
    size_t         used, queued; /* some are queued for many */
    uint64_t       content;      /* of the last player's bytes; 0: there was none */
    const uint8_t *newest;       /* the copy of it; NULL: none */
} copies;

static void finish(void *arg, ssize_t sent)
{
    const struct write *w = arg;
    if (sent > 0)
        sender_took(w->player, &w->batch, (size_t)sent);
    if (sent < (ssize_t)w->batch.len)
        co_unpark(w->player->reader.co); /* it finds out why by itself */
}

static void flush(void)
{
    send_ring_flush(finish);
    copies.used = copies.queued = 0;
    copies.newest = NULL;
}

/* Where the bytes stay as they are until the flush; NULL: nowhere. */
static const uint8_t *keep(const struct release_share *b)
{
    bool has_neighbour = copies.content == b->content;
    copies.content = b->content;
    if (has_neighbour && copies.newest)
        return copies.newest;
    copies.newest = NULL;
    if (!has_neighbour && b->len > SMALL_BYTES)
        return NULL;
    if (!copies.bytes && !(copies.bytes = mem_alloc(COPIES_BYTES)))
        return NULL;
    if (b->len > COPIES_BYTES - copies.used)
        flush();
    copies.newest = memcpy(copies.bytes + copies.used, b->bytes, b->len);
    copies.used += b->len;
    return copies.newest;
}

/* Writes to one player by a system call of its own. */
static bool write_now(struct sender *p, const struct release_share *b)
{
    size_t      sent = 0;
    struct err *e = sender_write(p, b, &sent);
    bool        is_whole = !e && sent == b->len;
    err_free(e); /* the player's coroutine meets it again, and can report it */
    return is_whole;
}

static bool is_for_ring(const struct sender *p, const struct release_share *b)
{
    return send_ring_is_open() && p->reader.source->n_readers >= QUEUE_MIN && !p->io->layer && b->len;
}

static bool add(struct reader *r)
{
    struct sender       *p = sender_of(r);
    struct release_share b;
    if (!sender_offer(p, &b))
        return false;
    if (send_ring_is_full() || copies.queued > QUEUE_BYTES)
        flush();
    const uint8_t *bytes = is_for_ring(p, &b) ? keep(&b) : NULL;
    if (!bytes || !send_ring_is_open()) /* a flush on the way may have lost the ring */
        return write_now(p, &b);
    struct write *w = &writes[send_ring_count()];
    *w = (struct write){ p, b };
    send_ring_add(p->io, bytes, b.len, w);
    copies.queued += b.len;
    return true;
}

static void end(void)
{
    flush();
    copies.content = 0;
}

const struct reader_delivery live_delivery = { .add = add, .flush = end };
