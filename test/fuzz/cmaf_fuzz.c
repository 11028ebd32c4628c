#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/moov.h"

#include "core/rd.h"
#include "fuzzing.h"

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

static void write_header(const struct cmaf *c)
{
    size_t    len = cmaf_header_len(c);
    uint8_t  *bytes = malloc(len);
    struct wr w = wr_over(bytes, len);
    char      codecs[MP4_CODECS_CAP];
    cmaf_write_header(c, &w);
    check(!w.full && wr_len(&w) == len);
    walk(rd_over(bytes, len), 0);
    size_t n = strlen(cmaf_codecs(c, codecs, sizeof codecs));
    check(n > 0 && n + 1 < sizeof codecs && codecs[0] != ',' && codecs[n - 1] != ',');
    free(bytes);
}

/* Write the open part into exactly its length, and see that its spans agree with the samples that were in it. */
static void write_part(struct cmaf *c, const struct frame *next)
{
    size_t           len = cmaf_part_len(c), n[] = { c->tracks[0].n, c->tracks[1].n };
    uint8_t         *bytes = malloc(len + 1);
    struct wr        w = wr_over(bytes, len);
    uint32_t         before = c->sequence;
    struct cmaf_part part;
    check(cmaf_write_part(c, &w, next, next ? next->dts_us : 0, &part));
    check(!w.full && wr_len(&w) == len && cmaf_is_empty(c));
    check(c->sequence == before + (len > 0));
    walk(rd_over(bytes, len), 0);
    for (unsigned i = 0; i < MP4_TRACKS; i++) {
        const struct cmaf_span *s = &part.spans[i];
        check(s->n == n[i] && s->dts >= 0 && s->duration >= (int64_t)s->n && (s->n == 0 || s->pts >= s->dts));
    }
    free(bytes);
}

/* No cipher, but it touches all bytes. */
static void touch_blocks(void *ctx, const uint8_t iv[CBCS_BLOCK], uint8_t *blocks, size_t len)
{
    check(!ctx && len % CBCS_BLOCK == 0 && len > 0);
    for (size_t i = 0; i < len; i++)
        blocks[i] ^= iv[i % CBCS_BLOCK];
}

static const struct cbcs protection = { .iv = { 1 }, .encrypt = touch_blocks };

/* Begin with the newest configurations, or with one track if the other cannot be carried. */
static bool begin(struct cmaf *c, const struct frame *video, const struct frame *key, const struct frame *audio,
                  bool is_protected)
{
    if (cmaf_init(c, video, key, audio) != MP4_OK && cmaf_init(c, video, key, NULL) != MP4_OK &&
        cmaf_init(c, NULL, NULL, audio) != MP4_OK)
        return false;
    if (is_protected && cmaf_protect(c, &protection))
        check(c->tracks[0].entry.cbcs == &protection);
    write_header(c);
    return true;
}

static void add(struct cmaf *c, struct frame *f)
{
    if (cmaf_add(c, f, f->dts_us) == CMAF_ADDED)
        return;
    write_part(c, NULL);
    check(cmaf_add(c, f, f->dts_us) == CMAF_ADDED);
}

/* The first byte says after how many samples a part is written, whether with the next frame, and whether encrypted; FLV tags
 * follow. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd      r = rd_over(data, len);
    struct flv_tag tag;
    struct frame  *frames[FRAMES_MAX], *video = NULL, *key = NULL, *audio = NULL;
    size_t         n = 0;
    struct cmaf    c = { 0 };
    bool           begun = false;
    uint8_t        how = rd_u8(&r);
    while (n < FRAMES_MAX && flv_read_tag(&r, &tag) == FLV_GOT) {
        struct frame *f = taken_frame(&tag);
        if (!f)
            continue;
        frames[n++] = f;
        if (f->key)
            key = f;
        if (f->kind == FRAME_VIDEO && f->config)
            video = f;
        if (f->kind == FRAME_AUDIO && (f->config || mp4_sample_entry_takes_any_frame(f->codec)))
            audio = f;
        enum mp4_frame is = begun ? cmaf_look(&c, f) : MP4_FRAME_CHANGES;
        if (is == MP4_FRAME_CHANGES || is == MP4_FRAME_NEW_TRACK) {
            if (begun)
                write_part(&c, NULL);
            cmaf_finish(&c);
            begun = begin(&c, video, key, audio, how & 0x40);
            is = begun ? cmaf_look(&c, f) : MP4_FRAME_SKIPPED;
        }
        if (is != MP4_FRAME_CARRIED)
            continue;
        if (c.tracks[0].n + c.tracks[1].n > (how & 0x3f))
            write_part(&c, how & 0x80 ? f : NULL);
        add(&c, f);
    }
    cmaf_finish(&c);
    while (n) {
        check(frames[--n]->refs == 1);
        frame_unref(&frames[n]);
    }
    return 0;
}
