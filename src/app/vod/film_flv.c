/* FLV: the tags of the file, behind those of the part's head. */
#include <string.h>

#include "app/vod/film_format.h"
#include "kernel/flv.h"

static struct err *begin(struct film_place *p)
{
    p->at = p->part->is.from;
    return NULL;
}

/* Without a head the part is the whole file: its own head comes first. */
static struct err *skip_file_header(struct film_place *p)
{
    uint8_t           bytes[FLV_DATA_OFFSET_MAX + FLV_TAG_TRAILER_LEN];
    struct flv_header header;
    size_t            len = p->part->is.to < (int64_t)sizeof bytes ? (size_t)p->part->is.to : sizeof bytes;
    struct err       *e = film_read_at(p, 0, bytes, len);
    struct rd         r = rd_over(bytes, len);
    if (!e && flv_read_header(&r, &header) != FLV_GOT)
        e = err_new(E_LIMIT, "the file is no FLV");
    p->at = r.p - bytes;
    return e;
}

static struct err *give_head(struct film_place *p, size_t *len)
{
    const struct vod_found *is = &p->part->is;
    p->has_head = true;
    *len = is->head_len - FLV_HEADER_LEN;
    struct err *e = film_make_room(p, *len);
    if (!e)
        memcpy(p->buf, is->head + FLV_HEADER_LEN, *len);
    return e;
}

/* The bytes of the whole tags at the beginning of some bytes. *need: the bytes of the tag that is cut; 0: no more tags. */
static size_t whole_tags(const uint8_t *bytes, size_t len, size_t *need)
{
    struct rd      r = rd_over(bytes, len);
    struct flv_tag tag;
    enum flv_read  got;
    while ((got = flv_read_tag(&r, &tag)) == FLV_GOT)
        ;
    size_t    n = (size_t)(r.p - bytes);
    struct rd cut = r;
    *need = got == FLV_NEED_MORE && flv_read_tag_header(&cut, &tag) == FLV_GOT
                ? FLV_TAG_HEADER_LEN + (size_t)tag.len + FLV_TAG_TRAILER_LEN
                : 0;
    return n;
}

static struct err *fill(struct film_place *p, size_t *len)
{
    const struct vod_found *is = &p->part->is;
    struct err             *e = NULL;
    size_t                  wanted = VOD_FILM_BATCH_BYTES, need = 0;
    *len = 0;
    if (is->head && !p->has_head)
        return give_head(p, len);
    if (!is->head && p->at == 0 && (e = skip_file_header(p)))
        return e;
    for (int tries = 0; tries < 2; tries++) { /* A tag that is larger than a batch is read in the second one. */
        size_t n = is->to - p->at < (int64_t)wanted ? (size_t)(is->to - p->at) : wanted;
        if ((e = film_make_room(p, n)) || (e = film_read_at(p, p->at, p->buf, n)))
            return e;
        *len = whole_tags(p->buf, n, &need);
        if (*len || need <= wanted)
            break;
        wanted = need;
    }
    p->at += (int64_t)*len;
    return NULL;
}

const struct film_format film_flv = { .begin = begin, .fill = fill };
