#include "app/hooks/trust.h"

#include <strings.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/file_read.h"
#include "protocol/offload.h"
#include "protocol/tls/ctx.h"

/* Contexts that are kept: vhosts may have files of their own. One more replaces the oldest. */
enum { KEPT_MAX = 8, CA_BYTES_MAX = 4 << 20 };

struct kept {
    struct tls_ctx *ctx; /* NULL: a free place */
    bool            verify;
    char           *ca;
    uint64_t        serial;
};

static struct kept all[KEPT_MAX];
static size_t      next;

/* ---- making one, on a thread ------------------------------------------------------------------------------------- */

struct making {
    struct offload_job job;
    bool               verify;
    struct buf         pem; /* empty: the certificates of the system */
    struct tls_ctx    *ctx;
    struct err        *error;
};

static void work(struct offload_job *job)
{
    struct making       *m = CONTAINER_OF(job, struct making, job);
    const struct tls_pem pem = { m->pem.bytes, m->pem.len };
    m->error = m->verify ? tls_ctx_new_client(&m->ctx, pem.len ? &pem : NULL) : tls_ctx_new_credulous_client(&m->ctx);
}

static void drop(struct offload_job *job)
{
    struct making *m = CONTAINER_OF(job, struct making, job);
    buf_finish(&m->pem);
    err_free(m->error);
    tls_ctx_unref(&m->ctx);
    mem_free(m);
}

static struct err *make(struct tls_ctx **out, const struct hook_manner *h, int64_t deadline_us)
{
    struct making *m = mem_calloc(1, sizeof *m);
    struct err    *e = NULL;
    if (!m)
        return err_no_memory();
    m->job.work = work;
    m->job.drop = drop;
    m->verify = h->tls_verify;
    if (m->verify && *h->tls_ca)
        e = file_read(h->tls_ca, CA_BYTES_MAX, &m->pem, deadline_us);
    if (e) {
        drop(&m->job);
        return err_wrap(e, "read tls_ca %s", h->tls_ca);
    }
    if ((e = offload(OFFLOAD_CERTS, &m->job, deadline_us)))
        return e;
    *out = m->ctx;
    m->ctx = NULL;
    e = m->error;
    m->error = NULL;
    drop(&m->job);
    return e;
}

/* ---- keeping them ------------------------------------------------------------------------------------------------ */

/* One of an older configuration may be of an older file. */
static struct kept *find(const struct hook_manner *h)
{
    for (struct kept *k = all; k < all + KEPT_MAX; k++)
        if (k->ctx && k->verify == h->tls_verify && (!k->verify || str_equal(k->ca, h->tls_ca)) &&
            k->serial >= h->conf_serial)
            return k;
    return NULL;
}

static void forget(struct kept *k)
{
    tls_ctx_unref(&k->ctx);
    mem_free(k->ca);
    *k = (struct kept){ 0 };
}

/* Without memory it is made again the next time. */
static void keep(struct tls_ctx *ctx, const struct hook_manner *h)
{
    char *ca = mem_strdup(h->tls_ca);
    if (!ca)
        return;
    struct kept *k = &all[next++ % KEPT_MAX];
    forget(k);
    *k = (struct kept){ tls_ctx_ref(ctx), h->tls_verify, ca, h->conf_serial };
}

struct err *hook_trust_find(struct tls_ctx **out, const char *url, const struct hook_manner *h)
{
    static const char scheme[] = "https://";
    *out = NULL;
    return strncasecmp(url, scheme, sizeof scheme - 1) == 0 ? hook_trust_take(out, h) : NULL;
}

struct err *hook_trust_take(struct tls_ctx **out, const struct hook_manner *h)
{
    *out = NULL;
    struct kept *k = find(h);
    if (k) {
        *out = tls_ctx_ref(k->ctx);
        return NULL;
    }
    struct err *e = make(out, h, now_us() + h->timeout_us);
    if (!e && !find(h))
        keep(*out, h);
    return e;
}

void hook_trust_finish(void)
{
    for (struct kept *k = all; k < all + KEPT_MAX; k++)
        forget(k);
}
