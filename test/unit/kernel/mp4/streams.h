/* What the tests of the MP4 muxer have in common: streams of real encoders as FLV bodies, and a parser of boxes. */
#ifndef UNIT_KERNEL_MP4_STREAMS_H
#define UNIT_KERNEL_MP4_STREAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/flv_frame.h"

/* ---- frames ---- */

static const uint8_t avc[] = {
    0x17, 0x00, 0x00, 0x00, 0x00, 0x01, 0x64, 0x00, 0x0C, 0xFF, 0xE1, 0x00, 0x1A, 0x67, 0x64, 0x00, 0x0C, 0xAC,
    0xD9, 0x41, 0x41, 0x9F, 0x9F, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xF1,
    0x42, 0x99, 0x60, 0x01, 0x00, 0x06, 0x68, 0xEA, 0xE3, 0xCB, 0x22, 0xC0, 0xFD, 0xF8, 0xF8, 0x00,
};
static const uint8_t hevc[] = {
    0x90, 'h',  'v',  'c',  '1',  0x01, 0x02, 0x20, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x7B, 0xF0, 0x00, 0xFC, 0xFD, 0xFA, 0xFA, 0x00, 0x00, 0x0F, 0x03, 0xA0, 0x00, 0x01, 0x00, 0x18, 0x40,
    0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00,
    0x03, 0x00, 0x7B, 0x95, 0x98, 0x09, 0xA1, 0x00, 0x01, 0x00, 0x2D, 0x42, 0x01, 0x01, 0x02, 0x20, 0x00,
    0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x7B, 0xA0, 0x03, 0xC0, 0x80, 0x10,
    0xE7, 0x54, 0xD9, 0x65, 0x66, 0x92, 0x4C, 0xAF, 0x01, 0x68, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00,
    0x00, 0x03, 0x01, 0xE0, 0x40, 0xA2, 0x00, 0x01, 0x00, 0x07, 0x44, 0x01, 0xC1, 0x72, 0xB4, 0x62, 0x40,
};
static const uint8_t av1[] = {
    0x90, 'a',  'v',  '0',  '1',  0x81, 0x00, 0x0C, 0x00, 0x0A, 0x0B,
    0x00, 0x00, 0x00, 0x04, 0x3C, 0xFE, 0xCC, 0xDA, 0xF9, 0x00, 0x40,
};
static const uint8_t vp9[] = {
    0x90, 'v', 'p', '0', '9', 0x01, 0x00, 0x00, 0x00, 0x00, 0x0B, 0x82, 0x02, 0x02, 0x02, 0x00, 0x00,
};
static const uint8_t vp9_key[] = {
    0x91, 'v', 'p', '0', '9', 0x82, 0x49, 0x83, 0x42, 0x00, 0x09, 0xF0, 0x07, 0x76, 0x06, 0x38, /* 160x120 */
};
static const uint8_t aac[] = { 0xAF, 0x00, 0x11, 0x88, 0x56, 0xE5, 0x00 };
static const uint8_t opus[] = {
    0x90, 'O', 'p', 'u', 's', 'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 1, 0x38, 1, 0x80, 0xBB, 0, 0, 0, 0, 0,
};
static const uint8_t opus_empty[] = { 0x90, 'O', 'p', 'u', 's' };
static const uint8_t flac[] = {
    0x90, 'f',  'L',  'a',  'C',  'f',  'L',  'a',  'C',  0x00, 0x00, 0x00, 0x22, 0x12, 0x00, 0x12,
    0x00, 0x00, 0x02, 0x55, 0x00, 0x04, 0xFF, 0x0B, 0xB8, 0x00, 0xF0, 0x00, 0x00, 0xBB, 0x80, 0xBA,
    0x53, 0xAB, 0xF5, 0x6C, 0xED, 0x38, 0x1F, 0x73, 0x0B, 0x6F, 0x85, 0xC5, 0xF5, 0xE4, 0x3D,
};
static const uint8_t mp3[] = { 0x2E, 0xFF, 0xFB, 0x54, 0xC4 }; /* its FLV header says 44100, its frame 48000 */

static const uint8_t picture[] = { 0x17, 1, 0, 0, 80, 0, 0, 0, 2, 0x65, 0x88 };           /* shown 80 ms later */
static const uint8_t reordered[] = { 0x27, 1, 0xFF, 0xFF, 0xD8, 0, 0, 0, 2, 0x41, 0x9A }; /* shown 40 ms before */
static const uint8_t sound[] = { 0xAF, 1, 0xDE, 0x02, 0x00 };

static struct frame *parsed(enum frame_kind kind, const uint8_t *bytes, size_t len)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = kind;
    memcpy(f->data, bytes, len);
    f->len = (uint32_t)len;
    assert_int_equal(flv_frame_parse(f), FLV_PARSE_OK);
    return f;
}

#define VIDEO(bytes) parsed(FRAME_VIDEO, bytes, sizeof bytes)
#define AUDIO(bytes) parsed(FRAME_AUDIO, bytes, sizeof bytes)

/* ---- boxes ---- */

struct box {
    const uint8_t *p; /* behind size and type */
    size_t         len;
    uint8_t        type[5];
};

/* The next box of a row, which must fit. */
static inline bool next_box(struct rd *r, struct box *box)
{
    if (rd_left(r) == 0)
        return false;
    uint32_t       len = rd_u32(r);
    const uint8_t *type = rd_bytes(r, 4);
    assert_true(len >= 8);
    box->p = rd_bytes(r, len - 8);
    box->len = len - 8;
    assert_false(r->bad);
    memcpy(box->type, type, 4);
    box->type[4] = 0;
    return true;
}

/* How many bytes of a box stand before the boxes inside; -1 when there are none inside. */
static inline int fields_before_children(const char *type)
{
    static const struct {
        const char *type;
        int         fields;
    } rows[] = {
        { "moov", 0 },  { "trak", 0 },  { "mdia", 0 },  { "minf", 0 },  { "dinf", 0 },  { "dref", 8 },
        { "stbl", 0 },  { "stsd", 8 },  { "mvex", 0 },  { "moof", 0 },  { "traf", 0 },  { "avc1", 78 },
        { "hvc1", 78 }, { "av01", 78 }, { "vp09", 78 }, { "mp4a", 28 }, { "Opus", 28 }, { "fLaC", 28 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].type, type) == 0)
            return rows[i].fields;
    return -1;
}

/* Walk all boxes, which must nest exactly; the nth (from 0) box of a type, or one with p NULL. */
static inline struct box find_nth(struct rd r, const char *type, unsigned *n)
{
    struct box box;
    while (next_box(&r, &box)) {
        if (strcmp((const char *)box.type, type) == 0 && (*n)-- == 0)
            return box;
        int fields = fields_before_children((const char *)box.type);
        if (fields < 0)
            continue;
        assert_true(box.len >= (size_t)fields);
        struct box inside = find_nth(rd_over(box.p + fields, box.len - (size_t)fields), type, n);
        if (inside.p)
            return inside;
    }
    return (struct box){ 0 };
}

static inline struct box find(const uint8_t *bytes, size_t len, const char *type, unsigned n)
{
    return find_nth(rd_over(bytes, len), type, &n);
}

static inline uint32_t u32_of(const uint8_t *p)
{
    struct rd r = rd_over(p, 4);
    return rd_u32(&r);
}

#endif
