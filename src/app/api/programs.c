/* The programs that the server supervises: those of exec, transcode and ingest. SRS has no such endpoint. */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/listing.h"
#include "app/ffmpeg/progress.h"
#include "app/program/program.h"
#include "core/clock.h"
#include "core/str.h"
#include "protocol/output_tail.h"
#include "protocol/process.h"

static const char *state_of(const struct program *p)
{
    if (p->is_leaving)
        return "leaving";
    if (!p->process)
        return "waiting";
    return process_state(p->process) == PROCESS_STARTING ? "starting" : "running";
}

static void put_number(struct jw *j, const char *key, double number)
{
    if (number < 0)
        jw_null(j, key);
    else
        jw_fixed(j, key, number);
}

static void put_program(struct api_reply *r, const char *key, const void *member)
{
    const struct program *p = member;
    struct jw            *j = &r->json;
    bool                  runs = program_is_running(p);
    int64_t               now = now_us(), alive_us = runs ? now - p->began_us : 0;
    int64_t               cpu_us = runs ? process_cpu_us(p->process) : 0;
    const char           *progress = p->tail ? p->tail->progress : "";
    jw_object(j, key);
    jw_string(j, "kind", p->set->kind->name);
    jw_string(j, "subject", p->subject);
    jw_string(j, "name", p->name);
    jw_string(j, "target", p->target ? p->target : "");
    jw_string(j, "state", state_of(p));
    jw_int(j, "pid", runs ? process_id(p->process) : 0);
    jw_int(j, "starts", p->n_starts);
    jw_int(j, "failures", p->n_failures);
    jw_int(j, "alive_ms", alive_us / US_PER_MS);
    jw_int(j, "next_start_ms", !p->process && p->start_us > now ? (p->start_us - now) / US_PER_MS : 0);
    jw_int(j, "cpu_ms", cpu_us / US_PER_MS);
    jw_fixed(j, "cpu_percent", alive_us > 0 ? 100.0 * (double)cpu_us / (double)alive_us : 0);
    put_number(j, "speed", runs ? progress_speed(progress) : -1);
    put_number(j, "fps", runs ? progress_fps(progress) : -1);
    jw_string(j, "ended", p->reason);
    jw_string(j, "error", r->shows_secrets ? program_last_error(p) : "");
    jw_object_end(j);
}

/* `stream` is a URL as in the list of streams: those that read it, and those that publish it. */
static bool takes(const struct filter *f, const struct api_reply *r, const void *member)
{
    const struct program *p = member;
    (void)r;
    return (!f->stream || str_equal(f->stream, p->subject) || str_equal(f->stream, p->target)) &&
           (!f->search || strcasestr(p->subject, f->search) || strcasestr(p->name, f->search));
}

static struct err *write_programs(struct api_reply *r)
{
    const struct listing list = {
        .key = "programs",
        .members = programs_of_all(),
        .paged = true,
        .takes = takes,
        .put = put_program,
    };
    return listing_put_page(r, &list);
}

struct err *api_programs(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_programs);
}
