#include "kernel/mp4/trim.h"

#include "core/mem.h"
#include "fuzzing.h"
#include "kernel/mp4/box_read.h"
#include "kernel/mp4/entry_read.h"
#include "kernel/mp4/tables.h"

/* Nothing in a new head lies outside the part, and it can be read again. */
static void check_part(const struct mp4_trim *m)
{
    struct rd      in = rd_over(m->head, m->head_len - 16);
    struct mp4_box moov, mvhd, b;
    check(m->from < m->to && m->to <= m->file_len);
    check(mp4_box_next(&in, &moov) && mp4_box_find(moov.body, "mvhd", &mvhd));
    struct rd r = mvhd.body;
    rd_bytes(&r, 20); /* version 1 */
    uint32_t timescale = rd_u32(&r);
    while (mp4_box_next(&moov.body, &b)) {
        struct mp4_tables       t;
        struct mp4_cursor       c;
        struct mp4_table_sample s;
        if (!mp4_box_is(&b, "trak") || !mp4_tables_read(&t, b.body, timescale))
            continue;
        struct mp4_entry entry;
        if (mp4_entry_read(t.entry, &entry))
            check(entry.config_len == 0 ||
                  (entry.config >= m->head && entry.config + entry.config_len <= m->head + m->head_len));
        mp4_cursor_begin(&c, &t);
        while (mp4_cursor_next(&c, &s))
            check(s.at >= m->head_len && s.at + s.len <= m->head_len + m->to - m->from);
    }
}

/* Two bytes are the times; then the moov. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    struct mp4_trim m = {
        .moov = data + 2,
        .moov_len = len - 2,
        .file_len = 1 << 20,
        .start_us = data[0] * INT64_C(100000),
        .end_us = data[1] ? data[1] * INT64_C(100000) : INT64_MAX,
    };
    if (mp4_trim(&m) == MP4_TRIM_OK)
        check_part(&m);
    mem_free(m.head);
    return 0;
}
