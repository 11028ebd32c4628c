/**
 * The wire format of fMP4 players: a frame is a fragment, moof and mdat. The moov before the first fragment is written elsewhere
 * (app/http/live_format.c).
 *
 * Shape      wire.mp4: initialised by mp4_mux_init(); it borrows the configurations of its tracks (held_wire.h)
 * Source     kernel/mp4/mux.h
 * Yields     no
 */
#ifndef APP_LIVE_MP4_WIRE_H
#define APP_LIVE_MP4_WIRE_H

#include "app/live/wire.h"

extern const struct wire_format mp4_wire;

#endif
