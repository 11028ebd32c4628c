#include "app/rtmp/player_commands.h"

#include "app/rtmp/conn.h"
#include "core/log.h"
#include "protocol/co.h"

/* Two lines, so that the limit of one line of a kind a second does not hold the second back. */
static void log_pause(bool paused)
{
    if (paused)
        log_info("player pauses");
    else
        log_info("player goes on");
}

static struct err *take_command(struct rtmp_conn *c, const struct player_manner *manner, void *player,
                                const struct rtmp_message *msg, bool *ended)
{
    struct rtmp_server *rtmp = &c->rtmp;
    struct rtmp_call    call;
    struct err         *e = rtmp_link_decode(msg, &call);
    if (e)
        return err_wrap(e, "decode a player's command");
    switch (call.kind) {
    case RTMP_CALL_PAUSE:
        log_pause(call.flag);
        manner->pause(player, call.flag);
        return rtmp_server_reply_pause(rtmp, call.flag);
    case RTMP_CALL_SEEK:
        /* cppcheck-suppress returnDanglingLifetime; cppcheck mistakes the error for &call. */
        return manner->seek(player, &call);
    case RTMP_CALL_CLOSE_STREAM:
    case RTMP_CALL_DELETE_STREAM: *ended = true; return NULL;
    case RTMP_CALL_PLAY:
        *ended = rtmp_call_is_stop(&call);
        return *ended ? NULL : rtmp_server_reply_unknown(rtmp, &call);
    case RTMP_CALL_RECEIVE_AUDIO:
    case RTMP_CALL_RECEIVE_VIDEO:
        manner->receive(player, call.kind == RTMP_CALL_RECEIVE_VIDEO, call.flag);
        return rtmp_server_reply_unknown(rtmp, &call);
    default: return rtmp_server_reply_unknown(rtmp, &call);
    }
}

struct err *player_commands_take(struct rtmp_conn *c, const struct player_manner *manner, void *player, bool *ended)
{
    while (!*ended) {
        struct rtmp_message msg = { 0 };
        bool                got;
        struct err         *e = rtmp_link_next_now(&c->rtmp.link, &msg, &got);
        if (!e && got && msg.type_id == RTMP_TYPE_COMMAND)
            e = take_command(c, manner, player, &msg, ended);
        frame_unref(&msg.payload);
        if (e || !got)
            return e;
        co_give_way_by_time();
    }
    return NULL;
}
