#include "app/tls/pair_load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

/* No real certificate file is larger. */
enum { PEM_FILE_MAX = 1 << 20 };

struct pem_file {
    const char       *path;
    int               fd, open_errno;
    struct file_stamp stamp;
    struct tls_pem    pem;
    char             *text;
};

static struct err *cannot_read(const struct pem_file *f, const char *why)
{
    return err_new(E_HTTPS_KEY_CRT, "read %s: %s", f->path, why);
}

/* Open the file if it exists. O_NONBLOCK: a pipe or a terminal must not make us wait. */
static void look_at(struct pem_file *f, const char *path)
{
    struct stat at;
    *f = (struct pem_file){ .path = path, .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) };
    f->open_errno = errno;
    if (f->fd < 0 || fstat(f->fd, &at) < 0)
        return;
    f->stamp = (struct file_stamp){ (int64_t)at.st_dev, (int64_t)at.st_ino, at.st_size, at.st_mtim.tv_sec,
                                    at.st_mtim.tv_nsec };
}

static struct err *read_file(struct pem_file *f)
{
    struct stat at;
    if (f->fd < 0)
        return cannot_read(f, strerror(f->open_errno));
    if (fstat(f->fd, &at) < 0 || !S_ISREG(at.st_mode))
        return cannot_read(f, "not a file");
    if (at.st_size > PEM_FILE_MAX)
        return cannot_read(f, "too large for a PEM file");
    size_t cap = (size_t)at.st_size, len = 0;
    f->text = mem_alloc(cap);
    if (!f->text)
        return err_no_memory();
    for (ssize_t n = 1; n > 0 && len<cap; len += n> 0 ? (size_t)n : 0) {
        n = read(f->fd, f->text + len, cap - len);
        if (n < 0 && errno != EINTR)
            return cannot_read(f, strerror(errno));
    }
    f->pem = (struct tls_pem){ f->text, len };
    return NULL;
}

static void let_go(struct pem_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    mem_free(f->text);
}

static bool same(const struct pair_stamp *a, const struct pair_stamp *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void load_one(struct pair_load *l)
{
    struct pem_file cert, key;
    look_at(&key, l->key);
    look_at(&cert, l->cert);
    l->now = (struct pair_stamp){ key.stamp, cert.stamp };
    l->was_read = l->force || (!same(&l->now, &l->tried) && same(&l->now, &l->seen));
    if (l->was_read) {
        l->error = read_file(&cert);
        if (!l->error)
            l->error = read_file(&key);
        if (!l->error)
            l->error = tls_ctx_new_server(&l->ctx, &cert.pem, &key.pem);
    }
    let_go(&cert);
    let_go(&key);
}

struct err *pair_load_try(const char *key, const char *cert)
{
    struct pair_load l = { .key = (char *)key, .cert = (char *)cert, .force = true };
    load_one(&l);
    tls_ctx_unref(&l.ctx);
    return l.error;
}

static void work_load(struct offload_job *offloaded)
{
    struct pair_load_job *job = CONTAINER_OF(offloaded, struct pair_load_job, job);
    for (size_t i = 0; i < job->count; i++)
        load_one(&job->pairs[i]);
}

static void drop_load(struct offload_job *offloaded)
{
    pair_load_free(CONTAINER_OF(offloaded, struct pair_load_job, job));
}

struct pair_load_job *pair_load_new(size_t cap)
{
    struct pair_load_job *job = mem_calloc(1, sizeof *job + cap * sizeof job->pairs[0]);
    if (job)
        job->job = (struct offload_job){ .work = work_load, .drop = drop_load };
    return job;
}

struct pair_load *pair_load_add(struct pair_load_job *job, const char *key, const char *cert)
{
    struct pair_load *l = &job->pairs[job->count++];
    *l = (struct pair_load){ .key = mem_strdup(key), .cert = mem_strdup(cert) };
    return l->key && l->cert ? l : NULL;
}

struct err *pair_load_run(struct pair_load_job *job, int64_t deadline_us)
{
    return offload(OFFLOAD_CERTS, &job->job, deadline_us);
}

void pair_load_free(struct pair_load_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        struct pair_load *l = &job->pairs[i];
        mem_free(l->key);
        mem_free(l->cert);
        tls_ctx_unref(&l->ctx);
        err_free(l->error);
    }
    mem_free(job);
}
