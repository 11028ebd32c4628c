#include "protocol/rtmp/receive_buffer.h"

static struct rtmp_receive_buffer shared;

struct rtmp_receive_buffer *rtmp_receive_buffer_of(struct io *io)
{
    (void)io;
    return &shared;
}
