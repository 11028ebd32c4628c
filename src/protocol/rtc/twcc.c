#include "protocol/rtc/twcc.h"

#include "core/clock.h"
#include "core/mem.h"

/* 3.1: units of times. */
enum { DELTA_US = 250, BASE_US = 64 * US_PER_MS, BASE_BITS = 24 };

/* 3.1.1: symbols; 3.1.3, 3.1.4: chunks. */
enum { NOT_HERE = 0, SMALL_DELTA = 1, LARGE_DELTA = 2 };
enum { RUN_MAX = 0x1fff, VECTOR_OF_TWO_BITS = 7, VECTOR_OF_ONE_BIT = 14, HEAD_LEN = 8 };

/* Numbers begin here, so that those before the first are not negative. */
enum { FIRST_CYCLE = 1 << 16 };

/* ---- recording ---- */

static int64_t *place_of(const struct twcc_recorder *r, int64_t number)
{
    return &r->arrived_us[(uint64_t)number & (TWCC_WINDOW - 1)];
}

bool twcc_record(struct twcc_recorder *r, uint16_t number, int64_t now_us)
{
    if (!r->arrived_us && !(r->arrived_us = mem_calloc(TWCC_WINDOW, sizeof *r->arrived_us)))
        return false;
    if (!r->begun) {
        r->begun = true;
        r->next = r->end = FIRST_CYCLE + number;
        r->origin_us = now_us - BASE_US;
    }
    int64_t highest = r->end - 1, n = highest + (int16_t)(uint16_t)(number - (uint16_t)highest);
    if (n < r->next)
        return true;
    if (r->next <= n - TWCC_WINDOW)
        r->next = n - TWCC_WINDOW + 1;
    if (r->end < r->next)
        r->end = r->next;
    for (; r->end <= n; r->end++)
        *place_of(r, r->end) = 0;
    if (*place_of(r, n) == 0)
        *place_of(r, n) = now_us;
    return true;
}

bool twcc_has_news(const struct twcc_recorder *r)
{
    return r->next < r->end;
}

void twcc_finish(struct twcc_recorder *r)
{
    mem_free(r->arrived_us);
    *r = (struct twcc_recorder){ .arrived_us = NULL };
}

/* ---- writing ---- */

struct told {
    uint8_t symbols[TWCC_PACKETS_MAX];
    int16_t deltas[TWCC_PACKETS_MAX]; /* in units of DELTA_US; of those that came */
    size_t  n;
};

/* Rounded to the nearest unit, so that errors do not add up: each difference is to the time that the receiver computes. */
static int64_t units_between(int64_t from_us, int64_t to_us)
{
    int64_t d = to_us - from_us;
    return d >= 0 ? (d + DELTA_US / 2) / DELTA_US : -((-d + DELTA_US / 2) / DELTA_US);
}

/* The packets of one feedback from r->next on, until one is too far from the one before it. Returns the base in units of BASE_US. */
static int64_t gather(const struct twcc_recorder *r, struct told *told)
{
    int64_t base = -1, time_us = 0;
    for (int64_t n = r->next; n < r->end && told->n < TWCC_PACKETS_MAX; n++) {
        int64_t at_us = *place_of(r, n) ? *place_of(r, n) - r->origin_us : -1;
        if (at_us < 0) {
            told->symbols[told->n++] = NOT_HERE;
            continue;
        }
        if (base < 0) {
            base = at_us / BASE_US;
            time_us = base * BASE_US;
        }
        int64_t units = units_between(time_us, at_us);
        if (units < INT16_MIN || units > INT16_MAX)
            break;
        time_us += units * DELTA_US;
        told->deltas[told->n] = (int16_t)units;
        told->symbols[told->n++] = units >= 0 && units <= UINT8_MAX ? SMALL_DELTA : LARGE_DELTA;
    }
    return base;
}

static size_t run_from(const struct told *told, size_t from)
{
    size_t n = 1;
    while (from + n < told->n && n < RUN_MAX && told->symbols[from + n] == told->symbols[from])
        n++;
    return n;
}

static bool has_large(const struct told *told, size_t from, size_t n)
{
    for (size_t i = from; i < told->n && i < from + n; i++)
        if (told->symbols[i] == LARGE_DELTA)
            return true;
    return false;
}

