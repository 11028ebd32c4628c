/* The bytes are an access unit: of AVC or HEVC, in the form that the first byte tells. */
#include <string.h>

#include "fuzzing.h"
#include "kernel/captions.h"
#include "kernel/nalu_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 1 || len > 65536)
        return 0;
    struct frame *f = frame_new(len);
    check(f != NULL);
    f->kind = FRAME_VIDEO;
    f->codec = data[0] & 0x80 ? CODEC_HEVC : CODEC_H264;
    f->nalu_form = data[0] % (NALU_ANNEXB + 1) & 7;
    memcpy(f->data, data + 1, len - 1);
    f->len = f->media_len = (uint32_t)(len - 1);
    check(captions_of_frame(f) < CAPTIONS_SILENT * 2);
    frame_unref(&f);
    return 0;
}
