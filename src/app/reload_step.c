#include "app/reload_step.h"

/* Prepare the steps in order, until one fails. Returns the number of steps that began to prepare, the failed one included. */
static size_t prepare(const struct reload_step *steps, struct server *s, struct conf *next, struct err **e)
{
    size_t n = 0;
    *e = NULL;
    for (; !*e && steps[n].name; n++)
        if (steps[n].prepare)
            *e = steps[n].prepare(s, next);
    return n;
}

static void undo(const struct reload_step *steps, size_t n, struct server *s, const struct conf *refused)
{
    while (n-- > 0)
        if (steps[n].undo)
            steps[n].undo(s, refused);
}

struct err *reload_steps_take(const struct reload_step *steps, struct server *s, struct conf *next)
{
    struct err *e;
    size_t      n = prepare(steps, s, next, &e);
    if (e) {
        undo(steps, n, s, next);
        return e;
    }
    struct conf *before = s->conf;
    s->conf = conf_ref(next);
    for (size_t i = 0; i < n; i++)
        if (steps[i].commit)
            steps[i].commit(s, before);
    conf_unref(&before);
    return NULL;
}
