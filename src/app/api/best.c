#include "app/api/best.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hex.h"
#include "core/mem.h"
#include "core/str.h"

bool best_init(struct best *b, size_t cap)
{
    b->n = 0;
    b->cap = cap;
    b->has_more = false;
    b->rows = cap ? mem_alloc(cap * sizeof b->rows[0]) : NULL;
    return b->rows || !cap;
}

void best_finish(struct best *b)
{
    mem_free(b->rows);
    b->rows = NULL;
}

/* Below 0: `a` stands before `b`. */
static int compare(const struct best *order, const struct best_row *a, const struct best_row *b)
{
    int by_value = order->is_text ? strcmp(a->text, b->text) : (a->number > b->number) - (a->number < b->number);
    if (by_value)
        return order->descending ? -by_value : by_value;
    return (a->arrival > b->arrival) - (a->arrival < b->arrival);
}

/* ---- a heap, whose first row is the one that stands last ---- */

static void swap(struct best_row *a, struct best_row *b)
{
    struct best_row row = *a;
    *a = *b;
    *b = row;
}

static void sift_up(struct best *b, size_t i)
{
    for (; i > 0 && compare(b, &b->rows[(i - 1) / 2], &b->rows[i]) < 0; i = (i - 1) / 2)
        swap(&b->rows[(i - 1) / 2], &b->rows[i]);
}

static void sift_down(struct best *b, size_t i, size_t n)
{
    for (;;) {
        size_t last = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
            if (compare(b, &b->rows[last], &b->rows[child]) < 0)
                last = child;
        if (last == i)
            return;
        swap(&b->rows[i], &b->rows[last]);
        i = last;
    }
}

void best_add(struct best *b, const struct best_row *row)
{
    if (b->has_after && compare(b, row, &b->after) <= 0)
        return;
    if (b->n < b->cap) {
        b->rows[b->n] = *row;
        sift_up(b, b->n++);
        return;
    }
    b->has_more = true;
    if (b->n && compare(b, row, &b->rows[0]) < 0) {
        b->rows[0] = *row;
        sift_down(b, 0, b->n);
    }
}

void best_sort(struct best *b)
{
    for (size_t n = b->n; n > 1; n--) {
        swap(&b->rows[0], &b->rows[n - 1]);
        sift_down(b, 0, n - 1);
    }
}

/* ---- places: "ARRIVAL:VALUE" ---- */

void best_put_place(const struct best *b, const struct best_row *row, char buf[static BEST_PLACE_CAP])
{
    struct str out = str_over(buf, BEST_PLACE_CAP);
    str_printf(&out, "%llu:", (unsigned long long)row->arrival);
    if (!b->is_text)
        str_number(&out, row->number);
    for (const char *p = row->text; b->is_text && *p; p++)
        str_printf(&out, "%02x", (unsigned char)*p);
}

static bool read_text(const char *hex, char out[static BEST_TEXT_CAP])
{
    size_t len = strlen(hex) / 2;
    if (strlen(hex) % 2 || len >= BEST_TEXT_CAP || hex[strspn(hex, "0123456789abcdef")] ||
        !hex_decode(hex, (uint8_t *)out, len))
        return false;
    out[len] = '\0';
    return strlen(out) == len; /* a text has no NUL */
}

static bool read_number(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return (*text == '-' || (*text >= '0' && *text <= '9')) && !*end && errno == 0;
}

bool best_read_place(struct best *b, const char *text)
{
    char    arrival[24];
    int64_t n;
    size_t  len = strcspn(text, ":");
    if (!text[len] || len >= sizeof arrival || strspn(text, "0123456789") != len)
        return false;
    memcpy(arrival, text, len);
    arrival[len] = '\0';
    b->after = (struct best_row){ 0 };
    b->has_after = true;
    if (!read_number(arrival, &n) || n < 1)
        return false;
    b->after.arrival = (uint64_t)n;
    return b->is_text ? read_text(text + len + 1, b->after.text) : read_number(text + len + 1, &b->after.number);
}
