#include "app/dvr/rescue.h"

#include <pthread.h>
#include <sys/stat.h>

#include "app/dvr/complete.h"
#include "app/dvr/note.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/co.h"

static struct {
    pthread_mutex_t lock;     /* held while a file is completed: the look and a recorder may want the same one */
    int64_t         began_us; /* wall clock at the start */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- on a thread ------------------------------------------------------------------------------------------------- */

/* The time of the last change. */
static int64_t us_of(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * US_PER_SECOND + st->st_mtim.tv_nsec / 1000;
}

static bool is_left(const char *temporary)
{
    struct stat st;
    return lstat(temporary, &st) == 0 && S_ISREG(st.st_mode) && us_of(&st) <= state.began_us;
}

/* What the note of the temporary file says, and when the server was killed. */
static struct dvr_recording *recording_of(const char *temporary, struct dvr_facts *facts)
{
    struct dvr_recording *r = note_read(temporary);
    struct stat           st;
    if (!r)
        return NULL;
    if (stat(temporary, &st) == 0)
        r->end_us = us_of(&st);
    facts->duration_us = r->end_us > r->begin_us ? r->end_us - r->begin_us : 0; /* unless the format knows better */
    return r;
}

static void complete_left(struct dvr_rescued *out, const struct dvr_format *format, const char *temporary,
                          const char *path)
{
    struct dvr_facts facts = { 0 };
    out->recording = recording_of(temporary, &facts);
    err_free(dvr_complete(format, temporary, path, &out->final, &facts, out->recording, true));
    if (!out->final)
        dvr_recording_unref(&out->recording);
    if (!out->recording)
        return;
    dvr_recording_move(out->recording, out->final);
    out->recording->duration_us = facts.duration_us;
    out->recording->bytes = facts.bytes;
    out->recording->tail = facts.tail;
}

struct dvr_rescued dvr_rescue_file(const struct dvr_format *format, const char *temporary, const char *path)
{
    struct dvr_rescued r = { 0 };
    pthread_mutex_lock(&state.lock);
    if (is_left(temporary))
        complete_left(&r, format, temporary, path);
    pthread_mutex_unlock(&state.lock);
    return r;
}

/* ---- the beginning ------------------------------------------------------------------------------------------------ */

static bool is_recorded(const struct conf *conf)
{
    size_t i = 0;
    while (i < conf->n_vhosts && !conf->vhosts[i].dvr.enabled)
        i++;
    return i < conf->n_vhosts;
}

struct err *dvr_rescue_begin(const struct conf *conf)
{
    /* The times of files have the steps of the kernel's tick, at most 10 ms. */
    enum { CLOCK_STEP_US = 20 * US_PER_MS };
    state.began_us = wall_now_us();
    return is_recorded(conf) ? co_sleep(CLOCK_STEP_US) : NULL;
}
