#include "app/rtc/packets.h"

#include <string.h>

#include "app/source/source.h"
#include "core/list.h"
#include "core/mem.h"

/* Most frames that are kept: a minute of pictures and sound. */
enum { SLOTS_FIRST = 256, SLOTS_MAX = 16384 };

/* Frames of the other sound whose payloads are remembered: more than come between two releases. */
enum { SOUNDS = 16 };

struct other_packed {
    struct frame      *frame; /* a reference, so that no other frame has its address */
    struct rtc_packed *packed;
};

struct rtc_packets {
    struct list         link; /* entry in `all` */
    int                 refs;
    struct source      *source;
    struct rtc_packing  how;
    struct rtp_packer   video, audio;
    struct rtp_payloads scratch; /* those of the frame that is being packed */
    struct rtc_packed **slots;   /* by the frame's number; NULL: it is lost, or of another track */
    size_t              n_slots; /* a power of two, or 0 */
    uint64_t            tail, head;
    size_t              n_bytes;
    struct other_packed sounds[SOUNDS]; /* a ring */
    unsigned            next_sound;
};

static struct list all = { &all, &all };

/* ---- the payloads of one frame ---- */

void rtc_packed_unref(struct rtc_packed **p)
{
    struct rtc_packed *packed = *p;
    *p = NULL;
    if (packed && --packed->refs == 0)
        mem_free(packed);
}

static struct rtc_packed *packed_of(const struct frame *f, const struct rtp_payloads *from)
{
    size_t             list_len = from->n * sizeof *from->list;
    size_t             len = sizeof(struct rtc_packed) + list_len + from->bytes.len;
    struct rtc_packed *p = mem_alloc(len);
    if (!p)
        return NULL;
    *p = (struct rtc_packed){ .refs = 1, .kind = f->kind, .codec = f->codec, .n = (uint32_t)from->n, .n_bytes = len };
    p->is_key = from->is_key;
    p->is_late = from->is_late;
    p->is_droppable = from->is_droppable;
    p->dts_us = f->dts_us;
    p->pts_us = f->pts_us;
    p->arrived_us = f->arrived_us;
    p->bytes = (const uint8_t *)p->list + list_len;
    memcpy(p->list, from->list, list_len);
    memcpy((uint8_t *)p->list + list_len, from->bytes.bytes, from->bytes.len);
    return p;
}

struct rtc_packed *rtc_packed_of_sound(struct frame *f)
{
    struct rtp_packer   packer;
    struct rtp_payloads payloads = { 0 };
    rtp_packer_init(&packer, f->codec);
    struct rtc_packed *p = rtp_pack(&packer, f, &payloads) && payloads.n > 0 ? packed_of(f, &payloads) : NULL;
    rtp_payloads_finish(&payloads);
    rtp_packer_finish(&packer);
    return p;
}

/* ---- the log of payloads ---- */

static struct rtc_packed **slot(const struct rtc_packets *p, uint64_t seq)
{
    return &p->slots[seq & (p->n_slots - 1)];
}

static void forget_oldest(struct rtc_packets *p)
{
    struct rtc_packed **oldest = slot(p, p->tail++);
    if (*oldest)
        p->n_bytes -= (*oldest)->n_bytes;
    rtc_packed_unref(oldest);
}

static void forget_all(struct rtc_packets *p)
{
    while (p->tail < p->head)
        forget_oldest(p);
}

static bool grow(struct rtc_packets *p)
{
    size_t              n = p->n_slots ? 2 * p->n_slots : SLOTS_FIRST;
    struct rtc_packed **slots = n <= SLOTS_MAX ? mem_calloc(n, sizeof(struct rtc_packed *)) : NULL;
    if (!slots)
        return false;
    for (uint64_t seq = p->tail; seq < p->head; seq++)
        slots[seq & (n - 1)] = *slot(p, seq);
    mem_free(p->slots);
    p->slots = slots;
    p->n_slots = n;
    return true;
}

/* Forget what neither a newcomer nor a slow viewer needs, and what is beyond the bounds. */
static void trim(struct rtc_packets *p)
{
    const struct source *s = p->source;
    uint64_t             start = s->gops.is_cached ? gops_place(&s->gops)->seq : p->head;
    int64_t              kept_us = now_us() - RTC_PACKETS_KEPT_US;
    while (p->tail < p->head) {
        const struct rtc_packed *oldest = *slot(p, p->tail);
        bool                     is_old = p->tail < start && (!oldest || oldest->arrived_us < kept_us);
        if (!is_old && p->n_bytes <= RTC_PACKETS_BYTES_MAX)
            return;
        forget_oldest(p);
    }
}

