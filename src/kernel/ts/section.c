#include "kernel/ts/section.h"

#include "kernel/crc32.h"

enum { STUFFING = 0xFF };

void ts_section_init(struct ts_section *s)
{
    *s = (struct ts_section){ .bytes = buf_up_to(TS_SECTION_MAX) };
}

void ts_section_finish(struct ts_section *s)
{
    buf_finish(&s->bytes);
    s->state = TS_SECTION_CLOSED;
}

void ts_section_reset(struct ts_section *s)
{
    buf_rewind(&s->bytes, 0);
    s->state = TS_SECTION_CLOSED;
}

/* The length of the section that is being collected, as far as it is known. */
static size_t wanted_len(const struct ts_section *s)
{
    const uint8_t *b = (const uint8_t *)s->bytes.bytes;
    if (s->bytes.len < TS_SECTION_HEADER_LEN)
        return TS_SECTION_HEADER_LEN;
    return TS_SECTION_HEADER_LEN + ((b[1] & 0x0Fu) << 8 | b[2]);
}

/* Take bytes of the open section. Returns true when it is whole. */
static bool collect(struct ts_section *s, struct rd *from)
{
    size_t want;
    while (!s->bytes.fault && s->bytes.len < (want = wanted_len(s)) && rd_left(from)) {
        size_t missing = want - s->bytes.len, n = missing < rd_left(from) ? missing : rd_left(from);
        buf_append(&s->bytes, rd_bytes(from, n), n);
    }
    return !s->bytes.fault && s->bytes.len >= TS_SECTION_HEADER_LEN && s->bytes.len == wanted_len(s);
}

static bool is_right(const struct ts_section *s)
{
    return s->bytes.len >= TS_SECTION_HEADER_LEN + TS_SECTION_CRC_LEN &&
           crc32_mpeg((const uint8_t *)s->bytes.bytes, s->bytes.len) == 0;
}

/* Take bytes of the open section. Returns true if it ended there and is right. */
static bool close_section(struct ts_section *s, struct rd *from)
{
    if (!collect(s, from)) {
        if (s->bytes.fault)
            ts_section_reset(s);
        return false;
    }
    s->state = TS_SECTION_FOLLOWS;
    return is_right(s);
}

/* Take the end of the open section, which lies before the place that pointer_field names. */
static bool take_end(struct ts_section *s, struct rd *payload)
{
    size_t    pointer = rd_u8(payload);
    struct rd end = { 0 };
    if (pointer <= rd_left(payload))
        end = rd_over(rd_bytes(payload, pointer), pointer);
    else
        payload->p = payload->end;
    bool whole = s->state == TS_SECTION_OPEN && close_section(s, &end);
    s->state = TS_SECTION_FOLLOWS;
    return whole;
}

static void open_section(struct ts_section *s)
{
    buf_rewind(&s->bytes, 0);
    s->state = TS_SECTION_OPEN;
}

bool ts_section_next(struct ts_section *s, struct rd *payload, bool *begins)
{
    if (*begins) {
        *begins = false;
        if (take_end(s, payload))
            return true;
    }
    while (rd_left(payload)) {
        if (s->state == TS_SECTION_FOLLOWS && *payload->p != STUFFING)
            open_section(s);
        if (s->state != TS_SECTION_OPEN)
            break;
        if (close_section(s, payload))
            return true;
    }
    if (s->state == TS_SECTION_FOLLOWS)
        s->state = TS_SECTION_CLOSED;
    return false;
}
