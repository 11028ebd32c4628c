/* Shared parts of the tests of the MP4 muxer: frames, and a parser of boxes. */
#ifndef TEST_KERNEL_MP4_STREAMS_H
#define TEST_KERNEL_MP4_STREAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/flv_bodies.h"

/* ---- frames ---- */

static const uint8_t picture[] = { 0x17, 1, 0, 0, 80, 0, 0, 0, 2, 0x65, 0x88 };           /* shown 80 ms later */
static const uint8_t reordered[] = { 0x27, 1, 0xFF, 0xFF, 0xD8, 0, 0, 0, 2, 0x41, 0x9A }; /* shown 40 ms before */
static const uint8_t sound[] = { 0xAF, 1, 0xDE, 0x02, 0x00 };

static inline struct frame *parsed(enum frame_kind kind, const uint8_t *bytes, size_t len)
{
    enum flv_parse result;
    struct frame  *f = frame_of(kind, bytes, len, &result);
    assert_int_equal(result, FLV_PARSE_OK);
    return f;
}

#define VIDEO(bytes) parsed(FRAME_VIDEO, bytes, sizeof bytes)
#define AUDIO(bytes) parsed(FRAME_AUDIO, bytes, sizeof bytes)

/* ---- boxes ---- */

struct box {
    const uint8_t *p; /* content, after size and type */
    size_t         len;
    uint8_t        type[5];
};

/* Read the next box, which must fit; false at the end. */
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

/* Number of bytes in a box before its child boxes; -1 for a type without child boxes. */
static inline int fields_before_children(const char *type)
{
    static const struct {
        const char *type;
        int         fields;
    } rows[] = {
        { "moov", 0 },  { "trak", 0 },  { "mdia", 0 },  { "minf", 0 },  { "dinf", 0 },  { "dref", 8 },  { "stbl", 0 },
        { "stsd", 8 },  { "mvex", 0 },  { "moof", 0 },  { "traf", 0 },  { "avc1", 78 }, { "hvc1", 78 }, { "avc3", 78 },
        { "hev1", 78 }, { "av01", 78 }, { "vp09", 78 }, { "mp4a", 28 }, { "Opus", 28 }, { "fLaC", 28 }, { "ac-3", 28 },
        { "ec-3", 28 }, { "encv", 78 }, { "enca", 28 }, { "sinf", 0 },  { "schi", 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].type, type) == 0)
            return rows[i].fields;
    return -1;
}

/* Walk all boxes, which must nest exactly, and return the nth (from 0) of a type; `p` is NULL when there is none. */
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
