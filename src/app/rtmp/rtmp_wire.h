/**
 * The wire format of RTMP, for players and for servers to which this program publishes: a frame is a message, in chunks.
 *
 * Source     RTMP 1.0, 5.3.1 (chunk headers of type 0 and 3)
 * Shape      wire.chunk_size: the size that was announced to the peer; wire.msid: the message stream of the peer
 * Yields     no
 */
#ifndef APP_RTMP_RTMP_WIRE_H
#define APP_RTMP_RTMP_WIRE_H

#include "app/live/wire.h"

extern const struct wire_format rtmp_wire;

#endif