/* A chunk of the symbols from `from` on. Returns how many it has. */
static size_t write_chunk(struct wr *w, const struct told *told, size_t from)
{
    size_t run = run_from(told, from), left = told->n - from;
    bool   one_bit = !has_large(told, from, VECTOR_OF_ONE_BIT);
    size_t n = one_bit ? VECTOR_OF_ONE_BIT : VECTOR_OF_TWO_BITS;
    if (run >= n || run == left) {
        wr_u16(w, (uint16_t)(told->symbols[from] << 13 | run));
        return run;
    }
    uint16_t chunk = one_bit ? 0x8000 : 0xc000;
    unsigned bits = one_bit ? 1 : 2;
    for (size_t i = 0; i < n && i < left; i++)
        chunk |= (uint16_t)(told->symbols[from + i] << ((n - 1 - i) * bits));
    wr_u16(w, chunk);
    return n < left ? n : left;
}

static void write_deltas(struct wr *w, const struct told *told)
{
    for (size_t i = 0; i < told->n; i++) {
        if (told->symbols[i] == SMALL_DELTA)
            wr_u8(w, (uint8_t)told->deltas[i]);
        else if (told->symbols[i] == LARGE_DELTA)
            wr_u16(w, (uint16_t)told->deltas[i]);
    }
}

bool twcc_write(struct twcc_recorder *r, struct wr *body)
{
    struct told told = { .n = 0 };
    if (!twcc_has_news(r))
        return false;
    int64_t base = gather(r, &told);
    wr_u16(body, (uint16_t)r->next);
    wr_u16(body, (uint16_t)told.n);
    wr_u24(body, (uint32_t)(base < 0 ? 0 : base) & 0xffffff);
    wr_u8(body, r->n_feedbacks++);
    for (size_t i = 0; i < told.n;)
        i += write_chunk(body, &told, i);
    write_deltas(body, &told);
    r->next += (int64_t)told.n;
    return true;
}

/* ---- reading ---- */

struct chunk {
    unsigned symbol, n, bits;
    uint16_t vector;
};

static struct chunk read_chunk(struct rd *r)
{
    uint16_t v = rd_u16(r);
    if (!(v & 0x8000))
        return (struct chunk){ .symbol = v >> 13 & 3, .n = v & RUN_MAX };
    if (v & 0x4000)
        return (struct chunk){ .n = VECTOR_OF_TWO_BITS, .bits = 2, .vector = (uint16_t)(v << 2) };
    return (struct chunk){ .n = VECTOR_OF_ONE_BIT, .bits = 1, .vector = (uint16_t)(v << 2) };
}

/* Chunks end where they have told all packets; differences follow. */
bool twcc_read_begin(struct twcc_reader *r, struct rd body)
{
    *r = (struct twcc_reader){ .number = rd_u16(&body) };
    r->n_left = rd_u16(&body);
    uint32_t base = rd_u24(&body);
    r->feedback = rd_u8(&body);
    r->time_us = (int64_t)((int32_t)(base << 8) >> 8) * BASE_US;
    r->chunks = r->deltas = body;
    for (unsigned n = 0; n < r->n_left && !r->deltas.bad;) {
        struct chunk c = read_chunk(&r->deltas);
        if (c.n == 0)
            return false;
        n += c.n;
    }
    return !r->deltas.bad;
}

static unsigned next_symbol(struct twcc_reader *r)
{
    if (r->run == 0) {
        struct chunk c = read_chunk(&r->chunks);
        r->symbol = c.symbol;
        r->run = c.n;
        r->bits = c.bits;
        r->vector = c.vector;
    }
    r->run--;
    if (r->bits == 0)
        return r->symbol;
    unsigned symbol = r->vector >> (16 - r->bits);
    r->vector = (uint16_t)(r->vector << r->bits);
    return symbol;
}

bool twcc_read(struct twcc_reader *r, struct twcc_status *status)
{
    if (r->n_left == 0)
        return false;
    unsigned symbol = next_symbol(r);
    *status = (struct twcc_status){ .number = r->number++, .came = symbol != NOT_HERE };
    r->n_left--;
    if (symbol == SMALL_DELTA)
        r->time_us += (int64_t)rd_u8(&r->deltas) * DELTA_US;
    else if (symbol == LARGE_DELTA)
        r->time_us += (int64_t)(int16_t)rd_u16(&r->deltas) * DELTA_US;
    else if (symbol != NOT_HERE)
        r->deltas.bad = true; /* reserved */
    status->time_us = status->came ? r->time_us : 0;
    if (r->deltas.bad)
        r->n_left = 0;
    return !r->deltas.bad;
}
