#include "app/sound/converter.h"

#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/offload.h"

/* Most that one job may bring: seconds of sound, with all the silence that may be put in. */
enum { BYTES_MAX = 8 << 20, PACKETS_MAX = 16384 };

static struct sound_totals totals;

/* A packet among the bytes of its job. */
struct piece {
    struct sound_packet packet;
    size_t              at;
};

struct sound_converter {
    struct offload_job job;
    char              *name;
    struct sound_wish  wish;
    void (*made)(void *arg, const struct sound_packet *packet);
    void               *arg;
    struct frame       *waiting[SOUND_WAITING_MAX];
    int                 n_waiting;
    int64_t             n_dropped;
    bool                works;      /* The fields of the job are the thread's. */
    bool                left;       /* The owner has gone. */
    bool                has_failed; /* Sound cannot be converted here. */
    struct sound_counts told;       /* by the last job */

    /* What the job on the thread uses. */
    struct frame       *taken[SOUND_WAITING_MAX];
    int                 n_taken;
    struct transcoder  *transcoder; /* NULL: the job makes it */
    char                why[TRANSCODER_WHY_CAP];
    struct buf          bytes;
    struct piece       *pieces;
    size_t              n_pieces, pieces_cap;
    struct sound_counts counts;
};

/* ---- on a thread ---- */

static void keep(void *arg, const struct sound_packet *packet)
{
    struct sound_converter *c = arg;
    if (c->n_pieces == c->pieces_cap) {
        struct piece *larger = mem_grow(c->pieces, &c->pieces_cap, sizeof *larger, PACKETS_MAX);
        if (!larger)
            return;
        c->pieces = larger;
    }
    size_t at = c->bytes.len;
    buf_append(&c->bytes, packet->bytes, packet->len);
    if (!c->bytes.fault)
        c->pieces[c->n_pieces++] = (struct piece){ *packet, at };
}

static void work(struct offload_job *job)
{
    struct sound_converter *c = CONTAINER_OF(job, struct sound_converter, job);
    if (!c->transcoder && !(c->transcoder = transcoder_new(&c->wish, c->why)))
        return;
    for (int i = 0; i < c->n_taken; i++)
        transcoder_take(c->transcoder, c->taken[i], keep, c);
    c->counts = transcoder_counts(c->transcoder);
}

/* ---- on the loop ---- */

static void destroy(struct sound_converter *c)
{
    for (int i = 0; i < c->n_waiting; i++)
        frame_unref(&c->waiting[i]);
    transcoder_free(&c->transcoder);
    buf_finish(&c->bytes);
    mem_free(c->pieces);
    mem_free(c->name);
    mem_free(c);
}

static void hand_out(struct sound_converter *c)
{
    for (size_t i = 0; i < c->n_pieces && !c->left; i++) {
        struct sound_packet packet = c->pieces[i].packet;
        packet.bytes = (const uint8_t *)c->bytes.bytes + c->pieces[i].at;
        c->made(c->arg, &packet);
    }
    c->n_pieces = 0;
    buf_rewind(&c->bytes, 0);
}

static void start_job(struct sound_converter *c)
{
    memcpy(c->taken, c->waiting, sizeof c->waiting);
    c->n_taken = c->n_waiting;
    c->n_waiting = 0;
    c->works = true;
    struct err *e = offload_start(OFFLOAD_SOUND, &c->job);
    if (!e)
        return;
    c->works = false;
    c->n_waiting = c->n_taken; /* The next frame tries again. */
    c->n_taken = 0;
    err_free(e);
}

static void drop(struct offload_job *job)
{
    struct sound_converter *c = CONTAINER_OF(job, struct sound_converter, job);
    for (int i = 0; i < c->n_taken; i++)
        frame_unref(&c->taken[i]);
    c->n_taken = 0;
    if (!c->transcoder && !job->refused && !c->left) {
        c->has_failed = true;
        log_warn("sound of %s cannot be converted: %s", c->name, c->why);
    }
    hand_out(c);
    c->works = false;
    totals.n_frames += c->counts.n_frames - c->told.n_frames;
    totals.n_errors += c->counts.n_errors - c->told.n_errors;
    c->told = c->counts;
    if (c->left)
        destroy(c);
    else if (c->n_waiting >= SOUND_BATCH && !job->refused)
        start_job(c);
}

struct err *sound_converter_new(struct sound_converter **cp, const char *name, const struct sound_wish *wish,
                                void (*made)(void *arg, const struct sound_packet *packet), void *arg)
{
    struct sound_converter *c = mem_calloc(1, sizeof *c);
    *cp = NULL;
    if (!c || !(c->name = mem_strdup(name))) {
        mem_free(c);
        return err_no_memory();
    }
    c->job.work = work;
    c->job.drop = drop;
    c->wish = *wish;
    c->made = made;
    c->arg = arg;
    c->bytes = buf_up_to(BYTES_MAX);
    totals.n_converters++;
    *cp = c;
    return NULL;
}

void sound_converter_free(struct sound_converter **cp)
{
    struct sound_converter *c = *cp;
    *cp = NULL;
    if (!c)
        return;
    c->left = true;
    totals.n_converters--;
    if (!c->works)
        destroy(c);
}

/* Drop the oldest frame that waits, but no configuration, without which those after it are of no use. */
static void make_room(struct sound_converter *c)
{
    int oldest = 0;
    for (int i = c->n_waiting - 1; i >= 0; i--)
        if (!c->waiting[i]->config)
            oldest = i;
    frame_unref(&c->waiting[oldest]);
    c->n_waiting--;
    c->n_dropped++;
    totals.n_dropped++;
    memmove(&c->waiting[oldest], &c->waiting[oldest + 1], (size_t)(c->n_waiting - oldest) * sizeof c->waiting[0]);
}

void sound_converter_put(struct sound_converter *c, struct frame *f)
{
    if (c->has_failed)
        return;
    if (c->n_waiting == SOUND_WAITING_MAX)
        make_room(c);
    c->waiting[c->n_waiting++] = frame_ref(f);
    if (!c->works && c->n_waiting >= SOUND_BATCH)
        start_job(c);
}

struct sound_totals sound_converter_totals(void)
{
    return totals;
}

struct sound_counts sound_converter_counts(const struct sound_converter *c)
{
    return c->told;
}

int64_t sound_converter_dropped(const struct sound_converter *c)
{
    return c->n_dropped;
}
