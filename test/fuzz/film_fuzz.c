/* A recorded file as a player gets it: from any time on, whatever is in the file, come whole tags, and an end. */
#include <sys/mman.h>
#include <unistd.h>

#include "app/vod/film_format.h"
#include "app/vod/find_part.h"
#include "core/mem.h"
#include "fuzzing.h"
#include "kernel/flv.h"

/* A tag has more bytes than a sample, of which a few bytes of a table make many. */
enum { BATCHES_MAX = 200 };

/* All of a batch is whole tags. Returns the bytes. */
static size_t read_batch(const struct film_format *reads, struct film_place *p, struct err **e)
{
    struct flv_tag tag;
    size_t         len = 0;
    if ((*e = film_make_room(p, VOD_FILM_BATCH_BYTES)) || (*e = reads->fill(p, &len)))
        return 0;
    struct rd r = rd_over(p->buf, len);
    while (flv_read_tag(&r, &tag) == FLV_GOT)
        ;
    check(rd_left(&r) == 0 && len <= p->cap);
    return len;
}

static void play(const struct film_format *reads, int fd, struct vod_part *part)
{
    struct film_place p = { .fd = fd, .part = part };
    struct err       *e = reads->begin(&p);
    for (int i = 0; !e && i < BATCHES_MAX && read_batch(reads, &p, &e); i++)
        ;
    err_free(e);
    mem_free(p.buf);
}

/* The first byte is the format and the time at which the part begins, in tenths of a second; then the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    bool                  is_flv = data[0] & 1;
    const struct vod_wish wish = { is_flv ? VOD_FLV : VOD_MP4, (data[0] >> 1) * INT64_C(100000), INT64_MAX };
    struct vod_keys       keys = { 0 };
    struct vod_part       part = { .refs = 1 };
    int                   fd = memfd_create("film", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data + 1, len - 1) == (ssize_t)(len - 1));
    struct err *e = vod_find_part(fd, (int64_t)len - 1, &wish, &keys, &part.is);
    if (!e)
        play(is_flv ? &film_flv : &film_mp4, fd, &part);
    err_free(e);
    flv_index_finish(&keys.grown);
    mem_free(part.is.head);
    close(fd);
    return 0;
}
