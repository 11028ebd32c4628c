#include "app/conf/spell.h"

#include <string.h>

#include "core/str.h"

enum { LONGEST = 64, FAR = 1000 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The number of edits (insert, delete, replace, swap of neighbours) between two words. Longer words are far apart. */
static int distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return FAR;
    int  rows[3][LONGEST + 1]; /* rows of the table of optimal string alignment: two above, one above, this one */
    int *above2 = rows[0], *above = rows[1], *row = rows[2];
    memset(rows, 0, sizeof rows);
    for (size_t j = 0; j <= m; j++)
        above[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], above2[j - 2] + 1);
        }
        int *spare = above2;
        above2 = above;
        above = row;
        row = spare;
    }
    return above[m];
}

static const struct directive *nearest(const struct conf_block *block, const char *name, unsigned legacy)
{
    const struct directive *best = NULL;
    int                     best_distance = strlen(name) < 5 ? 2 : 3; /* fewer edits than this are near enough */
    for (size_t i = 0; i < block->n_rows; i++) {
        int d = distance(block->rows[i].name, name);
        if (d < best_distance && (block->rows[i].flags & CONF_LEGACY) == legacy) {
            best_distance = d;
            best = &block->rows[i];
        }
    }
    return best;
}

/* Count the blocks that have the name; the path of the last one goes to `found`. Recursion follows the table. */
static int places_of(const struct conf_block *block, const char *path, const char *name, char *found, size_t cap)
{
    int n = 0;
    for (size_t i = 0; i < block->n_rows; i++) {
        const struct directive *row = &block->rows[i];
        if (row->flags & CONF_LEGACY)
            continue;
        if (strcmp(row->name, name) == 0) {
            n++;
            str_copy(found, cap, path[0] ? path : "the root");
        }
        if (row->type == CONF_BLOCK) {
            char below[CONF_PATH_MAX];
            n += places_of(row->children, conf_path_join(path, row->name, below, sizeof below), name, found, cap);
        }
    }
    return n;
}

const char *conf_spell_hint(const struct conf_block *block, const char *name, char *buf, size_t cap)
{
    struct str              out = str_over(buf, cap);
    const struct directive *near = nearest(block, name, 0);
    char                    place[CONF_PATH_MAX];
    if (!near)
        near = nearest(block, name, CONF_LEGACY);
    if (places_of(&conf_root_block, "", name, place, sizeof place) == 1)
        str_printf(&out, " (it belongs in %s)", place);
    else if (near)
        str_printf(&out, " (did you mean \"%s\"?)", near->name);
    return buf;
}
