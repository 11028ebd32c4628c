/* A transport stream, whole and in pieces: the same units, and frames of them. The bytes are also tables without a checksum. */
#include "kernel/ts/demux.h"

#include "fuzzing.h"
#include "kernel/crc32.h"
#include "kernel/ts/tail.h"

enum { PIECES_BY_FIRST_BYTE = 1 };

/* What units were, in a number. */
struct digest {
    uint32_t sum;
    size_t   n;
};

static void take(struct digest *g, struct frame_maker *maker, struct ts_demuxed *u)
{
    struct frame *f;
    g->sum =
        g->sum * 31 + crc32_mpeg(u->media.bytes.p, rd_left(&u->media.bytes)) + (uint32_t)u->media.dts_us + u->damaged;
    g->n++;
    check(rd_left(&u->media.bytes) > 0 && rd_left(&u->media.bytes) <= TS_PICTURE_MAX);
    check(u->media.track < TS_STREAMS_MAX);
    if (u->kind != TS_UNIT_MEDIA)
        return;
    while (frame_make_next(maker, &u->media, &f) == FRAME_MADE)
        frame_unref(&f);
}

static struct digest demux(const uint8_t *data, size_t len, size_t piece)
{
    struct ts_demux   *d = malloc(sizeof *d);
    struct frame_maker maker = { 0 };
    struct digest      g = { 0 };
    struct ts_demuxed  u;
    ts_demux_init(d, 0);
    for (size_t at = 0; at < len; at += piece) {
        size_t    n = piece < len - at ? piece : len - at;
        uint8_t  *copy = malloc(n);
        struct rd in = rd_over(memcpy(copy, data + at, n), n);
        while (ts_demux_next(d, &in, &u))
            take(&g, &maker, &u);
        check(rd_left(&in) == 0);
        free(copy);
    }
    while (ts_demux_flush(d, &u))
        take(&g, &maker, &u);
    check(d->n <= TS_STREAMS_MAX && d->pmt.n <= TS_STREAMS_MAX && d->pat.n <= TS_PROGRAMS_MAX);
    ts_demux_finish(d);
    frame_maker_finish(&maker);
    free(d);
    return g;
}

static void read_tables(const uint8_t *data, size_t len)
{
    struct ts_pat pat;
    struct ts_pmt pmt;
    if (ts_psi_read_pat(data, len, &pat))
        check(pat.n <= TS_PROGRAMS_MAX);
    if (ts_psi_read_pmt(data, len, &pmt))
        check(pmt.n <= TS_STREAMS_MAX);
}

static void read_tail(const uint8_t *data, size_t len)
{
    struct ts_tail t = { 0 };
    int64_t        pts_90k;
    ts_tail_look(&t, data, len);
    check(t.version < 32 && t.seen < 1 << TS_TRACKS);
    check(!t.has_time || ts_first_time(data, len, &pts_90k));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < PIECES_BY_FIRST_BYTE)
        return 0;
    size_t piece = 1 + (size_t)data[0] * 3;
    data += PIECES_BY_FIRST_BYTE;
    len -= PIECES_BY_FIRST_BYTE;
    struct digest whole = demux(data, len, len ? len : 1), pieces = demux(data, len, piece);
    check(whole.n == pieces.n && whole.sum == pieces.sum);
    read_tables(data, len);
    read_tail(data, len);
    return 0;
}
