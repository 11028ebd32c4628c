/**
 * The wire format of RTMP, towards players of ours and towards a server that we publish to: a frame is a message, in chunks.
 *
 * Source     RTMP 1.0, 5.3.1 (chunk headers of type 0 and 3)
 * Shape      wire.chunk_size, wire.msid: of the chunks and the message stream that the peer knows from us
 * Yields     no
 */
#ifndef APP_RTMP_RTMP_WIRE_H
#define APP_RTMP_RTMP_WIRE_H

#include "app/live/wire.h"

extern const struct wire_format rtmp_wire;

#endif
