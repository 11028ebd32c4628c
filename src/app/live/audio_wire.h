/**
 * The wire formats of bare audio: AAC frames in ADTS, and unchanged MP3 frames. Everything else is left out.
 *
 * Shape      aac_wire: wire.aac is all zero until the stream's configuration has come
 * Source     kernel/aac.h, kernel/mp3.h
 * Yields     no
 */
#ifndef APP_LIVE_AUDIO_WIRE_H
#define APP_LIVE_AUDIO_WIRE_H

#include "app/live/wire.h"

extern const struct wire_format aac_wire, mp3_wire;

#endif
