/* Names and addresses: numeric addresses at once, names on a thread, and a resolver that hangs. */
#include <cmocka.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/io.h"
#include "protocol/offload.h"
#include "protocol/resolve.h"

enum { MANY = RESOLVE_ADDRESSES_MAX + 3 };

static struct co_group group;
static sem_t           gate;
static atomic_int      n_asked;
static pthread_t       loop;
static bool            other_thread;
static char            asked_service[16];

/* ---- a resolver that knows three names and no other */

static struct addrinfo *answer(int n, const char *text)
{
    struct addrinfo *list = NULL;
    for (int i = 0; i < n; i++) {
        struct resolved  r;
        struct addrinfo *a = calloc(1, sizeof *a);
        resolve_numeric(text, (uint16_t)(1000 + n - i), &r);
        a->ai_family = r.items[0].addr.ss_family;
        a->ai_addrlen = r.items[0].len;
        a->ai_addr = malloc(a->ai_addrlen);
        memcpy(a->ai_addr, &r.items[0].addr, a->ai_addrlen);
        a->ai_next = list;
        list = a;
    }
    return list;
}

static int lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    n_asked++;
    other_thread = !pthread_equal(pthread_self(), loop);
    strncpy(asked_service, service, sizeof asked_service - 1);
    assert_int_equal(hints->ai_socktype, SOCK_STREAM);
    if (strcmp(node, "hangs.example") == 0)
        while (sem_wait(&gate) != 0)
            ;
    if (strcmp(node, "both.example") == 0) {
        *found = answer(1, "2001:db8::7");
        (*found)->ai_next = answer(1, "192.0.2.7");
    } else if (strcmp(node, "many.example") == 0 || strcmp(node, "hangs.example") == 0) {
        *found = answer(MANY, "192.0.2.7");
    } else if (strcmp(node, "unix.example") == 0) {
        *found = answer(1, "192.0.2.7");
        (*found)->ai_family = AF_UNIX;
    } else {
        return EAI_NONAME;
    }
    return 0;
}

static void release(struct addrinfo *found)
{
    while (found) {
        struct addrinfo *next = found->ai_next;
        free(found->ai_addr);
        free(found);
        found = next;
    }
}

static const struct resolver ours = { lookup, release };

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    sem_init(&gate, 0, 0);
    n_asked = 0;
    loop = pthread_self();
    resolve_with(&ours);
    return code_of(offload_init());
}

static int teardown(void **state)
{
    (void)state;
    offload_shutdown(A_WHILE_US);
    co_group_cancel_and_join(&group);
    sem_destroy(&gate);
    resolve_with(NULL);
    return 0;
}

static void assert_address(const struct resolved_address *a, const char *wanted)
{
    char text[IO_ADDR_CAP];
    assert_string_equal(io_addr_text((const struct sockaddr *)&a->addr, text), wanted);
}

/* ---- lookups */

