#include "app/rtmp/player.h"

#include "app/rtmp/conn.h"
#include "app/rtmp/media_message.h"
#include "app/rtmp/shared_batch.h"
#include "app/source/jitter.h"
#include "app/source/pacer.h"
#include "app/source/reader.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"

/* A batch is written by one call: so many frames, iovecs (IOV_MAX is 1024) and bytes at the most. */
enum { BATCH_FRAMES = 320, BATCH_IOVS = 1000, BATCH_HEADER_BYTES = 16 << 10, BATCH_BYTES = 1 << 20 };

/* A player that takes nothing for so long is given up. */
enum { WRITE_TIMEOUT_US = 30 * US_PER_SECOND };

/* How much of the stream's own time a player has been sent: `play` may ask for so much. */
struct duration {
    bool    begun;
    int64_t first_ms, last_ms;
};

struct player {
    struct rtmp_conn *conn;
    struct reader     reader;
    struct jitter     jitter;
    struct frame     *cut; /* sent up to cut_sent of its bytes on the wire; the next write begins there */
    size_t            cut_sent;
    uint32_t          cut_timestamp_ms;
    unsigned          epoch;    /* of the source, as the player has been told */
    bool              told_end; /* that its stream has ended */
    bool              paused, no_audio, no_video;
    struct duration   duration;
};

/* What is about to be written. One serves all players: it is filled and used up between two yields. */
struct batch {
    struct iovec iov[BATCH_IOVS];
    uint8_t      headers[BATCH_HEADER_BYTES];
    int          n_iov;
    size_t       bytes;
    size_t       count;
    struct item {
        struct frame *frame;
        size_t        wire_len; /* 0: not for this player */
        uint32_t      timestamp_ms;
        struct jitter jitter_after;
    } items[BATCH_FRAMES];
};

static struct batch batch;

/* True when all of it fits; what does not is left for the next batch. */
static bool batch_add(struct batch *b, struct wr *headers, struct frame *f, uint32_t timestamp_ms, size_t sent,
                      uint32_t chunk_size, const struct jitter *after)
{
    struct rtmp_out m = media_message(f, timestamp_ms);
    size_t          covered, wire_len = rtmp_message_wire_len(&m, chunk_size);
    int n = rtmp_message_iov(&m, chunk_size, sent, b->iov + b->n_iov, BATCH_IOVS - b->n_iov, headers, &covered);
    if (n == 0)
        return false;
    b->n_iov += n;
    b->bytes += covered;
    b->items[b->count++] = (struct item){ f, wire_len - sent, timestamp_ms, *after };
    return covered == wire_len - sent && b->bytes < BATCH_BYTES && b->count < BATCH_FRAMES;
}

static bool batch_skip(struct batch *b, struct frame *f, const struct jitter *after)
{
    b->items[b->count++] = (struct item){ f, 0, 0, *after };
    return b->count < BATCH_FRAMES;
}

static bool is_wanted(const struct player *p, const struct frame *f)
{
    return !(p->no_audio && f->kind == FRAME_AUDIO) && !(p->no_video && f->kind == FRAME_VIDEO);
}

/* Headers from before the player joined go with the first frame behind them, where times are the stream's own. */
static int64_t prologue_ms(const struct player *p, const struct frame *f)
{
    if (p->jitter.mode == TIME_JITTER_FULL || (p->jitter.mode == TIME_JITTER_OFF && !p->reader.source->atc))
        return f->dts_us / US_PER_MS;
    size_t ahead = 0;
    while (reader_is_prologue(&p->reader, ahead))
        ahead++;
    const struct ring  *ring = &p->reader.source->ring;
    const struct frame *at = reader_peek(&p->reader, ahead);
    if (!at && ring->head > ring->tail)
        at = ring_at(ring, ring->head - 1);
    return (at ? at : f)->dts_us / US_PER_MS;
}

static void duration_count(struct duration *d, const struct frame *f)
{
    if (f->kind == FRAME_SCRIPT || f->config)
        return;
    d->last_ms = f->dts_us / US_PER_MS;
    if (!d->begun)
        d->first_ms = d->last_ms;
    d->begun = true;
}

