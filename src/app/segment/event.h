/**
 * What happens to the segments of a stream.
 */
#ifndef APP_SEGMENT_EVENT_H
#define APP_SEGMENT_EVENT_H

enum segment_event {
    SEGMENT_OPENED,
    SEGMENT_PART_ADDED,
    SEGMENT_CLOSED,
    SEGMENT_FORGOTTEN,     /* The open segment is dropped, and its number used again. */
    SEGMENT_LEAVES,        /* It is dropped from memory, and is no more in its lane. */
    SEGMENT_STREAM_BEGINS, /* The stream is published. This and the next two events concern no lane and no segment. */
    SEGMENT_STREAM_ENDS,
    SEGMENT_CONF_CHANGED, /* show->vhost is new. */
};

#endif
