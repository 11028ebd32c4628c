/* Read an initialization section and a segment: samples lie in the segment, and their tracks in the section. */
#include "fuzzing.h"

#include "kernel/mp4/fragments.h"

/* The first two bytes are the length of the section; the segment follows it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mp4_init            init;
    struct mp4_fragments       f;
    struct mp4_fragment_sample s;
    if (len < 2)
        return 0;
    size_t   init_len = (size_t)data[0] << 8 | data[1];
    size_t   left = len - 2;
    size_t   first = init_len < left ? init_len : left;
    uint8_t *bytes =
        malloc(left - first + 1); /* of exactly that length, so that the sanitizer finds a read past its end */
    check(bytes != NULL);
    memcpy(bytes, data + 2 + first, left - first);
    if (mp4_init_read(&init, data + 2, first)) {
        check(init.n > 0 && init.n <= MP4_INIT_TRACKS_MAX);
        mp4_fragments_begin(&f, &init, bytes, left - first);
        while (mp4_fragments_next(&f, &s)) {
            check(s.track >= init.tracks && s.track < init.tracks + init.n);
            check(rd_left(&s.bytes) > 0 && s.bytes.p >= bytes && s.bytes.end <= bytes + (left - first));
        }
        check(!mp4_fragments_next(&f, &s));
    }
    free(bytes);
    return 0;
}
