#include "app/live/sender.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "app/live/batch.h"
#include "app/live/release_bytes.h"
#include "app/source/audience.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "protocol/co.h"
#include "protocol/io.h"

/* A player that takes nothing for this long is given up; a slow player is not (io_wait_taken()). */
enum { WRITE_TIMEOUT_US = 30 * US_PER_SECOND };

/*
 * Most bytes in a player's socket that are not on their way yet. Waiting bytes belong into the log, which all players share:
 * the kernel would take up to 4 MiB (tcp_wmem) for each player that does not read, and if its memory for TCP runs short, it
 * drops packets of other connections.
 */
enum { UNSENT_BYTES = 256 << 10 };

static struct batch batch;

static bool is_wanted(const struct sender *p, const struct frame *f)
{
    return !(p->held.wire.no_audio && f->kind == FRAME_AUDIO) && !(p->held.wire.no_video && f->kind == FRAME_VIDEO);
}

/* The frame whose time a header of the prologue gets: the first frame after the prologue, or with `time_jitter off` itself. */
static const struct frame *prologue_goes_with(const struct sender *p, const struct frame *f)
{
    if (p->jitter.mode == TIME_JITTER_OFF && !p->reader.source->atc)
        return f;
    size_t ahead = 0;
    while (reader_is_prologue(&p->reader, ahead))
        ahead++;
    const struct ring  *ring = &p->reader.source->ring;
    const struct frame *at = reader_peek(&p->reader, ahead);
    if (!at && ring->head > ring->tail)
        at = ring_at(ring, ring->head - 1);
    return at ? at : f;
}

/* The player's timestamp of the frame `ahead` places on. */
static int64_t timestamp_of(const struct sender *p, struct jitter *j, size_t ahead, const struct frame *f)
{
    if (reader_is_prologue(&p->reader, ahead))
        return jitter_header(j, prologue_goes_with(p, f));
    if (frame_is_header(f))
        return jitter_header(j, f);
    if (jitter_wants_begin(j))
        jitter_begin(j, reader_first_us(&p->reader, ahead));
    return jitter_media(j, f);
}

static void duration_count(struct sent_duration *d, const struct frame *f)
{
    if (f->kind == FRAME_SCRIPT || f->config)
        return;
    d->last_us = f->dts_us;
    if (!d->begun)
        d->first_us = d->last_us;
    d->begun = true;
}

static bool duration_is_over(const struct sender *p, const struct sent_duration *d)
{
    return p->duration_us > 0 && d->begun && d->last_us - d->first_us >= p->duration_us;
}

static enum time_jitter jitter_mode(const struct source *s)
{
    return s->atc ? TIME_JITTER_OFF : s->vhost->play.time_jitter;
}

static void follow_jitter_mode(struct sender *p)
{
    enum time_jitter mode = jitter_mode(p->reader.source);
    if (p->jitter.mode != mode)
        jitter_change(&p->jitter, mode);
}

/* The bytes that the first frame needs in the batch, if the format copies frames. */
static size_t first_len(const struct sender *p)
{
    const struct frame *f = p->cut ? p->cut : reader_peek(&p->reader, 0);
    if (!f || !p->held.wire.format->copies)
        return 0;
    return wire_size_sum(wire_size(&p->held.wire, f, p->cut ? p->cut_us : f->dts_us));
}

/* Fill the batch with frames that are due. The rest of a frame that was cut comes first. */
static void fill_batch(struct sender *p)
{
    struct jitter jitter = p->jitter;
    struct wire   wire = p->held.wire;
    bool          one_by_one = p->reader.source->vhost->play.send_min_interval_us > 0;
    bool          more = true;

    if (p->cut)
        more = batch_add(&batch, &wire, p->cut, p->cut_us, p->cut_sent, &jitter);
    if (p->paused)
        return;
    struct sent_duration duration = p->sent;
    struct picture_gate  gate = p->reader.gate;
    struct frame        *f;
    for (size_t ahead = 0; more && (f = reader_peek(&p->reader, ahead)); ahead++) {
        duration_count(&duration, f);
        if (duration_is_over(p, &duration))
            return;
        p->is_over = wire.format->is_end && wire.format->is_end(&wire, f);
        if (p->is_over)
            return;
        bool passes = reader_is_prologue(&p->reader, ahead) || reader_passes(&p->reader, &gate, f);
        if (!passes || !is_wanted(p, f)) {
            more = batch_skip(&batch, &wire, f, &jitter);
            continue;
        }
        int64_t us = timestamp_of(p, &jitter, ahead, f);
        more = batch_add(&batch, &wire, f, us, 0, &jitter) && !one_by_one;
    }
}

