#include "app/conf/line_diff.h"

#include <stdint.h>
#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/view.h"
#include "core/mask.h"
#include "core/mem.h"
#include "core/str.h"

/* Bytes that are secret, in the order of the text. */
struct secrets {
    struct range {
        size_t from, to;
    } * items;
    size_t count, cap;
};

enum { SECRETS_MAX = 1 << 20 };

/* Lines of one text: their beginnings, with the end of the last one behind them. */
struct lines {
    const struct conf_line_side *side;
    size_t                       begin, end; /* the part that differs */
    int                          first;      /* number of the line at `begin` */
    size_t                      *at;         /* of the lines that are compared */
    size_t                       n;
    struct secrets               secrets;
};

/* ---- lines --------------------------------------------------------------------------------------------------------- */

/* Where the line at `at` ends, and the next one begins. */
static size_t next_line(const struct lines *l, size_t at)
{
    const char *lf = memchr(l->side->text + at, '\n', l->end - at);
    return lf ? (size_t)(lf - l->side->text) + 1 : l->end;
}

/* Where the line begins that ends at `end`. */
static size_t last_line(const struct lines *l, size_t end)
{
    size_t at = end - 1;
    while (at > l->begin && l->side->text[at - 1] != '\n')
        at--;
    return at;
}

static bool is_same(const struct lines *a, size_t a_from, size_t a_to, const struct lines *b, size_t b_from,
                    size_t b_to)
{
    return a_to - a_from == b_to - b_from && memcmp(a->side->text + a_from, b->side->text + b_from, a_to - a_from) == 0;
}

static void skip_common_head(struct lines *a, struct lines *b)
{
    while (a->begin < a->end && b->begin < b->end) {
        size_t a_next = next_line(a, a->begin), b_next = next_line(b, b->begin);
        if (!is_same(a, a->begin, a_next, b, b->begin, b_next))
            return;
        a->begin = a_next;
        b->begin = b_next;
        a->first++;
        b->first++;
    }
}

static void skip_common_tail(struct lines *a, struct lines *b)
{
    while (a->begin < a->end && b->begin < b->end) {
        size_t a_last = last_line(a, a->end), b_last = last_line(b, b->end);
        if (!is_same(a, a_last, a->end, b, b_last, b->end))
            return;
        a->end = a_last;
        b->end = b_last;
    }
}

static bool split(struct lines *l)
{
    for (size_t at = l->begin; at < l->end; at = next_line(l, at))
        l->n++;
    l->at = mem_calloc(l->n + 1, sizeof *l->at);
    if (!l->at)
        return false;
    size_t i = 0;
    for (size_t at = l->begin; at < l->end; at = next_line(l, at))
        l->at[i++] = at;
    l->at[i] = l->end;
    return true;
}

/* ---- secrets ------------------------------------------------------------------------------------------------------- */

static bool add_secret(struct secrets *s, size_t from, size_t to)
{
    if (s->count == s->cap) {
        struct range *more = mem_grow(s->items, &s->cap, sizeof *more, SECRETS_MAX);
        if (!more)
            return false;
        s->items = more;
    }
    s->items[s->count++] = (struct range){ from, to };
    return true;
}

/* Recursion is bounded by CONF_DEPTH_MAX. */
static bool find_secrets(struct secrets *s, const char *file, const struct conf_block *block,
                         const struct conf_node *first)
{
    for (const struct conf_node *n = first; n; n = n->next) {
        const struct directive *row = block ? conf_row(block, n->name) : NULL;
        size_t                  name_end = n->begin + strlen(n->name);
        if (conf_view_is_secret(row, n) && str_equal(n->file, file) && name_end < n->stop &&
            !add_secret(s, name_end, n->stop))
            return false;
        if (!find_secrets(s, file, row ? row->children : NULL, n->first))
            return false;
    }
    return true;
}

/* Append words without the secrets of their URLs. A `;` before a blank ends a directive, and is no part of a value. */
static void put_words(struct str *out, const char *text, size_t len)
{
    const char *from = text, *end = text + len;
    for (const char *c = text; c < end; c++)
        if (*c == ';' && (c + 1 == end || c[1] == ' ' || c[1] == '\t')) {
            mask_append(out, from, (size_t)(c - from));
            str_text(out, ";");
            from = c + 1;
        }
    mask_append(out, from, (size_t)(end - from));
}

