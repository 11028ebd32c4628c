/* Files on their way to a client: cached or not, from a disk that fails, over connections of both kinds. */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "app/http/gzip.h"
#include "app/http/served_file.h"
#include "core/attr.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/http/serve_to_end.h"
#include "protocol/offload.h"

enum { LARGE = 5 * SERVED_FILE_PIECE_BYTES / 2, SMALL = 1000, OUT_CAP = LARGE + 4096 };

static char            root[] = "/tmp/served_file_XXXXXX";
static char            content[LARGE], out[OUT_CAP];
static size_t          out_len;
static struct co_group group;
static int             code; /* error code of the handler */
static bool            copied;
static int64_t         from, to;
static const char     *name;

static const char *path_of(const char *file)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", root, file);
    return path;
}

static void put(const char *file, size_t len)
{
    int fd = open(path_of(file), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(write(fd, content, len), len);
    assert_int_equal(fsync(fd), 0);
    close(fd);
}

/* Drop the file from the page cache, if the kernel follows the advice. */
static void make_cold(const char *file)
{
    int fd = open(path_of(file), O_RDONLY);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(root))
        return -1;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)('a' + (i * 7 + i / 1000) % 26);
    put("large", LARGE);
    put("small", SMALL);
    put("empty", 0);
    mkdir(path_of("folder"), 0755);
    mkdir(path_of("site"), 0755);
    put("site/index.html", 7);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static int begin(void **state)
{
    return loop_begin(state) || code_of(offload_init()) ? -1 : 0;
}

static int end(void **state)
{
    offload_shutdown(US_PER_SECOND);
    return loop_end(state);
}

/* ---- opening ---- */

static enum file_found found_at(const char *path)
{
    struct served_file *f = NULL;
    enum file_found     found = FILE_BUSY;
    assert_null(served_file_open(&f, root, path, &found));
    assert_int_equal(f != NULL, found == FILE_FOUND);
    served_file_unref(&f);
    return found;
}

static void what_is_there_is_told(void **state)
{
    (void)state;
    assert_int_equal(found_at("/large"), FILE_FOUND);
    assert_int_equal(found_at("/small"), FILE_FOUND);
    assert_int_equal(found_at("/empty"), FILE_FOUND);
    assert_int_equal(found_at("/site/"), FILE_FOUND);
    assert_int_equal(found_at("/site"), FILE_IS_FOLDER);
    assert_int_equal(found_at("/folder/"), FILE_ABSENT);
    assert_int_equal(found_at("/none"), FILE_ABSENT);
    assert_int_equal(found_at("/../x"), FILE_FORBIDDEN);
    assert_int_equal(mkfifo(path_of("pipe"), 0644), 0);
    assert_int_equal(found_at("/pipe"), FILE_ABSENT);
}

static void a_part_is_read(void **state)
{
    (void)state;
    for (int cold = 0; cold < 2; cold++) {
        struct served_file *f = NULL;
        enum file_found     found;
        char               *data;
        size_t              n;
        assert_null(served_file_open(&f, root, "large", &found));
        if (cold)
            make_cold("large");
        assert_null(served_file_read(f, 5, 1000, &data, &n));
        assert_int_equal(n, 1000);
        assert_memory_equal(data, content + 5, n);
        mem_free(data);
        assert_null(served_file_read(f, LARGE - 10, 1000, &data, &n));
        assert_int_equal(n, 10);
        mem_free(data);
        served_file_unref(&f);
    }
}

/* ---- sending ---- */

static struct err *send_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    return io_socket_writev(io, iov, n_iov, n);
}

static void nothing(struct io *io)
{
    (void)io;
}

static bool always(const struct io *io)
{
    (void)io;
    return true;
}

/* A layer that changes nothing, but that every byte must go through. */
static const struct io_layer layer = { .writev_now = send_now, .drain = nothing, .is_drained = always };

