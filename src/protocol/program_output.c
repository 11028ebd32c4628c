#include "protocol/program_output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/map.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"
#include "protocol/io.h"
#include "protocol/output_tail.h"

/* A file, and the number of pipes that lead to it. */
struct output_file {
    struct file_writer *writer;
    size_t              n_pipes;
    char                path[];
};

/* A pipe, and the beginning of a line that has been read from it. */
struct output_pipe {
    struct io           io;
    struct output_file *file; /* NULL: none */
    struct output_tail *tail; /* NULL: none */
    size_t              len;
    char                bytes[PROGRAM_OUTPUT_LINE_MAX];
};

static struct {
    struct map      files; /* path → struct output_file */
    struct co_group readers;
} outputs;

void program_output_init(void)
{
    co_group_init(&outputs.readers);
}

/* ---- files ---- */

static void release_file(struct output_file *f)
{
    if (!f || --f->n_pipes)
        return;
    map_remove(&outputs.files, f->path);
    file_writer_leave(&f->writer);
    mem_free(f);
}

static struct err *open_file(struct output_file *f, int64_t max_bytes)
{
    const struct file_writer_options options = { .what = "output of a program",
                                                 .queue_bytes_max = PROGRAM_OUTPUT_QUEUE_BYTES };
    struct err                      *e = file_writer_create(&f->writer, &options);
    if (e)
        return e;
    bool asked = file_writer_open(f->writer, f->path, WRITTEN_FILE_APPEND, max_bytes);
    return asked && map_put(&outputs.files, f->path, f) ? NULL : err_no_memory();
}

/* Find or open the file, and count one more pipe to it. */
static struct err *acquire_file(const char *path, int64_t max_bytes, struct output_file **out)
{
    size_t              len = strlen(path);
    struct output_file *f = map_find(&outputs.files, path);
    struct err         *e = NULL;
    if (!f) {
        f = mem_calloc(1, sizeof *f + len + 1);
        if (!f)
            return err_no_memory();
        memcpy(f->path, path, len);
        e = open_file(f, max_bytes);
    }
    f->n_pipes++;
    if (e)
        release_file(f);
    else
        *out = f;
    return e;
}

/* ---- pipes ---- */

static void pass_on(struct output_pipe *p, size_t len)
{
    if (len && p->file)
        file_writer_append(p->file->writer, p->bytes, len);
    if (len && p->tail)
        output_tail_take(p->tail, p->bytes, len);
    p->len -= len;
    memmove(p->bytes, p->bytes + len, p->len);
}

/* Length of the whole lines that have been read. CR ends a line too, as in a progress display. A full buffer counts whole. */
static size_t whole_lines(const struct output_pipe *p)
{
    size_t len = p->len;
    while (len && p->bytes[len - 1] != '\n' && p->bytes[len - 1] != '\r')
        len--;
    return len || p->len < sizeof p->bytes ? len : p->len;
}

/* Wait for more bytes. A part of a line that has waited too long for its end is passed on. */
static struct err *wait_for_more(struct output_pipe *p)
{
    io_drained(&p->io);
    struct err *e = io_wait_readable(&p->io, p->len ? now_us() + PROGRAM_OUTPUT_WAIT_US : DEADLINE_NEVER);
    if (err_code(e) != E_SOCKET_TIMEOUT)
        return e;
    err_free(e);
    pass_on(p, p->len);
    return NULL;
}

/* False at the end of the pipe, or when reading must stop. */
static bool read_some(struct output_pipe *p)
{
    ssize_t n = read(p->io.fd, p->bytes + p->len, sizeof p->bytes - p->len);
    if (n > 0) {
        p->len += (size_t)n;
        pass_on(p, whole_lines(p));
        co_give_way_by_time();
        return !co_is_cancelled(co_self());
    }
    if (n < 0 && errno == EINTR)
        return true;
    if (n == 0 || errno != EAGAIN)
        return false;
    struct err *e = wait_for_more(p);
    err_free(e);
    return !e;
}

static void release_pipe(struct output_pipe *p)
{
    release_file(p->file);
    output_tail_unref(&p->tail);
    mem_free(p);
}

static void read_pipe(void *arg)
{
    struct output_pipe *p = arg;
    struct err         *e = io_open(&p->io, p->io.fd);
    while (!e && read_some(p))
        ;
    err_free(e);
    pass_on(p, p->len);
    io_close(&p->io);
    release_pipe(p);
}

/* Make the pipe and begin to read it. */
static struct err *open_pipe(struct output_pipe *p, const char *path, int *fd)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_sys(E_SYSTEM_CREATE_PIPE, "make a pipe to %s", path ? path : "the server");
    p->io.fd = ends[0];
    struct err *e = co_go(&outputs.readers, "program output", read_pipe, p, NULL);
    if (e) {
        close(ends[0]);
        close(ends[1]);
    } else {
        *fd = ends[1];
    }
    return e;
}

struct err *program_output_open(const char *path, int64_t max_bytes, struct output_tail *tail, int *fd)
{
    if (outputs.readers.count >= PROGRAM_OUTPUT_PIPES_MAX)
        return err_new(E_LIMIT,
                       "%d pipes of programs are open already: daemons that programs have started may hold them",
                       PROGRAM_OUTPUT_PIPES_MAX);
    struct output_pipe *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    p->tail = output_tail_ref(tail);
    struct err *e = path ? acquire_file(path, max_bytes, &p->file) : NULL;
    if (!e)
        e = open_pipe(p, path, fd);
    if (e)
        release_pipe(p);
    return e;
}

void program_output_shutdown(int64_t patience_us)
{
    co_group_join(&outputs.readers, now_us() + patience_us);
    co_group_cancel_and_join(&outputs.readers);
    map_finish(&outputs.files);
}
