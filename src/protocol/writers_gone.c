#include "protocol/writers_gone.h"

#include "core/clock.h"
#include "protocol/co.h"

enum { N_BUCKETS = 1024 };

static struct {
    uint64_t    n;                  /* that have gone so far */
    size_t      n_working;          /* that still work */
    size_t      n_left;             /* that were left and still work */
    struct co  *waiter;             /* waits for the last of those */
    struct list buckets[N_BUCKETS]; /* the paths that they name, by hash; all zero: not made yet */
} gone;

/* ---- paths ----------------------------------------------------------------------------------------------------- */

static struct list *bucket(uint64_t hash)
{
    struct list *b = &gone.buckets[hash % N_BUCKETS];
    if (!b->next)
        list_init(b);
    return b;
}

static void mark(struct file_writer *w, struct path_mark *m)
{
    m->of = w;
    if (m->hash)
        list_push(bucket(m->hash), &m->link);
}

static void mark_ops(struct file_writer *w, struct list *ops)
{
    LIST_FOREACH (ops, it, after) {
        struct write_op *op = LIST_ENTRY(it, struct write_op, link);
        mark(w, &op->path_mark);
        mark(w, &op->to_mark);
    }
}

/* The writer before `w` that names a path with this hash; NULL: none. */
static struct file_writer *earlier(const struct file_writer *w, uint64_t hash)
{
    LIST_FOREACH (bucket(hash), it, after) {
        const struct path_mark *m = LIST_ENTRY(it, struct path_mark, link);
        if (hash && m->hash == hash && m->of != w && (!w->gone_number || m->of->gone_number < w->gone_number))
            return m->of;
    }
    return NULL;
}

static struct file_writer *any_earlier(const struct file_writer *w)
{
    struct file_writer *found = NULL;
    LIST_FOREACH (&w->queue, it, after) {
        const struct write_op *op = LIST_ENTRY(it, struct write_op, link);
        if ((found = earlier(w, op->path_mark.hash)) || (found = earlier(w, op->to_mark.hash)))
            break;
    }
    return found;
}

bool writers_gone_hold_up(struct file_writer *w)
{
    if (!list_is_empty(&w->follow_link))
        return true;
    struct file_writer *before = gone.n_working ? any_earlier(w) : NULL;
    if (before)
        list_push(&before->followers, &w->follow_link);
    return before != NULL;
}

/* ---- coming and going ------------------------------------------------------------------------------------------ */

static void add(struct file_writer *w)
{
    if (w->gone_number)
        return;
    w->gone_number = ++gone.n;
    gone.n_working++;
    mark(w, &w->path_mark);
    mark_ops(w, &w->at_work);
    mark_ops(w, &w->queue);
}

bool writers_gone_add_left(struct file_writer *w)
{
    if (gone.n_left >= WRITERS_LEFT_MAX)
        return false;
    gone.n_left++;
    w->left = true;
    add(w);
    return true;
}

void writers_gone_add_given_up(struct file_writer *w)
{
    add(w);
}

void writers_gone_remove(struct file_writer *w, void (*start)(struct file_writer *w))
{
    gone.n_working -= w->gone_number != 0;
    list_remove(&w->path_mark.link);
    list_remove(&w->follow_link);
    if (w->left && --gone.n_left == 0 && gone.waiter)
        co_unpark(gone.waiter);
    while (!list_is_empty(&w->followers)) {
        struct file_writer *f = LIST_ENTRY(w->followers.next, struct file_writer, follow_link);
        list_remove(&f->follow_link);
        start(f);
    }
}

bool writers_gone_finish(int64_t deadline_us)
{
    struct err *e = NULL;
    while (gone.n_left && !e && now_us() < co_deadline(deadline_us)) {
        int64_t look_us = now_us() + CREW_LATE_US, until_us = co_deadline(deadline_us);
        disk_jobs_look(); /* Writers that were left ask for no look. */
        gone.waiter = co_self();
        e = err_except(co_park(look_us < until_us ? look_us : until_us), E_SOCKET_TIMEOUT);
        gone.waiter = NULL;
    }
    err_free(e);
    return !gone.n_left;
}
