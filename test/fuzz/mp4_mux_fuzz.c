#include "kernel/mp4/mux.h"

#include "core/rd.h"
#include "fuzzing.h"
#include "kernel/mp4/in_band.h"
#include "kernel/times.h"

enum { FRAMES_MAX = 64 };

/* Walk the boxes to the last byte, and into those that hold only boxes. */
static void walk(struct rd r, unsigned depth)
{
    static const char containers[] = "moov trak mdia minf dinf stbl mvex moof traf ";
    while (rd_left(&r)) {
        uint32_t       len = rd_u32(&r);
        const uint8_t *type = rd_bytes(&r, 4);
        check(type && len >= 8);
        char           name[] = { (char)type[0], (char)type[1], (char)type[2], (char)type[3], 0 };
        const uint8_t *inside = rd_bytes(&r, len - 8);
        check(inside != NULL && depth < 8);
        if (strstr(containers, name))
            walk(rd_over(inside, len - 8), depth + 1);
    }
}

static void write_header(const struct mp4_mux *m)
{
    size_t    len = mp4_mux_header_len(m);
    uint8_t  *bytes = malloc(len);
    struct wr w = wr_over(bytes, len);
    mp4_mux_write_header(m, &w);
    check(!w.full && wr_len(&w) == len);
    walk(rd_over(bytes, len), 0);
    free(bytes);
}

/* Mux a frame, mux it again with a copy of the muxer, and restamp the fragment there and back. */
static void write_fragment(struct mp4_mux *m, const struct frame *f)
{
    const struct frame *sets = mp4_mux_sets(m, f);
    struct mp4_payload  payload = mp4_sample_payload(f);
    size_t              at = sets ? mp4_in_band_at(sets, f) : 0;
    size_t              len = MP4_MUX_HEAD_LEN + (sets ? mp4_in_band_len(sets) : 0) + payload.len;
    uint8_t            *bytes = malloc(len), again[MP4_MUX_HEAD_LEN];
    struct wr           w = wr_over(bytes, len), w_again = wr_over(again, sizeof again);
    struct mp4_mux      copy = *m;
    int64_t             dts_90k = ticks_90k_from_us(f->dts_us);
    check(payload.bytes >= f->data && payload.bytes + payload.len <= f->data + f->len);

    mp4_mux_write_head(m, &w, f, dts_90k);
    check(wr_len(&w) == MP4_MUX_HEAD_LEN);
    check(at <= payload.len);
    wr_bytes(&w, payload.bytes, at);
    if (sets)
        mp4_in_band_write(sets, &w);
    wr_bytes(&w, payload.bytes + at, payload.len - at);
    check(!w.full && wr_len(&w) == len);
    walk(rd_over(bytes, len), 0);

    mp4_mux_write_head(&copy, &w_again, f, dts_90k);
    check(!w_again.full && memcmp(bytes, again, sizeof again) == 0 && memcmp(&copy, m, sizeof copy) == 0);
    check(mp4_mux_restamp(bytes, len, -77, 5) && mp4_mux_restamp(bytes, len, 77, (uint32_t)-5));
    check(memcmp(bytes, again, sizeof again) == 0);
    free(bytes);
}

/* Begin with the newest configurations, or with one track if the other cannot be carried. */
static bool begin(struct mp4_mux *m, const struct frame *video, const struct frame *key, const struct frame *audio)
{
    if (mp4_mux_init(m, video, key, audio) != MP4_OK && mp4_mux_init(m, video, key, NULL) != MP4_OK &&
        mp4_mux_init(m, NULL, NULL, audio) != MP4_OK)
        return false;
    mp4_mux_expect_changes(m);
    write_header(m);
    return true;
}

/* Restamp arbitrary bytes: from the first one on that is not part of our fragments, they stay unchanged. */
static void restamp_anything(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    memcpy(copy, data, len);
    mp4_mux_restamp(copy, len, 1, 1);
    mp4_mux_restamp(copy, len, -1, (uint32_t)-1);
    check(memcmp(copy, data, len) == 0);
    free(copy);
}

/* The input is FLV tags without the file's header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd      r = rd_over(data, len);
    struct flv_tag tag;
    struct frame  *frames[FRAMES_MAX], *video = NULL, *key = NULL, *audio = NULL;
    size_t         n = 0;
    struct mp4_mux m;
    bool           begun = false;
    restamp_anything(data, len);
    while (n < FRAMES_MAX && flv_read_tag(&r, &tag) == FLV_GOT) {
        struct frame *f = taken_frame(&tag);
        if (!f)
            continue;
        frames[n++] = f;
        if (f->key)
            key = f;
        if (f->kind == FRAME_VIDEO && f->config)
            video = f;
        if (f->kind == FRAME_AUDIO && (f->config || f->codec == CODEC_MP3))
            audio = f;
        enum mp4_frame is = begun ? mp4_mux_look(&m, f) : MP4_FRAME_CHANGES;
        if (is == MP4_FRAME_CHANGES || is == MP4_FRAME_NEW_TRACK) {
            begun = begin(&m, video, key, audio);
            is = begun ? mp4_mux_look(&m, f) : MP4_FRAME_SKIPPED;
        }
        if (is == MP4_FRAME_NEW_SETS)
            mp4_mux_take_sets(&m, f);
        if (is == MP4_FRAME_CARRIED)
            write_fragment(&m, f);
    }
    while (n)
        frame_unref(&frames[--n]);
    return 0;
}
