#include "kernel/scte35.h"

#include "core/base64.h"
#include "core/hex.h"
#include "core/rd.h"
#include "kernel/crc32.h"

enum { TABLE_ID = 0xFC, SECTION_HEADER_LEN = 3, CRC_LEN = 4 };
enum { SPLICE_INSERT = 0x05, TIME_SIGNAL = 0x06, LENGTH_UNKNOWN = 0xFFF };
enum { SEGMENTATION_DESCRIPTOR = 0x02 };

#define CUEI 0x43554549u /* identifier of the descriptors of SCTE-35 */

/* 33 or 40 bits of 90 kHz */
static int64_t us_from_90k(uint64_t ticks)
{
    return (int64_t)(ticks * 100 / 9);
}

static uint64_t read_u40(struct rd *r)
{
    uint64_t high = rd_u8(r);
    return high << 32 | rd_u32(r);
}

/* 9.8.1 splice_time() */
static void skip_splice_time(struct rd *r)
{
    if (rd_u8(r) & 0x80)
        rd_bytes(r, 4);
}

/* 9.7.3 splice_insert() */
static void read_splice_insert(struct rd *r, struct scte35 *s)
{
    s->event_id = rd_u32(r);
    if (rd_u8(r) & 0x80) {
        s->kind = SCTE35_CANCEL;
        return;
    }
    uint8_t flags = rd_u8(r);
    bool    whole_program = flags & 0x40, has_duration = flags & 0x20, immediate = flags & 0x10;
    s->kind = flags & 0x80 ? SCTE35_OUT : SCTE35_IN;
    if (whole_program && !immediate)
        skip_splice_time(r);
    for (int n = whole_program ? 0 : rd_u8(r); n > 0 && !r->bad; n--) {
        rd_u8(r);
        if (!immediate)
            skip_splice_time(r);
    }
    if (has_duration) {
        uint64_t bits = read_u40(r);
        s->duration_us = us_from_90k(bits & 0x1FFFFFFFF);
    }
    rd_bytes(r, 2 + 1 + 1); /* unique_program_id, avail_num, avails_expected */
}

/*
 * Table 23, segmentation_type_id: what ends a program for something that may be replaced is a way out: breaks, advertisements,
 * opportunities to place them. The end of each has the next number.
 */
static enum scte35_kind kind_of_type(uint8_t type)
{
    static const uint8_t starts[] = { 0x22, 0x30, 0x32, 0x34, 0x36, 0x38, 0x3A, 0x44, 0x46 };
    for (size_t i = 0; i < sizeof starts; i++) {
        if (type == starts[i])
            return SCTE35_OUT;
        if (type == starts[i] + 1)
            return SCTE35_IN;
    }
    return SCTE35_OTHER;
}

/* 10.3.3, behind descriptor_tag and descriptor_length */
static void read_segmentation(struct rd r, struct scte35 *s)
{
    struct scte35 found = { .duration_us = -1 };
    if (rd_u32(&r) != CUEI)
        return;
    found.event_id = rd_u32(&r);
    if (rd_u8(&r) & 0x80) {
        found.kind = SCTE35_CANCEL;
    } else {
        uint8_t flags = rd_u8(&r);
        if (!(flags & 0x80)) {
            size_t components = rd_u8(&r);
            rd_bytes(&r, components * 6);
        }
        if (flags & 0x40)
            found.duration_us = us_from_90k(read_u40(&r));
        rd_u8(&r); /* segmentation_upid_type */
        rd_bytes(&r, rd_u8(&r));
        found.kind = kind_of_type(rd_u8(&r));
    }
    if (!r.bad && found.kind != SCTE35_OTHER)
        *s = found;
}

/* The first descriptor that tells a way out or back counts. */
static void read_descriptors(struct rd *r, struct scte35 *s)
{
    size_t    len = rd_u16(r);
    struct rd loop = { r->p, r->p + (len <= rd_left(r) ? len : 0), r->bad };
    rd_bytes(r, len);
    while (!loop.bad && rd_left(&loop) > 0 && s->kind == SCTE35_OTHER) {
        uint8_t        tag = rd_u8(&loop);
        size_t         n = rd_u8(&loop);
        const uint8_t *bytes = rd_bytes(&loop, n);
        if (bytes && tag == SEGMENTATION_DESCRIPTOR)
            read_segmentation(rd_over(bytes, n), s);
    }
    r->bad |= loop.bad;
}

static void read_command(struct rd *r, struct scte35 *s)
{
    size_t    len = rd_u24(r) & 0xFFF; /* behind tier */
    uint8_t   type = rd_u8(r);
    struct rd command = { r->p, len <= rd_left(r) ? r->p + len : r->end, r->bad };
    if (type == SPLICE_INSERT)
        read_splice_insert(&command, s);
    else if (type == TIME_SIGNAL)
        skip_splice_time(&command);
    r->bad |= command.bad;
    if (type != TIME_SIGNAL)
        return;
    if (len == LENGTH_UNKNOWN)
        r->p = command.p;
    else
        rd_bytes(r, len);
    read_descriptors(r, s);
}

bool scte35_read(const uint8_t *bytes, size_t len, struct scte35 *s)
{
    struct rd r = rd_over(bytes, len);
    *s = (struct scte35){ .duration_us = -1 };
    if (len > SCTE35_LEN_MAX || rd_u8(&r) != TABLE_ID || (rd_u16(&r) & 0xFFFu) + SECTION_HEADER_LEN != len ||
        crc32_mpeg(bytes, len) != 0)
        return false;
    r.end -= CRC_LEN <= rd_left(&r) ? CRC_LEN : 0;
    rd_u8(&r); /* protocol_version */
    bool is_encrypted = rd_u8(&r) & 0x80;
    rd_bytes(&r, 4 + 1); /* the rest of pts_adjustment, cw_index */
    if (!is_encrypted)
        read_command(&r, s);
    return !r.bad;
}

static size_t decode_hex(const char *text, size_t len, uint8_t *section)
{
    if (len % 2 || len / 2 > SCTE35_LEN_MAX)
        return 0;
    return hex_decode(text, section, len / 2) ? len / 2 : 0;
}

size_t scte35_decode(const char *text, size_t len, uint8_t *section, struct scte35 *s)
{
    size_t n = 0;
    bool   has_prefix = len > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
    if (has_prefix || (len > 2 && (text[0] | 0x20) == 'f' && (text[1] | 0x20) == 'c'))
        n = decode_hex(text + 2 * has_prefix, len - 2 * has_prefix, section);
    else if (len > 2 && text[0] == '/' && !base64_decode(text, len, section, SCTE35_LEN_MAX, &n))
        return 0;
    return n > 0 && scte35_read(section, n, s) ? n : 0;
}
