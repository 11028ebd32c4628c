#include "app/dvr/counts.h"

#include "core/map.h"
#include "core/mem.h"

static struct map         by_source; /* id of a source → struct dvr_counts */
static struct dvr_counts  all;
static struct dvr_removed removed[DVR_REMOVERS];

void dvr_counts_begin(const char *source_id)
{
    struct dvr_counts *c = map_find(&by_source, source_id) ? NULL : mem_calloc(1, sizeof *c);
    if (c && !map_put(&by_source, source_id, c))
        mem_free(c);
}

void dvr_counts_end(const char *source_id)
{
    mem_free(map_remove(&by_source, source_id));
    if (by_source.count == 0)
        map_finish(&by_source);
}

static void add(struct dvr_counts *to, const struct dvr_counts *more)
{
    to->n_open += more->n_open;
    to->bytes += more->bytes;
    to->n_files += more->n_files;
    to->n_failures += more->n_failures;
    for (int i = 0; i < GAP_REASONS; i++) {
        to->n_gaps[i] += more->n_gaps[i];
        to->gaps_us[i] += more->gaps_us[i];
    }
}

void dvr_count(const char *source_id, const struct dvr_counts *more)
{
    struct dvr_counts *c = map_find(&by_source, source_id);
    add(&all, more);
    if (c)
        add(c, more);
}

void dvr_count_removed(enum dvr_removed_by by, int64_t bytes)
{
    removed[by].n_files++;
    removed[by].bytes += bytes;
}

const struct dvr_counts *dvr_counts_of(const char *source_id)
{
    return map_find(&by_source, source_id);
}

const struct dvr_counts *dvr_counts_of_all(void)
{
    return &all;
}

struct dvr_removed dvr_counts_removed(enum dvr_removed_by by)
{
    return removed[by];
}
