#include "protocol/rtmp/chunk_reader.h"

#include <string.h>

#include "core/mem.h"
#include "core/rd.h"

/* RTMP 1.0, 5.3.1.3: this value of a 24-bit timestamp says that 32 bits follow the header */
enum { TIMESTAMP_IS_EXTENDED = 0xFFFFFF };

enum { STREAMS_AT_FIRST = 4 };

/* RTMP 1.0, 5.3.1.2: the part of the message header that a chunk carries; each type has more than the next one. */
enum chunk_type {
    CHUNK_FULL,       /* type 0: absolute timestamp, length, type id, message stream id */
    CHUNK_SAME_MSID,  /* type 1: delta, length, type id */
    CHUNK_DELTA_ONLY, /* type 2: delta */
    CHUNK_BARE,       /* type 3: nothing */
};

/* The last header on a chunk stream, and the message under way. */
struct rtmp_chunk_stream {
    struct frame *partial; /* NULL between messages */
    uint32_t      csid, msid, length;
    uint32_t      timestamp_ms;
    uint32_t      field; /* the last timestamp field: absolute after type 0, otherwise a delta */
    uint8_t       type_id;
    bool          extended; /* The last field did not fit into 24 bits. */
    bool          absolute; /* The last field came with type 0. */
};

/* The fields of one chunk header. */
struct header {
    uint32_t csid, field, length, msid;
    uint8_t  type; /* enum chunk_type */
    uint8_t  type_id;
    bool     extended, field_present, omits_extended, matched_extended;
};

static const uint8_t nothing[1]; /* a drained reader points here, because arithmetic on NULL is undefined */

static void give_way(struct unfinished *u);

void rtmp_chunk_reader_init(struct rtmp_chunk_reader *r)
{
    *r = (struct rtmp_chunk_reader){
        .unfinished = { .drop = give_way },
        .at = nothing,
        .end = nothing,
        .current = -1,
        .chunk_size = RTMP_CHUNK_SIZE_DEFAULT,
        .message_max = RTMP_MESSAGE_LEN_MAX,
    };
}

void rtmp_chunk_reader_expect_media(struct rtmp_chunk_reader *r, bool media)
{
    r->message_max = media ? RTMP_MESSAGE_LEN_MAX : RTMP_COMMAND_MAX;
}

/* Most room for all messages under way. */
static size_t partial_bytes_max(const struct rtmp_chunk_reader *r)
{
    return r->message_max < RTMP_MESSAGE_LEN_MAX ? 2 * (size_t)r->message_max : RTMP_PARTIAL_BYTES_MAX;
}

static struct err *too_much(const struct rtmp_chunk_reader *r)
{
    return err_new(E_LIMIT, "more than %zu bytes of unfinished messages", partial_bytes_max(r));
}

void rtmp_chunk_reader_finish(struct rtmp_chunk_reader *r)
{
    for (int i = 0; i < r->n_streams; i++)
        frame_unref(&r->streams[i].partial);
    mem_free(r->streams);
    mem_free(r->kept);
    unfinished_set(&r->unfinished, 0);
    rtmp_chunk_reader_init(r);
}

void rtmp_chunk_reader_feed(struct rtmp_chunk_reader *r, const uint8_t *bytes, size_t len)
{
    mem_free(r->kept);
    r->kept = NULL;
    r->at = len ? bytes : nothing;
    r->end = r->at + len;
}

struct err *rtmp_chunk_reader_keep(struct rtmp_chunk_reader *r)
{
    if (!rtmp_chunk_reader_borrows(r))
        return NULL;
    size_t   len = (size_t)(r->end - r->at);
    uint8_t *copy = mem_alloc(len);
    if (!copy)
        return err_no_memory();
    memcpy(copy, r->at, len);
    r->kept = copy;
    r->at = copy;
    r->end = copy + len;
    return NULL;
}

struct err *rtmp_chunk_reader_set_chunk_size(struct rtmp_chunk_reader *r, uint32_t chunk_size)
{
    if (chunk_size < RTMP_CHUNK_SIZE_MIN)
        return err_new(E_RTMP_CHUNK_SIZE, "the peer wants chunks of %u bytes, at least %d are accepted", chunk_size,
                       RTMP_CHUNK_SIZE_MIN);
    r->chunk_size = chunk_size < RTMP_CHUNK_SIZE_MAX ? chunk_size : RTMP_CHUNK_SIZE_MAX;
    return NULL;
}

