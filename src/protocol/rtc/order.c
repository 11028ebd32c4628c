#include "protocol/rtc/order.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"

/* A packet that only changed places comes within this time, and is not asked for. */
enum { REORDER_US = 10 * US_PER_MS };

/* The round trip: a guess, and its bounds. */
enum { RTT_GUESS_US = 100 * US_PER_MS, RTT_LEAST_US = 15 * US_PER_MS, RTT_MOST_US = 500 * US_PER_MS };

/* Numbers begin here, so that those before the first are not negative. */
enum { FIRST_CYCLE = 1 << 16 };

/* A number from `next` to `end`: a packet that waits, or one that is missed. */
struct rtp_order_slot {
    uint8_t *bytes;    /* NULL: missed, or an empty payload */
    int64_t  at_us;    /* when it came, or was missed first */
    int64_t  asked_us; /* when it was asked for last */
    uint32_t ts;
    uint16_t len;
    uint8_t  tries;
    bool     is_here : 1, marker : 1;
};

static struct rtp_order_slot *slot_of(const struct rtp_order *o, int64_t number)
{
    return &o->slots[(uint64_t)number & (o->window - 1)];
}

static bool is_here(const struct rtp_order *o, int64_t number)
{
    return o->slots && number < o->end && slot_of(o, number)->is_here;
}

void rtp_order_init(struct rtp_order *o, unsigned window, int64_t wait_us, bool asks)
{
    *o = (struct rtp_order){ .window = window, .wait_us = wait_us, .asks = asks };
    o->rtt_us = RTT_GUESS_US;
    o->due_us = INT64_MAX;
}

static void drop_payload(struct rtp_order *o, struct rtp_order_slot *slot)
{
    mem_free(slot->bytes);
    o->bytes -= slot->is_here ? slot->len : 0;
    *slot = (struct rtp_order_slot){ .bytes = NULL };
}

static void drop_all(struct rtp_order *o)
{
    for (int64_t n = o->next; o->slots && n < o->end; n++)
        drop_payload(o, slot_of(o, n));
    mem_free(o->taken);
    o->taken = NULL;
}

void rtp_order_finish(struct rtp_order *o)
{
    drop_all(o);
    mem_free(o->slots);
    o->slots = NULL;
    o->next = o->end = 0;
}

/* ---- a packet comes ---- */

static void begin_at(struct rtp_order *o, int64_t number)
{
    drop_all(o);
    o->next = o->end = number + 1;
    o->give_up = 0;
    o->due_us = INT64_MAX;
    o->begun = true;
    o->may_jump = false;
}

/* The number without wraps that is nearest to the highest one. */
static int64_t unwrap(const struct rtp_order *o, uint16_t seq)
{
    int64_t highest = o->end - 1;
    return highest + (int16_t)(uint16_t)(seq - (uint16_t)highest);
}

static enum rtp_ordered judge_jump(struct rtp_order *o, uint16_t seq)
{
    if (o->may_jump && seq == o->jumped_to) {
        o->n_lost += o->end - o->next;
        begin_at(o, FIRST_CYCLE + seq);
        return RTP_ORDER_JUMPED;
    }
    o->may_jump = true;
    o->jumped_to = (uint16_t)(seq + 1);
    return RTP_ORDER_STRANGE;
}

/* A packet that was asked for once tells the round trip. Of one that was asked for more often nobody knows which request it answers: they
 * may have come too soon, so the next requests wait longer. */
static void learn_rtt(struct rtp_order *o, const struct rtp_order_slot *slot, int64_t now_us)
{
    int64_t rtt = o->rtt_us + (slot->tries == 1 ? (now_us - slot->asked_us - o->rtt_us) / 4 : o->rtt_us / 8);
    o->rtt_us = rtt < RTT_LEAST_US ? RTT_LEAST_US : rtt > RTT_MOST_US ? RTT_MOST_US : rtt;
}

static void miss_up_to(struct rtp_order *o, int64_t number, int64_t now_us)
{
    for (; o->end < number; o->end++)
        *slot_of(o, o->end) = (struct rtp_order_slot){ .at_us = now_us };
    if (now_us + REORDER_US < o->due_us)
        o->due_us = now_us + REORDER_US;
}

static enum rtp_ordered keep(struct rtp_order *o, int64_t number, const struct rtp_packet *p, int64_t now_us)
{
    if (!o->slots && !(o->slots = mem_calloc(o->window, sizeof *o->slots)))
        return RTP_ORDER_NO_MEMORY;
    uint8_t *bytes = p->len ? mem_alloc(p->len) : NULL;
    if (p->len && !bytes)
        return RTP_ORDER_NO_MEMORY;
    if (p->len)
        memcpy(bytes, p->payload, p->len);
    struct rtp_order_slot *slot = slot_of(o, number);
    if (number >= o->end) {
        miss_up_to(o, number, now_us);
        o->end = number + 1;
    } else if (slot->tries > 0) {
        o->n_repaired++;
        learn_rtt(o, slot, now_us);
    }
    *slot = (struct rtp_order_slot){ .bytes = bytes, .at_us = now_us, .ts = p->ts, .len = (uint16_t)p->len };
    slot->is_here = true;
    slot->marker = p->marker;
    o->bytes += p->len;
    return RTP_ORDER_KEPT;
}

