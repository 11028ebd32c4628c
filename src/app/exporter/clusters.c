/* Metrics of the origin cluster: what co-workers are asked, and which of them answer. */
#include "app/cluster/coworkers.h"
#include "app/cluster/find.h"
#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "core/attr.h"

static int64_t is_up(const struct coworker *c)
{
    return c->aside_us == 0;
}

static int64_t answers_of(const struct coworker *c)
{
    return c->n_answers;
}

static int64_t failures_of(const struct coworker *c)
{
    return c->n_failures;
}

static const struct {
    enum mw_type type;
    const char  *name, *help;
    int64_t (*value)(const struct coworker *c);
} families[] = {
    { MW_GAUGE, "srs_coworker_up", "1 if the co-worker has answered last, 0 if it has not.", is_up },
    { MW_COUNTER, "srs_coworker_answers_total", "Questions that the co-worker has answered.", answers_of },
    { MW_COUNTER, "srs_coworker_failures_total", "Questions that it has not answered.", failures_of },
};

static void put_questions(struct mw *m)
{
    static const char *const names[] = {
        [CLUSTER_FOUND] = "found", [CLUSTER_NOBODY] = "nobody", [CLUSTER_NO_ANSWER] = "no_answer"
    };
    mw_family(m, MW_COUNTER, "srs_cluster_questions_total",
              "Streams that co-workers were asked for, by what was found.");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        mw_begin(m, NULL);
        mw_label(m, "result", names[i]);
        mw_int(m, cluster_counts()->n_found[i]);
    }
}

struct err *families_of_clusters(struct scrape *s)
{
    struct mw *m = &s->metrics;
    put_questions(m);
    for (size_t f = 0; f < ARRAY_LEN(families); f++) {
        const struct coworker *c;
        const char            *name;
        size_t                 at = 0;
        mw_family(m, families[f].type, families[f].name, families[f].help);
        while ((c = coworkers_next(&at, &name))) {
            mw_begin(m, NULL);
            mw_label(m, "coworker", name);
            mw_int(m, families[f].value(c));
        }
    }
    return scrape_give_way(s);
}
