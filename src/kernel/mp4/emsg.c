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

/* RFC 5905 6: seconds since 1900, and their fraction in 2^-32 */
static uint64_t ntp_from_us(int64_t wall_us)
{
    enum { US_PER_SECOND = 1000000 };
    uint64_t us = wall_us > 0 ? (uint64_t)wall_us : 0;
    return (us / US_PER_SECOND + 2208988800u) << 32 | (us % US_PER_SECOND << 32) / US_PER_SECOND;
}

void prft_write(struct wr *w, uint32_t track_id, int64_t wall_us, uint64_t media_time)
{
    enum { AT_INPUT = 0 }; /* the time at which the frame was input to the encoder, as far as the server knows it */
    size_t prft = mp4_full_box_begin(w, "prft", 1, AT_INPUT);
    wr_u32(w, track_id);
    wr_u64(w, ntp_from_us(wall_us));
    wr_u64(w, media_time);
    mp4_box_end(w, prft);
}
