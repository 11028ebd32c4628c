#include "kernel/ts/mux.h"

#include "fuzzing.h"
#include "kernel/ts/restamp.h"

/* Check that the bytes are whole packets with continuous counters and a valid place of the payload. */
static void check_packets(const uint8_t *bytes, size_t len, uint8_t cc[TS_TRACKS])
{
    check(len % TS_PACKET_LEN == 0);
    for (const uint8_t *p = bytes; p < bytes + len; p += TS_PACKET_LEN) {
        unsigned pid = (p[1] & 0x1Fu) << 8 | p[2];
        int track = pid == TS_PID_PAT ? TS_PAT : pid == TS_PID_PMT ? TS_PMT : pid == TS_PID_VIDEO ? TS_VIDEO : TS_AUDIO;
        check(p[0] == TS_SYNC_BYTE && (p[3] & 0xD0) == 0x10);
        check(track != TS_AUDIO || pid == TS_PID_AUDIO);
        check((p[3] & 0x0F) == cc[track]);
        cc[track] = (cc[track] + 1) & 0x0F;
        check(!(p[3] & 0x20) || p[4] < TS_PACKET_LEN - TS_HEADER_LEN - 1);
    }
}

/* Mux a frame: the length is the predicted one, and copies of the muxer write the same, for another player too. */
static void mux(struct ts_mux *m, const struct frame *f, int64_t dts_90k)
{
    struct ts_mux   before = *m, skipped = *m, other = *m;
    struct ts_shift shift;
    size_t          len = ts_mux_frame_len(m, f);
    uint8_t        *out = malloc(len + 1), *again = malloc(len + 1);
    struct wr       w = wr_over(out, len), w2 = wr_over(again, len);
    check(ts_mux_skip(&skipped, f) == len);
    enum ts_mux_result result = ts_mux_frame(m, &w, f, dts_90k);
    check(!w.full && wr_len(&w) == len && (result == TS_MUX_WRITTEN) == (len > 0));
    check(ts_mux_shift(&shift, m, &skipped) && !memcmp(m->cc, skipped.cc, TS_TRACKS));
    uint8_t cc[TS_TRACKS];
    memcpy(cc, before.cc, sizeof cc);
    check_packets(out, len, cc);
    check(!memcmp(cc, m->cc, sizeof cc));

    for (int i = 0; i < TS_TRACKS; i++)
        other.cc[i] = (other.cc[i] + 5 + i) & 0x0F;
    check(ts_mux_shift(&shift, &before, &other));
    shift.delta_90k = 0x1FFFFFF00;
    ts_restamp(out, len, &shift);
    check(ts_mux_frame(&other, &w2, f, dts_90k + shift.delta_90k) == result);
    check(wr_len(&w2) == len && !memcmp(out, again, len));
    free(out);
    free(again);
}

/* The input is an FLV stream with its header; its frames are muxed as those of a publisher. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd         r = rd_over(data, len);
    struct flv_header header;
    struct flv_tag    tag;
    struct ts_mux     m;
    struct frame     *config = NULL;
    if (flv_read_header(&r, &header) != FLV_GOT)
        return 0;
    ts_mux_init(&m, header.has_video ? CODEC_H264 : CODEC_NONE, header.has_audio ? CODEC_AAC : CODEC_NONE);
    while (flv_read_tag(&r, &tag) == FLV_GOT) {
        struct frame *f = tag_frame(&tag);
        if (flv_frame_parse(f, NULL) == FLV_PARSE_OK) {
            mux(&m, f, tag.dts_ms * INT64_C(90));
            if (ts_mux_config(&m) == f) {
                frame_unref(&config);
                config = frame_ref(f);
            }
        }
        frame_unref(&f);
    }
    frame_unref(&config);
    return 0;
}
