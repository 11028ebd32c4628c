/* FLV tags of a publisher go through every wire. The length is the predicted one, the bytes from any byte on are the same, and a
 * frame that is passed over leaves the same state. */
#include "app/live/wire.h"

#include "app/live/audio_wire.h"
#include "app/live/flv_wire.h"
#include "app/live/mp4_wire.h"
#include "app/live/ts_wire.h"
#include "core/attr.h"
#include "core/rd.h"
#include "fuzzing.h"

enum { FRAMES_MAX = 48, IOVS_MAX = 64 };

/* Write the frame from `skip` on as iovecs over frame and scratch, and compare it with `whole`. */
static void check_rest(struct wire w, const struct frame *f, int64_t us, size_t skip, const uint8_t *whole, size_t len)
{
    struct iovec    iov[IOVS_MAX];
    size_t          cap = w.format->copies ? len : 256, at = skip;
    uint8_t        *scratch = malloc(cap + 1);
    struct wire_out out = { .iov = iov, .cap_iov = IOVS_MAX, .scratch = wr_over(scratch, cap), .skip = skip };
    wire_emit(&w, f, us, &out);
    for (int i = 0; i < out.n_iov; i++) {
        check(iov[i].iov_len <= len - at && memcmp(iov[i].iov_base, whole + at, iov[i].iov_len) == 0);
        at += iov[i].iov_len;
    }
    check(at == len && !out.full);
    free(scratch);
}

static void put(struct wire *w, const struct frame *f)
{
    int64_t         us = f->dts_us;
    struct wire     passed = *w, full = *w;
    size_t          len = wire_size_sum(wire_size(w, f, us));
    uint8_t        *bytes = malloc(len + 1);
    struct wire_out out = wire_out_copying(bytes, len), small = wire_out_copying(bytes, len ? len - 1 : 0);
    wire_emit(&full, f, us, &small);
    check(small.full == (len > 0));
    size_t      skips[] = { 0, 1, len / 2, len - 1 };
    struct wire before = *w;
    wire_emit(w, f, us, &out);
    check(!out.full && out.bytes == len && wr_len(&out.scratch) == len);
    for (size_t i = 0; len > 0 && i < ARRAY_LEN(skips); i++)
        check_rest(before, f, us, skips[i], bytes, len);
    wire_pass(&passed, f, us);
    struct wire_stamp one = { w, 0 }, other = { &passed, 0 };
    check(w->format->is_same(&one, &other));
    free(bytes);
}

/* Begin the wire of a player that joins when all these configurations are known. */
static bool begin(struct wire *w, struct frame *const *frames, size_t n)
{
    struct frame *video = NULL, *audio = NULL, *key = NULL;
    for (size_t i = 0; i < n; i++) {
        if (frames[i]->config && frames[i]->kind == FRAME_VIDEO)
            video = frames[i];
        if (frames[i]->config && frames[i]->kind == FRAME_AUDIO)
            audio = frames[i];
        if (frames[i]->key)
            key = frames[i];
    }
    if (w->format == &ts_wire)
        ts_mux_init(&w->ts, video ? video->codec : CODEC_NONE, audio ? audio->codec : CODEC_NONE);
    return w->format != &mp4_wire || mp4_mux_init(&w->mp4, video, key, audio) == MP4_OK ||
           mp4_mux_init(&w->mp4, video, key, NULL) == MP4_OK || mp4_mux_init(&w->mp4, NULL, NULL, audio) == MP4_OK;
}

/* The input is FLV tags without the file's header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct wire_format *const formats[] = { &flv_wire, &ts_wire, &mp4_wire, &aac_wire, &mp3_wire };
    struct rd                              r = rd_over(data, len);
    struct flv_tag                         tag;
    struct frame                          *frames[FRAMES_MAX];
    size_t                                 n = 0;
    while (n < FRAMES_MAX && flv_read_tag(&r, &tag) == FLV_GOT)
        if ((frames[n] = taken_frame(&tag)))
            n++;
    for (size_t i = 0; i < ARRAY_LEN(formats) * 3; i++) {
        struct wire w = { .format = formats[i / 3], .framing = (enum framing)(i % 3) };
        if (!begin(&w, frames, n))
            continue;
        for (size_t k = 0; k < n; k++)
            if (!w.format->is_end || !w.format->is_end(&w, frames[k]))
                put(&w, frames[k]);
    }
    while (n)
        frame_unref(&frames[--n]);
    return 0;
}
