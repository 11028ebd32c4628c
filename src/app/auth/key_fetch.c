#include "app/auth/key_fetch.h"

#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/file_read.h"
#include "protocol/http/client.h"
#include "protocol/http/status.h"
#include "protocol/offload.h"
#include "protocol/tls/ctx.h"

static struct tls_ctx *trust; /* the certificates of the system; NULL: not needed yet */

/* ---- the certificates, read on a thread -------------------------------------------------------------------------- */

struct making {
    struct offload_job job;
    struct tls_ctx    *ctx;
    struct err        *error;
};

static void work(struct offload_job *job)
{
    struct making *m = CONTAINER_OF(job, struct making, job);
    m->error = tls_ctx_new_client(&m->ctx, NULL);
}

static void drop(struct offload_job *job)
{
    struct making *m = CONTAINER_OF(job, struct making, job);
    err_free(m->error);
    tls_ctx_unref(&m->ctx);
    mem_free(m);
}

static struct err *make_trust(int64_t deadline_us)
{
    struct making *m = trust ? NULL : mem_calloc(1, sizeof *m);
    if (trust || !m)
        return trust ? NULL : err_no_memory();
    m->job.work = work;
    m->job.drop = drop;
    struct err *e = offload(OFFLOAD_CERTS, &m->job, deadline_us);
    if (e)
        return e;
    trust = m->ctx;
    m->ctx = NULL;
    e = m->error;
    m->error = NULL;
    drop(&m->job);
    return e;
}

void key_fetch_finish(void)
{
    tls_ctx_unref(&trust);
}

/* ---- where keys come from ---------------------------------------------------------------------------------------- */

static struct err *ask_server(struct key_set **out, const char *url, int64_t deadline_us)
{
    struct http_client_request r = { .method = HTTP_GET, .url = url, .redirects_max = KEY_FETCH_REDIRECTS };
    struct http_client         client;
    char                      *body = NULL;
    size_t                     len;
    struct err                *e = str_starts_with(url, "https:") ? make_trust(deadline_us) : NULL;
    r.tls = str_starts_with(url, "https:") ? trust : NULL;
    if (e || (e = http_client_open(&client, &r, deadline_us)))
        return e;
    if (client.response.status != HTTP_STATUS_OK)
        e = err_new(E_BACKEND, "the status is %d", client.response.status);
    else
        e = http_client_read_all(&client, KEYS_BYTES_MAX, &body, &len, deadline_us);
    http_client_close(&client);
    if (!e)
        e = key_set_read_json(out, body, len);
    mem_free(body);
    return e;
}

static struct err *read_file(struct key_set **out, const char *path, int64_t deadline_us)
{
    struct buf  text;
    struct err *e = file_read(path, KEYS_BYTES_MAX, &text, deadline_us);
    if (!e)
        e = key_set_read_pem(out, text.bytes, text.len);
    buf_finish(&text);
    return e;
}

struct err *key_fetch(struct key_set **out, const char *source, int64_t deadline_us)
{
    bool is_url = str_starts_with(source, "http://") || str_starts_with(source, "https://");
    *out = NULL;
    return is_url ? ask_server(out, source, deadline_us) : read_file(out, source, deadline_us);
}
