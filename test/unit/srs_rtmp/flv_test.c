/* FLV files of the client library. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "srs_rtmp/srs_rtmp.h"

enum { LARGE = 200000, HEADER_LEN = 13, TAG_LEN = 11 + 4 };

static char path[] = "/tmp/srs_rtmp_flv_test.XXXXXX";

static void write_bytes(const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static size_t read_bytes(uint8_t *bytes, size_t cap)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, cap, f);
    fclose(f);
    return n;
}

static void put(struct srs_rtmp_flv *f, uint8_t type, uint32_t time_ms, const void *data, size_t len)
{
    struct srs_rtmp_packet p = { type, time_ms, data, len };
    assert_int_equal(srs_rtmp_flv_write(f, &p), SRS_RTMP_OK);
}

static void assert_next(struct srs_rtmp_flv *f, uint8_t type, uint32_t time_ms, const void *data, size_t len)
{
    struct srs_rtmp_packet p;
    assert_int_equal(srs_rtmp_flv_read(f, &p), SRS_RTMP_OK);
    assert_int_equal(p.type, type);
    assert_int_equal(p.time_ms, time_ms);
    assert_int_equal(p.len, len);
    assert_memory_equal(p.data, data, len);
}

static void assert_last(struct srs_rtmp_flv *f, enum srs_rtmp_result result)
{
    struct srs_rtmp_packet p;
    assert_int_equal(srs_rtmp_flv_read(f, &p), result);
    assert_null(p.data);
}

static void reads_what_it_has_written_also_after_a_rewind(void **state)
{
    static uint8_t       large[LARGE];
    struct srs_rtmp_flv *f;
    (void)state;
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (uint8_t)(i * 31);
    assert_int_equal(srs_rtmp_flv_create(&f, path), SRS_RTMP_OK);
    put(f, SRS_RTMP_SCRIPT, 0, "script", 6);
    put(f, SRS_RTMP_VIDEO, 40, large, sizeof large);
    put(f, SRS_RTMP_AUDIO, 0xFFFFFFFE, "", 0);
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
    assert_int_equal(srs_rtmp_flv_open(&f, path), SRS_RTMP_OK);
    for (int round = 0; round < 2; round++) {
        assert_next(f, SRS_RTMP_SCRIPT, 0, "script", 6);
        assert_next(f, SRS_RTMP_VIDEO, 40, large, sizeof large);
        assert_next(f, SRS_RTMP_AUDIO, 0xFFFFFFFE, "", 0);
        assert_last(f, SRS_RTMP_ENDED);
        assert_last(f, SRS_RTMP_ENDED);
        assert_int_equal(srs_rtmp_flv_rewind(f), SRS_RTMP_OK);
    }
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
}

static void announces_the_kinds_that_are_in_the_file(void **state)
{
    /* Adobe FLV 10.1, E.2: signature, version 1, flags (audio 4, video 1), DataOffset 9; E.3: PreviousTagSize0 */
    uint8_t expected[HEADER_LEN] = { 'F', 'L', 'V', 1, 4, 0, 0, 0, 9, 0, 0, 0, 0 }, bytes[HEADER_LEN + TAG_LEN + 1];
    struct srs_rtmp_flv *f;
    (void)state;
    assert_int_equal(srs_rtmp_flv_create(&f, path), SRS_RTMP_OK);
    put(f, SRS_RTMP_AUDIO, 0, "a", 1);
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
    assert_int_equal(read_bytes(bytes, sizeof bytes), sizeof bytes);
    assert_memory_equal(bytes, expected, sizeof expected);
    expected[4] = 5; /* nothing is known: either may come */
    assert_int_equal(srs_rtmp_flv_create(&f, path), SRS_RTMP_OK);
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
    assert_int_equal(read_bytes(bytes, sizeof bytes), HEADER_LEN);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void ends_before_a_last_packet_that_is_cut(void **state)
{
    uint8_t              bytes[HEADER_LEN + 2 * (TAG_LEN + 3)];
    struct srs_rtmp_flv *f;
    (void)state;
    assert_int_equal(srs_rtmp_flv_create(&f, path), SRS_RTMP_OK);
    put(f, SRS_RTMP_AUDIO, 0, "one", 3);
    put(f, SRS_RTMP_AUDIO, 1, "two", 3);
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
    assert_int_equal(read_bytes(bytes, sizeof bytes), sizeof bytes);
    for (size_t cut = HEADER_LEN + TAG_LEN + 3; cut < sizeof bytes - 4; cut++) {
        write_bytes(bytes, cut);
        assert_int_equal(srs_rtmp_flv_open(&f, path), SRS_RTMP_OK);
        assert_next(f, SRS_RTMP_AUDIO, 0, "one", 3);
        assert_last(f, SRS_RTMP_ENDED);
        assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
    }
}

