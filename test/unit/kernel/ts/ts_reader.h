/**
 * A reader of MPEG-TS for the tests of the muxer: it checks the rules that every receiver relies on, and collects PES packets.
 *
 * It shares no code with the muxer, so that the two check each other.
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
    size_t   at; /* offset of its first packet in the stream */
};

struct ts_reader {
    struct ts_unit units[TS_READER_UNITS_MAX];
    size_t         n;
    int            cc[TS_READER_PIDS];      /* expected; -1: any */
    size_t         current[TS_READER_PIDS]; /* number of the unit that grows, plus 1; 0: none */
    bool           may_break;               /* A packet may tell of a discontinuity. */
    uint64_t       pcr_extension;           /* sum of all PCR extensions, which must be 0 */
};

/** Read whole packets that follow those of the earlier calls. A violation fails the test. */
void ts_reader_read(struct ts_reader *r, const uint8_t *bytes, size_t len);

struct ts_reader *ts_reader_create(void);
void              ts_reader_destroy(struct ts_reader *r);

/** The unit number `number` (from 0) of this PID; NULL when there are fewer. */
const struct ts_unit *ts_reader_unit(const struct ts_reader *r, unsigned pid, size_t number);

/** The number of units of this PID. */
size_t ts_reader_count(const struct ts_reader *r, unsigned pid);

#endif
