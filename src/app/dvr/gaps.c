#include "app/dvr/gaps.h"

#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"

enum { REASON_CAP = 16 };

/* clang-format off */
static const struct { const char *name, *text; } reasons[GAP_REASONS] = {
    [GAP_DISK_FULL] = { "disk_full", "the disk is full" },
    [GAP_DISK_SLOW] = { "disk_slow", "the disk did not take it in time" },
    [GAP_DISK_ERROR] = { "disk_error", "the disk did not take it" },
    [GAP_PUBLISHER] = { "publisher", "nothing was published" },
    [GAP_BEHIND] = { "behind", "the recorder fell behind the stream" },
    [GAP_NO_FILE] = { "no_file", "no file could be begun" },
    [GAP_KILL] = { "kill", "the server was killed" },
    [GAP_OFF] = { "off", "it was not to be recorded" },
};
/* clang-format on */

const char *gap_reason_name(enum gap_reason reason)
{
    return reasons[reason].name;
}

const char *gap_reason_text(enum gap_reason reason)
{
    return reasons[reason].text;
}

void gaps_add(struct gaps *g, struct gap gap)
{
    if (g->n == g->cap) {
        struct gap *items = g->n < GAPS_MAX ? mem_grow(g->items, &g->cap, sizeof *items, GAPS_MAX) : NULL;
        if (!items) {
            g->n_left_out++;
            return;
        }
        g->items = items;
    }
    g->items[g->n++] = gap;
}

void gaps_write(const struct gaps *g, struct jw *j)
{
    jw_array(j, "gaps");
    for (size_t i = 0; i < g->n; i++) {
        const struct gap *gap = &g->items[i];
        jw_object(j, NULL);
        jw_int(j, "at_ms", gap->at_us / US_PER_MS);
        if (gap->length_us == GAP_LENGTH_UNKNOWN)
            jw_null(j, "ms");
        else
            jw_int(j, "ms", gap->length_us / US_PER_MS);
        jw_string(j, "reason", gap_reason_name(gap->reason));
        jw_object_end(j);
    }
    jw_array_end(j);
}

/* Milliseconds of a member, as microseconds. */
static bool read_us(const struct jr_value *item, const char *name, int64_t *us)
{
    struct jr_value v;
    int64_t         ms = 0;
    if (!jr_member(item, name, &v) || !jr_int(&v, &ms) || ms < 0 || ms > INT64_MAX / US_PER_MS)
        return false;
    *us = ms * US_PER_MS;
    return true;
}

static bool read_gap(const struct jr_value *item, struct gap *gap)
{
    struct jr_value v;
    char            reason[REASON_CAP];
    int             i = 0;
    *gap = (struct gap){ .length_us = GAP_LENGTH_UNKNOWN };
    if (!read_us(item, "at_ms", &gap->at_us) || !jr_member(item, "reason", &v) ||
        !jr_string(&v, reason, sizeof reason) || !jr_member(item, "ms", &v))
        return false;
    while (i < GAP_REASONS && !str_equal(reason, reasons[i].name))
        i++;
    gap->reason = (enum gap_reason)i;
    return i < GAP_REASONS && (v.kind == JR_NULL || read_us(item, "ms", &gap->length_us));
}

void gaps_read(struct gaps *g, const struct jr_value *list)
{
    struct jr_value item;
    struct gap      gap;
    for (size_t at = 0; jr_next(list, &at, &item);)
        if (read_gap(&item, &gap))
            gaps_add(g, gap);
}

void gaps_finish(struct gaps *g)
{
    mem_free(g->items);
    *g = (struct gaps){ 0 };
}