/* It is next: leave its place to the one after it. */
static enum rtp_ordered pass(struct rtp_order *o, int64_t now_us)
{
    if (o->next < o->end) {
        struct rtp_order_slot *slot = slot_of(o, o->next);
        if (slot->tries > 0) {
            o->n_repaired++;
            learn_rtt(o, slot, now_us);
        }
    }
    o->next++;
    if (o->end < o->next)
        o->end = o->next;
    return RTP_ORDER_NEXT;
}

static enum rtp_ordered make_room(struct rtp_order *o, int64_t number)
{
    int64_t here = o->next;
    while (here < o->end && !is_here(o, here))
        here++;
    int64_t over = number - o->window + 1;
    o->give_up = over > here ? over : here;
    return RTP_ORDER_FULL;
}

enum rtp_ordered rtp_order_put(struct rtp_order *o, const struct rtp_packet *packet, int64_t now_us, bool may_begin)
{
    if (!o->begun && !may_begin)
        return RTP_ORDER_LATE;
    if (!o->begun) {
        begin_at(o, FIRST_CYCLE + packet->seq);
        return RTP_ORDER_NEXT;
    }
    int64_t number = unwrap(o, packet->seq), ahead = number - (o->end - 1);
    if (ahead > RTP_ORDER_DROPOUT_MAX || ahead < -RTP_ORDER_MISORDER_MAX)
        return may_begin ? judge_jump(o, packet->seq) : RTP_ORDER_LATE;
    if (may_begin)
        o->may_jump = false;
    if (number < o->next || is_here(o, number) || (number >= o->end && !may_begin)) {
        o->n_late++;
        return RTP_ORDER_LATE;
    }
    if (number == o->next)
        return pass(o, now_us);
    if (number - o->next >= o->window || o->bytes + packet->len > RTP_ORDER_BYTES_MAX)
        return make_room(o, number);
    return keep(o, number, packet, now_us);
}

bool rtp_order_misses(const struct rtp_order *o, uint16_t seq)
{
    int64_t number = o->begun ? unwrap(o, seq) : 0;
    return o->begun && number >= o->next && number < o->end && !is_here(o, number);
}

/* ---- what goes on ---- */

static void take_packet(struct rtp_order *o, struct rtp_order_item *item)
{
    struct rtp_order_slot *slot = slot_of(o, o->next);
    item->packet = (struct rtp_packet){
        .marker = slot->marker, .seq = (uint16_t)o->next, .ts = slot->ts, .payload = slot->bytes, .len = slot->len
    };
    o->taken = slot->bytes;
    o->bytes -= slot->len;
    *slot = (struct rtp_order_slot){ .bytes = NULL };
    o->next++;
}

static bool take_gap(struct rtp_order *o, int64_t now_us, struct rtp_order_item *item)
{
    int64_t from = o->next;
    if (o->next >= o->give_up && (o->next >= o->end || slot_of(o, o->next)->at_us + o->wait_us > now_us))
        return false;
    while (!is_here(o, o->next) && (o->next < o->end || o->next < o->give_up))
        o->next++;
    if (o->end < o->next)
        o->end = o->next;
    item->n_lost = (unsigned)(o->next - from);
    o->n_lost += item->n_lost;
    return item->n_lost > 0;
}

bool rtp_order_take(struct rtp_order *o, int64_t now_us, struct rtp_order_item *item)
{
    *item = (struct rtp_order_item){ .n_lost = 0 };
    mem_free(o->taken);
    o->taken = NULL;
    if (!is_here(o, o->next))
        return take_gap(o, now_us, item);
    take_packet(o, item);
    return true;
}

/* ---- what is asked for ---- */

/* When a missed packet is asked for next. */
static int64_t ask_at(const struct rtp_order *o, const struct rtp_order_slot *slot)
{
    if (!o->asks || slot->tries >= RTP_ORDER_TRIES_MAX)
        return INT64_MAX;
    return slot->tries ? slot->asked_us + o->rtt_us + o->rtt_us / 4 : slot->at_us + REORDER_US;
}

size_t rtp_order_nacks(struct rtp_order *o, int64_t now_us, uint16_t *seqs, size_t max)
{
    size_t n = 0;
    o->due_us = INT64_MAX;
    for (int64_t number = o->next; number < o->end; number++) {
        struct rtp_order_slot *slot = slot_of(o, number);
        if (slot->is_here)
            continue;
        if (ask_at(o, slot) <= now_us && n < max) {
            slot->tries++;
            slot->asked_us = now_us;
            seqs[n++] = (uint16_t)number;
        }
        int64_t give_up_us = slot->at_us + o->wait_us, due_us = ask_at(o, slot);
        due_us = due_us < give_up_us ? due_us : give_up_us;
        o->due_us = due_us < o->due_us ? due_us : o->due_us;
    }
    return n;
}

int64_t rtp_order_due_us(const struct rtp_order *o)
{
    return o->next < o->end ? o->due_us : INT64_MAX;
}
