#include "kernel/clip/clip.h"

#include "fuzzing.h"

/* Read a clip to its end. Returns the number of its frames. */
static size_t read_all(struct clip *c)
{
    size_t         n = 0;
    struct frame  *f;
    enum clip_read read;
    while ((read = clip_next(c, &f)) != CLIP_END) {
        if (read != CLIP_FRAME)
            continue;
        check(!f->media_len || (size_t)f->media_offset + f->media_len <= f->len);
        frame_unref(&f);
        n++;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clip c;
    if (!clip_begin(&c, data, len))
        return 0;
    size_t n = read_all(&c);
    clip_rewind(&c);
    check(read_all(&c) == n); /* a second round has the same frames */
    clip_finish(&c);
    return 0;
}
