/* Sockets with edge-triggered epoll: every order in which data, room and the end may come. */
#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/list.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/io.h"

/* A wait of this length shows that an event does not come. */
enum { BRIEFLY_US = 2000 };

static struct co_group group;
static struct io       a;      /* the io under test */
static int             b = -1; /* the other end, a plain descriptor */

static int64_t briefly(void)
{
    return now_us() + BRIEFLY_US;
}

static struct co *go(void (*fn)(void *), void *arg)
{
    struct co *co = NULL;
    assert_null(co_go(&group, "test", fn, arg, &co));
    return co;
}

static struct sockaddr_in any_port(void)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* Replace the address that was asked for by the one at which the socket listens. */
static void find_port(int fd, void *addr, socklen_t len)
{
    assert_int_equal(getsockname(fd, addr, &len), 0);
}

static int setup_pair(void **state)
{
    (void)state;
    co_group_init(&group);
    return connect_ends(&a, &b);
}

static int setup_tcp(void **state)
{
    (void)state;
    struct sockaddr_in addr = any_port();
    struct sockaddr   *at = (struct sockaddr *)&addr;
    int                listening;
    co_group_init(&group);
    if (code_of(io_listen(&listening, at, sizeof addr, false)))
        return -1;
    find_port(listening, &addr, sizeof addr);
    int failed = code_of(io_connect(&a, at, sizeof addr, a_while()));
    b = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    close(listening);
    return failed ? -1 : b >= 0 ? 0 : -1;
}

static int setup_nothing(void **state)
{
    (void)state;
    co_group_init(&group);
    a.fd = -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    io_close(&a);
    close_end(&b);
    return co_count() == 0 ? 0 : -1;
}

