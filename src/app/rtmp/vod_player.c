#include "app/rtmp/vod_player.h"

#include "app/rtmp/conn.h"
#include "app/rtmp/player_commands.h"
#include "app/source/source.h"
#include "app/vod/film.h"
#include "app/vod/name.h"
#include "core/clock.h"
#include "core/log.h"
#include "kernel/flv.h"
#include "protocol/co.h"

/* How far a player is sent ahead of the time, whatever buffer it announces: rtmpdump announces ten hours. */
enum { AHEAD_MIN_MS = 2000, AHEAD_MAX_MS = 30000 };

/* Messages that are written together, and how long a player that has enough waits for more of them. */
enum { BATCH_MESSAGES = 32, TICK_US = 200 * US_PER_MS };

/* A larger step between two tags is no pause, but another time line. */
enum { JUMP_MS = 10000 };

/* How long a player may stay after the end, to seek back. */
enum { OVER_US = 180 * US_PER_SECOND };

struct vod_player {
    struct rtmp_conn *conn;
    struct vod_film  *film;
    struct rd         tags;                 /* those that were read and not sent */
    struct rtmp_out   outs[BATCH_MESSAGES]; /* messages that are being sent: from number i_out on */
    size_t            n_outs, i_out, sent;  /* sent: bytes of the chunks of that one */
    int64_t           origin_us;            /* when the time 0 of the file is due */
    int32_t           last_ms, stop_ms;     /* stop_ms: where the client wants to end */
    bool              has_begun;            /* `origin_us` and `last_ms` are known */
    bool              is_over;              /* The player has been told of the end. */
    int64_t           paused_us, over_us;   /* paused_us: when it paused; 0: it plays */
    bool              no_audio, no_video;
};

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* Read tags if there are none; without one, the file has ended. */
static struct err *need_tags(struct vod_player *p, bool *any)
{
    struct err *e = rd_left(&p->tags) ? NULL : vod_film_read(&p->film, &p->tags);
    *any = !e && rd_left(&p->tags) > 0;
    return e;
}

