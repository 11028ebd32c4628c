/**
 * What the memory is used for that the process holds: the large kinds by themselves, and the rest.
 *
 *     struct memory_kinds m = memory_kinds_read(server);
 *     m.bytes[MEMORY_FRAMES] + … + m.bytes[MEMORY_OTHER] is mem_held()
 *
 * The kinds are counted where their memory is, a moment after the total, so MEMORY_OTHER is right to some KiB.
 *
 * Units      bytes
 * Yields     no; the time it takes grows with the streams and with incomplete messages, some nanoseconds each
 */
#ifndef APP_MEMORY_KINDS_H
#define APP_MEMORY_KINDS_H

#include <stdint.h>

struct server;

enum memory_kind {
    MEMORY_FRAMES,    /* of all streams: GOP caches, and what slow players have not taken yet */
    MEMORY_DELAYED,   /* frames that delays of streams hold */
    MEMORY_SEGMENTS,  /* of HLS, DASH and HDS, in the memory file */
    MEMORY_MESSAGES,  /* incomplete messages of RTMP, requests and replies of HTTP, those that are large */
    MEMORY_TLS,       /* whatever OpenSSL has */
    MEMORY_CALLBACKS, /* notices that wait for their backends */
    MEMORY_HISTORIES, /* numbers of the last day */
    MEMORY_CONFIG,    /* earlier texts of the configuration */
    MEMORY_OTHER,     /* connections, clients, streams, the configuration, tables */
    MEMORY_KINDS
};

struct memory_kinds {
    int64_t bytes[MEMORY_KINDS];
    int64_t
        stacks; /* address space of coroutines' stacks, not part of the above: only touched pages of it are memory */
    int64_t resident; /* of the whole process, by the last sample; 0: none yet */
};

struct memory_kinds memory_kinds_read(const struct server *s);

/** "frames" */
const char *memory_kind_name(enum memory_kind kind);

#endif
