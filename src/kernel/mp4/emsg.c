#include "kernel/mp4/emsg.h"

#include <string.h>

#include "kernel/mp4/box.h"

static const char *value_of(const struct emsg *e)
{
    return e->value ? e->value : "";
}

size_t emsg_len(const struct emsg *e)
{
    enum { NUMBERS_LEN = 4 + 8 + 4 + 4 };
    return MP4_FULL_BOX_HEADER_LEN + NUMBERS_LEN + strlen(e->scheme) + 1 + strlen(value_of(e)) + 1 + e->len;
}

void emsg_write(struct wr *w, const struct emsg *e)
{
    w->full |= e->len > EMSG_BYTES_MAX;
    size_t emsg = mp4_full_box_begin(w, "emsg", 1, 0);
    wr_u32(w, e->timescale);
    wr_u64(w, e->time);
    wr_u32(w, e->duration);
    wr_u32(w, e->id);
    wr_bytes(w, e->scheme, strlen(e->scheme) + 1);
    wr_bytes(w, value_of(e), strlen(value_of(e)) + 1);
    wr_bytes(w, e->bytes, e->len);
    mp4_box_end(w, emsg);
}
