#include "kernel/ts/ts_reader.h"

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PACKET = 188, PID_PAT = 0, PID_PMT = 0x1001 };

struct ts_reader *ts_reader_create(void)
{
    struct ts_reader *r = calloc(1, sizeof *r);
    for (int i = 0; i < TS_READER_PIDS; i++)
        r->cc[i] = -1;
    return r;
}

void ts_reader_destroy(struct ts_reader *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->units[i].bytes);
    free(r);
}

static struct ts_unit *open_unit(struct ts_reader *r, unsigned pid)
{
    assert_true(r->n < TS_READER_UNITS_MAX);
    struct ts_unit *u = &r->units[r->n++];
    u->pid = pid;
    u->bytes = calloc(1, 1);
    r->current[pid] = r->n;
    return u;
}

static void grow(struct ts_unit *u, const uint8_t *bytes, size_t len)
{
    u->bytes = realloc(u->bytes, u->len + len + 1);
    memcpy(u->bytes + u->len, bytes, len);
    u->len += len;
}

/* Read a time stamp by plain arithmetic, as the tables of the specification lay it out. */
static int64_t stamp(const uint8_t *b, unsigned prefix)
{
    assert_int_equal(b[0] / 16, prefix);
    assert_true(b[0] % 2 == 1 && b[2] % 2 == 1 && b[4] % 2 == 1); /* marker bits */
    return (int64_t)(b[0] / 2 % 8) * (1 << 30) + (int64_t)(b[1] * 128 + b[2] / 2) * 32768 + b[3] * 128 + b[4] / 2;
}

static void read_adaptation(struct ts_reader *r, struct ts_unit *u, const uint8_t *field)
{
    size_t len = field[0], used = 1;
    if (len == 0)
        return;
    assert_int_equal(field[1] & (r->may_break ? 0x2F : 0xAF),
                     0); /* no flags except random access, PCR, and perhaps discontinuity */
    if (u)
        u->random_access = field[1] & 0x40;
    if (field[1] & 0x10) {
        assert_non_null(u); /* a unit has begun */
        const uint8_t *p = field + 2;
        u->has_pcr = true;
        u->pcr = ((int64_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]) * 2 + p[4] / 128;
        assert_int_equal(p[4] & 0x7E, 0x7E);
        r->pcr_extension += (p[4] & 1) * 256u + p[5];
        used += 6;
    }
    for (size_t i = used + 1; i <= len; i++)
        assert_int_equal(field[i], 0xFF);
}

static void read_pes_header(struct ts_unit *u, const uint8_t *p, size_t len)
{
    assert_true(len >= 14);
    assert_memory_equal(p, "\0\0\1", 3);
    u->stream_id = p[3];
    u->declared_len = p[4] * 256u + p[5];
    assert_int_equal(p[6], 0x84);
    u->has_dts = p[7] == 0xC0;
    assert_true(u->has_dts || p[7] == 0x80);
    assert_int_equal(p[8], u->has_dts ? 10 : 5);
    u->pts = stamp(p + 9, u->has_dts ? 3 : 2);
    u->dts = u->has_dts ? stamp(p + 14, 1) : u->pts;
    grow(u, p + 9 + p[8], len - 9 - p[8]);
}

static void read_section(struct ts_unit *u, const uint8_t *p, size_t len)
{
    assert_int_equal(p[0], 0); /* pointer_field */
    size_t section = 3 + (p[2] % 16 * 256u + p[3]);
    assert_true(section < len);
    grow(u, p + 1, section);
    for (size_t i = 1 + section; i < len; i++)
        assert_int_equal(p[i], 0xFF);
}

static void read_packet(struct ts_reader *r, const uint8_t *p, size_t at)
{
    unsigned pid = p[1] % 32 * 256u + p[2];
    bool     begins = p[1] & 0x40, adapted = p[3] & 0x20;
    assert_int_equal(p[0], 0x47);
    assert_int_equal(p[1] & 0xA0, 0);    /* no error, no priority */
    assert_int_equal(p[3] & 0xD0, 0x10); /* not scrambled, with payload */
    assert_true(r->cc[pid] == -1 || r->cc[pid] == p[3] % 16);
    r->cc[pid] = (p[3] + 1) % 16;
    struct ts_unit *u = begins ? open_unit(r, pid) : NULL;
    if (begins)
        u->at = at;
    if (adapted)
        read_adaptation(r, u, p + 4);
    size_t header = 4 + (adapted ? 1u + p[4] : 0);
    assert_true(header < PACKET);
    if (pid == PID_PAT || pid == PID_PMT) {
        assert_true(begins);
        read_section(u, p + header, PACKET - header);
    } else if (begins) {
        read_pes_header(u, p + header, PACKET - header);
    } else {
        assert_true(r->current[pid]);
        grow(&r->units[r->current[pid] - 1], p + header, PACKET - header);
    }
}

static void check_lengths(const struct ts_reader *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct ts_unit *u = &r->units[i];
        if (u->pid == PID_PAT || u->pid == PID_PMT)
            continue;
        size_t counted = 3 + (u->has_dts ? 10 : 5) + u->len;
        assert_int_equal(u->declared_len, counted > 0xFFFF ? 0 : counted);
        assert_true(u->declared_len || u->stream_id == 0xE0);
    }
}

void ts_reader_read(struct ts_reader *r, const uint8_t *bytes, size_t len)
{
    assert_int_equal(len % PACKET, 0);
    for (size_t at = 0; at < len; at += PACKET)
        read_packet(r, bytes + at, at);
    check_lengths(r);
}

const struct ts_unit *ts_reader_unit(const struct ts_reader *r, unsigned pid, size_t number)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->units[i].pid == pid && number-- == 0)
            return &r->units[i];
    return NULL;
}

size_t ts_reader_count(const struct ts_reader *r, unsigned pid)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->units[i].pid == pid;
    return n;
}
