/**
 * Checks that the bytes for a player have the form of their format: a sequence of whole tags, packets, boxes and headers, with
 * counters without a gap. The last one may be cut.
 */
#ifndef TEST_FUZZ_WELL_FORMED_H
#define TEST_FUZZ_WELL_FORMED_H

#include "core/rd.h"
#include "fuzzing.h"
#include "protocol/rtmp/chunk_reader.h"

enum { RTMP_HELLO_LEN = 1 + 2 * 1536, TS_LEN = 188, TS_PIDS = 1 << 13, MOOF_BYTES = 104, UNTOLD = -1 };

static inline bool begins_with(struct rd in, const char *tag)
{
    const uint8_t *bytes = rd_bytes(&in, strlen(tag));
    return bytes && memcmp(bytes, tag, strlen(tag)) == 0;
}

static inline void check_flv(struct rd in)
{
    struct flv_tag tag;
    if (rd_left(&in) < FLV_HEADER_LEN)
        return;
    check(begins_with(in, "FLV\1"));
    rd_bytes(&in, FLV_HEADER_LEN);
    for (bool more = true; more;) {
        struct rd     at = in;
        enum flv_read got = flv_read_tag(&in, &tag);
        check(got != FLV_BAD);
        more = got == FLV_GOT;
        if (more) { /* PreviousTagSize is the length of the tag before it */
            struct rd behind = rd_over(tag.body + tag.len, 4);
            check(rd_u32(&behind) == tag.len + 11 && rd_left(&at) - rd_left(&in) == tag.len + 15);
        }
    }
}

static inline void check_ts(struct rd in)
{
    static int8_t  counters[TS_PIDS];
    const uint8_t *p;
    memset(counters, UNTOLD, sizeof counters);
    while (rd_left(&in) >= TS_LEN && (p = rd_bytes(&in, TS_LEN))) {
        int8_t *counter = &counters[(p[1] & 31) << 8 | p[2]];
        check(p[0] == 0x47 && p[3] & 0x10);
        check(*counter == UNTOLD || (p[3] & 15) == ((*counter + 1) & 15));
        *counter = p[3] & 15;
        check(!(p[3] & 0x20) || p[4] <= 183);
    }
}

static inline void check_mp4(struct rd in)
{
    uint32_t sequence = 0;
    for (int i = 0; rd_left(&in) >= 8; i++) {
        struct rd   box = in;
        uint32_t    len = rd_u32(&box);
        const char *kind = i == 0 ? "ftyp" : i == 1 ? "moov" : i % 2 ? "mdat" : "moof";
        check(begins_with(box, kind) && len >= 8);
        if (i > 1 && i % 2 == 0) {
            check(len == MOOF_BYTES);
            rd_bytes(&box, 16); /* its type, the header of mfhd and its flags */
            uint32_t told = rd_u32(&box);
            check(box.bad || told == ++sequence);
        }
        if (!rd_bytes(&in, len))
            return;
    }
}

static inline void check_adts(struct rd in)
{
    while (rd_left(&in) >= 7) {
        const uint8_t *p = in.p;
        size_t         len = (size_t)(p[3] & 3) << 11 | (size_t)p[4] << 3 | p[5] >> 5;
        check(p[0] == 0xff && (p[1] & 0xf6) == 0xf0 && len >= 7);
        if (!rd_bytes(&in, len))
            return;
    }
}

/* Check the bytes after the handshake: whole messages of types that a server sends. */
static inline void check_rtmp(struct rd in)
{
    static const bool        known[256] = { [1] = true, [3] = true, [4] = true,  [5] = true,  [6] = true,
                                            [8] = true, [9] = true, [17] = true, [18] = true, [20] = true };
    struct rtmp_chunk_reader r;
    struct rtmp_message      m;
    if (!rd_bytes(&in, RTMP_HELLO_LEN))
        return;
    rtmp_chunk_reader_init(&r);
    rtmp_chunk_reader_feed(&r, in.p, rd_left(&in));
    for (bool got = true; got;) {
        check(!rtmp_chunk_reader_next(&r, &m, &got));
        if (!got)
            continue;
        check(known[m.type_id]);
        struct rd body = rd_over(m.payload->data, m.payload->len);
        if (m.type_id == RTMP_TYPE_SET_CHUNK_SIZE)
            check(!rtmp_chunk_reader_set_chunk_size(&r, rd_u32(&body)));
        frame_unref(&m.payload);
    }
    rtmp_chunk_reader_finish(&r);
}

#endif
