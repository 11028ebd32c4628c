/* Keys of a stream: how long each is used, which segments have which, and what is encrypted with it. */
#include "app/hls/keys.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <string.h>

#include "app/conf/conf.h"
#include "app/hls/hls.h"
#include "app/segment/lane.h"
#include "app/segment/shelf.h"
#include "core/attr.h"
#include "core/blob.h"
#include "core/clock.h"
#include "core/mem.h"

static struct conf       conf;
static struct conf_vhost vhost;
static struct show       show;
static struct lane       lane;
static struct hls        h;

static int setup(void **state)
{
    (void)state;
    conf = (struct conf){ .utc_time = true };
    vhost = (struct conf_vhost){ .name = "v",
                                 .hls = { .fragment_us = 2 * US_PER_SECOND,
                                          .path = "html",
                                          .m3u8_file = "[app]/[stream].m3u8",
                                          .ts_file = "[app]/[stream]-[seq].ts",
                                          .fmp4_file = "[app]/[stream]-[seq].m4s",
                                          .init_file = "[app]/[stream]/init.mp4",
                                          .key_file = "[app]/[stream]-[seq].key",
                                          .key_file_path = "",
                                          .key_url = "",
                                          .fragments_per_key = 3 } };
    show = (struct show){ .conf = &conf, .vhost = &vhost, .app = "live", .stream = "cam", .label = "/live/cam" };
    lane = (struct lane){ 0 };
    h = (struct hls){ .show = &show, .lane = &lane, .m3u8_path = "live/cam.m3u8" };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hls_keys_destroy(&h);
    shelf_finish();
    return 0;
}

static struct hls_key begin_segment(uint64_t number)
{
    struct hls_key key = { 0 };
    assert_true(hls_keys_begin(h.keys, number, &key));
    return key;
}

/* ---- rotation ---- */

static void a_key_is_for_as_many_segments_as_configured(void **state)
{
    static const char *const uris[] = { "cam-10.key", "cam-10.key", "cam-10.key", "cam-13.key", "cam-13.key" };
    struct hls_key           last = { 0 };
    (void)state;
    assert_null(hls_keys_create(&h));
    for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
        struct hls_key key = begin_segment(10 + i);
        assert_string_equal(key.uri, uris[i]);
        assert_int_equal(key.method, HLS_KEY_AES_128);
        assert_true(key.has_iv && memcmp(key.iv, last.iv, sizeof key.iv) != 0);
        last = key;
    }
    assert_non_null(shelf_find(&vhost, "/live/cam-10.key"));
    struct hls_secret *old = hls_keys_find(h.keys, "live/cam-10.key"), *new = hls_keys_newest(h.keys);
    assert_memory_not_equal(old->key, new->key, AES_CBC_BLOCK);
}

static void a_key_stays_until_no_segment_needs_it(void **state)
{
    (void)state;
    assert_null(hls_keys_create(&h));
    begin_segment(0);
    assert_null(hls_keys_unneeded(h.keys, 1000)); /* the only one is always needed */
    begin_segment(3);
    assert_null(hls_keys_unneeded(h.keys, 2));
    struct hls_secret *s = hls_keys_unneeded(h.keys, 3);
    assert_int_equal(s->number, 0);
    hls_keys_drop(s);
    assert_null(shelf_find(&vhost, "/live/cam-0.key"));
    assert_null(hls_keys_unneeded(h.keys, 1000));
}

static void a_key_of_a_former_run_is_used_to_its_end(void **state)
{
    static const uint8_t key[AES_CBC_BLOCK] = { 1, 2, 3 };
    (void)state;
    assert_null(hls_keys_create(&h));
    assert_null(hls_keys_adopt(h.keys, 5, mem_strdup("live/cam-5.key"), key));
    assert_string_equal(begin_segment(7).uri, "cam-5.key");
    assert_memory_equal(hls_keys_newest(h.keys)->key, key, sizeof key);
    assert_string_equal(begin_segment(8).uri, "cam-8.key");
}

static void another_server_may_give_the_keys(void **state)
{
    (void)state;
    vhost.hls.key_url = "https://keys.example/";
    assert_null(hls_keys_create(&h));
    struct hls_key key = begin_segment(0);
    assert_string_equal(key.uri, "https://keys.example/live/cam-0.key");
    assert_int_equal(key.uri_kind, HLS_URI_PLAIN);
}

static void without_memory_there_is_no_key_and_nothing_leaks(void **state)
{
    struct hls_key key;
    (void)state;
    assert_null(hls_keys_create(&h));
    for (int n = 0;; n++) {
        mem_fail_after(n);
        bool ok = hls_keys_begin(h.keys, 0, &key);
        mem_fail_after(-1);
        if (ok)
            break;
        assert_true(list_is_empty(&h.keys->secrets));
    }
    assert_non_null(hls_keys_newest(h.keys));
}

/* ---- AES-128 ---- */

/* Decrypt with padding, by the library's own way. Returns the length. */
static int decrypt(const uint8_t *in, int len, uint8_t *out)
{
    const struct hls_keys *k = h.keys;
    EVP_CIPHER_CTX        *ctx = EVP_CIPHER_CTX_new();
    int                    n = 0, rest = 0;
    assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, hls_keys_newest(k)->key, k->iv), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, in, len), 1);
    assert_int_equal(EVP_DecryptFinal_ex(ctx, out + n, &rest), 1);
    EVP_CIPHER_CTX_free(ctx);
    return n + rest;
}

static void parts_of_any_length_are_one_encrypted_segment(void **state)
{
    static const size_t lens[] = { 188, 1, 15, 16, 3, 0, 40, 5, 188 };
    uint8_t             plain[512], sealed[512], back[512];
    size_t              n_plain = 0, n_sealed = 0;
    (void)state;
    assert_null(hls_keys_create(&h));
    const struct lane_seal *seal = lane.seal;
    for (uint64_t number = 0; number < 4; number++, n_plain = n_sealed = 0) {
        begin_segment(number);
        for (size_t i = number; i < ARRAY_LEN(lens); i++) { /* the rest of the former segment is not in the next */
            struct blob *part = blob_new(lens[i]);
            for (size_t j = 0; j < lens[i]; j++)
                part->bytes[j] = plain[n_plain++] = (uint8_t)(number * 7 + i * 31 + j);
            struct blob *out = seal->part(seal->arg, part, i == number);
            assert_int_equal(out->len % AES_CBC_BLOCK, 0);
            memcpy(sealed + n_sealed, out->bytes, out->len);
            n_sealed += out->len;
            blob_unref(&part);
            blob_unref(&out);
        }
        struct blob *last = seal->end(seal->arg);
        memcpy(sealed + n_sealed, last->bytes, last->len);
        n_sealed += last->len;
        blob_unref(&last);
        assert_int_equal(decrypt(sealed, (int)n_sealed, back), n_plain);
        assert_memory_equal(back, plain, n_plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_is_for_as_many_segments_as_configured, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_stays_until_no_segment_needs_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_of_a_former_run_is_used_to_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(another_server_may_give_the_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_there_is_no_key_and_nothing_leaks, setup, teardown),
        cmocka_unit_test_setup_teardown(parts_of_any_length_are_one_encrypted_segment, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