static void peer_sends(const char *text)
{
    assert_int_equal(send(b, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Assert that the next read gives this text. */
static void assert_reads(const char *text)
{
    char   buf[100];
    size_t n = 0;
    assert_null(io_read(&a, buf, sizeof buf, &n, a_while()));
    assert_int_equal(n, strlen(text));
    assert_memory_equal(buf, text, n);
}

static void assert_end(void)
{
    char   buf[100];
    size_t n = 7;
    assert_int_equal(code_of(io_read(&a, buf, sizeof buf, &n, a_while())), E_END_OF_STREAM);
    assert_int_equal(n, 0);
}

/* ---- reading ---- */

static void a_read_gives_what_is_there(void **state)
{
    (void)state;
    peer_sends("abc");
    assert_reads("abc");
    assert_int_equal(a.bytes_in, 3);
}

static void after_a_short_read_the_next_edge_wakes(void **state)
{
    (void)state;
    char   buf[10];
    size_t n = 7;
    peer_sends("abc");
    assert_reads("abc");
    assert_false(io_is_readable(&a)); /* the read was short: no more system calls until the next edge */
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    assert_int_equal(n, 0);
    for (int i = 0; i < 10; i++) {
        peer_sends("d");
        assert_reads("d");
    }
}

static void data_that_comes_between_the_edge_and_the_read_is_not_forgotten(void **state)
{
    (void)state;
    peer_sends("abc");
    co_give_way(); /* the loop sees the edge */
    peer_sends("def");
    assert_reads("abcdef");
    peer_sends("ghi");
    assert_reads("ghi");
}

static void a_full_read_goes_on_reading(void **state)
{
    (void)state;
    char   buf[3];
    size_t n;
    peer_sends("abcdefgh");
    for (int i = 0; i < 2; i++) {
        assert_null(io_read(&a, buf, sizeof buf, &n, a_while()));
        assert_int_equal(n, 3);
        assert_true(io_is_readable(&a));
    }
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    assert_int_equal(n, 2);
    assert_memory_equal(buf, "gh", 2);
    assert_false(io_is_readable(&a));
}

static void a_full_read_of_the_last_byte_is_followed_by_none(void **state)
{
    (void)state;
    char   buf[3];
    size_t n;
    peer_sends("abc");
    assert_null(io_read(&a, buf, sizeof buf, &n, a_while()));
    assert_int_equal(n, 3);
    assert_null(io_read_now(&a, buf, sizeof buf, &n));
    assert_int_equal(n, 0);
    assert_int_equal(code_of(io_read(&a, buf, sizeof buf, &n, briefly())), E_SOCKET_TIMEOUT);
}

static void data_and_end_in_one_edge_are_both_read(void **state)
{
    (void)state;
    peer_sends("last words");
    close_end(&b);
    co_give_way(); /* one edge for both */
    assert_reads("last words");
    assert_end();
    assert_end(); /* a second read gives the end again */
}

static void data_and_end_before_the_edge_was_seen_are_both_read(void **state)
{
    (void)state;
    peer_sends("last words");
    close_end(&b);
    assert_reads("last words");
    assert_end();
}

static void an_end_after_a_short_read_is_seen(void **state)
{
    (void)state;
    peer_sends("abc");
    co_give_way();
    assert_reads("abc");
    close_end(&b);
    assert_end();
}

static void an_end_between_the_edge_and_the_read_is_seen(void **state)
{
    (void)state;
    peer_sends("abc");
    co_give_way();
    close_end(&b);
    assert_reads("abc");
    assert_end();
}

static void a_peer_that_closes_its_half_can_still_be_written_to(void **state)
{
    (void)state;
    char buf[10];
    shutdown(b, SHUT_WR);
    assert_end();
    assert_null(io_write(&a, "still", 5, a_while()));
    assert_int_equal(read(b, buf, sizeof buf), 5);
}

struct peer {
    const char *bytes;
    size_t      len;
    bool        close;
};

static void send_byte_by_byte(void *arg)
{
    struct peer *p = arg;
    for (size_t i = 0; i < p->len; i++) {
        if (send(b, p->bytes + i, 1, MSG_NOSIGNAL) != 1)
            return;
        co_give_way();
    }
    if (p->close)
        close_end(&b);
}

static void a_full_read_puts_pieces_together(void **state)
{
    (void)state;
    struct peer p = { "0123456789", 10, false };
    char        buf[10];
    go(send_byte_by_byte, &p);
    assert_null(io_read_full(&a, buf, 4, a_while()));
    assert_null(io_read_full(&a, buf + 4, 6, a_while()));
    assert_memory_equal(buf, "0123456789", 10);
    assert_null(io_read_full(&a, buf, 0, a_while()));
    assert_true(co_group_join(&group, a_while()));
}

static void a_full_read_that_meets_the_end_fails(void **state)
{
    (void)state;
    struct peer p = { "0123456789", 10, true };
    char        buf[11];
    go(send_byte_by_byte, &p);
    assert_int_equal(code_of(io_read_full(&a, buf, 11, a_while())), E_END_OF_STREAM);
    assert_true(co_group_join(&group, a_while()));
}

static void a_full_read_that_meets_the_deadline_fails(void **state)
{
    (void)state;
    char buf[11];
    peer_sends("0123456789");
    assert_int_equal(code_of(io_read_full(&a, buf, 11, briefly())), E_SOCKET_TIMEOUT);
}

static void a_reset_is_an_error_with_its_errno(void **state)
{
    (void)state;
    char          buf[10];
    size_t        n;
    struct linger reset = { .l_onoff = 1 };
    setsockopt(b, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close_end(&b);
    struct err *e = io_read(&a, buf, sizeof buf, &n, a_while());
    assert_int_equal(err_code(e), E_SOCKET_READ);
    assert_int_equal(err_errno(e), ECONNRESET);
    err_free(e);
}

/* ---- writing ---- */

enum { LOTS = 8 << 20 };

static uint8_t pattern_at(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 16));
}

struct drain {
    size_t got;
    bool   wrong, slow;
};

static void drain_b(void *arg)
{
    static uint8_t buf[40000];
    struct drain  *d = arg;
    while (d->got < LOTS) {
        ssize_t n = read(b, buf, d->slow ? 1 + d->got % sizeof buf : sizeof buf);
        for (ssize_t i = 0; i < n; i++)
            d->wrong |= buf[i] != pattern_at(d->got + (size_t)i);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            return;
        d->got += n > 0 ? (size_t)n : 0;
        if (d->slow)
            err_free(co_sleep(20));
        else
            co_give_way();
        if (co_is_cancelled(co_self()))
            return;
    }
}

static void write_lots_to(bool slow)
{
    struct drain d = { .slow = slow };
    uint8_t     *bytes = malloc(LOTS);
    for (size_t i = 0; i < LOTS; i++)
        bytes[i] = pattern_at(i);
    go(drain_b, &d);
    assert_null(io_write(&a, bytes, LOTS, a_while()));
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(d.got, LOTS);
    assert_false(d.wrong);
    assert_int_equal(a.bytes_out, LOTS);
    free(bytes);
}

static void more_than_the_socket_holds_is_written_as_the_peer_reads(void **state)
{
    (void)state;
    write_lots_to(false);
}

static void a_slow_reader_gets_it_all(void **state)
{
    (void)state;
    write_lots_to(true);
}

/* Write until no more fits. */
static size_t fill_socket(void)
{
    static uint8_t bytes[100000];
    struct iovec   iov[2] = { { bytes, 1000 }, { bytes, sizeof bytes } };
    size_t         n, sum = 0;
    for (;;) {
        assert_null(io_writev_now(&a, iov, 2, &n));
        sum += n;
        if (n < sizeof bytes + 1000)
            return sum;
    }
}

static void what_fits_now_is_written_and_room_wakes(void **state)
{
    (void)state;
    static uint8_t buf[1 << 16];
    struct iovec   iov = { buf, sizeof buf };
    size_t         n = 7, sum = fill_socket(), got = 0;
    assert_false(a.may_write);
    assert_null(io_writev_now(&a, &iov, 1, &n));
    assert_int_equal(n, 0);
    assert_int_equal(a.bytes_out, sum);
    assert_int_equal(code_of(io_wait_writable(&a, briefly())), E_SOCKET_TIMEOUT);
    for (ssize_t r; (r = read(b, buf, sizeof buf)) > 0;)
        got += (size_t)r;
    assert_int_equal(got, sum);
    assert_null(io_wait_writable(&a, a_while()));
    assert_null(io_writev_now(&a, &iov, 1, &n));
    assert_true(n > 0);
}

static void a_write_that_meets_the_deadline_fails(void **state)
{
    (void)state;
    fill_socket();
    assert_int_equal(code_of(io_write(&a, "x", 1, briefly())), E_SOCKET_TIMEOUT);
}

static void a_closed_peer_fails_the_write_without_a_signal(void **state)
{
    (void)state;
    close_end(&b);
    struct err *e = io_write(&a, "x", 1, a_while());
    assert_int_equal(err_code(e), E_SOCKET_WRITE);
    assert_int_equal(err_errno(e), EPIPE);
    err_free(e);
}

static void close_b_soon(void *unused)
{
    (void)unused;
    co_give_way();
    close_end(&b);
}

static void a_writer_that_waits_is_woken_when_the_peer_goes(void **state)
{
    (void)state;
    fill_socket();
    go(close_b_soon, NULL);
    assert_int_equal(code_of(io_write(&a, "x", 1, a_while())), E_SOCKET_WRITE);
}

/* ---- cancel, owners, closing ---- */

struct waiter {
    bool   write;
    int    code, again;
    size_t n;
};

static void wait_on_a(void *arg)
{
    struct waiter *w = arg;
    char           buf[10];
    size_t         n;
    w->code =
        code_of(w->write ? io_write(&a, "x", 1, DEADLINE_NEVER) : io_read(&a, buf, sizeof buf, &w->n, DEADLINE_NEVER));
    w->again = code_of(io_read(&a, buf, sizeof buf, &n, DEADLINE_NEVER));
}

static void a_cancel_ends_a_read_and_sticks(void **state)
{
    (void)state;
    struct waiter w = { .code = -1 };
    struct co    *co = go(wait_on_a, &w);
    co_give_way();
    assert_int_equal(w.code, -1);
    co_cancel(co);
    peer_sends("too late"); /* data that has come meanwhile is not read either */
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(w.code, E_THREAD_INTERRUPTED);
    assert_int_equal(w.again, E_THREAD_INTERRUPTED);
}

static void a_cancel_ends_a_write(void **state)
{
    (void)state;
    struct waiter w = { .code = -1, .write = true };
    fill_socket();
    struct co *co = go(wait_on_a, &w);
    co_give_way();
    co_cancel(co);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(w.code, E_THREAD_INTERRUPTED);
}

static void the_coroutine_that_waits_is_woken_not_the_one_that_opened(void **state)
{
    (void)state;
    struct waiter w = { .code = -1 };
    struct co    *co = go(wait_on_a, &w);
    io_set_owner(&a, co);
    co_give_way();
    peer_sends("abc");
    close_end(&b);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(w.code, 0);
    assert_int_equal(w.n, 3);
    assert_int_equal(w.again, E_END_OF_STREAM);
}

static void a_deadline_does_not_hide_what_has_come(void **state)
{
    (void)state;
    char   buf[10];
    size_t n;
    peer_sends("abc");
    assert_null(io_read(&a, buf, sizeof buf, &n, now_us() - 1));
    assert_int_equal(n, 3);
    assert_int_equal(code_of(io_read(&a, buf, sizeof buf, &n, now_us() - 1)), E_SOCKET_TIMEOUT);
}

/* A wait for something that is not its peer. */
static void wait_for_others(void *arg)
{
    int *code = arg;
    io_set_owner(&a, co_self());
    io_end_with_peer(&a, true);
    struct err *e = NULL;
    while (!e)
        e = co_park(a_while());
    io_end_with_peer(&a, false);
    *code = err_code(e);
    err_free(e);
}

static void a_peer_that_hangs_up_ends_a_wait_for_others(void **state)
{
    (void)state;
    int code = -1;
    go(wait_for_others, &code);
    co_give_way();
    peer_sends("abc"); /* that is not the end */
    co_give_way();
    assert_int_equal(code, -1);
    close_end(&b);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(code, E_THREAD_INTERRUPTED);
}

static void a_peer_that_has_hung_up_ends_such_a_wait_at_once(void **state)
{
    (void)state;
    int code = -1;
    close_end(&b);
    while (!a.hung_up)
        co_give_way();
    go(wait_for_others, &code);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(code, E_THREAD_INTERRUPTED);
}

static void closing_twice_is_closing_once(void **state)
{
    (void)state;
    int fd = a.fd;
    io_close(&a);
    assert_int_equal(a.fd, -1);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(other, fd); /* the descriptor's number is free, and is not closed again */
    io_close(&a);
    assert_int_equal(fcntl(other, F_GETFD), FD_CLOEXEC);
    close(other);
}

static void a_closed_io_is_never_touched_again(void **state)
{
    (void)state;
    int        ends[2];
    struct io *io = malloc(sizeof *io);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_null(io_open(io, ends[0]));
    int copy = dup(ends[0]); /* a copy like a child process's: the kernel would go on reporting events */
    assert_int_equal(write(ends[1], "x", 1), 1);
    io_close(io);
    memset(io, 0xee, sizeof *io);
    free(io);
    assert_int_equal(write(ends[1], "y", 1), 1);
    co_give_way();
    close(ends[1]);
    co_give_way();
    close(copy);
}

/* ---- lingering ---- */

static void shut_and_close_b(void *unused)
{
    (void)unused;
    char buf[10];
    peer_sends("some more that nobody wants");
    co_give_way();
    if (read(b, buf, sizeof buf) == 0) /* the peer sees the end */
        close_end(&b);
}

static void lingering_ends_when_the_peer_closes(void **state)
{
    (void)state;
    go(shut_and_close_b, NULL);
    io_linger(&a, a_while());
    assert_int_equal(b, -1);
    assert_true(a.bytes_in > 20);
}

static void lingering_ends_at_its_deadline(void **state)
{
    (void)state;
    int64_t deadline = briefly();
    io_linger(&a, deadline);
    assert_true(now_us() >= deadline);
}

struct flood {
    int         fd;
    atomic_bool gave_up;
};

/* A thread that sends without a pause until the other end is closed, or the test has lasted too long. */
static void *flood_run(void *arg)
{
    static char   bytes[1 << 16];
    struct flood *f = arg;
    int64_t       until = now_us() + INT64_C(20) * US_PER_SECOND;
    while (send(f->fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0 && !f->gave_up)
        f->gave_up = now_us() > until;
    return NULL;
}

static void count_turns(void *arg)
{
    while (!co_is_cancelled(co_self())) {
        ++*(int *)arg;
        co_give_way();
    }
}

static void a_peer_that_floods_does_not_hold_lingering_up(void **state)
{
    (void)state;
    struct flood f = { .fd = b };
    pthread_t    thread;
    int          turns = 0;
    fcntl(b, F_SETFL, 0);
    assert_int_equal(pthread_create(&thread, NULL, flood_run, &f), 0);
    go(count_turns, &turns);
    io_linger(&a, now_us() + 50 * US_PER_MS);
    bool in_time = !f.gave_up;
    io_close(&a);
    pthread_join(thread, NULL);
    assert_true(in_time);
    assert_true(a.bytes_in / (turns + 1) < 256 << 10); /* other coroutines had turns in between */
}

struct starver {
    struct co *other;
    bool       stop;
    int64_t    until_us; /* the test has failed by then: end all coroutines */
};

/* Let the peer fill the socket; returns the number of bytes. */
static size_t peer_fills_the_socket(void)
{
    static const char bytes[4 << 10];
    const int         size = 1 << 20; /* this machine may allow less */
    size_t            sum = 0;
    setsockopt(b, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (ssize_t n; (n = send(b, bytes, sizeof bytes, MSG_NOSIGNAL)) > 0;)
        sum += (size_t)n;
    assert_true(sum > 64 << 10);
    return sum;
}

static void a_peer_that_floods_does_not_keep_the_loop(void **state)
{
    (void)state;
    char       buf[1 << 10];
    int        turns = 0;
    size_t     n, sum = 0, all = peer_fills_the_socket();
    struct co *other = go(count_turns, &turns);
    for (; sum < all; sum += n)
        assert_null(io_read(&a, buf, sizeof buf, &n, a_while()));
    assert_true(turns >= (int)((all - 1) >> 16));
    co_cancel(other);
}

static void a_peer_that_floods_ends_at_the_deadline(void **state)
{
    (void)state;
    char        buf[1 << 10];
    int64_t     deadline = now_us();
    size_t      n, sum = 0, all = peer_fills_the_socket();
    struct err *e;
    for (; !(e = io_read(&a, buf, sizeof buf, &n, deadline)) && sum < all; sum += n)
        ;
    assert_int_equal(code_of(e), E_SOCKET_TIMEOUT);
    assert_true(sum < all);
}

static void wake_each_other(void *arg)
{
    struct starver *s = arg;
    while (!s->stop && now_us() < s->until_us) {
        if (s->other)
            co_unpark(s->other);
        err_free(co_park(briefly()));
    }
}

static void two_that_keep_waking_each_other_do_not_hold_input_up(void **state)
{
    (void)state;
    struct starver one = { .until_us = now_us() + 5 * US_PER_SECOND }, two = one;
    one.other = go(wake_each_other, &two);
    two.other = go(wake_each_other, &one);
    a.may_read = false; /* as after a short read, so an edge must come */
    peer_sends("x");
    assert_null(io_wait_readable(&a, DEADLINE_NEVER));
    bool in_time = now_us() < one.until_us;
    one.stop = two.stop = true;
    assert_true(co_group_join(&group, DEADLINE_NEVER));
    assert_true(in_time);
}

/* ---- listening and connecting ---- */

static void a_connection_carries_bytes_both_ways(void **state)
{
    (void)state;
    char buf[10];
    assert_null(io_write(&a, "ping", 4, a_while()));
    assert_int_equal(recv(b, buf, sizeof buf, 0), 4);
    peer_sends("pong");
    assert_reads("pong");
}

static void a_connection_that_cannot_begin_leaves_an_io_to_close(void **state)
{
    (void)state;
    struct sockaddr nowhere = { .sa_family = AF_MAX };
    memset(&a, 0, sizeof a); /* all zero: descriptor 0 */
    assert_int_equal(code_of(io_connect(&a, &nowhere, sizeof nowhere, a_while())), E_SOCKET_CREATE);
    assert_int_equal(a.fd, -1);
}

/* A container's filter may answer a system call that it does not know with EPERM, not ENOSYS. */
static void a_sandbox_without_the_newest_wait_is_no_obstacle(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { ARRAY_LEN(filter), filter };
        int               fds[2];
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
            _exit(77);
        co_give_way(); /* a child's epoll set is a new one, made at its first wait */
        if (pipe(fds) || io_open(&a, fds[0]) || write(fds[1], "x", 1) != 1)
            _exit(2);
        a.may_read = false;
        _exit(io_wait_readable(&a, now_us() + 2 * US_PER_SECOND) ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_refused_connection_says_so(void **state)
{
    (void)state;
    struct sockaddr_in addr = any_port();
    int                fd;
    char               text[300];
    assert_null(io_listen(&fd, (struct sockaddr *)&addr, sizeof addr, false));
    find_port(fd, &addr, sizeof addr);
    close(fd);
    struct err *e = io_connect(&a, (struct sockaddr *)&addr, sizeof addr, a_while());
    assert_int_equal(err_code(e), E_SOCKET_CONNECT);
    assert_int_equal(err_errno(e), ECONNREFUSED);
    assert_non_null(strstr(err_text(e, text, sizeof text), "127.0.0.1:"));
    err_free(e);
    assert_int_equal(a.fd, -1);
}

static void a_connection_that_nobody_answers_ends_at_the_deadline(void **state)
{
    (void)state;
    struct sockaddr_in addr = any_port();
    struct io          queued[3];
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), code = 0;
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(fd, 0), 0);
    find_port(fd, &addr, sizeof addr);
    for (int i = 0; i < 3; i++) /* the first one or two fill the queue of those not accepted */
        code = code_of(io_connect(&queued[i], (struct sockaddr *)&addr, sizeof addr, now_us() + 20 * US_PER_MS));
    assert_int_equal(code, E_SOCKET_TIMEOUT);
    assert_int_equal(queued[2].fd, -1);
    for (int i = 0; i < 3; i++)
        io_close(&queued[i]);
    close(fd);
}

static void connect_forever(void *arg)
{
    struct waiter     *w = arg;
    struct sockaddr_in addr = any_port();
    struct io          first, second, third;
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t          len = sizeof addr;
    if (bind(fd, (struct sockaddr *)&addr, len) == 0 && listen(fd, 0) == 0 &&
        getsockname(fd, (struct sockaddr *)&addr, &len) == 0) {
        code_of(io_connect(&first, (struct sockaddr *)&addr, len, briefly()));
        code_of(io_connect(&second, (struct sockaddr *)&addr, len, briefly()));
        w->n = 1;
        w->code = code_of(io_connect(&third, (struct sockaddr *)&addr, len, DEADLINE_NEVER));
        io_close(&first);
        io_close(&second);
        io_close(&third);
    }
    close(fd);
}

static void a_cancel_ends_a_connect(void **state)
{
    (void)state;
    struct waiter w = { .code = -1 };
    struct co    *co = go(connect_forever, &w);
    int64_t       deadline = a_while();
    while (!w.n && now_us() < deadline)
        co_give_way();
    co_give_way();
    assert_int_equal(w.code, -1);
    co_cancel(co);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(w.code, E_THREAD_INTERRUPTED);
}

static void a_taken_port_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct sockaddr_in addr = any_port();
    int                first, second = 7;
    char               text[300], name[IO_ADDR_CAP];
    assert_null(io_listen(&first, (struct sockaddr *)&addr, sizeof addr, false));
    find_port(first, &addr, sizeof addr);
    for (int reuse = 0; reuse < 2; reuse++) { /* the first one does not share, so asking to share does not help */
        struct err *e = io_listen(&second, (struct sockaddr *)&addr, sizeof addr, reuse);
        assert_int_equal(err_code(e), E_SOCKET_BIND);
        assert_int_equal(err_errno(e), EADDRINUSE);
        assert_non_null(strstr(err_text(e, text, sizeof text), io_addr_text((struct sockaddr *)&addr, name)));
        err_free(e);
        assert_int_equal(second, -1);
    }
    close(first);
}

/* Open a stream port and the datagram port of the same number. Another program may have the second one: then others are tried. */
static void listen_and_bind(int *stream, int *datagram, struct sockaddr_in *addr)
{
    struct err *e = NULL;
    for (int tries = 0; tries < 100; tries++) {
        *addr = any_port();
        assert_null(io_listen(stream, (struct sockaddr *)addr, sizeof *addr, false));
        find_port(*stream, addr, sizeof *addr);
        e = io_bind(datagram, (struct sockaddr *)addr, sizeof *addr, false);
        if (!e)
            return;
        assert_int_equal(err_errno(e), EADDRINUSE);
        err_free(e);
        close(*stream);
    }
    fail_msg("no number is free for both");
}

static void a_datagram_port_is_its_owners_alone_and_no_stream_port(void **state)
{
    (void)state;
    struct sockaddr_in addr;
    int                first, second, stream;
    char               text[300];
    listen_and_bind(&stream, &first, &addr);
    struct err *e = io_bind(&second, (struct sockaddr *)&addr, sizeof addr, false);
    assert_int_equal(err_errno(e), EADDRINUSE);
    assert_non_null(strstr(err_text(e, text, sizeof text), "bind udp://127.0.0.1:"));
    err_free(e);
    close(stream);
    close(first);
}

static void two_may_share_a_port_when_both_want_to(void **state)
{
    (void)state;
    struct sockaddr_in addr = any_port();
    int                first, second;
    assert_null(io_listen(&first, (struct sockaddr *)&addr, sizeof addr, true));
    find_port(first, &addr, sizeof addr);
    assert_null(io_listen(&second, (struct sockaddr *)&addr, sizeof addr, true));
    close(first);
    close(second);
}

static void a_port_is_free_again_at_once(void **state)
{
    (void)state;
    struct sockaddr_in addr = any_port();
    int                fd;
    assert_null(io_listen(&fd, (struct sockaddr *)&addr, sizeof addr, false));
    find_port(fd, &addr, sizeof addr);
    assert_null(io_connect(&a, (struct sockaddr *)&addr, sizeof addr, a_while()));
    b = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(b >= 0);
    close_end(&b); /* the server's side closes first, and is in TIME_WAIT */
    close(fd);
    assert_null(io_listen(&fd, (struct sockaddr *)&addr, sizeof addr, false));
    close(fd);
}

static void every_ipv4_and_every_ipv6_address_are_two_endpoints(void **state)
{
    (void)state;
    struct sockaddr_in  v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    int                 first, second;
    assert_null(io_listen(&first, (struct sockaddr *)&v4, sizeof v4, false));
    find_port(first, &v4, sizeof v4);
    v6.sin6_port = v4.sin_port;
    struct err *e = io_listen(&second, (struct sockaddr *)&v6, sizeof v6, false);
    close(first);
    if (err_errno(e) == EAFNOSUPPORT || err_errno(e) == EADDRNOTAVAIL) {
        err_free(e);
        skip(); /* this machine has no IPv6 */
    }
    assert_null(e);
    close(second);
}

static void addresses_are_printed_as_people_write_them(void **state)
{
    (void)state;
    char                host[INET6_ADDRSTRLEN], text[IO_ADDR_CAP];
    struct sockaddr_in  v4 = any_port();
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(1935) };
    struct sockaddr     other = { .sa_family = AF_UNIX };
    v4.sin_port = htons(41222);
    assert_string_equal(io_addr_host((struct sockaddr *)&v4, host, sizeof host), "127.0.0.1");
    assert_string_equal(io_addr_text((struct sockaddr *)&v4, text), "127.0.0.1:41222");
    v6.sin6_addr = in6addr_loopback;
    assert_string_equal(io_addr_host((struct sockaddr *)&v6, host, sizeof host), "::1");
    assert_string_equal(io_addr_text((struct sockaddr *)&v6, text), "[::1]:1935");
    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7", &v6.sin6_addr), 1);
    assert_string_equal(io_addr_host((struct sockaddr *)&v6, host, sizeof host), "192.0.2.7");
    assert_string_equal(io_addr_text((struct sockaddr *)&v6, text), "192.0.2.7:1935");
    assert_int_equal(inet_pton(AF_INET6, "2001:db8:1111:2222:3333:4444:5555:6666", &v6.sin6_addr), 1);
    v6.sin6_port = htons(65535);
    assert_string_equal(io_addr_text((struct sockaddr *)&v6, text), "[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
    assert_string_equal(io_addr_host(&other, host, sizeof host), "unknown");
}

/* ---- deadlines */

/* No edge is looked at meanwhile, so the flags do not show what the other end has done. */
static void what_came_before_a_deadline_is_seen_though_it_has_passed(void **state)
{
    (void)state;
    char   byte;
    size_t n;
    assert_null(io_read_now(&a, &byte, 1, &n));
    assert_int_equal(n, 0);
    assert_false(io_is_readable(&a));
    assert_int_equal(code_of(io_wait_readable(&a, now_us() - 1)), E_SOCKET_TIMEOUT);
    assert_int_equal(write(b, "x", 1), 1);
    assert_null(io_wait_readable(&a, now_us() - 1));
    assert_null(io_read(&a, &byte, 1, &n, now_us() - 1));
    assert_int_equal(byte, 'x');
}

static void room_before_a_deadline_is_seen_though_it_has_passed(void **state)
{
    (void)state;
    static char  bytes[1 << 16];
    struct iovec iov = { bytes, sizeof bytes };
    size_t       n;
    while (a.may_write)
        assert_null(io_writev_now(&a, &iov, 1, &n));
    assert_int_equal(code_of(io_wait_writable(&a, now_us() - 1)), E_SOCKET_TIMEOUT);
    while (read(b, bytes, sizeof bytes) > 0)
        continue;
    assert_null(io_wait_writable(&a, now_us() - 1));
}

static void stand_still(void *arg)
{
    (void)arg;
    for (int64_t until_us = now_us() + 700 * US_PER_MS; now_us() < until_us;)
        continue;
    err_free(co_sleep(10 * US_PER_MS)); /* bytes on their way arrive a little later */
    if (write(b, "x", 1) != 1)
        abort();
}

static void a_wait_whose_deadline_fell_into_a_standstill_goes_on_behind_it(void **state)
{
    (void)state;
    char   byte;
    size_t n;
    assert_null(io_read_now(&a, &byte, 1, &n));
    go(stand_still, NULL);
    assert_null(io_wait_readable(&a, now_us() + 100 * US_PER_MS));
    assert_true(co_group_join(&group, a_while()));
}

/* ---- slow peers */

/* Like setup_tcp(), but with segments so short and a buffer so small that the peer's kernel acknowledges every small piece. */
static int setup_narrow_tcp(void **state)
{
    (void)state;
    struct sockaddr_in addr = any_port();
    struct sockaddr   *at = (struct sockaddr *)&addr;
    int                listening;
    co_group_init(&group);
    if (code_of(io_listen(&listening, at, sizeof addr, false)))
        return -1;
    setsockopt(listening, IPPROTO_TCP, TCP_MAXSEG, &(int){ 100 }, sizeof(int));
    setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &(int){ 4096 }, sizeof(int));
    find_port(listening, &addr, sizeof addr);
    int failed = code_of(io_connect(&a, at, sizeof addr, a_while()));
    b = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    close(listening);
    return failed || b < 0 ? -1 : 0;
}

enum { SILENCE_US = 100 * US_PER_MS };

static void write_what_fits(void)
{
    static char  bytes[1 << 16];
    struct iovec iov = { bytes, sizeof bytes };
    size_t       n;
    while (a.may_write)
        assert_null(io_writev_now(&a, &iov, 1, &n));
}

/* Write until the send buffer does not grow any more. */
static void fill_up(void)
{
    do {
        write_what_fits();
    } while (code_of(io_wait_writable(&a, now_us() + 2 * SILENCE_US)) == 0);
}

static void sip(void *arg)
{
    char bytes[400];
    (void)arg;
    while (!co_is_cancelled(co_self())) {
        if (read(b, bytes, sizeof bytes) == 0)
            break;
        err_free(co_sleep(10 * US_PER_MS));
    }
}

static void a_peer_that_takes_a_little_is_waited_for(void **state)
{
    (void)state;
    fill_up();
    go(sip, NULL);
    for (int64_t until_us = now_us() + 20 * SILENCE_US; now_us() < until_us;) {
        assert_null(io_wait_taken(&a, SILENCE_US, DEADLINE_NEVER));
        write_what_fits();
    }
    co_group_cancel_and_join(&group);
}

static void a_peer_that_takes_a_little_is_not_waited_for_beyond_a_deadline(void **state)
{
    struct err *e = NULL;
    int64_t     deadline_us = now_us() + 5 * SILENCE_US;
    (void)state;
    fill_up();
    go(sip, NULL);
    while (!e && now_us() < deadline_us + A_WHILE_US) {
        e = io_wait_taken(&a, SILENCE_US, deadline_us);
        write_what_fits();
    }
    assert_int_equal(code_of(e), E_SOCKET_TIMEOUT);
    assert_true(now_us() >= deadline_us);
    co_group_cancel_and_join(&group);
}

static void a_peer_that_takes_nothing_is_not(void **state)
{
    (void)state;
    fill_up();
    int64_t     began = now_us();
    struct err *e = io_wait_taken(&a, SILENCE_US, DEADLINE_NEVER);
    assert_int_equal(code_of(e), E_SOCKET_TIMEOUT);
    assert_true(now_us() - began >= SILENCE_US);
}

#define PAIR(f) cmocka_unit_test_setup_teardown(f, setup_pair, teardown)
#define TCP(f) cmocka_unit_test_setup_teardown(f, setup_tcp, teardown)
/* Run a test over a socket pair and over TCP, with a name for each. */
#define BOTH(f) \
    { #f "_over_a_socketpair", f, setup_pair, teardown, NULL }, \
    { \
#f "_over_tcp", f, setup_tcp, teardown, NULL \
    }
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_nothing, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_read_gives_what_is_there),
        PAIR(after_a_short_read_the_next_edge_wakes),
        PAIR(data_that_comes_between_the_edge_and_the_read_is_not_forgotten),
        PAIR(a_full_read_goes_on_reading),
        BOTH(a_full_read_of_the_last_byte_is_followed_by_none),
        BOTH(data_and_end_in_one_edge_are_both_read),
        BOTH(data_and_end_before_the_edge_was_seen_are_both_read),
        BOTH(an_end_after_a_short_read_is_seen),
        BOTH(an_end_between_the_edge_and_the_read_is_seen),
        BOTH(a_peer_that_closes_its_half_can_still_be_written_to),
        BOTH(a_full_read_puts_pieces_together),
        BOTH(a_full_read_that_meets_the_end_fails),
        PAIR(a_full_read_that_meets_the_deadline_fails),
        TCP(a_reset_is_an_error_with_its_errno),
        BOTH(more_than_the_socket_holds_is_written_as_the_peer_reads),
        BOTH(a_slow_reader_gets_it_all),
        PAIR(what_fits_now_is_written_and_room_wakes),
        PAIR(a_write_that_meets_the_deadline_fails),
        PAIR(a_closed_peer_fails_the_write_without_a_signal),
        BOTH(a_writer_that_waits_is_woken_when_the_peer_goes),
        PAIR(a_cancel_ends_a_read_and_sticks),
        PAIR(a_cancel_ends_a_write),
        PAIR(the_coroutine_that_waits_is_woken_not_the_one_that_opened),
        PAIR(a_peer_that_hangs_up_ends_a_wait_for_others),
        PAIR(a_peer_that_has_hung_up_ends_such_a_wait_at_once),
        PAIR(a_deadline_does_not_hide_what_has_come),
        PAIR(closing_twice_is_closing_once),
        TEST(a_closed_io_is_never_touched_again),
        BOTH(lingering_ends_when_the_peer_closes),
        BOTH(lingering_ends_at_its_deadline),
        BOTH(a_peer_that_floods_does_not_hold_lingering_up),
        PAIR(a_peer_that_floods_does_not_keep_the_loop),
        PAIR(a_peer_that_floods_ends_at_the_deadline),
        PAIR(two_that_keep_waking_each_other_do_not_hold_input_up),
        TCP(a_connection_carries_bytes_both_ways),
        TEST(a_connection_that_cannot_begin_leaves_an_io_to_close),
        TEST(a_sandbox_without_the_newest_wait_is_no_obstacle),
        TEST(a_refused_connection_says_so),
        TEST(a_connection_that_nobody_answers_ends_at_the_deadline),
        TEST(a_cancel_ends_a_connect),
        BOTH(what_came_before_a_deadline_is_seen_though_it_has_passed),
        PAIR(room_before_a_deadline_is_seen_though_it_has_passed),
        BOTH(a_wait_whose_deadline_fell_into_a_standstill_goes_on_behind_it),
        cmocka_unit_test_setup_teardown(a_peer_that_takes_a_little_is_waited_for, setup_narrow_tcp, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_takes_a_little_is_not_waited_for_beyond_a_deadline,
                                        setup_narrow_tcp, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_takes_nothing_is_not, setup_narrow_tcp, teardown),
        TEST(a_taken_port_is_an_error_that_names_it),
        TEST(a_datagram_port_is_its_owners_alone_and_no_stream_port),
        TEST(two_may_share_a_port_when_both_want_to),
        TEST(a_port_is_free_again_at_once),
        TEST(every_ipv4_and_every_ipv6_address_are_two_endpoints),
        TEST(addresses_are_printed_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