static bool duration_is_over(const struct player *p, const struct duration *d)
{
    int64_t wanted_ms = p->conn->request.duration_ms;
    return wanted_ms > 0 && d->begun && d->last_ms - d->first_ms >= wanted_ms;
}

static void follow_jitter_mode(struct player *p)
{
    const struct source *s = p->reader.source;
    enum time_jitter     mode = s->atc ? TIME_JITTER_OFF : s->vhost->play.time_jitter;
    if (p->jitter.mode != mode)
        jitter_init(&p->jitter, mode);
}

/* Fill the batch with what is due, first of all the rest of a frame that was cut. */
static void fill_batch(struct player *p)
{
    struct wr     headers = wr_over(batch.headers, sizeof batch.headers);
    struct jitter jitter = p->jitter;
    uint32_t      chunk_size = p->conn->rtmp.out_chunk_size;
    bool          one_by_one = p->reader.source->vhost->play.send_min_interval_us > 0;
    bool          more = true;
    batch.n_iov = 0;
    batch.bytes = batch.count = 0;

    if (p->cut)
        more = batch_add(&batch, &headers, p->cut, p->cut_timestamp_ms, p->cut_sent, chunk_size, &jitter);
    if (p->paused)
        return;
    struct duration duration = p->duration;
    struct frame   *f;
    for (size_t ahead = 0; more && (f = reader_peek(&p->reader, ahead)); ahead++) {
        duration_count(&duration, f);
        if (duration_is_over(p, &duration))
            return;
        if (!is_wanted(p, f)) {
            more = batch_skip(&batch, f, &jitter);
            continue;
        }
        int64_t ms = reader_is_prologue(&p->reader, ahead) ? prologue_ms(p, f) : f->dts_us / US_PER_MS;
        int64_t out = f->kind == FRAME_SCRIPT ? jitter_correct_script(&jitter, ms) : jitter_correct(&jitter, ms);
        more = batch_add(&batch, &headers, f, (uint32_t)out, 0, chunk_size, &jitter) && !one_by_one;
    }
}

/* Move the cursor over what `sent` bytes of the batch cover. */
static void account(struct player *p, size_t sent)
{
    size_t i = 0, was_cut = p->cut ? 1 : 0;
    for (; i < batch.count; i++) {
        struct item *item = &batch.items[i];
        if (item->wire_len > sent)
            break;
        sent -= item->wire_len;
        p->jitter = item->jitter_after;
        p->conn->client.n_messages += item->wire_len > 0;
        duration_count(&p->duration, item->frame);
        if (i == 0 && was_cut)
            frame_unref(&p->cut);
    }
    size_t n_done = i;
    if (sent > 0) { /* the next one went out in part */
        struct item *item = &batch.items[i];
        if (i == 0 && was_cut) {
            p->cut_sent += sent;
        } else {
            p->cut = frame_ref(item->frame);
            p->cut_sent = sent;
            p->cut_timestamp_ms = item->timestamp_ms;
            p->jitter = item->jitter_after;
            n_done++; /* the reader is done with it: we are not */
        }
    }
    reader_advance(&p->reader, n_done >= was_cut ? n_done - was_cut : 0);
}

/* With nothing left to send: because what is due is beyond what the player asked for? */
static struct err *judge_duration(const struct player *p)
{
    struct duration d = p->duration;
    struct frame   *f = reader_peek(&p->reader, 0);
    if (!f || p->paused)
        return NULL;
    duration_count(&d, f);
    return duration_is_over(p, &d) ? err_new(E_RTMP_DURATION_EXCEED, "the %lldms asked for are over",
                                             (long long)p->conn->request.duration_ms)
                                   : NULL;
}

/* Nothing about this player makes his bytes other than his neighbours'. */
static bool is_ordinary(const struct player *p)
{
    return !p->cut && !p->paused && !p->no_audio && !p->no_video && p->conn->request.duration_ms <= 0 &&
           p->reader.source->vhost->play.send_min_interval_us <= 0 && !reader_is_prologue(&p->reader, 0);
}

