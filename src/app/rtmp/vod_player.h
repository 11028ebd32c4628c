/**
 * An RTMP player of a recorded file: `play { vod; }`.
 *
 * The file is sent by its times, ahead of them as far as the player's buffer goes. A player pauses, seeks, and at the end gets
 * NetStream.Play.Complete and NetStream.Play.Stop; it may seek back then.
 *
 * Yields     all functions
 */
#ifndef APP_RTMP_VOD_PLAYER_H
#define APP_RTMP_VOD_PLAYER_H

#include "core/attr.h"
#include "core/err.h"

struct rtmp_conn;
struct vod_film;

/**
 * Open the file that the client's play means.
 *
 * Returns    *film NULL: a live stream is meant
 * Errors     there is no such file, and no live stream can be meant: the client has been refused
 */
struct err *rtmp_vod_player_find(struct rtmp_conn *c, struct vod_film **film) ATTR_MUST_USE;

/** Play the file until the client ends it. Takes the film. */
struct err *rtmp_vod_player_run(struct rtmp_conn *c, struct vod_film *film) ATTR_MUST_USE;

#endif
