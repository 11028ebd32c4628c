/**
 * The wire format of MPEG-TS players: a frame is the transport packets of one PES packet, with tables before it when they are
 * due.
 *
 * Shape      wire.ts: initialised by ts_mux_init()
 * Source     kernel/ts/mux.h
 * Yields     no
 */
#ifndef APP_LIVE_TS_WIRE_H
#define APP_LIVE_TS_WIRE_H

#include "app/live/wire.h"

extern const struct wire_format ts_wire;

#endif