static void numeric_hosts_need_no_resolver(void **state)
{
    static const char *const rows[][2] = {
        { "192.0.2.7", "192.0.2.7:1935" },
        { "2001:db8::7", "[2001:db8::7]:1935" },
        { "[2001:db8::7]", "[2001:db8::7]:1935" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct resolved r;
        assert_null(resolve(rows[i][0], 1935, a_while(), &r));
        assert_int_equal(r.count, 1);
        assert_address(&r.items[0], rows[i][1]);
    }
    assert_int_equal(n_asked, 0);
}

static void what_only_looks_numeric_is_a_name(void **state)
{
    static const char *const hosts[] = { "", "1.2.3", "[1.2.3.4]", "[]", "[::1", "::1]", "::g", "fe80::1%lo" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct resolved r;
        assert_false(resolve_numeric(hosts[i], 1935, &r));
    }
}

static void a_name_is_looked_up_on_a_thread(void **state)
{
    (void)state;
    struct resolved r;
    assert_null(resolve("both.example", 8080, a_while(), &r));
    assert_true(other_thread);
    assert_string_equal(asked_service, "8080");
    assert_int_equal(r.count, 2); /* in the resolver's order */
    assert_address(&r.items[0], "[2001:db8::7]:1001");
    assert_address(&r.items[1], "192.0.2.7:1001");
}

static void addresses_beyond_the_bound_are_left_out(void **state)
{
    (void)state;
    struct resolved r;
    assert_null(resolve("many.example", 1, a_while(), &r));
    assert_int_equal(r.count, RESOLVE_ADDRESSES_MAX);
    assert_address(&r.items[0], "192.0.2.7:1001");
}

static void a_name_that_does_not_exist_is_an_error(void **state)
{
    (void)state;
    struct resolved r;
    char            text[256];
    struct err     *e = resolve("no\nwhere.example", 1, a_while(), &r);
    assert_int_equal(err_code(e), E_SYSTEM_DNS_RESOLVE);
    assert_string_equal(err_text(e, text, sizeof text), "look up no\\x0awhere.example: Name or service not known");
    err_free(e);
    assert_int_equal(code_of(resolve("unix.example", 1, a_while(), &r)), E_SYSTEM_DNS_RESOLVE);
}

static void a_name_beyond_the_bound_is_not_asked_for(void **state)
{
    (void)state;
    struct resolved r;
    char            name[RESOLVE_NAME_MAX + 2];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(code_of(resolve(name, 1, a_while(), &r)), E_SYSTEM_DNS_RESOLVE);
    assert_int_equal(code_of(resolve("", 1, a_while(), &r)), E_SYSTEM_DNS_RESOLVE);
    assert_int_equal(n_asked, 0);
    name[RESOLVE_NAME_MAX] = '\0';
    assert_int_equal(code_of(resolve(name, 1, a_while(), &r)), E_SYSTEM_DNS_RESOLVE);
    assert_int_equal(n_asked, 1);
}

/* ---- a resolver that hangs */

static int  n_turns, hung_code;
static bool hung_done;

static void ask_for_what_hangs(void *deadline)
{
    struct resolved r;
    hung_code = code_of(resolve("hangs.example", 1, *(int64_t *)deadline, &r));
    hung_done = true;
}

static void a_name_that_never_resolves_holds_up_its_own_coroutine_alone(void **state)
{
    (void)state;
    int64_t         deadline = a_while();
    struct resolved r;
    hung_done = false;
    assert_null(co_go(&group, "hung", ask_for_what_hangs, &deadline, NULL));
    while (n_asked == 0)
        co_give_way();
    for (n_turns = 0; n_turns < 1000; n_turns++) /* the loop turns */
        co_give_way();
    assert_null(resolve("both.example", 1, a_while(), &r)); /* other names are still answered */
    assert_false(hung_done);
    sem_post(&gate);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(hung_code, E_SUCCESS);
}

static void its_caller_goes_on_at_the_deadline(void **state)
{
    (void)state;
    struct resolved r;
    assert_int_equal(code_of(resolve("hangs.example", 1, now_us() + 2000, &r)), E_SOCKET_TIMEOUT);
    sem_post(&gate); /* the late answer must be freed, which the leak checkers verify */
}

static void its_caller_can_be_cancelled(void **state)
{
    (void)state;
    int64_t deadline = a_while();
    assert_null(co_go(&group, "hung", ask_for_what_hangs, &deadline, NULL));
    while (n_asked == 0)
        co_give_way();
    co_group_cancel_and_join(&group);
    assert_int_equal(hung_code, E_THREAD_INTERRUPTED);
    sem_post(&gate);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    struct resolved r;
    int64_t         n = 0;
    int             code;
    do {
        mem_fail_after(n++);
        code = code_of(resolve("both.example", 1, a_while(), &r));
        bool failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(code != E_SUCCESS, failed);
    } while (code != E_SUCCESS);
    assert_true(n > 1);
}

static void the_system_knows_localhost(void **state)
{
    (void)state;
    struct resolved r;
    resolve_with(NULL);
    assert_null(resolve("localhost", 1935, a_while(), &r));
    assert_true(r.count >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numeric_hosts_need_no_resolver, setup, teardown),
        cmocka_unit_test(what_only_looks_numeric_is_a_name),
        cmocka_unit_test_setup_teardown(a_name_is_looked_up_on_a_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_beyond_the_bound_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_that_does_not_exist_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_beyond_the_bound_is_not_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_that_never_resolves_holds_up_its_own_coroutine_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(its_caller_goes_on_at_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(its_caller_can_be_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(the_system_knows_localhost, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
