#include "app/conf/value.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf/duration.h"
#include "core/str.h"

/* The word that counts. *written: the user wrote it. */
static const char *pick_word(const struct directive *row, const struct conf_node *node, bool *written)
{
    const char *word = conf_node_word(node);
    if (!word && node && (row->flags & CONF_EMPTY_COUNTS))
        word = "";
    *written = word;
    if (!word)
        word = row->def;
    return word ? word : "";
}

static bool read_switch(const struct directive *row, const char *word, struct str *complaint)
{
    bool on = strcmp(word, "on") == 0, off = strcmp(word, "off") == 0;
    if (!on && !off) {
        bool by_default = row->def && strcmp(row->def, "on") == 0;
        bool only_off = row->flags & CONF_ON_UNLESS_OFF || (by_default && !(row->flags & CONF_OFF_UNLESS_ON));
        on = only_off;
        str_printf(complaint, "neither on nor off, taken as %s", on ? "on" : "off");
    }
    return on;
}

static int64_t unit_us(enum conf_type type)
{
    switch (type) {
    case CONF_SECONDS:
    case CONF_SECONDS_FLOAT:
    case CONF_DURATION: return 1000000;
    case CONF_MS:
    case CONF_MS_FLOAT: return 1000;
    default: return 1;
    }
}

static bool is_fractional(enum conf_type type)
{
    return type == CONF_FLOAT || type == CONF_SECONDS_FLOAT || type == CONF_MS_FLOAT || type == CONF_DURATION;
}

/* As atoi, which keeps the low bits of a number that does not fit; for CONF_INT64 as atoll. */
static double read_whole(const struct directive *row, const char *word, int64_t *exact, struct str *complaint)
{
    char *end;
    errno = 0;
    long long n = strtoll(word, &end, 10);
    *exact = row->type == CONF_INT64 ? n : (int)(unsigned)(unsigned long long)n;
    if (errno == ERANGE || *exact != n)
        str_printf(complaint, "too large a number, taken as %" PRId64, *exact);
    else if (end == word || *end)
        str_printf(complaint, "not a whole number, taken as %" PRId64, *exact);
    return (double)*exact;
}

static double read_fraction(const struct directive *row, const char *word, struct str *complaint)
{
    enum { LARGE = 1000000000 }; /* keeps seconds in microseconds within 64 bits */
    char  *end;
    double seconds;
    if (row->type == CONF_DURATION && conf_duration_parse(word, &seconds))
        return seconds;
    double v = strtod(word, &end);
    bool   clean = end != word && !*end;
    if (!isfinite(v) || fabs(v) > LARGE) {
        v = isnan(v) ? 0 : v > 0 ? LARGE : -LARGE;
        clean = false;
    }
    if (!clean)
        str_printf(complaint, "not a usable number, taken as %g", v);
    return v;
}

static double hold_bounds(const struct directive *row, double v, struct str *complaint)
{
    if (row->min >= row->max || (v >= row->min && v <= row->max))
        return v;
    double taken = row->flags & CONF_OUTSIDE_IS_DEFAULT ? strtod(row->def, NULL) : v < row->min ? row->min : row->max;
    if (complaint->len)
        str_printf(complaint, "; ");
    str_printf(complaint, "not within %.15g and %.15g, taken as %.15g", row->min, row->max, taken);
    return taken;
}

static void read_number(const struct directive *row, const char *word, struct conf_value *v, struct str *complaint)
{
    int64_t exact = 0;
    double  read =
        is_fractional(row->type) ? read_fraction(row, word, complaint) : read_whole(row, word, &exact, complaint);
    double held = hold_bounds(row, read, complaint);
    v->real = held;
    if (is_fractional(row->type))
        v->integer = (int64_t)(held * (double)unit_us(row->type));
    else
        v->integer = (held == read ? exact : (int64_t)held) * unit_us(row->type);
}

static int read_enum(const struct directive *row, const char *word, struct str *complaint)
{
    for (int i = 0; row->words[i]; i++)
        if (strcmp(row->words[i], word) == 0)
            return i;
    if (!word[0])
        return row->def ? 0 : -1;
    str_printf(complaint, "none of");
    for (int i = 0; row->words[i]; i++)
        str_printf(complaint, "%s %s", i ? "," : "", row->words[i]);
    if (row->other >= 0)
        str_printf(complaint, "; taken as %s", row->words[row->other]);
    return row->other;
}

struct conf_value conf_value_judge(const struct directive *row, const struct conf_node *node, char *complaint,
                                   size_t cap)
{
    struct str        out = str_over(complaint, cap);
    struct conf_value v = { 0 };
    v.text = pick_word(row, node, &v.written);
    switch (row->type) {
    case CONF_BOOL: v.on = read_switch(row, v.text, &out); break;
    case CONF_INT:
    case CONF_INT64:
    case CONF_FLOAT:
    case CONF_SECONDS:
    case CONF_SECONDS_FLOAT:
    case CONF_MS:
    case CONF_MS_FLOAT:
    case CONF_DURATION:
        if (v.text[0] || v.written)
            read_number(row, v.text, &v, &out);
        break;
    case CONF_ENUM: v.integer = read_enum(row, v.text, &out); break;
    default: break;
    }
    return v;
}

struct conf_value conf_value(const struct directive *row, const struct conf_node *node)
{
    char complaint[CONF_VALUE_TEXT_MAX];
    return conf_value_judge(row, node, complaint, sizeof complaint);
}

static void show_words(struct str *out, const struct directive *row, const struct conf_node *node)
{
    if (!node || (!node->n_args && row->type == CONF_LIST && row->def))
        str_printf(out, "%s", row->def ? row->def : "");
    for (size_t i = 0; node && i < node->n_args && !out->cut; i++)
        str_printf(out, "%s%s", i ? " " : "", node->args[i]);
}

const char *conf_value_show(const struct directive *row, const struct conf_node *node, char *buf, size_t cap)
{
    struct str        out = str_over(buf, cap);
    struct conf_value v = conf_value(row, node);
    switch (row->type) {
    case CONF_BOOL: str_printf(&out, "%s", v.on ? "on" : "off"); break;
    case CONF_INT:
    case CONF_INT64:
    case CONF_SECONDS:
    case CONF_MS:
        if (v.text[0])
            str_printf(&out, "%" PRId64, v.integer / unit_us(row->type));
        break;
    case CONF_FLOAT:
    case CONF_SECONDS_FLOAT:
    case CONF_MS_FLOAT: str_printf(&out, "%g", v.real); break;
    case CONF_ENUM: str_printf(&out, "%s", v.integer >= 0 && v.text[0] ? row->words[v.integer] : v.text); break;
    case CONF_DURATION:
    case CONF_STRING: str_printf(&out, "%s", v.text); break;
    default: show_words(&out, row, node); break;
    }
    return buf;
}