/* Append the line without its secrets. */
static void put_line(struct str *out, const struct lines *l, size_t from, size_t to)
{
    const char *text = l->side->text;
    for (size_t i = 0; i < l->secrets.count && from < to; i++) {
        const struct range *r = &l->secrets.items[i];
        if (r->to <= from || r->from >= to)
            continue;
        if (r->from > from)
            put_words(out, text + from, r->from - from);
        str_text(out, " " MASK_HIDDEN);
        from = r->to < to ? r->to : to;
    }
    if (from < to)
        put_words(out, text + from, to - from);
}

/* ---- the difference -------------------------------------------------------------------------------------------------- */

static bool tell(struct conf_line_diff *d, bool comes, const struct lines *l, size_t i)
{
    char       text[CONF_LINE_DIFF_TEXT_MAX];
    struct str out = str_over(text, sizeof text);
    size_t     from = l->at[i], to = l->at[i + 1];
    if (d->count == CONF_LINE_DIFF_MAX) {
        d->left_out++;
        return true;
    }
    while (to > from && (l->side->text[to - 1] == '\n' || l->side->text[to - 1] == '\r'))
        to--;
    put_line(&out, l, from, to);
    str_tame(out.buf, out.len);
    const char *copy = conf_arena_strdup(&d->arena, text);
    if (copy)
        d->lines[d->count++] = (struct conf_line){ .comes = comes, .number = l->first + (int)i, .text = copy };
    return copy != NULL;
}

/* The length of the longest part that lines i… of `a` and j… of `b` have in common stands at common[i * (b->n + 1) + j]. */
static void compare(uint16_t *common, const struct lines *a, const struct lines *b)
{
    size_t width = b->n + 1;
    for (size_t i = a->n; i-- > 0;)
        for (size_t j = b->n; j-- > 0;) {
            uint16_t down = common[(i + 1) * width + j], right = common[i * width + j + 1];
            bool     same = is_same(a, a->at[i], a->at[i + 1], b, b->at[j], b->at[j + 1]);
            common[i * width + j] =
                same ? (uint16_t)(common[(i + 1) * width + j + 1] + 1) : (down > right ? down : right);
        }
}

static bool tell_compared(struct conf_line_diff *d, const struct lines *a, const struct lines *b)
{
    size_t    width = b->n + 1, i = 0, j = 0;
    uint16_t *common = mem_calloc((a->n + 1) * width, sizeof *common);
    bool      is_good = common != NULL;
    if (common)
        compare(common, a, b);
    while (is_good && (i < a->n || j < b->n)) {
        if (i < a->n && j < b->n && is_same(a, a->at[i], a->at[i + 1], b, b->at[j], b->at[j + 1])) {
            i++;
            j++;
        } else if (i < a->n && (j == b->n || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            is_good = tell(d, false, a, i++);
        } else {
            is_good = tell(d, true, b, j++);
        }
    }
    mem_free(common);
    return is_good;
}

static bool tell_all(struct conf_line_diff *d, bool comes, const struct lines *l)
{
    bool is_good = true;
    for (size_t i = 0; i < l->n && is_good; i++)
        is_good = tell(d, comes, l, i);
    return is_good;
}

static bool tell_difference(struct conf_line_diff *d, const struct lines *a, const struct lines *b)
{
    if (a->n <= CONF_LINE_DIFF_COMPARED && b->n <= CONF_LINE_DIFF_COMPARED)
        return tell_compared(d, a, b);
    return tell_all(d, false, a) && tell_all(d, true, b);
}

static struct lines lines_of(const struct conf_line_side *side)
{
    return (struct lines){ .side = side, .end = side->len, .first = 1 };
}

static void forget(struct lines *l)
{
    mem_free(l->at);
    mem_free(l->secrets.items);
}

struct err *conf_line_diff(struct conf_line_diff *d, const char *file, const struct conf_line_side *before,
                           const struct conf_line_side *after)
{
    struct lines a = lines_of(before), b = lines_of(after);
    skip_common_head(&a, &b);
    skip_common_tail(&a, &b);
    d->lines = mem_calloc(CONF_LINE_DIFF_MAX, sizeof *d->lines);
    bool is_good = d->lines && split(&a) && split(&b) &&
                   find_secrets(&a.secrets, file, &conf_root_block, before->tree->root.first) &&
                   find_secrets(&b.secrets, file, &conf_root_block, after->tree->root.first) &&
                   tell_difference(d, &a, &b);
    forget(&a);
    forget(&b);
    return is_good ? NULL : err_no_memory();
}

void conf_line_diff_finish(struct conf_line_diff *d)
{
    mem_free(d->lines);
    conf_arena_finish(&d->arena);
    *d = (struct conf_line_diff){ 0 };
}
