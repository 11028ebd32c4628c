/* The client library when memory runs out at each allocation in turn, in the thread of the test alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "srs_rtmp/canned.h"
#include "srs_rtmp/srs_rtmp.h"

/* The linker puts these in place of the library's (--wrap). */
void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t len);

static _Thread_local int  left = -1; /* allocations before the one that fails; negative: none fails */
static _Thread_local bool has_failed;

static bool must_fail(void)
{
    if (left < 0 || left-- > 0)
        return false;
    has_failed = true;
    return true;
}

void *__wrap_malloc(size_t len)
{
    return must_fail() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t len)
{
    return must_fail() ? NULL : __real_realloc(ptr, len);
}

/* Let each allocation of a conversation fail in turn; the conversation must say so, or not depend on that one. */
static void run_short_of_memory(enum srs_rtmp_result (*converse)(const void *arg), const void *arg)
{
    int n_failed = 0;
    for (int n = 0;; n++) {
        has_failed = false;
        left = n;
        enum srs_rtmp_result result = converse(arg);
        left = -1;
        if (!has_failed) {
            assert_int_equal(result, SRS_RTMP_OK);
            break;
        }
        n_failed += result == SRS_RTMP_NO_MEMORY;
        assert_true(result == SRS_RTMP_NO_MEMORY || result == SRS_RTMP_OK);
    }
    assert_true(n_failed > 0);
}

static enum srs_rtmp_result play_one(struct srs_rtmp *c)
{
    struct srs_rtmp_packet p;
    enum srs_rtmp_result   result = srs_rtmp_set_page(c, "http://page", "http://swf");
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_connect(c);
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_play(c);
    return result ? result : srs_rtmp_read(c, &p);
}

static enum srs_rtmp_result play(const void *url)
{
    struct srs_rtmp     *c = srs_rtmp_create(url);
    enum srs_rtmp_result result = c ? play_one(c) : SRS_RTMP_NO_MEMORY;
    srs_rtmp_destroy(c);
    return result;
}

static void plays(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_start_play(&s);
    canned_add_text(&s, RTMP_TYPE_AUDIO, 7, "one");
    canned_begin(&s);
    run_short_of_memory(play, s.url);
    canned_end(&s);
}

static enum srs_rtmp_result publish_two(struct srs_rtmp *c)
{
    static const uint8_t                  adts[] = { 0xff, 0xf1, 0x50, 0x80, 0x01, 0x7f, 0xfc, 1, 2, 3, 4 };
    static const struct srs_rtmp_property width = { "width", NULL, 640 };
    uint8_t                               body[64];
    struct srs_rtmp_packet p = { SRS_RTMP_SCRIPT, 0, body, srs_rtmp_metadata_write(body, sizeof body, &width, 1) };
    enum srs_rtmp_result   result = srs_rtmp_connect(c);
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_publish(c);
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_write(c, &p);
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_write_frame(c, SRS_RTMP_AAC, 0, 0, adts, sizeof adts);
    return result ? result : srs_rtmp_close(c);
}

static enum srs_rtmp_result publish(const void *url)
{
    struct srs_rtmp     *c = srs_rtmp_create(url);
    enum srs_rtmp_result result = c ? publish_two(c) : SRS_RTMP_NO_MEMORY;
    srs_rtmp_destroy(c);
    return result;
}

static void publishes(void **state)
{
    struct canned s;
    (void)state;
    canned_open(&s);
    canned_start_publish(&s);
    canned_begin(&s);
    run_short_of_memory(publish, s.url);
    canned_end(&s);
}

static enum srs_rtmp_result copy_file(const void *path)
{
    struct srs_rtmp_packet p = { SRS_RTMP_AUDIO, 0, (const uint8_t *)"one", 3 };
    struct srs_rtmp_flv   *f;
    enum srs_rtmp_result   result = srs_rtmp_flv_create(&f, path);
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_flv_write(f, &p);
    enum srs_rtmp_result closed = srs_rtmp_flv_close(f);
    f = NULL;
    if (result == SRS_RTMP_OK)
        result = closed;
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_flv_open(&f, path);
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_flv_read(f, &p);
    srs_rtmp_flv_close(f);
    return result;
}

static void copies_a_file(void **state)
{
    char path[] = "/tmp/srs_rtmp_memory_test.XXXXXX";
    int  fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    run_short_of_memory(copy_file, path);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays),
        cmocka_unit_test(publishes),
        cmocka_unit_test(copies_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
