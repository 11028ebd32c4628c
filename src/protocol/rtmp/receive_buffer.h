/**
 * The buffer into which RTMP connections read. All connections of the loop share one, which the processor keeps in its cache: before
 * one of them reads, the bytes that another has not consumed are copied for that one (link.c).
 *
 * A program without a loop, where connections belong to threads, links a file of its own in place of receive_buffer.c, which gives
 * each connection its buffer (src/srs_rtmp).
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_RECEIVE_BUFFER_H
#define PROTOCOL_RTMP_RECEIVE_BUFFER_H

#include <stdint.h>

struct io;
struct rtmp_link;

enum { RTMP_RECEIVE_BUFFER = 64 << 10 };

struct rtmp_receive_buffer {
    struct rtmp_link *holder; /* the link that may still borrow from it; NULL: none */
    uint8_t           bytes[RTMP_RECEIVE_BUFFER];
};

/** The buffer for a connection over this io. It is never NULL, and lives as long as the io. */
struct rtmp_receive_buffer *rtmp_receive_buffer_of(struct io *io);

#endif
