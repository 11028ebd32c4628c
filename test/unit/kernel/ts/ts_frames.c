#include "kernel/ts/ts_frames.h"

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/flv_frame.h"

struct frame *ts_frame(enum frame_kind kind, int64_t dts_ms, const uint8_t *body, size_t len)
{
    struct frame *f = frame_new(len);
    assert_non_null(f);
    f->kind = (uint8_t)kind;
    f->dts_us = dts_ms * 1000;
    memcpy(f->data, body, len);
    f->len = (uint32_t)len;
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_OK);
    return f;
}

static void fill(uint8_t *bytes, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 13 + seed * 29 + i / 251 + 1);
}

struct frame *ts_picture(int64_t dts_ms, int64_t cts_ms, int key, size_t len, unsigned seed)
{
    uint8_t *body = malloc(9 + len);
    memcpy(body, (uint8_t[]){ key ? 0x17 : 0x27, 1, (uint8_t)(cts_ms >> 16), (uint8_t)(cts_ms >> 8), (uint8_t)cts_ms },
           5);
    memcpy(body + 5, (uint8_t[]){ 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len }, 4);
    fill(body + 9, len, seed);
    if (len)
        body[9] = key ? 0x65 : 0x41;
    struct frame *f = ts_frame(FRAME_VIDEO, dts_ms, body, 9 + len);
    free(body);
    return f;
}

struct frame *ts_sound(int64_t dts_ms, size_t len, unsigned seed)
{
    uint8_t *body = malloc(2 + len);
    memcpy(body, (uint8_t[]){ 0xAF, 1 }, 2);
    fill(body + 2, len, seed);
    struct frame *f = ts_frame(FRAME_AUDIO, dts_ms, body, 2 + len);
    free(body);
    return f;
}
