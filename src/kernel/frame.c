#include "kernel/frame.h"

#include "core/mem.h"

struct frame *frame_new(size_t cap)
{
    struct frame *f = mem_alloc(sizeof *f + cap);
    if (!f)
        return NULL;
    *f = (struct frame){ .refs = 1, .cap = (uint32_t)cap };
    return f;
}

bool frame_grow(struct frame **fp, size_t cap)
{
    struct frame *f = mem_realloc(*fp, sizeof *f + cap);
    if (!f)
        return false;
    f->cap = (uint32_t)cap;
    *fp = f;
    return true;
}

void frame_unref(struct frame **fp)
{
    struct frame *f = *fp;
    *fp = NULL;
    if (f && --f->refs == 0)
        mem_free(f);
}

const char *codec_name(enum codec codec)
{
    static const char *const names[] = {
        [CODEC_NONE] = "None", [CODEC_H264] = "H264",   [CODEC_HEVC] = "HEVC",
        [CODEC_AV1] = "AV1",   [CODEC_VP8] = "VP8",     [CODEC_VP9] = "VP9",
        [CODEC_VP6] = "VP6",   [CODEC_H263] = "H263",   [CODEC_SCREEN] = "Screen",
        [CODEC_AAC] = "AAC",   [CODEC_MP3] = "MP3",     [CODEC_OPUS] = "Opus",
        [CODEC_FLAC] = "FLAC", [CODEC_AC3] = "AC3",     [CODEC_EAC3] = "EAC3",
        [CODEC_PCMA] = "PCMA", [CODEC_PCMU] = "PCMU",   [CODEC_SPEEX] = "Speex",
        [CODEC_PCM] = "PCM",   [CODEC_OTHER] = "Other", [CODEC_NELLYMOSER] = "Nellymoser",
    };
    return codec < ARRAY_LEN(names) ? names[codec] : "Other";
}
