/* Metrics of the programs of exec, transcode and ingest, one by one: at most PROCESSES_MAX run at once. */
#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "app/ffmpeg/progress.h"
#include "app/program/program.h"
#include "core/str.h"
#include "protocol/output_tail.h"
#include "protocol/process.h"

static void put_running(struct mw *m, const struct program *p)
{
    mw_int(m, program_is_running(p));
}

static void put_starts(struct mw *m, const struct program *p)
{
    mw_int(m, p->n_starts);
}

static void put_failures(struct mw *m, const struct program *p)
{
    mw_int(m, p->n_failures);
}

static void put_cpu(struct mw *m, const struct program *p)
{
    mw_us(m, p->process ? process_cpu_us(p->process) : 0);
}

static void put_speed(struct mw *m, const struct program *p)
{
    double speed = program_is_running(p) && p->tail ? progress_speed(p->tail->progress) : -1;
    mw_float(m, speed < 0 ? 0 : speed);
}

static const struct {
    enum mw_type type;
    const char  *name, *help;
    void (*put)(struct mw *m, const struct program *p);
} families[] = {
    { MW_GAUGE, "srs_program_running", "1 while the program runs.", put_running },
    { MW_COUNTER, "srs_program_starts_total", "Starts of the program.", put_starts },
    { MW_COUNTER, "srs_program_failures_total", "Failed starts, and ends by itself.", put_failures },
    { MW_COUNTER, "srs_program_cpu_seconds_total", "CPU time of the run of the program.", put_cpu },
    { MW_GAUGE, "srs_program_speed", "Speed that ffmpeg tells; 1 is real time, 0: it does not tell.", put_speed },
};

/*
 * The number of programs before this one that have the same labels: exec may run one program several times for a stream. All of
 * them are in one set.
 */
static int copies_before(const struct program *p)
{
    int n = 0;
    for (const struct list *it = p->link.prev; it != &p->set->items; it = it->prev) {
        const struct program *other = LIST_ENTRY(it, struct program, link);
        n += !other->is_leaving && str_equal(other->subject, p->subject) && str_equal(other->name, p->name);
    }
    return n;
}

static void put_program(struct mw *m, const struct program *p, void (*put)(struct mw *m, const struct program *p))
{
    char       number[16];
    struct str out = str_over(number, sizeof number);
    int        copies = copies_before(p);
    mw_begin(m, NULL);
    mw_label(m, "kind", p->set->kind->name);
    mw_label(m, "subject", p->subject);
    mw_label(m, "name", p->name);
    if (copies) {
        str_number(&out, copies + 1);
        mw_label(m, "copy", number);
    }
    put(m, p);
}

struct err *families_of_programs(struct scrape *s)
{
    struct mw  *m = &s->metrics;
    struct err *e = NULL;
    for (size_t f = 0; !e && f < ARRAY_LEN(families); f++) {
        struct roll_cursor    at = roll_seek(programs_of_all(), 0);
        const struct program *p;
        mw_family(m, families[f].type, families[f].name, families[f].help);
        while ((p = roll_next(programs_of_all(), &at)))
            if (!p->is_leaving)
                put_program(m, p, families[f].put);
        e = scrape_give_way(s); /* not between programs: the copies of a family are counted at one moment */
    }
    return e;
}
