#include "kernel/ts/demux.h"

#include <string.h>

enum { CC_MASK = 0x0F };

/* A packet, taken apart. */
struct packet {
    unsigned       pid;
    bool           begins, error, scrambled;
    bool           has_payload;
    bool           discontinuity, random_access, has_pcr;
    uint8_t        cc;
    int64_t        pcr_90k;
    const uint8_t *payload;
    size_t         len;
    const uint8_t *tail; /* the last bytes of the packet */
};

void ts_demux_init(struct ts_demux *d, uint16_t program)
{
    *d = (struct ts_demux){ .wanted = program, .pmt_pid = TS_PID_NONE };
    ts_section_init(&d->pat_table.section);
    ts_section_init(&d->pmt_table.section);
}

void ts_demux_finish(struct ts_demux *d)
{
    ts_section_finish(&d->pat_table.section);
    ts_section_finish(&d->pmt_table.section);
    for (size_t i = 0; i < d->n; i++)
        ts_stream_finish(&d->streams[i]);
    d->n = 0;
    d->draining = NULL;
}

/* ---- packets ---- */

/* Read the adaptation field, which has `len` bytes behind its length (2.4.3.4). */
static void read_adaptation(struct packet *p, const uint8_t *field, size_t len)
{
    enum { DISCONTINUITY = 0x80, RANDOM_ACCESS = 0x40, PCR = 0x10 };
    if (len == 0)
        return;
    p->discontinuity = field[0] & DISCONTINUITY;
    p->random_access = field[0] & RANDOM_ACCESS;
    p->has_pcr = (field[0] & PCR) && len > TS_PCR_LEN;
    if (p->has_pcr)
        p->pcr_90k = ts_pcr_read(field + 1);
}

/* False if the adaptation field does not fit. */
static bool read_packet(const uint8_t *b, struct packet *p)
{
    enum { ERROR = 0x80, BEGINS = 0x40, SCRAMBLED = 0xC0, ADAPTED = 0x20, PAYLOAD = 0x10 };
    *p = (struct packet){
        .pid = (b[1] & 0x1Fu) << 8 | b[2],
        .begins = b[1] & BEGINS,
        .error = b[1] & ERROR,
        .scrambled = b[3] & SCRAMBLED,
        .has_payload = b[3] & PAYLOAD,
        .cc = b[3] & CC_MASK,
        .payload = b + TS_HEADER_LEN,
        .len = TS_PACKET_LEN - TS_HEADER_LEN,
    };
    p->tail = b + TS_PACKET_LEN - sizeof((struct ts_stream *)NULL)->tail;
    if (!(b[3] & ADAPTED))
        return true;
    size_t field = 1u + b[TS_HEADER_LEN];
    if (field > p->len)
        return false;
    read_adaptation(p, b + TS_HEADER_LEN + 1, field - 1);
    p->payload += field;
    p->len -= field;
    return true;
}

/* ---- tables ---- */

static bool is_same_stream(const struct ts_pmt_stream *a, const struct ts_pmt_stream *b)
{
    return a->pid == b->pid && a->type == b->type && a->kind == b->kind && a->codec == b->codec &&
           a->channels == b->channels;
}

static const struct ts_pmt_stream *find_told(const struct ts_pmt *pmt, const struct ts_pmt_stream *stream)
{
    for (size_t i = 0; i < pmt->n; i++)
        if (is_same_stream(&pmt->streams[i], stream))
            return &pmt->streams[i];
    return NULL;
}

static bool is_same_pmt(const struct ts_pmt *a, const struct ts_pmt *b)
{
    if (a->n != b->n || a->program != b->program || a->pcr_pid != b->pcr_pid)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!is_same_stream(&a->streams[i], &b->streams[i]))
            return false;
    return true;
}

static void take_pmt(struct ts_demux *d, const struct ts_section *section)
{
    struct ts_pmt pmt;
    if (!ts_psi_read_pmt((const uint8_t *)section->bytes.bytes, section->bytes.len, &pmt) ||
        pmt.program != d->program || is_same_pmt(&pmt, &d->pmt))
        return;
    d->next_pmt = pmt;
    d->changing = true;
}

static const struct ts_pat_program *choose_program(const struct ts_demux *d)
{
    for (size_t i = 0; i < d->pat.n; i++)
        if (d->wanted == 0 || d->pat.programs[i].number == d->wanted)
            return &d->pat.programs[i];
    return NULL;
}

static void take_pat(struct ts_demux *d, const struct ts_section *section)
{
    struct ts_pat pat;
    if (!ts_psi_read_pat((const uint8_t *)section->bytes.bytes, section->bytes.len, &pat))
        return;
    d->pat = pat;
    const struct ts_pat_program *program = choose_program(d);
    if (!program || (program->pmt_pid == d->pmt_pid && program->number == d->program))
        return;
    d->program = program->number;
    d->pmt_pid = program->pmt_pid;
    d->pmt_table.has_cc = false;
    ts_section_reset(&d->pmt_table.section);
}

static void take_table(struct ts_demux *d, struct ts_table *t, const struct packet *p,
                       void (*take)(struct ts_demux *, const struct ts_section *))
{
    struct rd payload = rd_over(p->payload, p->len);
    bool      begins = p->begins;
    if (!p->has_payload || (t->has_cc && p->cc == t->cc))
        return; /* repeated */
    if (t->has_cc && p->cc != ((t->cc + 1) & CC_MASK))
        ts_section_reset(&t->section);
    t->has_cc = true;
    t->cc = p->cc;
    while (ts_section_next(&t->section, &payload, &begins))
        take(d, &t->section);
}

