/**
 * The messages of an RTMP connection, and the numbers that name their kinds and channels.
 *
 * Source     Adobe's Real Time Messaging Protocol 1.0, 2012
 */
#ifndef PROTOCOL_RTMP_MESSAGE_H
#define PROTOCOL_RTMP_MESSAGE_H

#include <stdint.h>

#include "kernel/frame.h"

/* RTMP 1.0, 5.4 and 7.1: message type ids. */
enum rtmp_type {
    RTMP_TYPE_SET_CHUNK_SIZE = 1,
    RTMP_TYPE_ABORT = 2,
    RTMP_TYPE_ACK = 3,
    RTMP_TYPE_USER_CONTROL = 4,
    RTMP_TYPE_WINDOW_ACK_SIZE = 5,
    RTMP_TYPE_SET_PEER_BANDWIDTH = 6,
    RTMP_TYPE_AUDIO = 8,
    RTMP_TYPE_VIDEO = 9,
    RTMP_TYPE_DATA_AMF3 = 15,    /* one byte, which some encoders leave out; then AMF0 or AMF3 */
    RTMP_TYPE_COMMAND_AMF3 = 17, /* one byte, which some encoders leave out; then AMF0 or AMF3 */
    RTMP_TYPE_DATA = 18,
    RTMP_TYPE_COMMAND = 20,
    RTMP_TYPE_AGGREGATE = 22,
};

/* The chunk streams on which this program sends; a peer chooses its own. */
enum rtmp_csid {
    RTMP_CSID_CONTROL = 2, /* RTMP 1.0, 5.4: required for protocol control messages */
    RTMP_CSID_COMMAND = 3, /* connect and other commands of the connection */
    RTMP_CSID_AUDIO = 4,   /* audio and data */
    RTMP_CSID_STREAM = 5,  /* onStatus and other commands of one stream */
    RTMP_CSID_VIDEO = 6,
};

/* RTMP 1.0, 5.3.1: the message length has 24 bits. */
enum { RTMP_MESSAGE_LEN_MAX = 0xFFFFFF };

/* RTMP 1.0, 5.4.1: 128 bytes until Set Chunk Size. A size above the length of the longest message means that length.
 * A size below 128, which no encoder uses, is refused: there would be more bytes of headers than of media. */
enum { RTMP_CHUNK_SIZE_DEFAULT = 128, RTMP_CHUNK_SIZE_MIN = 128, RTMP_CHUNK_SIZE_MAX = 0xFFFFFF };

/** A complete message that was received. */
struct rtmp_message {
    uint8_t       type_id;
    uint32_t      csid, msid;
    uint32_t      timestamp_ms; /* absolute time, all deltas added; wraps at 32 bits */
    struct frame *payload; /* owned: data[0..len) is the body of the message; the receiver fills the other fields */
};

#endif
