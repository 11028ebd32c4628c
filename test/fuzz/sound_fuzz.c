/*
 * Packets of any codec, with any configuration and any times, are converted: whatever the decoders make of them, packets come out in a
 * number that the input bounds, and each is whole.
 *
 * Input      what is wanted in a byte; then packets: codec, configuration or not, channels, the step of time in 8 ms, and a length of two
 *            bytes
 */
#include "app/sound/transcoder.h"
#include "core/rd.h"

#include "fuzzing.h"

static int n_packets;

static void put(void *arg, const struct sound_packet *p)
{
    const struct sound_wish *wish = arg;
    check(p->codec == wish->codec && p->bytes && p->len > 0 && p->channels >= 1 && p->channels <= 2);
    check(!p->is_config || wish->codec == CODEC_AAC);
    n_packets++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { PACKETS_MAX = 200, STEP_US = 8000, PER_INPUT = 200 };
    char               why[TRANSCODER_WHY_CAP];
    struct rd          r = rd_over(data, len);
    uint8_t            what = rd_u8(&r);
    struct sound_wish  wish = { what & 1 ? CODEC_OPUS : CODEC_AAC, 8000 * (1 + what % 40) };
    struct transcoder *t = transcoder_new(&wish, why);
    int64_t            us = 0;
    if (!t)
        return 0;
    n_packets = 0;
    for (int i = 0; i < PACKETS_MAX && rd_left(&r) > 6; i++) {
        uint8_t       codec = rd_u8(&r), flags = rd_u8(&r);
        int8_t        step = (int8_t)rd_u8(&r);
        size_t        n = rd_u16(&r), left = rd_left(&r);
        struct frame *f = frame_new(n < left ? n : left);
        f->kind = FRAME_AUDIO;
        f->codec = codec % (CODEC_OTHER + 1);
        f->config = flags & 1;
        f->channels = flags >> 1 & 3;
        f->len = f->media_len = f->cap;
        memcpy(f->data, rd_bytes(&r, f->len), f->len);
        us += step * (int64_t)STEP_US;
        f->dts_us = f->pts_us = us;
        transcoder_take(t, f, put, &wish);
        frame_unref(&f);
        check(n_packets <= (i + 1) * PER_INPUT);
    }
    check(transcoder_counts(t).n_packets <= n_packets);
    transcoder_free(&t);
    return 0;
}