/* Write the newest release as all who keep up get it; *done false when this player needs a batch of his own. */
static struct err *send_shared(struct player *p, size_t *sent, bool *done)
{
    const struct source *s = p->reader.source;
    struct shared_batch  b;
    *done = is_ordinary(p) && p->conn->io.may_write &&
            shared_batch_get(&b, s, p->reader.seq, p->conn->rtmp.out_chunk_size, &p->jitter);
    if (!*done)
        return NULL;
    struct iovec iov = { .iov_base = (void *)b.bytes, .iov_len = b.len };
    struct err  *e = io_writev_now(&p->conn->io, &iov, 1, sent);
    if (e || *sent == 0)
        return err_wrap(e, "send %zu bytes", b.len);
    size_t n_frames = b.n_frames;
    if (*sent < b.len) {
        size_t begins, i = shared_batch_find(*sent, &begins, &p->cut_timestamp_ms);
        n_frames = i;
        if (*sent > begins) {
            p->cut = frame_ref(ring_at(&s->ring, p->reader.seq + i));
            p->cut_sent = *sent - begins;
            n_frames++; /* the reader is done with it: we are not */
        }
    }
    p->conn->client.n_messages += (int64_t)n_frames - (p->cut != NULL); /* that one counts when it is whole */
    shared_batch_commit(&p->jitter, n_frames);
    reader_advance(&p->reader, n_frames);
    return NULL;
}

/* Write one batch; *idle when there was nothing to write. Yields while the socket is full, and after much. */
static struct err *send_batch(struct player *p, bool *idle)
{
    struct io *io = &p->conn->io;
    size_t     sent = 0;
    bool       done;
    *idle = false;
    reader_catch_up(&p->reader);
    follow_jitter_mode(p);
    struct err *e = send_shared(p, &sent, &done);
    if (e)
        return e;
    if (!done) {
        fill_batch(p);
        *idle = batch.count == 0;
        if (*idle)
            return judge_duration(p);
        if (batch.bytes && (e = io_writev_now(io, batch.iov, batch.n_iov, &sent)))
            return err_wrap(e, "send %zu bytes", batch.bytes);
        account(p, sent);
        if (batch.bytes >= BATCH_BYTES)
            co_give_way(); /* a long way to catch up, and the others want their frames meanwhile */
    }
    if (!io->may_write && (p->cut || sent == 0))
        return err_wrap(io_wait_writable(io, now_us() + WRITE_TIMEOUT_US), "wait for the player to read");
    int64_t interval_us = p->reader.source->vhost->play.send_min_interval_us;
    return interval_us > 0 ? co_sleep(interval_us) : NULL;
}

static struct err *tell_end(struct player *p)
{
    struct rtmp_server *rtmp = &p->conn->rtmp;
    struct err         *e = rtmp_server_send_event(rtmp, RTMP_EVENT_STREAM_EOF);
    return e ? e : rtmp_server_send_status(rtmp, RTMP_STATUS_UNPUBLISH_NOTIFY);
}

/* After the last frame: tell the player that its stream has ended, or has come back. */
static struct err *tell_epoch(struct player *p)
{
    const struct source *s = p->reader.source;
    struct rtmp_server  *rtmp = &p->conn->rtmp;
    struct err          *e = NULL;
    p->epoch = s->epoch;
    if (!s->publisher) {
        p->told_end = true;
        e = tell_end(p);
    } else if (p->told_end) {
        p->told_end = false;
        e = rtmp_server_send_event(rtmp, RTMP_EVENT_STREAM_BEGIN);
        if (!e)
            e = rtmp_server_send_status(rtmp, RTMP_STATUS_PUBLISH_NOTIFY);
    }
    return err_wrap(e, "tell the player of the publisher");
}

/* Before the first new frame, but not inside an old one. */
static bool is_new_beginning(const struct player *p)
{
    return p->told_end && !p->cut && p->reader.source->publisher;
}

/* He pauses, and the last frames wait for him. */
static bool has_frames_to_come(const struct player *p)
{
    return p->paused && reader_peek(&p->reader, 0);
}

/*
 * A seek moves nothing. But libavformat, and so mpv and VLC, drops all that comes before the answer, and forgets
 * an end that it was told of before.
 */