static void push(struct rtc_packets *p, struct rtc_packed *packed)
{
    if (p->head - p->tail == p->n_slots && !grow(p)) {
        if (p->n_slots == 0) { /* Memory is out at the very beginning: the frame is lost. */
            rtc_packed_unref(&packed);
            p->tail = ++p->head;
            return;
        }
        forget_oldest(p);
    }
    *slot(p, p->head++) = packed;
    if (packed)
        p->n_bytes += packed->n_bytes;
}

/* ---- packing ---- */

/* Begin with a packer for the codec of `f`; the configuration in force is that of `headers`, if they have one. */
static void begin_codec(struct rtc_packets *p, struct rtp_packer *packer, const struct frame *f,
                        const struct headers *headers)
{
    rtp_packer_finish(packer);
    rtp_packer_init(packer, f->codec);
    packer->keep_sei = p->how.keep_sei;
    packer->merge_nalus = p->how.merge_nalus;
    struct frame *config = headers_find(headers, f->kind, f->track);
    if (config && config->codec == f->codec)
        rtp_packer_configure(packer, config);
}

static bool is_first_track(const struct source *s, const struct frame *f)
{
    return f->kind == FRAME_VIDEO ? f->track == s->video_track : f->kind == FRAME_AUDIO && f->track == s->audio_track;
}

/* The headers that are in force at a number: those of the newest key frame up to it, or the newest. */
static const struct headers *headers_at(const struct source *s, uint64_t seq)
{
    const struct gop_start *place = gops_place(&s->gops);
    return s->gops.is_cached && seq <= place->seq ? &place->headers : &s->headers;
}

static struct rtc_packed *pack(struct rtc_packets *p, uint64_t seq)
{
    struct frame      *f = ring_at(&p->source->ring, seq);
    struct rtp_packer *packer = f->kind == FRAME_VIDEO ? &p->video : &p->audio;
    if (!is_first_track(p->source, f) || !rtp_packs(f->codec))
        return NULL;
    if (packer->codec != f->codec)
        begin_codec(p, packer, f, headers_at(p->source, seq));
    return rtp_pack(packer, f, &p->scratch) ? packed_of(f, &p->scratch) : NULL;
}

/* Begin again at a number: what was before is forgotten, the packers' configurations too. */
static void begin_at(struct rtc_packets *p, uint64_t seq)
{
    forget_all(p);
    p->tail = p->head = seq;
    rtp_packer_finish(&p->video);
    rtp_packer_finish(&p->audio);
    p->video.codec = p->audio.codec = CODEC_NONE;
}

struct rtc_packed *rtc_packets_at(struct rtc_packets *p, uint64_t seq)
{
    const struct ring *ring = &p->source->ring;
    if (seq < ring->tail || seq >= ring->head)
        return NULL;
    if (p->head == p->tail || p->head < ring->tail)
        begin_at(p, seq);
    if (seq < p->tail)
        return NULL;
    for (; p->head <= seq; trim(p))
        push(p, pack(p, p->head));
    return seq >= p->tail ? *slot(p, seq) : NULL;
}

static void forget_sound(struct other_packed *o)
{
    frame_unref(&o->frame);
    rtc_packed_unref(&o->packed);
}

struct rtc_packed *rtc_packets_of_sound(struct rtc_packets *p, struct frame *f)
{
    for (size_t i = 0; i < SOUNDS; i++)
        if (p->sounds[i].frame == f)
            return p->sounds[i].packed;
    struct rtc_packed   *packed = rtc_packed_of_sound(f);
    struct other_packed *o = &p->sounds[p->next_sound++ % SOUNDS];
    forget_sound(o);
    if (packed)
        *o = (struct other_packed){ frame_ref(f), packed };
    return packed;
}

/* ---- viewers ---- */

struct err *rtc_packets_join(struct rtc_packets **out, struct source *s, const struct rtc_packing *how)
{
    LIST_FOREACH (&all, it, after) {
        struct rtc_packets *p = LIST_ENTRY(it, struct rtc_packets, link);
        if (p->source == s) {
            p->refs++;
            *out = p;
            return NULL;
        }
    }
    struct rtc_packets *p = *out = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    p->refs = 1;
    p->source = s;
    p->how = *how;
    list_push(&all, &p->link);
    return NULL;
}

void rtc_packets_leave(struct rtc_packets **packets)
{
    struct rtc_packets *p = *packets;
    *packets = NULL;
    if (!p || --p->refs > 0)
        return;
    list_remove(&p->link);
    forget_all(p);
    for (size_t i = 0; i < SOUNDS; i++)
        forget_sound(&p->sounds[i]);
    rtp_packer_finish(&p->video);
    rtp_packer_finish(&p->audio);
    rtp_payloads_finish(&p->scratch);
    mem_free(p->slots);
    mem_free(p);
}
