/**
 * What a player says while it plays, a live stream or a file: commands are decoded, logged and answered here. What they do is up to
 * the kind of player.
 */
#ifndef APP_RTMP_PLAYER_COMMANDS_H
#define APP_RTMP_PLAYER_COMMANDS_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"
#include "protocol/rtmp/command.h"

struct rtmp_conn;

struct player_manner {
    void (*pause)(void *player, bool paused);
    void (*receive)(void *player, bool is_video, bool wanted);       /* receiveAudio, receiveVideo */
    struct err *(*seek)(void *player, const struct rtmp_call *call); /* It also answers. */
};

/**
 * Handle all messages that have come. *ended is set if the player is done. No message may be half written, because answers are
 * written whole.
 *
 * Yields     by time, and while answers are written
 */
struct err *player_commands_take(struct rtmp_conn *c, const struct player_manner *manner, void *player,
                                 bool *ended) ATTR_MUST_USE;

#endif