static struct err *answer_seek(struct player *p, const struct rtmp_call *call)
{
    struct rtmp_server *rtmp = &p->conn->rtmp;
    struct err         *e = rtmp_server_reply_unknown(rtmp, call);
    if (!e)
        e = rtmp_server_send_status(rtmp, RTMP_STATUS_SEEK);
    if (!e && p->told_end)
        e = tell_end(p);
    return err_wrap(e, "answer a seek");
}

static struct err *take_command(struct player *p, const struct rtmp_message *msg, bool *ended)
{
    struct rtmp_server *rtmp = &p->conn->rtmp;
    struct rtmp_call    call;
    struct err         *e = rtmp_server_decode(msg, &call);
    if (e)
        return err_wrap(e, "decode a player's command");
    switch (call.kind) {
    case RTMP_CALL_PAUSE:
        log_info("player %s", call.flag ? "pauses" : "goes on");
        p->paused = call.flag;
        return rtmp_server_reply_pause(rtmp, call.flag);
    case RTMP_CALL_CLOSE_STREAM:
    case RTMP_CALL_DELETE_STREAM:
        *ended = true;
        return NULL;
    case RTMP_CALL_RECEIVE_AUDIO:
        p->no_audio = !call.flag;
        return rtmp_server_reply_unknown(rtmp, &call);
    case RTMP_CALL_RECEIVE_VIDEO:
        p->no_video = !call.flag;
        return rtmp_server_reply_unknown(rtmp, &call);
    case RTMP_CALL_SEEK:
        return answer_seek(p, &call);
    default:
        return rtmp_server_reply_unknown(rtmp, &call);
    }
}

/* All that the player has said so far. Only where no message of ours is half written. */
static struct err *listen_to_player(struct player *p, bool *ended)
{
    while (!*ended) {
        struct rtmp_message msg = { 0 };
        bool                got;
        struct err         *e = rtmp_server_next_now(&p->conn->rtmp, &msg, &got);
        if (!e && got && msg.type_id == RTMP_TYPE_COMMAND)
            e = take_command(p, &msg, ended);
        frame_unref(&msg.payload);
        if (e || !got)
            return e;
    }
    return NULL;
}

static struct err *play_loop(struct player *p)
{
    struct rtmp_conn *c = p->conn;
    struct err       *e = NULL;
    bool              ended = false, listened = false, idle;
    while (!e && !ended) {
        if (!p->cut && (!listened || io_is_readable(&c->io)) && (e = listen_to_player(p, &ended)))
            break;
        listened = true; /* once in any case: something may have come together with play */
        if (is_new_beginning(p) && (e = tell_epoch(p)))
            break;
        if (ended || (e = send_batch(p, &idle)) || !idle)
            continue;
        if (p->epoch != p->reader.source->epoch && !has_frames_to_come(p)) { /* yields: look again at what is due */
            e = tell_epoch(p);
            continue;
        }
        if (p->reader.source->conf != c->applied_conf)
            rtmp_conn_apply_socket_options(c);
        if (!io_is_readable(&c->io))
            e = reader_wait(&p->reader, DEADLINE_NEVER);
    }
    return e;
}

struct err *rtmp_player_run(struct rtmp_conn *c)
{
    struct source *s = c->source;
    struct player  p = { .conn = c, .epoch = s->epoch };
    struct err    *e = rtmp_server_start_play(&c->rtmp);
    if (!e)
        e = reader_attach(&p.reader, s);
    if (!e) {
        const struct conf_play *play = &s->vhost->play;
        log_info("start play smi=%lldms, mw_sleep=%lldms, gop_cache=%d, jitter=%d, headers=%zu",
                 (long long)(play->send_min_interval_us / US_PER_MS), (long long)(pacer_interval_us(s) / US_PER_MS),
                 play->gop_cache, (int)play->time_jitter, p.reader.prologue.count);
        jitter_init(&p.jitter, s->atc ? TIME_JITTER_OFF : play->time_jitter);
        co_trim_stack(); /* of the handshake's depth: a player may stay for days */
        e = play_loop(&p);
    }
    if (p.reader.n_jumps)
        log_info("the player fell behind %lld times and lost %lld frames", (long long)p.reader.n_jumps,
                 (long long)p.reader.n_skipped);
    frame_unref(&p.cut);
    reader_detach(&p.reader);
    return err_wrap(e, "play %s", s->identity);
}