/* Move the player's state over a frame that went out whole or is not for this player. */
static void finish_item(struct sender *p, const struct batch_item *item)
{
    p->jitter = item->jitter_after;
    *p->n_messages += item->wire_len > 0;
    duration_count(&p->sent, item->frame);
    held_wire_set(&p->held, &item->wire_after);
}

/* Move the cursor over the frames that `sent` bytes of the batch cover. */
static void account(struct sender *p, size_t sent)
{
    size_t i = 0, was_cut = p->cut ? 1 : 0;
    for (; i < batch.count && batch.items[i].wire_len <= sent; i++) {
        sent -= batch.items[i].wire_len;
        finish_item(p, &batch.items[i]);
        if (i == 0 && was_cut)
            frame_unref(&p->cut);
    }
    size_t n_done = i;
    if (sent > 0) { /* The next frame went out in part. */
        struct batch_item *item = &batch.items[i];
        if (i == 0 && was_cut) {
            p->cut_sent += sent;
        } else {
            p->cut = frame_ref(item->frame);
            p->cut_sent = sent;
            p->cut_us = item->us;
            p->jitter = item->jitter_after;
            n_done++; /* The cursor moves over it; the sender keeps it in `cut`. */
        }
    }
    reader_advance(&p->reader, n_done >= was_cut ? n_done - was_cut : 0);
}

/* E_RTMP_DURATION_EXCEED if the player has been sent the duration that it asked for. */
static struct err *judge_duration(const struct sender *p)
{
    struct sent_duration d = p->sent;
    struct frame        *f = reader_peek(&p->reader, 0);
    if (!f || p->paused)
        return NULL;
    duration_count(&d, f);
    return duration_is_over(p, &d) ? err_new(E_RTMP_DURATION_EXCEED, "the %lldms asked for are over",
                                             (long long)(p->duration_us / US_PER_MS))
                                   : NULL;
}

/* Move the wire over the first `n` frames of a share. */
static void pass_shared(struct sender *p, const struct release_share *b, size_t n)
{
    if (n == b->n_frames)
        release_share_follow(b, &p->held.wire);
    else
        for (size_t i = 0; i < n; i++)
            wire_pass(&p->held.wire, ring_at(&p->reader.source->ring, p->reader.seq + i),
                      b->marks[i].us + b->offset_us);
    held_wire_renew(&p->held);
}

bool sender_keeps_step(const struct sender *p)
{
    const struct source *s = p->reader.source;
    return p->in_step && !reader_has_moments(&p->reader) && p->jitter.mode == jitter_mode(s) && p->io->may_write &&
           !p->cut && !p->paused && p->duration_us <= 0 && s->vhost->play.send_min_interval_us <= 0 &&
           !reader_is_prologue(&p->reader, 0);
}

void sender_took(struct sender *p, const struct release_share *b, size_t sent)
{
    size_t n_whole = b->n_frames, begins = sent;
    if (sent < b->len)
        n_whole = release_share_find(b, sent, &begins, &p->cut_us);
    if (sent > begins) {
        p->cut = frame_ref(ring_at(&p->reader.source->ring, p->reader.seq + n_whole));
        p->cut_sent = sent - begins;
    }
    size_t n_frames = n_whole + (p->cut != NULL); /* The cursor moves over a cut frame, too. */
    *p->n_messages += (int64_t)release_share_count(b, n_whole);
    pass_shared(p, b, n_whole);
    release_share_commit(b, &p->jitter, n_frames);
    reader_advance(&p->reader, n_frames);
}

/* True if the next frame is older than the newest release: there may be many, and other players wait for their release. */
static bool is_behind(const struct sender *p)
{
    bool is_old = !p->caught_up || p->reader.seq < p->reader.source->release_began;
    return is_old && reader_peek(&p->reader, 0);
}

