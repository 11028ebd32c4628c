/**
 * What a co-worker answers when it is asked for a stream: the reply of /api/v1/clusters, of this server and of SRS.
 *
 *     {"code":0,"data":{"origin":{"ip":"10.0.0.3","port":1935}}}      `origin` is null where the stream is not published
 *
 * Co-workers of this kind also tell their ports of streams, `rtmps`, `http` and `https`, if they are asked for them.
 *
 * Yields     no
 */
#ifndef APP_CLUSTER_ANSWER_H
#define APP_CLUSTER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CLUSTER_HOST_MAX = 253, /* RFC 1035, 2.3.4, as text */
    CLUSTER_COWORKER_CAP = CLUSTER_HOST_MAX + 32,
};

/** A server that has a stream. */
struct cluster_place {
    char coworker[CLUSTER_COWORKER_CAP]; /* which co-worker has answered (coworkers.h); the answer does not tell */
    char host[CLUSTER_HOST_MAX + 1];     /* a name or an address, IPv6 without brackets */
    int  rtmp_port;
    int  rtmps_port, http_port, https_port; /* 0: it has none, or has not told */
};

enum cluster_answer {
    CLUSTER_ANSWER_HERE,     /* *place is filled in */
    CLUSTER_ANSWER_NOT_HERE, /* the stream is not published there */
    CLUSTER_ANSWER_BAD,      /* no such reply */
    CLUSTER_ANSWER_SELF,     /* It is this server itself, whose answer is not read (question.h). */
};

/** Read an answer. A host with anything but letters, digits, `.`, `-`, `_` and `:` is bad: it goes into URLs for clients. */
enum cluster_answer cluster_answer_read(const char *text, size_t len, struct cluster_place *place);

/**
 * Read the answer of a co-worker that was asked to end its publisher: {"code":0,"taken_over":true}. False: it is another one, as of a
 * server that does not know the request. *was_there: there was a publisher.
 */
bool cluster_answer_read_taken(const char *text, size_t len, bool *was_there);

#endif
