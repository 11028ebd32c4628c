/**
 * A reader of what the muxer writes, for its tests: it checks what every receiver relies on, and gives the PES packets.
 *
 * It is written apart from the muxer, so that the two check each other.
 */
#ifndef TEST_KERNEL_TS_TS_READER_H
#define TEST_KERNEL_TS_TS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TS_READER_UNITS_MAX = 4096, TS_READER_PIDS = 0x2000 };

/* A PES packet, or a PSI section. */
struct ts_unit {
    unsigned pid;
    bool     random_access, has_pcr, has_dts;
    int64_t  pcr, pts, dts;
    unsigned stream_id, declared_len; /* PES_packet_length */
    uint8_t *bytes;                   /* the payload of the PES packet, or the section */
    size_t   len;
    size_t   at; /* of its first packet in the stream */
};

struct ts_reader {
    struct ts_unit units[TS_READER_UNITS_MAX];
    size_t         n;
    int            cc[TS_READER_PIDS];      /* expected; -1: any */
    size_t         current[TS_READER_PIDS]; /* unit that grows, + 1; 0: none */
    uint64_t       pcr_extension;           /* the sum of all: 0 */
};

/** Read whole packets, after those of the calls before; fails the test on whatever is not as it should be. */
void ts_reader_read(struct ts_reader *r, const uint8_t *bytes, size_t len);

struct ts_reader *ts_reader_create(void);
void              ts_reader_destroy(struct ts_reader *r);

/** The unit of this PID with this number, from 0; NULL when there are not so many. */
const struct ts_unit *ts_reader_unit(const struct ts_reader *r, unsigned pid, size_t number);

/** How many there are. */
size_t ts_reader_count(const struct ts_reader *r, unsigned pid);

#endif
