/**
 * Counts of one protocol: of the server or of one stream.
 *
 * Yields     no
 */
#ifndef APP_STAT_PROTOCOL_STAT_H
#define APP_STAT_PROTOCOL_STAT_H

#include <stdint.h>

/* A protocol that brings a kind of client of its own is a word here, and in protocol_stat_name(). */
enum stat_protocol { STAT_RTMP, STAT_HTTP, STAT_HLS, STAT_RTC, STAT_PROTOCOLS };

struct protocol_stat {
    int     n_publishers, n_players;
    int64_t bytes_in, bytes_out; /* as of the last sample, of clients that have left too */
};

static inline const char *protocol_stat_name(enum stat_protocol p)
{
    static const char *const names[STAT_PROTOCOLS] = { "rtmp", "http", "hls", "rtc" };
    return names[p];
}

#endif