/* End the streams that the new PMT does not have, one at a time. True if one of them has to be drained first. */
static bool end_a_stream(struct ts_demux *d)
{
    for (size_t i = 0; i < d->n; i++) {
        struct ts_stream *s = &d->streams[i];
        if (s->is_open && !find_told(&d->next_pmt, &s->told)) {
            ts_stream_close(s, &d->clock);
            d->draining = s;
            return true;
        }
    }
    return false;
}

static void remove_streams(struct ts_demux *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->n; i++) {
        const struct ts_pmt_stream *told = find_told(&d->pmt, &d->streams[i].told);
        if (!told) {
            ts_stream_finish(&d->streams[i]);
            continue;
        }
        d->streams[kept] = d->streams[i];
        d->streams[kept++].told.track = told->track;
    }
    d->n = kept;
}

static struct ts_stream *find_stream(struct ts_demux *d, unsigned pid)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->streams[i].told.pid == pid)
            return &d->streams[i];
    return NULL;
}

/* The new PMT is in force. */
static void change_pmt(struct ts_demux *d)
{
    d->changing = false;
    d->pmt = d->next_pmt;
    remove_streams(d);
    for (size_t i = 0; i < d->pmt.n; i++) {
        const struct ts_pmt_stream *told = &d->pmt.streams[i];
        if (told->kind != TS_KIND_UNKNOWN && !find_stream(d, told->pid))
            ts_stream_init(&d->streams[d->n++], told);
    }
}

/* ---- streams ---- */

static size_t collected(const struct ts_demux *d)
{
    size_t len = 0;
    for (size_t i = 0; i < d->n; i++)
        len += d->streams[i].is_open ? d->streams[i].open.len : 0;
    return len;
}

static void break_stream(struct ts_demux *d, struct ts_stream *s)
{
    d->n_gaps++;
    ts_stream_break(s, &d->clock);
    d->draining = s;
}

/* Look at the continuity counter. False if the packet repeats the one before it. */
static bool heed_counter(struct ts_demux *d, struct ts_stream *s, const struct packet *p)
{
    bool repeated = s->has_cc && p->cc == s->cc && memcmp(p->tail, s->tail, sizeof s->tail) == 0;
    if (repeated && !p->discontinuity)
        return false;
    if (s->has_cc && p->cc != ((s->cc + 1) & CC_MASK) && !p->discontinuity)
        break_stream(d, s);
    s->has_cc = true;
    s->cc = p->cc;
    memcpy(s->tail, p->tail, sizeof s->tail);
    return true;
}

static void take_pes_packet(struct ts_demux *d, struct ts_stream *s, const struct packet *p)
{
    if (p->begins) {
        ts_stream_close(s, &d->clock);
        ts_stream_begin(s, p->payload, p->len, p->random_access);
        d->draining = s;
    } else {
        ts_stream_add(s, p->payload, p->len);
        if (ts_stream_is_whole(s))
            d->draining = s;
    }
    if (collected(d) > TS_DEMUX_BYTES_MAX)
        break_stream(d, s);
}

static void take_packet_of(struct ts_demux *d, struct ts_stream *s, const struct packet *p)
{
    if (!p->has_payload) /* The continuity counter does not count it. */
        return;
    if (p->scrambled || !heed_counter(d, s, p))
        return;
    if (s->told.kind != TS_KIND_SCTE35) {
        take_pes_packet(d, s, p);
        return;
    }
    ts_stream_add_sections(s, p->payload, p->len, p->begins);
    d->draining = s;
}

static void take_packet(struct ts_demux *d, const uint8_t *bytes)
{
    struct packet p;
    if (!read_packet(bytes, &p) || p.error)
        return;
    /* The first stamp is that of a frame: the clock of a stream that begins at 0 may be below it. */
    if (p.has_pcr && p.pid == d->pmt.pcr_pid && d->pmt.n && d->clock.runs)
        ts_clock_unwrap(&d->clock, p.pcr_90k);
    struct ts_stream *s = find_stream(d, p.pid);
    if (p.pid == TS_PID_PAT)
        take_table(d, &d->pat_table, &p, take_pat);
    else if (p.pid == d->pmt_pid && p.pid != TS_PID_NONE)
        take_table(d, &d->pmt_table, &p, take_pmt);
    else if (s)
        take_packet_of(d, s, &p);
}

/* The next unit of what has been closed. */
static bool drain(struct ts_demux *d, struct ts_demuxed *unit)
{
    while (d->draining) {
        struct ts_stream *s = d->draining;
        if (ts_stream_next(s, &d->clock, d->raw, unit))
            return true;
        if (ts_stream_is_whole(s))
            ts_stream_close(s, &d->clock);
        else
            d->draining = NULL;
    }
    return false;
}

bool ts_demux_next(struct ts_demux *d, struct rd *piece, struct ts_demuxed *unit)
{
    for (;;) {
        if (drain(d, unit))
            return true;
        if (d->changing) {
            if (!end_a_stream(d))
                change_pmt(d);
            continue;
        }
        const uint8_t *packet = ts_packets_next(&d->packets, piece);
        if (!packet)
            return false;
        take_packet(d, packet);
    }
}

bool ts_demux_flush(struct ts_demux *d, struct ts_demuxed *unit)
{
    for (size_t i = 0; !drain(d, unit); i++) {
        while (i < d->n && !d->streams[i].is_open)
            i++;
        if (i >= d->n)
            return false;
        ts_stream_close(&d->streams[i], &d->clock);
        d->draining = &d->streams[i];
    }
    return true;
}
