/*
 * state-threads as trunk-scripts/build-st.sh builds it: epoll, guarded stacks, and switches that
 * AddressSanitizer can follow. Run by `make test` in the configured build and once more under
 * AddressSanitizer with detect_stack_use_after_return=1, where each false report would end it.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <st.h>

/* The number of threads: far more than the 65530 mappings of Linux allow guards for; fewer where a tool tracks each stack. */
static int crowd(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return 3000;
#else
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload") ? 500 : 30000;
#endif
}

static int n_done;

/* Fill an array, switch, and read it again, in `depth` frames on one stack. */
static unsigned churn(int depth, unsigned seed) /* NOLINT(misc-no-recursion) */
{
    volatile uint8_t bytes[1024];
    unsigned         sum = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(seed + i);
    if (depth > 0)
        sum = churn(depth - 1, seed + 1);
    st_usleep(0);
    for (size_t i = 0; i < sizeof bytes; i++)
        if (bytes[i] != (uint8_t)(seed + i))
            return UINT32_MAX;
    return sum == UINT32_MAX ? sum : sum + 1;
}

static void *churn_and_return(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    for (int round = 0; round < 3; round++)
        if (churn(8, seed) != 9)
            return NULL;
    n_done++;
    return arg;
}

/* Exit from deep frames without a return. Their remains must not disturb the next user of the stack. */
static void exit_from(int depth) /* NOLINT(misc-no-recursion) */
{
    volatile uint8_t bytes[512];
    memset((void *)bytes, depth, sizeof bytes);
    st_usleep(0);
    if (depth > 0)
        exit_from(depth - 1);
    n_done++;
    st_thread_exit(NULL);
    (void)bytes[0];
}

static void *exit_deep_down(void *arg)
{
    exit_from((int)(uintptr_t)arg % 7);
    return NULL;
}

static void is_built_with_epoll(void **state)
{
    (void)state;
    assert_string_equal(st_get_eventsys_name(), "epoll");
}

static void joined_threads_keep_their_stacks_and_results(void **state)
{
    (void)state;
    volatile uint8_t mine[2048]; /* the first thread's own frame must survive as well */
    memset((void *)mine, 0x5a, sizeof mine);
    n_done = 0;
    for (unsigned round = 0; round < 40; round++) {
        st_thread_t threads[50];
        for (unsigned i = 0; i < 50; i++) {
            threads[i] = st_thread_create(churn_and_return, (void *)(uintptr_t)(round * 50 + i + 1), 1, 0);
            assert_non_null(threads[i]);
        }
        for (unsigned i = 0; i < 50; i++) {
            void *result = NULL;
            assert_int_equal(st_thread_join(threads[i], &result), 0);
            assert_int_equal((uintptr_t)result, round * 50 + i + 1);
        }
    }
    assert_int_equal(n_done, 2000);
    for (size_t i = 0; i < sizeof mine; i++)
        assert_int_equal(mine[i], 0x5a);
}

static void threads_that_exit_deep_down_leave_a_clean_stack(void **state)
{
    (void)state;
    n_done = 0;
    for (unsigned i = 0; i < 2000; i++) {
        assert_non_null(st_thread_create(exit_deep_down, (void *)(uintptr_t)i, 0, 0));
        if (i % 20 == 19)
            st_usleep(100);
    }
    while (n_done < 2000)
        st_usleep(1000);

    /* use the same stacks again, from their top to some depth */
    n_done = 0;
    for (unsigned i = 0; i < 200; i++)
        assert_non_null(st_thread_create(churn_and_return, (void *)(uintptr_t)(i + 1), 0, 0));
    while (n_done < 200)
        st_usleep(1000);
}

static void *wait_for_signal(void *arg)
{
    st_cond_wait((st_cond_t)arg);
    n_done++;
    return NULL;
}

static void a_crowd_lives_at_once(void **state)
{
    (void)state;
    st_cond_t go = st_cond_new();
    n_done = 0;
    for (int i = 0; i < crowd(); i++)
        assert_non_null(st_thread_create(wait_for_signal, go, 0, 65536));
    st_usleep(0);
    assert_int_equal(n_done, 0);
    assert_int_equal(st_cond_broadcast(go), 0);
    while (n_done < crowd())
        st_usleep(1000);
    assert_int_equal(st_cond_destroy(go), 0);
}

/* True when the mapping just below the one of `address` allows no access. */
static bool is_guarded(uintptr_t address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    char      line[512], access[5], last_access[5] = "";
    uintptr_t begin, end, last_end = 0;
    bool      guarded = false;
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &begin, &end, access) != 3)
            continue;
        if (address >= begin && address < end)
            guarded = last_end == begin && strcmp(last_access, "---p") == 0;
        last_end = end;
        memcpy(last_access, access, sizeof access);
    }
    (void)fclose(maps);
    return guarded;
}

static void *look_below(void *arg)
{
    /* the frame's own address, because under the sanitizer a local may live elsewhere */
    *(bool *)arg = is_guarded((uintptr_t)__builtin_frame_address(0));
    return NULL;
}

static void a_stack_has_a_guard_page_below(void **state)
{
    (void)state;
    bool        guarded = false;
    st_thread_t thread =
        st_thread_create(look_below, &guarded, 1, 131072); /* no other stack has this size, so it is new */
    assert_non_null(thread);
    assert_int_equal(st_thread_join(thread, NULL), 0);
    assert_true(guarded);
}

int main(void)
{
    if (st_set_eventsys(ST_EVENTSYS_ALT) != 0 || st_init() != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_built_with_epoll),
        cmocka_unit_test(a_stack_has_a_guard_page_below),
        cmocka_unit_test(joined_threads_keep_their_stacks_and_results),
        cmocka_unit_test(threads_that_exit_deep_down_leave_a_clean_stack),
        cmocka_unit_test(a_crowd_lives_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
