#include "protocol/http/pool.h"

#include "core/err.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/tls/ctx.h"

/* ---- one connection ----------------------------------------------------------------------------------------------- */

struct http_line *http_line_new(const char *server, struct tls_ctx *tls)
{
    struct http_line *l = mem_calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->io.fd = -1;
    list_init(&l->link);
    l->tls = tls ? tls_ctx_ref(tls) : NULL;
    if ((l->server = mem_strdup(server)))
        return l;
    http_line_close(l);
    return NULL;
}

void http_line_close(struct http_line *l)
{
    if (!l)
        return;
    io_close(&l->io);
    tls_ctx_unref(&l->tls);
    mem_free(l->server);
    mem_free(l);
}

/* True if the server has neither closed the connection nor said what nobody asked for; TLS may have had tickets to say. */
static bool is_usable(struct http_line *l)
{
    uint8_t byte;
    size_t  n = 0;
    io_look_again(&l->io); /* the edge may wait behind others */
    struct err *e = io_read_now(&l->io, &byte, 1, &n);
    bool        usable = !e && n == 0;
    err_free(e);
    return usable;
}

/* ---- the pool ----------------------------------------------------------------------------------------------------- */

void http_pool_init(struct http_pool *p)
{
    *p = (struct http_pool){ 0 };
    list_init(&p->idle);
    co_group_init(&p->keepers);
}

static struct http_line *oldest(struct http_pool *p)
{
    return list_is_empty(&p->idle) ? NULL : LIST_ENTRY(p->idle.next, struct http_line, link);
}

static void take_out(struct http_pool *p, struct http_line *l)
{
    list_remove(&l->link);
    p->n_idle--;
}

static void drop(struct http_pool *p, struct http_line *l)
{
    take_out(p, l);
    http_line_close(l);
}

/* Close what has been idle for too long, until nothing is idle. When the pool ends, all goes at once: events are for this coroutine. */
static void keep(void *arg)
{
    struct http_pool *p = arg;
    struct http_line *l;
    struct err       *e = NULL;
    while (err_code(e) != E_THREAD_INTERRUPTED && (l = oldest(p))) {
        err_free(e);
        e = NULL;
        if (now_us() - l->idle_since_us >= HTTP_POOL_IDLE_US)
            drop(p, l);
        else
            e = co_park(l->idle_since_us + HTTP_POOL_IDLE_US);
    }
    err_free(e);
    while ((l = oldest(p)))
        drop(p, l);
    p->keeper = NULL;
}

void http_pool_finish(struct http_pool *p)
{
    co_group_cancel_and_join(&p->keepers);
}

static bool is_for(const struct http_line *l, const char *server, const struct tls_ctx *tls)
{
    return l->tls == tls && str_equal(l->server, server);
}

struct http_line *http_pool_take(struct http_pool *p, const char *server, const struct tls_ctx *tls)
{
    for (struct list *it = p->idle.prev, *before = it->prev; it != &p->idle; it = before, before = it->prev) {
        struct http_line *l = LIST_ENTRY(it, struct http_line, link);
        if (!is_for(l, server, tls))
            continue;
        if (!is_usable(l)) {
            drop(p, l);
            continue;
        }
        take_out(p, l);
        io_set_owner(&l->io, co_self());
        return l;
    }
    return NULL;
}

/* The oldest of this server's connections gives way when there are too many. */
static void make_room(struct http_pool *p, const struct http_line *newest)
{
    struct http_line *first = NULL;
    size_t            n = 0;
    LIST_FOREACH (&p->idle, it, after) {
        struct http_line *l = LIST_ENTRY(it, struct http_line, link);
        if (!is_for(l, newest->server, newest->tls))
            continue;
        first = first ? first : l;
        n++;
    }
    if (n >= HTTP_POOL_SERVER_MAX)
        drop(p, first);
    else if (p->n_idle >= HTTP_POOL_MAX)
        drop(p, oldest(p));
}

void http_pool_give(struct http_pool *p, struct http_line *l)
{
    struct err *e = p->keeper ? NULL : co_go(&p->keepers, "http-pool", keep, p, &p->keeper);
    if (e) {
        err_free(e);
        http_line_close(l);
        return;
    }
    make_room(p, l);
    io_set_owner(&l->io, p->keeper);
    l->idle_since_us = now_us();
    list_push(&p->idle, &l->link);
    p->n_idle++;
}
