/**
 * The wire format of FLV players: a frame is a tag. The file header before the first tag is written elsewhere (app/http/live_format.c).
 *
 * Source     Adobe FLV 10.1, Annex E.4.1
 * Yields     no
 */
#ifndef APP_LIVE_FLV_WIRE_H
#define APP_LIVE_FLV_WIRE_H

#include "app/live/wire.h"

extern const struct wire_format flv_wire;

#endif