static struct err *handle(struct http_exchange *x)
{
    struct served_file *f = NULL;
    enum file_found     found;
    struct err         *e = served_file_open(&f, root, name, &found);
    if (!e && !f)
        e = err_new(E_SYSTEM_FILE_NOT_EXISTS, "not there");
    if (!e)
        e = http_reply_begin(x, 200, "text/plain", to - from);
    http_io_of(x)->layer = copied ? &layer : NULL;
    if (!e)
        e = served_file_send(f, x, from, to - from);
    http_io_of(x)->layer = NULL;
    code = (int)err_code(e);
    served_file_unref(&f);
    return e;
}

static void serve(void *arg)
{
    const struct http_serving serving = { .handle = handle };
    struct io                 io = { .fd = -1 };
    struct err               *e = io_open(&io, *(int *)arg);
    if (!e)
        e = serve_to_end(&io, &serving);
    err_free(e);
    io_close(&io);
}

/* The body of the reply. */
static const char *fetch(const char *file, int64_t first, int64_t end, bool by_copy)
{
    int ends[2];
    name = file;
    from = first;
    to = end;
    copied = by_copy;
    out_len = 0;
    code = -1;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(write(ends[1], "GET / HTTP/1.0\r\n\r\n", 18), 18);
    struct err *e = co_go(&group, "serve", serve, &ends[0], NULL);
    if (e)
        close(ends[0]);
    err_free(e);
    bool ended = false;
    while (group.count > 0 && !ended) {
        ssize_t n = recv(ends[1], out + out_len, OUT_CAP - out_len, MSG_DONTWAIT);
        ended = n == 0;
        out_len += n > 0 ? (size_t)n : 0;
        err_free(co_sleep(100));
    }
    close(ends[1]);
    co_group_join(&group, DEADLINE_NEVER);
    char *body = memmem(out, out_len, "\r\n\r\n", 4);
    out_len = body ? out_len - (size_t)(body + 4 - out) : 0;
    return body ? body + 4 : NULL;
}

static void assert_fetches(const char *file, int64_t first, int64_t end, bool by_copy)
{
    const char *body = fetch(file, first, end, by_copy);
    assert_int_equal(code, E_SUCCESS);
    assert_int_equal(out_len, end - first);
    assert_memory_equal(body, content + first, out_len);
}

static void a_file_arrives_in_whole_and_in_part(void **state)
{
    (void)state;
    static const int64_t parts[][2] = {
        { 0, LARGE },
        { 1, LARGE - 1 },
        { SERVED_FILE_PIECE_BYTES - 1, SERVED_FILE_PIECE_BYTES + 1 },
        { SERVED_FILE_PIECE_BYTES, 2 * SERVED_FILE_PIECE_BYTES },
        { LARGE - 1, LARGE },
        { 5, 5 },
    };
    for (int by_copy = 0; by_copy < 2; by_copy++) {
        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
            assert_fetches("large", parts[i][0], parts[i][1], by_copy);
        assert_fetches("small", 0, SMALL, by_copy);
        assert_fetches("small", 10, 20, by_copy);
        assert_fetches("empty", 0, 0, by_copy);
    }
}

static void a_file_that_is_not_in_memory_arrives_too(void **state)
{
    (void)state;
    for (int by_copy = 0; by_copy < 2; by_copy++) {
        char file[32];
        for (int i = 0; i < 4; i++) { /* a new file each time, which no cache knows */
            snprintf(file, sizeof file, "cold%d%d", by_copy, i);
            put(file, LARGE);
            make_cold(file);
            assert_fetches(file, i * 1000, LARGE, by_copy);
        }
        put("cold", SMALL);
        make_cold("cold");
        assert_fetches("cold", 0, SMALL, by_copy);
    }
}

static void a_file_that_became_shorter_ends_the_reply(void **state)
{
    (void)state;
    for (int by_copy = 0; by_copy < 2; by_copy++) {
        fetch("large", LARGE - 10, LARGE + 10, by_copy);
        assert_int_equal(code, E_SYSTEM_FILE_EOF);
        assert_int_equal(out_len, by_copy ? 0 : 10);
    }
}

