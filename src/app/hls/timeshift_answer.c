#include "app/hls/timeshift_answer.h"

#include <string.h>

#include "app/hls/playlist_text.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* The time that a look may take, and a request may wait for its turn. */
enum { LOOK_US = 5 * US_PER_SECOND };

static struct {
    struct hls_timeshift_answer *kept[HLS_TIMESHIFT_KEPT_MAX];
    struct list                  waiting; /* struct turn, the first comer first */
    size_t                       n_waiting, n_looks;
} state = { .waiting = { &state.waiting, &state.waiting } };

/* ---- answers ---- */

void hls_timeshift_answer_unref(struct hls_timeshift_answer **ap)
{
    struct hls_timeshift_answer *a = *ap;
    *ap = NULL;
    if (!a || --a->refs > 0)
        return;
    hls_playlist_text_unref(&a->media);
    hls_timeshift_view_finish(&a->view);
    mem_free(a->question);
    mem_free(a);
}

void hls_timeshift_answers_finish(void)
{
    for (size_t i = 0; i < HLS_TIMESHIFT_KEPT_MAX; i++)
        hls_timeshift_answer_unref(&state.kept[i]);
}

/* The kept answer to a question, with a reference; old ones are forgotten. */
static struct hls_timeshift_answer *find_kept(const char *question)
{
    struct hls_timeshift_answer *found = NULL;
    int64_t                      since_us = now_us() - HLS_TIMESHIFT_KEPT_US;
    for (size_t i = 0; i < HLS_TIMESHIFT_KEPT_MAX; i++) {
        if (state.kept[i] && state.kept[i]->made_us < since_us)
            hls_timeshift_answer_unref(&state.kept[i]);
        if (state.kept[i] && strcmp(state.kept[i]->question, question) == 0)
            found = state.kept[i];
    }
    if (found)
        found->refs++;
    return found;
}

/* Keep it in place of the oldest. */
static void keep(struct hls_timeshift_answer *a)
{
    size_t at = 0;
    for (size_t i = 0; i < HLS_TIMESHIFT_KEPT_MAX && state.kept[at]; i++)
        if (!state.kept[i] || state.kept[i]->made_us < state.kept[at]->made_us)
            at = i;
    hls_timeshift_answer_unref(&state.kept[at]);
    a->refs++;
    state.kept[at] = a;
}

/* ---- turns ---- */

struct turn {
    struct list link;
    struct co  *co;
};

static struct err *take_turn(void)
{
    struct turn t = { .co = co_self() };
    struct err *e = NULL;
    int64_t     deadline_us = now_us() + LOOK_US;
    if (state.n_looks < HLS_TIMESHIFT_LOOKS_MAX && list_is_empty(&state.waiting)) {
        state.n_looks++;
        return NULL;
    }
    if (state.n_waiting == HLS_TIMESHIFT_WAITING_MAX)
        return err_new(E_LIMIT, "too many requests wait for the index of timeshift");
    list_push(&state.waiting, &t.link);
    state.n_waiting++;
    while (!e && (state.n_looks == HLS_TIMESHIFT_LOOKS_MAX || state.waiting.next != &t.link))
        e = co_park(deadline_us);
    list_remove(&t.link);
    state.n_waiting--;
    if (!e)
        state.n_looks++;
    if (!list_is_empty(&state.waiting)) /* Another turn may be free, or the first place. */
        co_unpark(LIST_ENTRY(state.waiting.next, struct turn, link)->co);
    return e;
}

static void end_turn(void)
{
    state.n_looks--;
    if (!list_is_empty(&state.waiting))
        co_unpark(LIST_ENTRY(state.waiting.next, struct turn, link)->co);
}

/* ---- looks ---- */

/* A thread may still look when nobody waits any more: it has copies of all texts. */
struct looking {
    struct offload_job          job;
    struct hls_timeshift_wanted wanted;
    struct hls_timeshift_view   view;
    struct err                 *e;
    char                        texts[];
};

static void work(struct offload_job *job)
{
    struct looking *l = CONTAINER_OF(job, struct looking, job);
    l->e = hls_timeshift_look(&l->view, &l->wanted);
}

static void drop(struct offload_job *job)
{
    struct looking *l = CONTAINER_OF(job, struct looking, job);
    hls_timeshift_view_finish(&l->view);
    err_free(l->e);
    mem_free(l);
}

static struct looking *make(const struct hls_timeshift_wanted *w)
{
    size_t          len = strlen(w->folder) + strlen(w->entry_prefix) + strlen(w->key_url) + 3;
    struct looking *l = mem_calloc(1, sizeof *l + len);
    if (!l)
        return NULL;
    char *at = l->texts;
    l->job = (struct offload_job){ .work = work, .drop = drop };
    l->wanted = *w;
    l->wanted.folder = str_pack(&at, w->folder, strlen(w->folder));
    l->wanted.entry_prefix = str_pack(&at, w->entry_prefix, strlen(w->entry_prefix));
    l->wanted.key_url = str_pack(&at, w->key_url, strlen(w->key_url));
    return l;
}

static struct err *make_answer(struct hls_timeshift_answer **out, const char *question, struct looking *l)
{
    struct hls_timeshift_answer *a = mem_calloc(1, sizeof *a);
    if (!a)
        return err_no_memory();
    *a = (struct hls_timeshift_answer){ .refs = 1, .question = mem_strdup(question), .made_us = now_us() };
    a->view = l->view;
    l->view = (struct hls_timeshift_view){ 0 };
    struct err *e = a->question ? NULL : err_no_memory();
    if (!e && a->view.result == HLS_TIMESHIFT_FOUND)
        e = hls_playlist_text_new(&a->media, &a->view.text);
    if (e)
        hls_timeshift_answer_unref(&a);
    *out = a;
    return e;
}

static struct err *look(struct hls_timeshift_answer **out, const char *question, const struct hls_timeshift_wanted *w)
{
    struct looking *l = make(w);
    if (!l)
        return err_no_memory();
    struct err *e = offload(OFFLOAD_READ, &l->job, now_us() + LOOK_US);
    if (e)
        return err_wrap(e, "the index of timeshift");
    e = l->e;
    l->e = NULL;
    if (!e)
        e = make_answer(out, question, l);
    drop(&l->job);
    if (!e)
        keep(*out);
    return e;
}

struct err *hls_timeshift_ask(struct hls_timeshift_answer **out, const char *question,
                              const struct hls_timeshift_wanted *w)
{
    if ((*out = find_kept(question)))
        return NULL;
    struct err *e = take_turn();
    if (e)
        return e;
    if (!(*out = find_kept(question))) /* Another request may have asked the same meanwhile. */
        e = look(out, question, w);
    end_turn();
    return e;
}
