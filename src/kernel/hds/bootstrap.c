#include "kernel/hds/bootstrap.h"

#include <string.h>

#include "core/err.h"
#include "kernel/mp4/box.h"

enum {
    TIMESCALE = 1000,
    ABST_LEN = MP4_FULL_BOX_HEADER_LEN + 4 + 1 + 4 + 8 + 8 + 6, /* without the name */
    ASRT_LEN = MP4_FULL_BOX_HEADER_LEN + 1 + 4 + 8,
    AFRT_LEN = MP4_FULL_BOX_HEADER_LEN + 4 + 1 + 4, /* without the runs */
    RUN_LEN = 4 + 8 + 4,
    END_LEN = RUN_LEN + 1,
};

static uint32_t duration_of(const struct hds_fragment *f)
{
    return f->duration_ms ? f->duration_ms : 1;
}

/* True if fragment `i` needs an entry of its own: it is longer or shorter than the one before it, or does not follow it. */
static bool begins_run(const struct hds_bootstrap *b, size_t i)
{
    const struct hds_fragment *f = b->fragments + i;
    return i == 0 || duration_of(f) != duration_of(f - 1) || f->time_ms != f[-1].time_ms + duration_of(f - 1);
}

static uint32_t count_runs(const struct hds_bootstrap *b)
{
    uint32_t n = 0;
    for (size_t i = 0; i < b->n_fragments; i++)
        n += begins_run(b, i);
    return n;
}

static uint64_t end_ms(const struct hds_bootstrap *b)
{
    const struct hds_fragment *last = b->fragments + b->n_fragments - 1;
    return (uint64_t)last->time_ms + duration_of(last);
}

/* All fragments are in segment 1. As long as nobody knows how many they will be, the table says: as many as there can be. */
static void write_segment_runs(struct wr *w, const struct hds_bootstrap *b)
{
    size_t asrt = mp4_full_box_begin(w, "asrt", 0, 0);
    wr_u8(w, 0); /* QualityEntryCount */
    wr_u32(w, 1);
    wr_u32(w, 1); /* FirstSegment */
    wr_u32(w, b->is_over ? (uint32_t)(b->first + b->n_fragments - 1) : UINT32_MAX);
    mp4_box_end(w, asrt);
}

/* A run of duration 0 with the indicator 0 is the end of the presentation. */
static void write_fragment_runs(struct wr *w, const struct hds_bootstrap *b)
{
    size_t afrt = mp4_full_box_begin(w, "afrt", 0, 0);
    wr_u32(w, TIMESCALE);
    wr_u8(w, 0); /* QualityEntryCount */
    wr_u32(w, count_runs(b) + b->is_over);
    for (size_t i = 0; i < b->n_fragments; i++) {
        if (!begins_run(b, i))
            continue;
        wr_u32(w, (uint32_t)(b->first + i));
        wr_u64(w, (uint64_t)b->fragments[i].time_ms);
        wr_u32(w, duration_of(b->fragments + i));
    }
    if (b->is_over)
        mp4_zeros(w, END_LEN);
    mp4_box_end(w, afrt);
}

static void write_bootstrap(struct wr *w, const struct hds_bootstrap *b)
{
    enum { PROFILE_NAMED = 0, LIVE = 1 << 5 };
    size_t abst = mp4_full_box_begin(w, "abst", 0, 0);
    wr_u32(w, b->version);
    wr_u8(w, PROFILE_NAMED | (b->is_over ? 0 : LIVE)); /* Profile, Live, Update: the box is whole, Reserved */
    wr_u32(w, TIMESCALE);
    wr_u64(w, end_ms(b)); /* CurrentMediaTime */
    wr_u64(w, 0);         /* SmpteTimeCodeOffset */
    wr_bytes(w, b->movie_id, strlen(b->movie_id) + 1);
    wr_u8(w, 0); /* ServerEntryCount: where the manifest is */
    wr_u8(w, 0); /* QualityEntryCount */
    wr_u8(w, 0); /* DrmData: an empty text */
    wr_u8(w, 0); /* MetaData: an empty text */
    wr_u8(w, 1);
    write_segment_runs(w, b);
    wr_u8(w, 1);
    write_fragment_runs(w, b);
    mp4_box_end(w, abst);
}

struct err *hds_bootstrap_write(const struct hds_bootstrap *b, struct buf *out)
{
    size_t len = ABST_LEN + strlen(b->movie_id) + 1 + ASRT_LEN + AFRT_LEN + (size_t)count_runs(b) * RUN_LEN +
                 (b->is_over ? END_LEN : 0);
    size_t room;
    char  *bytes = buf_room(out, len, &room);
    if (!bytes)
        return buf_error(out);
    struct wr w = wr_over(bytes, len);
    write_bootstrap(&w, b);
    buf_added(out, wr_len(&w));
    return NULL;
}

void hds_write_fragment_header(struct wr *w, size_t len)
{
    if (len > UINT32_MAX - HDS_FRAGMENT_HEADER_LEN) {
        w->full = true;
        return;
    }
    wr_u32(w, (uint32_t)len + HDS_FRAGMENT_HEADER_LEN);
    wr_bytes(w, "mdat", 4);
}
