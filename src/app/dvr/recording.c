#include "app/dvr/recording.h"

#include "core/mem.h"

struct dvr_recording *dvr_recording_create(const char *vhost, const char *app, const char *stream, const char *path)
{
    struct dvr_recording *r = mem_calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->refs = 1;
    ident_random(r->id, IDENT_LEN);
    r->vhost = mem_strdup(vhost);
    r->app = mem_strdup(app);
    r->stream = mem_strdup(stream);
    r->path = mem_strdup(path);
    if (!r->vhost || !r->app || !r->stream || !r->path)
        dvr_recording_unref(&r);
    return r;
}

struct dvr_recording *dvr_recording_ref(struct dvr_recording *r)
{
    r->refs++;
    return r;
}

void dvr_recording_unref(struct dvr_recording **rp)
{
    struct dvr_recording *r = *rp;
    *rp = NULL;
    if (!r || --r->refs > 0)
        return;
    gaps_finish(&r->gaps);
    mem_free(r->vhost);
    mem_free(r->app);
    mem_free(r->stream);
    mem_free(r->path);
    mem_free(r);
}

void dvr_recording_move(struct dvr_recording *r, const char *path)
{
    char *copy = mem_strdup(path);
    if (!copy)
        return;
    mem_free(r->path);
    r->path = copy;
}

void dvr_recording_note_found(struct dvr_recording *r, int64_t now_us, int64_t wall_us)
{
    r->found_us = now_us;
    r->ended_us = now_us - (wall_us > r->end_us ? wall_us - r->end_us : 0);
}

int64_t dvr_recording_age_us(const struct dvr_recording *r, int64_t now_us, int64_t wall_us)
{
    int64_t age_us = now_us - r->ended_us;
    if (r->found_us == 0)
        return age_us;
    if (now_us - r->found_us < DVR_FOUND_US)
        return 0;
    return age_us < wall_us - r->end_us ? age_us : wall_us - r->end_us;
}

void dvr_recording_write(const struct dvr_recording *r, int64_t duration_us, int64_t bytes, struct jw *j)
{
    jw_string(j, "id", r->id);
    jw_string(j, "vhost", r->vhost);
    jw_string(j, "app", r->app);
    jw_string(j, "stream", r->stream);
    jw_int(j, "begin_ms", r->begin_us / US_PER_MS);
    jw_int(j, "end_ms", r->end_us / US_PER_MS);
    jw_int(j, "duration_ms", duration_us / US_PER_MS);
    jw_int(j, "bytes", bytes);
    gaps_write(&r->gaps, j);
    jw_int(j, "gaps_left_out", (int64_t)r->gaps.n_left_out);
}
