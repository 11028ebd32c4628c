#include "kernel/id3.h"

#include <string.h>

/* 6.2: seven bits in each byte */
static void write_synchsafe(struct wr *w, size_t v)
{
    w->full |= v > ID3_LEN_MAX;
    wr_u32(w, (uint32_t)((v & 0xFE00000) << 3 | (v & 0x1FC000) << 2 | (v & 0x3F80) << 1 | (v & 0x7F)));
}

size_t id3_begin(struct wr *w)
{
    size_t tag = wr_len(w);
    wr_bytes(w, "ID3\4\0\0", 6); /* version 2.4.0, no flags */
    wr_u32(w, 0);
    return tag;
}

static void write_frame_header(struct wr *w, const char *id, size_t len)
{
    wr_bytes(w, id, 4);
    write_synchsafe(w, len);
    wr_u16(w, 0);
}

void id3_text(struct wr *w, const char *name, const char *text)
{
    enum { UTF_8 = 3 };
    size_t name_len = strlen(name) + 1, text_len = strlen(text);
    write_frame_header(w, "TXXX", 1 + name_len + text_len);
    wr_u8(w, UTF_8);
    wr_bytes(w, name, name_len);
    wr_bytes(w, text, text_len);
}

void id3_private(struct wr *w, const char *owner, const void *bytes, size_t len)
{
    size_t owner_len = strlen(owner) + 1;
    write_frame_header(w, "PRIV", owner_len + len);
    wr_bytes(w, owner, owner_len);
    wr_bytes(w, bytes, len);
}

void id3_end(struct wr *w, size_t tag)
{
    if (w->full)
        return;
    struct wr size = wr_over(w->start + tag + 6, 4);
    write_synchsafe(&size, wr_len(w) - tag - ID3_HEADER_LEN);
    w->full |= size.full;
}