/* Write up to one batch of due frames in one call. *sent bytes of it went out; *idle is true if no frame is due. */
static struct err *send_batch(struct sender *p, size_t *sent, bool *idle)
{
    struct err *e;
    if (!batch_clear(&batch, first_len(p)))
        return err_no_memory();
    fill_batch(p);
    *idle = batch.count == 0;
    p->caught_up |= *idle;
    if (*idle)
        return judge_duration(p);
    if (batch.out.bytes && (e = io_writev_now(p->io, batch.iov, batch.out.n_iov, sent)))
        return err_wrap(e, "send %zu bytes", batch.out.bytes);
    account(p, *sent);
    if (batch.count == BATCH_FRAMES)
        p->caught_up = false; /* More frames are due; the player takes turns with others for the rest. */
    return NULL;
}

/* When the next frame arrived; 0: there is none, or it is of the prologue, for which the player has not waited. */
static int64_t next_arrived_us(const struct sender *p)
{
    const struct frame *f = p->cut ? p->cut : reader_peek(&p->reader, 0);
    return f && (p->cut || !reader_is_prologue(&p->reader, 0)) ? f->arrived_us : 0;
}

struct err *sender_send(struct sender *p, bool *idle)
{
    struct err *e;
    size_t      sent = 0;
    bool        behind = is_behind(p);
    *idle = false;
    if (behind && (e = catch_up_wait(&p->place)))
        return err_wrap(e, "wait to catch up");
    int64_t n_jumps = p->reader.n_jumps;
    reader_catch_up(&p->reader);
    if (p->reader.n_jumps != n_jumps)
        jitter_skip(&p->jitter);
    follow_jitter_mode(p);
    int64_t arrived_us = behind ? 0 : next_arrived_us(p);
    if ((e = send_batch(p, &sent, idle)) || *idle)
        return e;
    if (arrived_us && sent > 0)
        source_count_latency(p->reader.source, arrived_us, now_us(), 1);
    if (!behind && batch.out.bytes >= BATCH_BYTES)
        co_give_way(); /* The release is large, and the other players wait for theirs. */
    else
        co_give_way_by_time();
    if (!p->io->may_write && (p->cut || sent == 0))
        return err_wrap(io_wait_taken(p->io, WRITE_TIMEOUT_US, DEADLINE_NEVER), "wait for the player to read");
    int64_t interval_us = p->reader.source->vhost->play.send_min_interval_us;
    return interval_us > 0 ? co_sleep(interval_us) : NULL;
}

struct err *sender_attach(struct sender *p, struct source *s, struct io *io, struct wire wire, int64_t *n_messages,
                          const struct reader_delivery *delivery)
{
    *p = (struct sender){ .io = io, .n_messages = n_messages };
    held_wire_set(&p->held, &wire);
    jitter_init(&p->jitter, jitter_mode(s));
    struct err *e = audience_join(&p->reader, s);
    if (!e)
        p->reader.delivery = delivery;
    /* tcp(7). If it fails, the kernel's own limit holds. */
    setsockopt(io->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){ UNSENT_BYTES }, sizeof(int));
    return e;
}

void sender_leave_out(struct sender *p, bool audio, bool video)
{
    if (p->held.wire.no_video && !video)
        reader_close_gate(&p->reader);
    p->held.wire.no_audio = audio;
    p->held.wire.no_video = video;
}

struct err *sender_wait(struct sender *p, int64_t deadline_us)
{
    if (!p->is_settled && *p->n_messages > 0) {
        p->is_settled = true;
        co_trim_stack(); /* Return the stack pages that joining touched; the player may live for days. */
    }
    p->in_step = true;
    struct err *e = reader_wait(&p->reader, deadline_us);
    p->in_step = false;
    return e;
}

void sender_detach(struct sender *p)
{
    if (p->reader.n_jumps)
        log_info("the player fell behind %lld times and lost %lld frames", (long long)p->reader.n_jumps,
                 (long long)p->reader.n_skipped);
    frame_unref(&p->cut);
    held_wire_drop(&p->held);
    audience_leave(&p->reader);
}
