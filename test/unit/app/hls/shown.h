/**
 * Shared parts of the tests of HLS and its files: a stream of sound, shown by the real views in a folder that a test looks into.
 *
 * Each frame is a frame of MP3 of 24 ms; segments have one second.
 */
#ifndef TEST_APP_HLS_SHOWN_H
#define TEST_APP_HLS_SHOWN_H

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/conf/conf_testing.h"
#include "app/hls/hls.h"
#include "app/hls/view.h"
#include "app/segment/scratch.h"
#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/source/source.h"
#include "core/attr.h"
#include "core/blob_store.h"
#include "kernel/flv_frame.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"
#include "protocol/offload.h"

enum { SHOWN_FRAME_MS = 24, SHOWN_PATH_MAX = 512 };

static struct {
    char          folder[64];
    struct conf  *conf;
    struct source source;
    struct show  *show;
    int64_t       next_ms;
} shown;

static inline int shown_begin(void **state)
{
    return loop_begin(state) || code_of(offload_init()) ? -1 : 0;
}

static inline int shown_end(void **state)
{
    offload_shutdown(US_PER_SECOND);
    blob_store_finish();
    return loop_end(state);
}

static inline int shown_setup(void **state)
{
    (void)state;
    strcpy(shown.folder, "/tmp/shown.XXXXXX");
    return mkdtemp(shown.folder) ? 0 : -1;
}

static inline int shown_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void shown_stop(void)
{
    if (shown.show)
        show_over(shown.show);
    show_unref(&shown.show);
    shows_finish();
    shelf_finish();
    scratch_finish();
    file_writers_finish(a_while());
    conf_unref(&shown.conf);
}

static inline int shown_teardown(void **state)
{
    (void)state;
    shown_stop();
    return nftw(shown.folder, shown_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- files ---- */

static inline const char *shown_path(const char *name)
{
    static char path[SHOWN_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", shown.folder, name);
    return path;
}

static inline bool shown_exists(const char *name)
{
    return access(shown_path(name), F_OK) == 0;
}

/* The file as text, in a buffer of its own; "" if there is none. */
static inline const char *shown_read(const char *name)
{
    static char text[256 << 10];
    FILE       *f = fopen(shown_path(name), "r");
    size_t      n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return text;
}

static inline bool shown_tells(const char *name, const char *text)
{
    return strstr(shown_read(name), text) != NULL;
}

static inline void shown_write(const char *name, const char *text)
{
    char path[SHOWN_PATH_MAX];
    snprintf(path, sizeof path, "%s", shown_path(name));
    for (char *slash = path + strlen(shown.folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0755);
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Wait for a condition, while threads and the loop work. */
#define shown_until(condition) \
    do { \
        int64_t deadline_us = a_while(); \
        while (!(condition) && now_us() < deadline_us) \
            assert_int_equal(code_of(co_sleep(US_PER_MS)), 0); \
        assert_true(condition); \
    } while (0)

/* ---- the stream ---- */

static inline struct hls *shown_hls(void)
{
    struct hls *h = NULL;
    for (size_t i = 0; i < SHOW_VIEWS_MAX; i++)
        if (shown.show->viewings[i].by == &hls_view)
            h = shown.show->viewings[i].state;
    assert_non_null(h);
    return h;
}

/* Publish with directives of the block `hls`. */
static inline void shown_publish(const char *directives)
{
    char text[2048];
    snprintf(
        text, sizeof text,
        "vhost v { hls { enabled on; hls_ctx off; hls_fragment 1; hls_aof_ratio 1; hls_window 3; hls_path %s; %s } }",
        shown.folder, directives);
    shown.conf = conf_of(text);
    shown.source = (struct source){ .identity = "/live/s",
                                    .app = "live",
                                    .stream = "s",
                                    .conf = shown.conf,
                                    .vhost = conf_find_vhost(shown.conf, "v") };
    shown.next_ms = 0;
    assert_null(show_enter(&shown.source, &shown.show));
}

static inline void shown_take_one(void)
{
    static const uint8_t mp3[] = { 0x2f, 0xff, 0xfb, 0x94, 0x64, 1, 2, 3, 4 }; /* 48 kHz: 1152 samples are 24 ms */
    struct frame        *f = frame_new(sizeof mp3);
    assert_non_null(f);
    f->kind = FRAME_AUDIO;
    f->dts_us = shown.next_ms * US_PER_MS;
    f->arrived_us = now_us();
    f->len = sizeof mp3;
    memcpy(f->data, mp3, sizeof mp3);
    assert_int_equal(flv_frame_parse(f, NULL), FLV_PARSE_OK);
    shown.next_ms += SHOWN_FRAME_MS;
    show_take(shown.show, f);
    frame_unref(&f);
}

/* Publish until one more segment is complete. */
static inline void shown_take_segment(void)
{
    const struct lane *lane = shown_hls()->lane;
    uint64_t           before = shown_hls()->viewing->plan->next_number;
    for (int n = 0; n < 200 && shown_hls()->viewing->plan->next_number == before; n++)
        shown_take_one();
    assert_non_null(lane_newest(lane));
    assert_int_equal(shown_hls()->viewing->plan->next_number, before + 1);
}

#endif
