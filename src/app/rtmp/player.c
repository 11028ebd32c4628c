#include "app/rtmp/player.h"

#include "app/live/delivery.h"
#include "app/live/sender.h"
#include "app/rtmp/conn.h"
#include "app/rtmp/player_commands.h"
#include "app/rtmp/rtmp_wire.h"
#include "app/source/pacer.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"

struct player {
    struct rtmp_conn *conn;
    struct sender     out;
    bool              told_end;       /* The player has been told that its stream has ended. */
    int64_t           alone_since_us; /* time since which there is no publisher; 0: there is one */
};

/* The time at which a player is refused if its stream is still not published. */
static int64_t wait_deadline(struct player *p)
{
    const struct source *s = p->out.reader.source;
    if (source_is_on_air(s))
        p->alone_since_us = 0;
    else if (!p->alone_since_us)
        p->alone_since_us = now_us();
    return source_is_on_air(s) ? DEADLINE_NEVER : p->alone_since_us + s->vhost->play.wait_us;
}

static struct err *give_up_waiting(struct player *p)
{
    const struct source *s = p->out.reader.source;
    return rtmp_conn_refuse(p->conn, RTMP_REFUSE_NOT_FOUND,
                            err_new(E_KICKOFF_FOR_IDLE, "nobody publishes %s, and play.wait is %llds", s->identity,
                                    (long long)(s->vhost->play.wait_us / US_PER_SECOND)));
}

/* Wait for frames, or until the wait for a publisher is over. The next turn finds out which. */
static struct err *wait_for_frames(struct player *p)
{
    int64_t     deadline_us = wait_deadline(p);
    struct err *e = now_us() >= deadline_us ? give_up_waiting(p) : sender_wait(&p->out, deadline_us);
    return err_except(e, E_SOCKET_TIMEOUT);
}

static struct err *tell_end(struct player *p)
{
    struct rtmp_server *rtmp = &p->conn->rtmp;
    struct err         *e = rtmp_server_send_event(rtmp, RTMP_EVENT_STREAM_EOF);
    return e ? e : rtmp_server_send_status(rtmp, RTMP_STATUS_UNPUBLISH_NOTIFY);
}

static struct err *tell_beginning(struct player *p)
{
    struct rtmp_server *rtmp = &p->conn->rtmp;
    struct err         *e = rtmp_server_send_event(rtmp, RTMP_EVENT_STREAM_BEGIN);
    p->told_end = false;
    return e ? e : rtmp_server_send_status(rtmp, RTMP_STATUS_PUBLISH_NOTIFY);
}

/* Tell the player, after the last frame, that its stream has ended or has come back. Apply a reload at once. */
static struct err *heed_moments(struct player *p)
{
    unsigned    moments = reader_take_moments(&p->out.reader);
    bool        is_on_air = source_is_on_air(p->out.reader.source);
    struct err *e = NULL;
    if (moments & moment_bit(MOMENT_CONF_CHANGED))
        rtmp_conn_apply_socket_options(p->conn);
    if (is_on_air && p->told_end) {
        e = tell_beginning(p);
    } else if (!is_on_air && (moments & moment_bit(MOMENT_UNPUBLISHED))) {
        p->told_end = true;
        e = tell_end(p);
    }
    return err_wrap(e, "tell the player of the publisher");
}

/* True before the first frame of a new publish, but never inside a frame of the last one. */
static bool is_new_beginning(const struct player *p)
{
    return p->told_end && !p->out.cut && source_is_on_air(p->out.reader.source);
}

/* True if a paused player has frames to get before it may be told of an end. */
static bool has_frames_to_come(const struct player *p)
{
    return p->out.paused && reader_peek(&p->out.reader, 0);
}

/*
 * Answer a seek, which has no effect on a live stream. libavformat, and so mpv and VLC, drops everything that comes before the
 * answer, also the end of the stream: so the end is told again.
 */
static struct err *answer_seek(void *player, const struct rtmp_call *call)
{
    struct player      *p = player;
    struct rtmp_server *rtmp = &p->conn->rtmp;
    struct err         *e = rtmp_server_reply_unknown(rtmp, call);
    if (!e)
        e = rtmp_server_send_status(rtmp, RTMP_STATUS_SEEK);
    if (!e && p->told_end)
        e = tell_end(p);
    return err_wrap(e, "answer a seek");
}

static void pause_playing(void *player, bool paused)
{
    struct player *p = player;
    p->out.paused = paused;
}

static void receive(void *player, bool is_video, bool wanted)
{
    struct player     *p = player;
    const struct wire *w = &p->out.held.wire;
    sender_leave_out(&p->out, is_video ? w->no_audio : !wanted, is_video ? !wanted : w->no_video);
}

static const struct player_manner manner = { .pause = pause_playing, .receive = receive, .seek = answer_seek };

static struct err *play_loop(struct player *p)
{
    struct rtmp_conn *c = p->conn;
    struct err       *e = NULL;
    bool              ended = false, listened = false, idle;
    while (!e && !ended) {
        if (!p->out.cut && (!listened || io_is_readable(&c->io)) && (e = player_commands_take(c, &manner, p, &ended)))
            break;
        listened = true; /* The input is read at least once, because a command may have come together with play. */
        if (is_new_beginning(p) && (e = tell_beginning(p)))
            break;
        if (ended || (e = sender_send(&p->out, &idle)) || !idle)
            continue;
        if (reader_has_moments(&p->out.reader) &&
            !has_frames_to_come(p)) { /* heed_moments() yields, so the due frames are checked again. */
            e = heed_moments(p);
            continue;
        }
        if (!io_is_readable(&c->io))
            e = wait_for_frames(p);
    }
    return e;
}

struct err *rtmp_player_run(struct rtmp_conn *c)
{
    struct source *s = c->session.source;
    struct player  p = { .conn = c };
    struct wire    wire = { .format = &rtmp_wire, .chunk_size = c->rtmp.link.out_chunk_size, .msid = RTMP_MSID };
    struct err    *e = rtmp_server_start_play(&c->rtmp);
    if (!e)
        e = sender_attach(&p.out, s, &c->io, wire, &c->session.client.n_messages, &live_delivery);
    if (!e) {
        const struct conf_play *play = &s->vhost->play;
        log_info("create consumer, active=%d, queue_size=%lldms, jitter=%d, headers=%zu, gop_cache=%d",
                 source_is_live(s), (long long)(source_queue_length_us(s) / US_PER_MS), (int)play->time_jitter,
                 p.out.reader.prologue.count, play->gop_cache);
        log_info("start play smi=%lldms, mw_sleep=%lld, mw_msgs=%d, realtime=%d, tcp_nodelay=%d",
                 (long long)(play->send_min_interval_us / US_PER_MS), (long long)(pacer_interval_us(s) / US_PER_MS),
                 play->mw_msgs, s->vhost->min_latency, c->tcp_nodelay);
        p.out.duration_us = c->request.duration_ms * US_PER_MS;
        rtmp_conn_apply_socket_options(c); /* A reload may have come before the player joined. */
        co_trim_stack(); /* Return the stack pages that the handshake touched; the player may live for days. */
        e = play_loop(&p);
    }
    sender_detach(&p.out);
    return err_wrap(e, "play %s", s->identity);
}
