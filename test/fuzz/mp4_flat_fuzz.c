#include "kernel/mp4/flat.h"

#include "fuzzing.h"
#include "kernel/mp4/box_read.h"

/* The first box is the moov; the others are fragments. What was accepted must fit into the room that was told, at any delta. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd       in = rd_over(data, len);
    struct mp4_box  b;
    struct mp4_flat flat = { 0 };
    bool            ok = mp4_box_next(&in, &b) && mp4_flat_begin(&flat, b.bytes, b.len);
    while (ok && mp4_box_next(&in, &b))
        ok = mp4_flat_add(&flat, b.bytes, b.len, (uint64_t)(b.bytes - data));
    mp4_flat_duration_us(&flat);
    if (ok) {
        size_t    room = mp4_flat_room(&flat);
        uint8_t  *bytes = malloc(room);
        struct wr w = wr_over(bytes, room);
        mp4_flat_write(&flat, &w, 0);
        check(!w.full);
        size_t first = wr_len(&w);
        w = wr_over(bytes, room);
        mp4_flat_write(&flat, &w, 1 << 20);
        check(!w.full && wr_len(&w) == first);
        free(bytes);
    }
    mp4_flat_finish(&flat);
    return 0;
}
