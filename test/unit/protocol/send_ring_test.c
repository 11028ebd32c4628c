/* Many writes by one system call: each has the result that a single write would have had. */
#include "protocol/send_ring.h"

#include <cmocka.h>
#include <errno.h>
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

#include "core/attr.h"
#include "loop.h"
#include "protocol/io.h"

enum { ENDS = SEND_RING_MAX };

static struct {
    struct io io;
    int       peer;
    int       n_done;
    ssize_t   sent;
} ends[ENDS];

static int order[ENDS], n_done;

static void note(void *arg, ssize_t sent)
{
    int i = (int)(intptr_t)arg;
    ends[i].n_done++;
    ends[i].sent = sent;
    order[n_done++] = i;
}

static int set_up(void **state)
{
    (void)state;
    n_done = 0;
    for (int i = 0; i < ENDS; i++) {
        assert_int_equal(connect_ends(&ends[i].io, &ends[i].peer), 0);
        ends[i].n_done = 0;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < ENDS; i++) {
        io_close(&ends[i].io);
        close_end(&ends[i].peer);
    }
    return 0;
}

static void add(int i, const void *bytes, size_t len)
{
    send_ring_add(&ends[i].io, bytes, len, note, (void *)(intptr_t)i);
}

static void each_gets_its_own_bytes_and_the_results_come_in_order(void **state)
{
    static uint8_t bytes[ENDS][64];
    (void)state;
    for (int round = 0; round < 3; round++) {
        n_done = 0;
        for (int i = 0; i < ENDS; i++) {
            assert_false(send_ring_is_full());
            memset(bytes[i], round * 50 + i % 50, sizeof bytes[i]);
            add(i, bytes[i], 1 + (size_t)i % 64);
        }
        assert_true(send_ring_is_full());
        send_ring_flush();
        assert_int_equal(n_done, ENDS);
        for (int i = 0; i < ENDS; i++) {
            uint8_t got[100];
            assert_int_equal(order[i], i);
            assert_int_equal(ends[i].sent, 1 + i % 64);
            assert_int_equal(recv(ends[i].peer, got, sizeof got, 0), 1 + i % 64);
            assert_memory_equal(got, bytes[i], 1 + (size_t)i % 64);
            assert_int_equal(ends[i].io.bytes_out, (round + 1) * (1 + i % 64));
            assert_true(ends[i].io.may_write);
        }
    }
    send_ring_flush(); /* an empty queue does nothing */
    assert_int_equal(n_done, ENDS);
}

/* Add enough writes for the ring to be used; with fewer, each write is a system call. */
static void add_others(bool by_ring)
{
    for (int i = 10; by_ring && i < 20; i++)
        add(i, "x", 1);
}

static void full_socket(bool by_ring)
{
    static uint8_t much[4 << 20];
    add(0, much, sizeof much);
    add(1, much, 10);
    add_others(by_ring);
    send_ring_flush();
    assert_true(ends[0].sent > 0 && ends[0].sent < (ssize_t)sizeof much);
    assert_false(ends[0].io.may_write);
    assert_int_equal(ends[1].sent, 10);

    add(0, much, 10);
    add_others(by_ring);
    send_ring_flush();
    assert_int_equal(ends[0].sent, 0);
    assert_false(ends[0].io.may_write);

    while (recv(ends[0].peer, much, sizeof much, MSG_DONTWAIT) > 0)
        continue;
    assert_null(io_wait_writable(&ends[0].io, now_us() + 60 * US_PER_SECOND)); /* an edge reports the room */
    add(0, much, 10);
    send_ring_flush();
    assert_int_equal(ends[0].sent, 10);
}

static void a_full_socket_takes_a_part_or_nothing(void **state)
{
    (void)state;
    full_socket(true);
}

static void nor_does_it_by_a_call_of_its_own(void **state)
{
    (void)state;
    full_socket(false);
}

static void broken_socket(bool by_ring)
{
    close_end(&ends[1].peer);
    for (int i = 0; i < 3; i++)
        add(i, "x", 1);
    add_others(by_ring);
    send_ring_flush();
    assert_int_equal(ends[0].sent, 1);
    assert_int_equal(ends[1].sent, -EPIPE);
    assert_int_equal(ends[2].sent, 1);
    assert_int_equal(ends[1].io.bytes_out, 0);
}

static void a_broken_socket_says_so_and_harms_no_other(void **state)
{
    (void)state;
    broken_socket(true);
}

static void so_it_does_by_a_call_of_its_own(void **state)
{
    (void)state;
    broken_socket(false);
}

/* Forbid a system call from now on, as the default profile of container runtimes does. */
static bool forbid(int call)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { ARRAY_LEN(rules), rules };
    return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Assert that `holds` returns true in a process of its own. */
static void assert_in_child(bool (*holds)(void))
{
    int   status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(holds() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool setup_is_refused(void)
{
    send_ring_close();
    struct err *e = forbid(__NR_io_uring_setup) ? send_ring_open() : NULL;
    return err_errno(e) == EPERM && !send_ring_is_open();
}

static void a_kernel_that_refuses_is_an_error_that_says_why(void **state)
{
    (void)state;
    assert_in_child(setup_is_refused);
}

/* The probe is refused, as by a kernel that is older than sends through io_uring. */
static bool probe_is_refused(void)
{
    send_ring_close();
    struct err *e = forbid(__NR_io_uring_register) ? send_ring_open() : NULL;
    return err_errno(e) == EOPNOTSUPP && !send_ring_is_open();
}

static void a_kernel_that_cannot_send_by_it_is_an_error(void **state)
{
    (void)state;
    assert_in_child(probe_is_refused);
}

static bool failing_ring_sends_nothing(void)
{
    send_ring_close();
    if (code_of(send_ring_open()) || !forbid(__NR_io_uring_enter))
        return false;
    enum { N = 10 };
    for (int i = 0; i < N; i++)
        add(i, "x", 1);
    send_ring_flush();
    bool holds = n_done == N && !send_ring_is_open() && !send_ring_is_full();
    for (int i = 0; i < N; i++) {
        char c;
        holds &= ends[i].sent == 0 && ends[i].io.may_write && ends[i].io.bytes_out == 0;
        holds &= recv(ends[i].peer, &c, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN; /* no byte has come, and no end */
    }
    return holds;
}

static void a_ring_that_fails_is_given_up_and_unsent_writes_are_reported(void **state)
{
    (void)state;
    assert_in_child(failing_ring_sends_nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_gets_its_own_bytes_and_the_results_come_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_socket_takes_a_part_or_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nor_does_it_by_a_call_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broken_socket_says_so_and_harms_no_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(so_it_does_by_a_call_of_its_own, set_up, tear_down),
        cmocka_unit_test(a_kernel_that_refuses_is_an_error_that_says_why),
        cmocka_unit_test(a_kernel_that_cannot_send_by_it_is_an_error),
        cmocka_unit_test_setup_teardown(a_ring_that_fails_is_given_up_and_unsent_writes_are_reported, set_up,
                                        tear_down),
    };
    if (loop_begin(NULL))
        return 1;
    struct err *e = send_ring_open();
    if (e) { /* no io_uring here, as in some containers: nothing to test */
        char text[ERR_TEXT_MAX];
        printf("%s\n[  SKIPPED ] there_is_no_io_uring\n", err_text(e, text, sizeof text));
        err_free(e);
        loop_end(NULL);
        return 0;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    send_ring_close();
    loop_end(NULL);
    return failed;
}