static int find_stream(const struct rtmp_chunk_reader *r, uint32_t csid)
{
    for (int i = 0; i < r->n_streams; i++)
        if (r->streams[i].csid == csid)
            return i;
    return -1;
}

static struct err *add_stream(struct rtmp_chunk_reader *r, uint32_t csid, int *index)
{
    if (r->n_streams == RTMP_CHUNK_STREAMS_MAX)
        return err_new(E_LIMIT, "the peer uses more than %d chunk streams", RTMP_CHUNK_STREAMS_MAX);
    if (r->n_streams == r->streams_cap) {
        int                       cap = r->streams_cap ? 2 * r->streams_cap : STREAMS_AT_FIRST;
        struct rtmp_chunk_stream *streams = mem_realloc(r->streams, (size_t)cap * sizeof *streams);
        if (!streams)
            return err_no_memory();
        r->streams = streams;
        r->streams_cap = (uint8_t)cap;
    }
    *index = r->n_streams++;
    r->streams[*index] = (struct rtmp_chunk_stream){ .csid = csid };
    return NULL;
}

static void hold(struct rtmp_chunk_reader *r, size_t partial_bytes)
{
    r->partial_bytes = partial_bytes;
    unfinished_set(&r->unfinished, partial_bytes);
}

static void drop_partial(struct rtmp_chunk_reader *r, struct rtmp_chunk_stream *cs)
{
    if (cs->partial)
        hold(r, r->partial_bytes - cs->partial->cap);
    frame_unref(&cs->partial);
}

static void give_way(struct unfinished *u)
{
    struct rtmp_chunk_reader *r = CONTAINER_OF(u, struct rtmp_chunk_reader, unfinished);
    r->gave_way = true;
    for (int i = 0; i < r->n_streams; i++)
        drop_partial(r, &r->streams[i]);
}

struct err *rtmp_chunk_reader_check(const struct rtmp_chunk_reader *r)
{
    if (!r->gave_way)
        return NULL;
    return err_new(E_LIMIT, "the server holds more than memory_limit, and what was under way of a message was dropped");
}

void rtmp_chunk_reader_abort(struct rtmp_chunk_reader *r, uint32_t csid)
{
    int i = find_stream(r, csid);
    if (i >= 0)
        drop_partial(r, &r->streams[i]);
}

/* RTMP 1.0, 5.3.1.1: ids 2..63 in the first byte, 64..319 in one more, 64..65599 in two more, low byte first */
static uint32_t read_csid(struct rd *in, uint8_t first)
{
    switch (first & 0x3F) {
    case 0: return 64U + rd_u8(in);
    case 1: {
        uint32_t low = rd_u8(in);
        return 64U + low + 256U * rd_u8(in);
    }
    default: return first & 0x3F;
    }
}

/*
 * Read the extended timestamp of a type 3 chunk. The specification repeats it there, but some encoders leave it out. So the next
 * four bytes are compared with the timestamp of the last full header: equal bytes are the repeated timestamp, other bytes are
 * payload. A type 3 chunk that begins a message may carry a new value, so any four bytes are read as one, unless the peer
 * has left a timestamp out before.
 */
static void read_repeated_timestamp(struct rd *in, const struct rtmp_chunk_stream *cs, bool peer_omits,
                                    struct header *h)
{
    const uint8_t known[4] = { (uint8_t)(cs->field >> 24), (uint8_t)(cs->field >> 16), (uint8_t)(cs->field >> 8),
                               (uint8_t)cs->field };
    size_t        there = rd_left(in) < sizeof known ? rd_left(in) : sizeof known;
    bool          equal = memcmp(in->p, known, there) == 0;
    if (!cs->partial && !peer_omits) {
        h->field = rd_u32(in);
        h->field_present = true;
    } else if (equal) {
        rd_u32(in); /* If fewer than four bytes are there, the reader waits for more. */
        h->matched_extended = true;
    } else {
        h->omits_extended = true;
    }
}

