#include "app/doctor/nearest.h"

#include <ctype.h>
#include <string.h>

#include "app/server/server.h"
#include "core/str.h"

/* Letters that may differ; of short names, at most one letter in three. */
enum { FAR = 2, LETTERS_A_SLIP = 3 };

/* Costs: an other app or vhost with the same stream is nearer than another spelling. */
enum { COST_VHOST = 1, COST_APP = 2, COST_LETTER = 4 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t n = a < b ? a : b;
    return n < c ? n : c;
}

/*
 * Levenshtein's distance, by one row, of which only the cells that are at most `max` from the diagonal count: all others are farther
 * than `max`.
 */
size_t nearest_distance(const char *a, const char *b, size_t max)
{
    size_t row[NEAREST_NAME_MAX + 2] = { 0 }, n = strlen(a), m = strlen(b), far = max + 1;
    if (n > NEAREST_NAME_MAX || m > NEAREST_NAME_MAX || (n > m ? n - m : m - n) > max)
        return far;
    for (size_t j = 0; j <= m + 1; j++)
        row[j] = j < far ? j : far;
    for (size_t i = 1; i <= n; i++) {
        size_t first = i > max ? i - max : 1, last = i + max < m ? i + max : m;
        size_t diagonal = row[first - 1];
        row[first - 1] = first == 1 && i < far ? i : far;
        for (size_t j = first; j <= last; j++) {
            bool   same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t up = row[j];
            row[j] = least(diagonal + !same, up + 1, row[j - 1] + 1);
            diagonal = up;
        }
        row[last + 1] = far;
    }
    return row[m] < far ? row[m] : far;
}

static size_t slips_allowed(const char *name)
{
    size_t n = strlen(name) / LETTERS_A_SLIP;
    return n < FAR ? n : FAR;
}

/* 0: not near. The smaller, the nearer. */
static size_t cost_of(const struct source *s, const char *vhost, const char *app, const char *stream)
{
    bool   same_vhost = str_equal_nocase(s->vhost->name, vhost), same_app = str_equal_nocase(s->app, app);
    size_t max = slips_allowed(stream), letters = nearest_distance(s->stream, stream, max);
    if (letters > max)
        return 0;
    return 1 + (same_vhost ? 0 : COST_VHOST) + (same_app ? 0 : COST_APP) + COST_LETTER * letters;
}

const char *nearest_stream(const struct server *s, const char *vhost, const char *app, const char *stream,
                           bool *other_vhost)
{
    const struct source *found = NULL, *next;
    size_t               best = 0, n = 0;
    struct roll_cursor   at = roll_seek(&s->registry.stream_roll, 0);
    while (n++ < NEAREST_LOOKED_MAX && (next = roll_next(&s->registry.stream_roll, &at))) {
        size_t cost = source_is_live(next) ? cost_of(next, vhost, app, stream) : 0;
        if (cost && (!found || cost < best)) {
            found = next;
            best = cost;
        }
    }
    *other_vhost = found && best == 1 + COST_VHOST;
    return found ? found->identity : NULL;
}

const char *nearest_vhost(const struct conf *conf, const char *name)
{
    const char *found = NULL;
    size_t      best = slips_allowed(name) + 1;
    for (size_t i = 0; i < conf->n_vhosts && i < NEAREST_LOOKED_MAX; i++) {
        size_t n = nearest_distance(conf->vhosts[i].name, name, best);
        if (n < best && conf->vhosts[i].enabled) {
            best = n;
            found = conf->vhosts[i].name;
        }
    }
    return found;
}
