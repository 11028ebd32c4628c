/**
 * A frame as the RTMP message that carries it to a player.
 *
 * Ownership  the message borrows the frame's bytes
 * Yields     no
 */
#ifndef APP_RTMP_MEDIA_MESSAGE_H
#define APP_RTMP_MEDIA_MESSAGE_H

#include "kernel/frame.h"
#include "protocol/rtmp/chunk_writer.h"

struct rtmp_out media_message(const struct frame *f, uint32_t timestamp_ms);

#endif