/* Read one header; in->bad is set if a part of it is missing. An error is certain whatever bytes follow. */
static struct err *parse_header(const struct rtmp_chunk_reader *r, struct rd *in, struct header *h)
{
    *h = (struct header){ 0 };
    uint8_t first = rd_u8(in);
    h->type = first >> 6;
    h->csid = read_csid(in, first);
    if (in->bad)
        return NULL;
    int                             index = find_stream(r, h->csid);
    const struct rtmp_chunk_stream *cs = index < 0 ? NULL : &r->streams[index];
    if (!cs && h->type > CHUNK_SAME_MSID)
        return err_new(E_RTMP_CHUNK_START, "chunk stream %u begins with a chunk of type %u", h->csid, h->type);
    if (cs && cs->partial && h->type == CHUNK_FULL)
        return err_new(E_RTMP_CHUNK_START, "chunk stream %u: a chunk of type 0 after %u of %u bytes of a message",
                       h->csid, cs->partial->len, cs->length);
    if (h->type == CHUNK_BARE) {
        if (cs->extended)
            read_repeated_timestamp(in, cs, r->omits_extended, h);
        return NULL;
    }
    h->field = rd_u24(in);
    h->extended = h->field == TIMESTAMP_IS_EXTENDED;
    if (h->type <= CHUNK_SAME_MSID) {
        h->length = rd_u24(in);
        h->type_id = rd_u8(in);
    }
    if (h->type == CHUNK_FULL)
        h->msid = rd_u32le(in); /* RTMP 1.0, 5.3.1.2.5: the one little-endian field */
    if (h->extended)
        h->field = rd_u32(in);
    h->field_present = true;
    return NULL;
}

/* Check a header inside a message: it may repeat the length but must not change it. */
static struct err *continue_message(const struct rtmp_chunk_stream *cs, const struct header *h)
{
    if (h->type == CHUNK_SAME_MSID && h->length != cs->length)
        return err_new(E_RTMP_PACKET_SIZE, "chunk stream %u: the message length changes from %u to %u after %u bytes",
                       cs->csid, cs->length, h->length, cs->partial->len);
    return NULL;
}

static struct err *begin_message(struct rtmp_chunk_reader *r, struct rtmp_chunk_stream *cs, const struct header *h)
{
    if (h->type <= CHUNK_SAME_MSID) {
        cs->length = h->length;
        cs->type_id = h->type_id;
    }
    if (h->type == CHUNK_FULL)
        cs->msid = h->msid;
    if (h->type != CHUNK_BARE) {
        cs->absolute = h->type == CHUNK_FULL;
        cs->extended = h->extended;
    }
    if (h->field_present)
        cs->field = h->field;
    /* RTMP 1.0, 5.3.1.2.4: a type 3 chunk after type 0 takes that timestamp as its delta. An extended timestamp is read as the
     * absolute time: no encoder means a step of more than four hours. */
    bool is_absolute = h->type == CHUNK_FULL || (h->type == CHUNK_BARE && cs->absolute && cs->extended);
    cs->timestamp_ms = is_absolute ? cs->field : cs->timestamp_ms + cs->field;

    if (cs->length > r->message_max)
        return err_new(E_LIMIT, "a message of type %u and %u bytes, where at most %u are taken before a publish",
                       cs->type_id, cs->length, r->message_max);
    size_t room = cs->length < RTMP_MESSAGE_FIRST_ROOM ? cs->length : RTMP_MESSAGE_FIRST_ROOM;
    if (r->partial_bytes + room > partial_bytes_max(r))
        return too_much(r);
    cs->partial = frame_new(room);
    if (!cs->partial)
        return err_no_memory();
    hold(r, r->partial_bytes + room);
    return NULL;
}

static struct err *apply_header(struct rtmp_chunk_reader *r, const struct header *h)
{
    struct err *e = NULL;
    int         index = find_stream(r, h->csid);
    if (index < 0) {
        r->began_with_type1 |= h->type != CHUNK_FULL;
        if ((e = add_stream(r, h->csid, &index)))
            return e;
    }
    if (h->omits_extended)
        r->omits_extended = true;
    if (h->matched_extended)
        r->omits_extended = false;
    struct rtmp_chunk_stream *cs = &r->streams[index];
    e = cs->partial ? continue_message(cs, h) : begin_message(r, cs, h);
    if (e)
        return e;
    uint32_t left = cs->length - cs->partial->len;
    r->chunk_left = left < r->chunk_size ? left : r->chunk_size;
    r->current = (int8_t)index;
    return NULL;
}

static void drop_carry(struct rtmp_chunk_reader *r, size_t n)
{
    r->carry_len -= (uint8_t)n;
    memmove(r->carry, r->carry + n, r->carry_len);
}

/*
 * Read a chunk header from the carried bytes and the fed bytes behind them. A header that is cut is carried over. A header may
 * also end inside the carried bytes: carried bytes that turn out not to be an extended timestamp stay there as the first bytes
 * of the payload.
 */