/* Run `fn` in a child in which every system call that reads fails, as on a broken disk. */
static void in_child_with_broken_disk(void (*fn)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pread64, 2, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_preadv2, 1, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mincore, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { ARRAY_LEN(filter), filter };
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
            _exit(77);
        if (begin(NULL))
            _exit(2);
        fn();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void fail_to_fetch(void)
{
    static const char *const files[] = { "broken", "large", "small" };
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        for (int by_copy = 0; by_copy < 2; by_copy++) {
            fetch(files[i], 0, SMALL, by_copy);
            if (code == E_SUCCESS || out_len >= SMALL)
                _exit(10 + (int)i);
        }
}

static void a_disk_that_fails_is_an_error_of_that_reply(void **state)
{
    (void)state;
    put("broken", LARGE);
    in_child_with_broken_disk(fail_to_fetch);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int by_copy = 0; by_copy < 2; by_copy++)
        for (int64_t n = 0;; n++) {
            mem_fail_after(n);
            fetch("large", 0, SMALL, by_copy);
            bool failed = mem_failed();
            mem_fail_after(-1);
            if (!failed)
                break;
            assert_true(n < 1000);
        }
}

/* ---- compressing ---- */

static void unzip_and_compare(const struct gzip_text *t, size_t len)
{
    z_stream z = { .next_in = t->data, .avail_in = (uInt)t->len, .next_out = (Bytef *)out, .avail_out = OUT_CAP };
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, len);
    assert_memory_equal(out, content, len);
    inflateEnd(&z);
}

static struct gzip_text *compress_file(const char *file)
{
    struct served_file *f = NULL;
    struct gzip_text   *t = NULL;
    enum file_found     found;
    assert_null(served_file_open(&f, root, file, &found));
    err_free(gzip_file(&t, f));
    served_file_unref(&f);
    return t;
}

static void a_text_is_compressed_once_until_it_changes(void **state)
{
    (void)state;
    struct gzip_text *first = compress_file("large"), *again = compress_file("large"), *small = compress_file("small");
    unzip_and_compare(first, LARGE);
    unzip_and_compare(small, SMALL);
    assert_ptr_equal(first, again);
    put("large", LARGE);
    struct gzip_text *anew = compress_file("large");
    assert_ptr_not_equal(first, anew);
    gzip_forget();
    unzip_and_compare(first, LARGE);
    gzip_text_unref(&first);
    gzip_text_unref(&again);
    gzip_text_unref(&small);
    gzip_text_unref(&anew);
}

static void without_memory_nothing_is_compressed(void **state)
{
    (void)state;
    struct served_file *f = NULL;
    enum file_found     found;
    assert_null(served_file_open(&f, root, "large", &found));
    for (int64_t n = 0;; n++) {
        struct gzip_text *t = NULL;
        gzip_forget();
        mem_fail_after(n);
        struct err *e = gzip_file(&t, f);
        bool        failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(e == NULL, t != NULL);
        err_free(e);
        gzip_text_unref(&t);
        if (!failed)
            break;
    }
    served_file_unref(&f);
    gzip_forget();
}

int main(void)
{
    const struct CMUnitTest early[] = {
        cmocka_unit_test(
            a_disk_that_fails_is_an_error_of_that_reply), /* it forks, so it runs before there are threads */
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_told),
        cmocka_unit_test(a_part_is_read),
        cmocka_unit_test(a_file_arrives_in_whole_and_in_part),
        cmocka_unit_test(a_file_that_is_not_in_memory_arrives_too),
        cmocka_unit_test(a_file_that_became_shorter_ends_the_reply),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_text_is_compressed_once_until_it_changes),
        cmocka_unit_test(without_memory_nothing_is_compressed),
    };
    co_group_init(&group);
    int failed = setup(NULL) ? 1 : cmocka_run_group_tests(early, NULL, NULL);
    failed += cmocka_run_group_tests(tests, begin, end);
    return teardown(NULL) ? 1 : failed;
}