static struct err *seek(struct vod_player *p, int64_t ms)
{
    enum { POSITION_MAX_MS = INT32_MAX / 2 };
    ms = ms < 0 ? 0 : ms > POSITION_MAX_MS ? POSITION_MAX_MS : ms;
    p->tags = rd_over("", 0);
    p->has_begun = p->is_over = false;
    return vod_film_seek(&p->film, ms * US_PER_MS);
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

static void pause_playing(void *player, bool pause)
{
    struct vod_player *p = player;
    if (pause && !p->paused_us)
        p->paused_us = now_us();
    if (!pause && p->paused_us) {
        p->origin_us += now_us() - p->paused_us;
        p->paused_us = 0;
    }
}

static void receive(void *player, bool is_video, bool wanted)
{
    struct vod_player *p = player;
    *(is_video ? &p->no_video : &p->no_audio) = !wanted;
}

static struct err *answer_seek(void *player, const struct rtmp_call *call)
{
    struct vod_player  *p = player;
    struct rtmp_server *rtmp = &p->conn->rtmp;
    double              ms = call->number > 0 && call->number < INT32_MAX ? call->number : 0;
    log_info("player seeks to %.0f ms", ms);
    struct err *e = seek(p, (int64_t)ms);
    if (!e)
        e = rtmp_server_reply_unknown(rtmp, call);
    if (!e)
        e = rtmp_server_send_event(rtmp, RTMP_EVENT_STREAM_BEGIN);
    if (!e)
        e = rtmp_server_send_status(rtmp, RTMP_STATUS_SEEK);
    return err_wrap(e, "seek");
}

static const struct player_manner manner = { .pause = pause_playing, .receive = receive, .seek = answer_seek };

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* Describe what is left of the messages, as far as it fits. Returns the number of iovecs. */
static int describe(const struct vod_player *p, struct iovec *iov, int n_iov, struct wr *scratch, size_t *len)
{
    uint32_t chunk_size = p->conn->rtmp.link.out_chunk_size;
    size_t   offset = p->sent, covered;
    int      n = 0;
    *len = 0;
    for (size_t i = p->i_out; i < p->n_outs; i++, offset = 0) {
        n += rtmp_message_iov(&p->outs[i], chunk_size, offset, iov + n, n_iov - n, scratch, &covered);
        *len += covered;
        if (covered < rtmp_message_wire_len(&p->outs[i], chunk_size) - offset)
            break;
    }
    return n;
}

/* Move on by bytes that were written. */
static void note_sent(struct vod_player *p, size_t n)
{
    p->sent += n;
    while (p->i_out < p->n_outs) {
        size_t len = rtmp_message_wire_len(&p->outs[p->i_out], p->conn->rtmp.link.out_chunk_size);
        if (p->sent < len)
            return;
        p->sent -= len;
        p->i_out++;
        p->conn->session.client.n_messages++;
    }
    p->i_out = p->n_outs = 0;
}

/* Send messages, or wait until the socket takes more of them. */
static struct err *send_messages(struct vod_player *p)
{
    enum { N_IOV = 2 * BATCH_MESSAGES };
    uint8_t      headers[N_IOV * RTMP_CHUNK_HEADER_MAX];
    struct iovec iov[N_IOV];
    struct wr    scratch = wr_over(headers, sizeof headers);
    size_t       len, n;
    int          n_iov = describe(p, iov, N_IOV, &scratch, &len);
    struct err  *e = io_writev_now(&p->conn->io, iov, n_iov, &n);
    if (e)
        return e;
    note_sent(p, n);
    if (n < len)
        return io_wait_taken(&p->conn->io, RTMP_REPLY_TIMEOUT_US, DEADLINE_NEVER);
    co_give_way_by_time();
    return NULL;
}

/* When a tag is due: by its time, and ahead of that by the player's buffer. */
static int64_t due_us(struct vod_player *p, const struct flv_tag *tag)
{
    int64_t ahead_ms = p->conn->rtmp.link.buffer_ms, step_ms = (int64_t)tag->dts_ms - p->last_ms;
    if (ahead_ms < AHEAD_MIN_MS)
        ahead_ms = AHEAD_MIN_MS;
    if (ahead_ms > AHEAD_MAX_MS)
        ahead_ms = AHEAD_MAX_MS;
    if (!p->has_begun)
        p->origin_us = now_us() - (int64_t)tag->dts_ms * US_PER_MS;
    else if (step_ms > JUMP_MS || step_ms < -JUMP_MS)
        p->origin_us -= step_ms * US_PER_MS;
    p->has_begun = true;
    p->last_ms = tag->dts_ms;
    return p->origin_us + ((int64_t)tag->dts_ms - ahead_ms) * US_PER_MS;
}

static bool is_left_out(const struct vod_player *p, const struct flv_tag *tag)
{
    return tag->len == 0 || (tag->type == FLV_AUDIO && p->no_audio) || (tag->type == FLV_VIDEO && p->no_video);
}

static void add_message(struct vod_player *p, const struct flv_tag *tag)
{
    p->outs[p->n_outs++] = (struct rtmp_out){ .csid = tag->type == FLV_VIDEO ? RTMP_CSID_VIDEO : RTMP_CSID_AUDIO,
                                              .msid = RTMP_MSID,
                                              .timestamp_ms = (uint32_t)tag->dts_ms,
                                              .type_id = tag->type,
                                              .len = tag->len,
                                              .body = tag->body };
}

static struct err *tell_end(struct vod_player *p)
{
    log_info("the file has been sent up to %d ms", p->last_ms);
    p->is_over = true;
    p->over_us = now_us();
    return rtmp_server_end_play(&p->conn->rtmp);
}

/*
 * Take the tags that are due of those that were read. *wait_us: when the next one is due; 0: at once, or none is left. *end: the play
 * ends with those that were taken.
 */
static void take_tags(struct vod_player *p, int64_t *wait_us, bool *end)
{
    struct flv_tag tag;
    *wait_us = 0;
    *end = false;
    while (p->n_outs < BATCH_MESSAGES && rd_left(&p->tags)) {
        struct rd r = p->tags;
        *end = flv_read_tag(&r, &tag) != FLV_GOT || tag.dts_ms >= p->stop_ms;
        if (*end)
            return;
        int64_t due = due_us(p, &tag);
        if (now_us() < due) {
            *wait_us = due;
            return;
        }
        p->tags = r;
        if (!is_left_out(p, &tag))
            add_message(p, &tag);
    }
}

/* Take the tags that are due. Without one, wait for them or for a command; a little longer, so that several come together. */
static struct err *next_tags(struct vod_player *p)
{
    int64_t     wait_us;
    bool        any, end;
    struct err *e = need_tags(p, &any);
    if (e)
        return e;
    if (!any)
        return tell_end(p);
    take_tags(p, &wait_us, &end);
    if (p->n_outs)
        return NULL;
    if (end)
        return tell_end(p);
    return wait_us ? err_except(io_wait_readable(&p->conn->io, wait_us + TICK_US), E_SOCKET_TIMEOUT) : NULL;
}

static struct err *play_loop(struct vod_player *p)
{
    struct io  *io = &p->conn->io;
    struct err *e = NULL;
    bool        ended = false, listened = false;
    while (!e && !ended) {
        if (p->n_outs) {
            e = send_messages(p);
            continue;
        }
        if (!listened || io_is_readable(io))
            e = player_commands_take(p->conn, &manner, p, &ended);
        listened = true;
        if (e || ended || io_is_readable(io))
            continue;
        if (p->is_over)
            e = io_wait_readable(io, p->over_us + OVER_US);
        else
            e = p->paused_us ? io_wait_readable(io, DEADLINE_NEVER) : next_tags(p);
    }
    return e;
}

/* ---- from play to the end ---------------------------------------------------------------------------------------- */

struct err *rtmp_vod_player_find(struct rtmp_conn *c, struct vod_film **film)
{
    const struct source *s = c->session.source;
    const char          *folder = s->vhost->play.vod;
    struct vod_name      name;
    *film = NULL;
    if (!folder || !*folder || source_is_on_air(s) || c->request.start_ms == RTMP_PLAY_LIVE)
        return NULL;
    if (!vod_name_find(&name, c->request.url.app, c->request.url.stream))
        return NULL;
    struct err *e = vod_film_open(film, folder, name.path);
    if (err_code(e) != E_SYSTEM_FILE_NOT_EXISTS)
        return e;
    if (name.is_file)
        return rtmp_conn_refuse(c, RTMP_REFUSE_NOT_FOUND, e);
    err_free(e);
    return NULL;
}

struct err *rtmp_vod_player_run(struct rtmp_conn *c, struct vod_film *film)
{
    struct vod_player p = { .conn = c, .film = film, .stop_ms = INT32_MAX };
    int64_t           start_ms = c->request.start_ms > 0 ? c->request.start_ms : 0;
    if (c->request.duration_ms > 0 && start_ms + c->request.duration_ms < INT32_MAX)
        p.stop_ms = (int32_t)(start_ms + c->request.duration_ms);
    struct err *e = seek(&p, start_ms);
    if (err_code(e) == E_LIMIT)
        e = rtmp_conn_refuse(c, RTMP_REFUSE_FAILED, e);
    if (!e)
        e = rtmp_server_send_event(&c->rtmp, RTMP_EVENT_STREAM_IS_RECORDED);
    if (!e)
        e = rtmp_server_start_play(&c->rtmp);
    if (!e) {
        log_info("start play of a file, start=%lldms, buffer=%ums", (long long)start_ms, c->rtmp.link.buffer_ms);
        e = play_loop(&p);
    }
    vod_film_close(&p.film);
    return err_wrap(e, "play a file");
}