static struct err *read_header(struct rtmp_chunk_reader *r, bool *complete)
{
    struct header h;
    size_t        old = r->carry_len, fed = (size_t)(r->end - r->at);
    struct rd     in = rd_over(r->at, fed);
    if (old) {
        size_t more = sizeof r->carry - old < fed ? sizeof r->carry - old : fed;
        if (more)
            memcpy(r->carry + old, r->at, more);
        in = rd_over(r->carry, old + more);
    }
    const uint8_t *start = in.p;
    struct err    *e = parse_header(r, &in, &h);
    if (e)
        return e;
    *complete = !in.bad;
    if (in.bad) { /* There are fewer bytes than the longest header has, so all of them fit into `carry`. */
        if (!old && fed)
            memcpy(r->carry, r->at, fed);
        r->carry_len = (uint8_t)(old + fed);
        r->at = r->end;
        return NULL;
    }
    size_t used = (size_t)(in.p - start);
    if (used >= old) {
        r->at += used - old;
        r->carry_len = 0;
    } else {
        drop_carry(r, used);
    }
    return apply_header(r, &h);
}

/* Give the message room for `need` more bytes. Its room at most doubles at a time, so it follows the bytes received. */
static struct err *make_room(struct rtmp_chunk_reader *r, struct rtmp_chunk_stream *cs, size_t need)
{
    size_t cap = cs->partial->cap, want = cs->partial->len + need;
    if (want <= cap)
        return NULL;
    size_t grown = 2 * cap < cs->length ? 2 * cap : cs->length;
    if (grown < want)
        grown = want;
    if (r->partial_bytes - cap + grown > partial_bytes_max(r))
        return too_much(r);
    bool        has_room = mem_has_room(); /* Freeing memory may drop this reader's own messages: check afterwards. */
    struct err *e = rtmp_chunk_reader_check(r);
    if (e)
        return e;
    if (!has_room)
        return err_new(E_LIMIT, "no memory for a message of %u bytes: the server holds more than memory_limit",
                       cs->length);
    if (!frame_grow(&cs->partial, grown))
        return err_no_memory();
    hold(r, r->partial_bytes + grown - cap);
    return NULL;
}

/* Move payload of the current chunk into its message, until the chunk or the fed bytes end. */
static struct err *read_payload(struct rtmp_chunk_reader *r, struct rtmp_chunk_stream *cs)
{
    size_t carried = r->carry_len < r->chunk_left ? r->carry_len : r->chunk_left;
    size_t fed =
        (size_t)(r->end - r->at) < r->chunk_left - carried ? (size_t)(r->end - r->at) : r->chunk_left - carried;
    if (carried + fed == 0)
        return NULL;
    struct err *e = make_room(r, cs, carried + fed);
    if (e)
        return e;
    uint8_t *to = cs->partial->data + cs->partial->len;
    if (carried) {
        memcpy(to, r->carry, carried);
        drop_carry(r, carried);
    }
    if (fed)
        memcpy(to + carried, r->at, fed);
    r->at += fed;
    r->chunk_left -= (uint32_t)(carried + fed);
    cs->partial->len += (uint32_t)(carried + fed);
    return NULL;
}

static void release_when_drained(struct rtmp_chunk_reader *r)
{
    if (r->at != r->end)
        return;
    mem_free(r->kept);
    r->kept = NULL;
    r->at = r->end = nothing;
}

struct err *rtmp_chunk_reader_next(struct rtmp_chunk_reader *r, struct rtmp_message *msg, bool *got)
{
    struct err *e = rtmp_chunk_reader_check(r);
    *got = false;
    if (e)
        return e;
    while (r->at != r->end || r->carry_len || r->current >= 0) {
        if (r->current < 0) {
            bool complete;
            if ((e = read_header(r, &complete)))
                return e;
            if (!complete)
                break;
        }
        struct rtmp_chunk_stream *cs = &r->streams[r->current];
        if ((e = read_payload(r, cs)))
            return e;
        if (r->chunk_left)
            break;
        r->current = -1;
        if (cs->partial->len < cs->length)
            continue;
        *msg = (struct rtmp_message){ cs->type_id, cs->csid, cs->msid, cs->timestamp_ms, cs->partial };
        hold(r, r->partial_bytes - cs->partial->cap);
        cs->partial = NULL;
        *got = true;
        break;
    }
    release_when_drained(r);
    return NULL;
}
