/**
 * The data messages of a publisher: metadata of its stream, and messages that are only passed on. Frames for players are made
 * from both.
 *
 * Source     Adobe FLV 10.1 E.5 (onMetaData); "@setDataFrame" of RTMP in the form that encoders send
 * Yields     no
 */
#ifndef KERNEL_METADATA_H
#define KERNEL_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/frame.h"

enum { METADATA_LEN_MAX = 64 * 1024 }; /* most bytes of a body; real ones have a few hundred */

/* The values that callers use. A number is 0 if it is missing, not a number, negative or absurd. */
struct metadata {
    double width, height, framerate;
    double videocodecid, audiocodecid; /* a classic number or a FourCC (Enhanced RTMP, "Enhancing onMetaData") */
    bool   bravo_atc;                  /* The property is "true" or true: the publisher's times are absolute. */
    double wall_ms; /* METADATA_WALL: wall clock at the publisher's time 0, milliseconds since 1970 */
};

enum metadata_read {
    METADATA_OK,
    METADATA_OTHER,  /* a message of another name, for the players alone: onTextData, onCuePoint, onCaption … */
    METADATA_IGNORE, /* a message for a server: @clearDataFrame, |RtmpSampleAccess …; or without a name */
    METADATA_BAD,    /* not AMF0, metadata without an object or array, or longer than METADATA_LEN_MAX */
    METADATA_NO_MEMORY,
};

/**
 * Make the frame for players from the body of an AMF0 data message.
 *
 * Shape      body: ["@setDataFrame"] name and values.
 *            METADATA_OK: the name is onMetaData, an object or ECMA array follows, and the rest is dropped. The frame has
 *            "onMetaData" and an ECMA array (FLV 10.1, E.5) with the properties in their order, byte for byte for any
 *            type, without `duration`, METADATA_WALL and the peer's `server` and `server_version`; these two come last, with
 *            the values of this server. It is a configuration (frame->config), because newcomers need it.
 *            METADATA_OTHER: the frame is the body without @setDataFrame, byte for byte; its values are well-formed.
 * Ownership  *frame is new, with one reference, dts_us and arrived_us still 0; NULL unless METADATA_OK or METADATA_OTHER
 */
enum metadata_read metadata_read(const uint8_t *body, size_t len, const char *server, const char *server_version,
                                 struct frame **frame, struct metadata *info) ATTR_MUST_USE;

/** The property by which servers of this kind tell each other the wall clock at the time 0 of a stream. Our own. */
#define METADATA_WALL "srs_wall_ms"

/**
 * The same metadata with METADATA_WALL, which has one value.
 *
 * Shape      metadata: a frame of metadata_read(); NULL: the stream has none, and the property is all
 * Returns    a new frame; NULL without memory
 */
struct frame *metadata_with_wall(const struct frame *metadata, double wall_ms) ATTR_MUST_USE;

#endif
