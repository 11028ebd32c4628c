/* The server's certificates: read, read again, refused; the old one stays when the new one is bad, or memory runs out. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/tls/store.h"
#include "core/clock.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/offload.h"
#include "protocol/tls/certs.h"

enum { A_DAY_S = 86400 };

static char             dir[] = "/tmp/store_test.XXXXXX", key[64], crt[64], other_key[64], other_crt[64];
static struct cert      one, two;
static struct tls_store store;
static struct conf      conf;

static void put(const char *path, const char *text)
{
    char  aside[80];
    FILE *f;
    snprintf(aside, sizeof aside, "%s.new", path);
    f = fopen(aside, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(rename(aside, path), 0);
}

static int setup_all(void **state)
{
    (void)state;
    if (!mkdtemp(dir) || loop_begin(state))
        return -1;
    snprintf(key, sizeof key, "%s/server.key", dir);
    snprintf(crt, sizeof crt, "%s/server.crt", dir);
    snprintf(other_key, sizeof other_key, "%s/other.key", dir);
    snprintf(other_crt, sizeof other_crt, "%s/other.crt", dir);
    one = cert_make("one.example", -A_DAY_S, 10 * A_DAY_S);
    two = cert_make("two.example", -A_DAY_S, 20 * A_DAY_S);
    return code_of(offload_init()) ? -1 : 0;
}

static int teardown_all(void **state)
{
    (void)state;
    cert_free(&one);
    cert_free(&two);
    unlink(key);
    unlink(crt);
    unlink(other_key);
    unlink(other_crt);
    rmdir(dir);
    offload_shutdown(US_PER_SECOND);
    return loop_end(state);
}

static int setup(void **state)
{
    (void)state;
    tls_store_init(&store);
    conf = (struct conf){ .rtmps = { .enabled = true, .key = key, .cert = crt } };
    put(key, one.key);
    put(crt, one.chain);
    unlink(other_key);
    unlink(other_crt);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tls_store_finish(&store);
    return 0;
}

/* The days until the certificate in use expires; they tell certificates apart. */
static int days_left(const char *of_key, const char *of_cert)
{
    struct tls_ctx *ctx = tls_store_find(&store, of_key, of_cert);
    return ctx ? (int)((tls_ctx_wall_expiry_s(ctx) - time(NULL) + A_DAY_S / 2) / A_DAY_S) : 0;
}

static void look_until_settled(void)
{
    tls_store_look(&store);
    tls_store_look(&store);
}

static void what_the_configuration_names_is_read(void **state)
{
    (void)state;
    assert_true(tls_store_is_empty(&store));
    assert_null(tls_store_load(&store, &conf));
    assert_int_equal(days_left(key, crt), 10);
    assert_int_equal(days_left(crt, key), 0);
    assert_false(tls_store_is_empty(&store));
}

static void a_port_that_is_off_needs_no_certificate(void **state)
{
    (void)state;
    conf.rtmps.enabled = false;
    conf.rtmps.cert = other_crt;
    assert_null(tls_store_load(&store, &conf));
    assert_true(tls_store_is_empty(&store));
}

static void two_ports_share_a_pair_and_a_vhost_has_its_own(void **state)
{
    (void)state;
    struct conf_vhost vhosts[] = { { .tls = { "", "" } }, { .tls = { other_key, other_crt } } };
    put(other_key, two.key);
    put(other_crt, two.chain);
    conf.http_server.https = conf.http_api.https = conf.rtmps;
    conf.vhosts = vhosts;
    conf.n_vhosts = 2;
    assert_null(tls_store_load(&store, &conf));
    assert_int_equal(days_left(key, crt), 10);
    assert_int_equal(days_left(other_key, other_crt), 20);
    conf.n_vhosts = 1;
    tls_store_keep(&store, &conf);
    assert_int_equal(days_left(key, crt), 10);
    assert_int_equal(days_left(other_key, other_crt), 0);
}

static void a_changed_pair_is_read_when_it_has_settled(void **state)
{
    (void)state;
    assert_null(tls_store_load(&store, &conf));
    tls_store_look(&store);
    put(crt, two.chain); /* both files are replaced, and the store looks in between */
    tls_store_look(&store);
    put(key, two.key);
    tls_store_look(&store);
    assert_int_equal(days_left(key, crt), 10);
    tls_store_look(&store);
    assert_int_equal(days_left(key, crt), 20);
}

static void a_bad_pair_leaves_the_old_one_and_may_become_good(void **state)
{
    (void)state;
    assert_null(tls_store_load(&store, &conf));
    put(crt, two.chain);
    look_until_settled();
    assert_int_equal(days_left(key, crt), 10);
    assert_null(tls_store_load(&store, &conf)); /* a reload accepts it too */
    assert_int_equal(days_left(key, crt), 10);
    unlink(key);
    look_until_settled();
    assert_int_equal(days_left(key, crt), 10);
    put(key, two.key);
    look_until_settled();
    assert_int_equal(days_left(key, crt), 20);
}

static void a_new_pair_must_be_good(void **state)
{
    (void)state;
    assert_null(tls_store_load(&store, &conf));
    struct conf next = conf;
    next.rtmps.cert = other_crt;
    assert_int_equal(code_of(tls_store_load(&store, &next)), E_HTTPS_KEY_CRT);
    tls_store_keep(&store, &conf);
    assert_int_equal(days_left(key, crt), 10);
    assert_int_equal(days_left(key, other_crt), 0);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
    (void)state;
    conf.rtmps.cert = dir;
    assert_int_equal(code_of(tls_store_load(&store, &conf)), E_HTTPS_KEY_CRT);
    conf.rtmps.cert = other_crt;
    assert_int_equal(mkfifo(other_crt, 0600), 0); /* opening it would wait for a writer */
    assert_int_equal(code_of(tls_store_load(&store, &conf)), E_HTTPS_KEY_CRT);
}

static void a_file_of_absurd_size_is_refused(void **state)
{
    (void)state;
    put(other_crt, "");
    assert_int_equal(truncate(other_crt, 2 << 20), 0);
    conf.rtmps.cert = other_crt;
    assert_int_equal(code_of(tls_store_load(&store, &conf)), E_HTTPS_KEY_CRT);
}

static void without_memory_the_old_one_stays(void **state)
{
    (void)state;
    assert_null(tls_store_load(&store, &conf));
    put(crt, two.chain);
    put(key, two.key);
    for (int64_t n = 0;; n++) {
        mem_fail_after(n);
        struct err *e = tls_store_load(&store, &conf);
        bool        dealt = mem_failed();
        mem_fail_after(-1);
        err_free(e);
        if (!dealt)
            break;
        int days = days_left(key, crt);
        assert_true(days == 10 || days == 20);
    }
    assert_int_equal(days_left(key, crt), 20);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_configuration_names_is_read),
        TEST(a_port_that_is_off_needs_no_certificate),
        TEST(two_ports_share_a_pair_and_a_vhost_has_its_own),
        TEST(a_changed_pair_is_read_when_it_has_settled),
        TEST(a_bad_pair_leaves_the_old_one_and_may_become_good),
        TEST(a_new_pair_must_be_good),
        TEST(what_is_no_file_is_refused_at_once),
        TEST(a_file_of_absurd_size_is_refused),
        TEST(without_memory_the_old_one_stays),
    };
    return cmocka_run_group_tests_name("tls store", tests, setup_all, teardown_all);
}