static void refuses_files_that_are_no_flv(void **state)
{
    static const uint8_t odd_tag[] = { 'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0, 7,
                                       0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    struct srs_rtmp_flv *f;
    (void)state;
    for (size_t len = 0; len < 9; len++) {
        write_bytes("FLX\1\5\0\0\0\11", len);
        assert_int_equal(srs_rtmp_flv_open(&f, path), SRS_RTMP_BAD_DATA);
        assert_null(f);
    }
    write_bytes(odd_tag, sizeof odd_tag);
    assert_int_equal(srs_rtmp_flv_open(&f, path), SRS_RTMP_OK);
    assert_last(f, SRS_RTMP_BAD_DATA);
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
}

static void tells_why_a_file_cannot_be_opened(void **state)
{
    struct srs_rtmp_flv *f;
    (void)state;
    errno = 0;
    assert_int_equal(srs_rtmp_flv_open(&f, "/nowhere/clip.flv"), SRS_RTMP_FAILED);
    assert_int_equal(errno, ENOENT);
    assert_null(f);
    assert_int_equal(srs_rtmp_flv_create(&f, "/nowhere/clip.flv"), SRS_RTMP_FAILED);
    assert_int_equal(errno, ENOENT);
    assert_null(f);
    assert_int_equal(srs_rtmp_flv_close(NULL), SRS_RTMP_OK);
}

static void tells_of_a_full_disk_at_the_latest_when_it_is_closed(void **state)
{
    struct srs_rtmp_flv *f;
    (void)state;
    assert_int_equal(srs_rtmp_flv_create(&f, "/dev/full"), SRS_RTMP_OK);
    struct srs_rtmp_packet p = { SRS_RTMP_AUDIO, 0, (const uint8_t *)"one", 3 };
    srs_rtmp_flv_write(f, &p);
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_FAILED);
}

static void refuses_what_does_not_fit_the_file(void **state)
{
    struct srs_rtmp_packet p = { SRS_RTMP_AUDIO, 0, (const uint8_t *)"one", 3 };
    struct srs_rtmp_flv   *f;
    (void)state;
    assert_int_equal(srs_rtmp_flv_create(&f, path), SRS_RTMP_OK);
    assert_last(f, SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_flv_rewind(f), SRS_RTMP_BAD_USE);
    p.type = 20;
    assert_int_equal(srs_rtmp_flv_write(f, &p), SRS_RTMP_BAD_USE);
    p = (struct srs_rtmp_packet){ SRS_RTMP_AUDIO, 0, p.data, SRS_RTMP_PACKET_MAX + 1 };
    assert_int_equal(srs_rtmp_flv_write(f, &p), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
    assert_int_equal(srs_rtmp_flv_open(&f, path), SRS_RTMP_OK);
    p.len = 3;
    assert_int_equal(srs_rtmp_flv_write(f, &p), SRS_RTMP_BAD_USE);
    assert_int_equal(srs_rtmp_flv_close(f), SRS_RTMP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_has_written_also_after_a_rewind),
        cmocka_unit_test(announces_the_kinds_that_are_in_the_file),
        cmocka_unit_test(ends_before_a_last_packet_that_is_cut),
        cmocka_unit_test(refuses_files_that_are_no_flv),
        cmocka_unit_test(tells_why_a_file_cannot_be_opened),
        cmocka_unit_test(tells_of_a_full_disk_at_the_latest_when_it_is_closed),
        cmocka_unit_test(refuses_what_does_not_fit_the_file),
    };
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
