/* Sheets: the place of each tile, the index, the picture. */
#include <cmocka.h>

#include <string.h>

#include "app/snapshot/sheet.h"
#include "core/clock.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"

#define TILE (10 * US_PER_SECOND)
#define WHOLE (SHEET_TILES * TILE)
#define BEGIN (INT64_C(1700000) * WHOLE)

/* A tile of one colour: Y, and U and V. */
static struct picture tile_of(int width, int height, int y, int uv)
{
    size_t         n_y = (size_t)width * (size_t)height, n_uv = (size_t)((width + 1) / 2) * (size_t)((height + 1) / 2);
    struct picture p = { .len = n_y + 2 * n_uv, .width = width, .height = height };
    p.bytes = mem_alloc(p.len);
    assert_non_null(p.bytes);
    memset(p.bytes, y, n_y);
    memset(p.bytes + n_y, uv, 2 * n_uv);
    return p;
}

static int luma_at(const struct sheet *s, int x, int y)
{
    return s->pixels[y * SHEET_WIDTH + x];
}

static int chroma_at(const struct sheet *s, int plane, int x, int y)
{
    return s->pixels[SHEET_WIDTH * SHEET_HEIGHT * (4 + plane) / 4 + y / 2 * SHEET_WIDTH / 2 + x / 2];
}

static void a_sheet_begins_at_a_multiple_of_its_time(void **state)
{
    struct sheet *s = sheet_new(BEGIN + 3 * TILE + 1, TILE);
    (void)state;
    assert_int_equal(s->begin_us, BEGIN);
    assert_true(sheet_covers(s, BEGIN, TILE));
    assert_true(sheet_covers(s, BEGIN + WHOLE - 1, TILE));
    assert_false(sheet_covers(s, BEGIN + WHOLE, TILE));
    assert_false(sheet_covers(s, BEGIN - 1, TILE));
    assert_false(sheet_covers(s, BEGIN, TILE + 1));
    sheet_free(&s);
    assert_null(s);
    sheet_free(&s);
}

static void a_tile_lies_at_the_place_of_its_moment_and_nowhere_else(void **state)
{
    static const struct {
        int n, width, height, x, y, in_x, in_y;
    } rows[] = {
        { 0, 160, 90, 0, 0, 0, 0 },       { 99, 160, 90, 1440, 810, 0, 0 }, { 12, 120, 90, 320, 90, 20, 0 },
        { 9, 160, 67, 1440, 0, 0, 10 },   { 10, 51, 90, 0, 90, 54, 0 },     { 50, 1, 1, 0, 450, 78, 44 },
        { 99, 159, 89, 1440, 810, 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sheet  *s = sheet_new(BEGIN, TILE);
        struct picture p = tile_of(rows[i].width, rows[i].height, 200, 90);
        int            left = rows[i].x + rows[i].in_x, top = rows[i].y + rows[i].in_y, n_luma = 0;
        sheet_put(s, BEGIN + rows[i].n * TILE + TILE - 1, &p);
        for (int n = 0; n < SHEET_WIDTH * SHEET_HEIGHT; n++)
            n_luma += s->pixels[n] == 200;
        assert_int_equal(n_luma, rows[i].width * rows[i].height);
        assert_int_equal(luma_at(s, left, top), 200);
        assert_int_equal(luma_at(s, left + rows[i].width - 1, top + rows[i].height - 1), 200);
        assert_int_equal(chroma_at(s, 0, left, top), 90);
        assert_int_equal(chroma_at(s, 1, left + rows[i].width - 1, top + rows[i].height - 1), 90);
        assert_true(s->has[rows[i].n] && !s->has[(rows[i].n + 1) % SHEET_TILES]);
        mem_free(p.bytes);
        sheet_free(&s);
    }
}

static void the_index_names_the_tiles_that_there_are(void **state)
{
    struct sheet  *s = sheet_new(BEGIN, TILE);
    struct picture p = tile_of(2, 2, 0, 0);
    struct buf     out = buf_up_to(4096);
    (void)state;
    sheet_put(s, BEGIN, &p);
    sheet_put(s, BEGIN + 99 * TILE, &p);
    sheet_put_index(&out, s, "a b#1.jpg");
    assert_string_equal(out.bytes, "WEBVTT\n\nNOTE 00:00:00.000 is 2023-11-14T22:13:20.000Z\n"
                                   "\n00:00:00.000 --> 00:00:10.000\na%20b%231.jpg#xywh=0,0,160,90\n"
                                   "\n00:16:30.000 --> 00:16:40.000\na%20b%231.jpg#xywh=1440,810,160,90\n");
    buf_finish(&out);
    mem_free(p.bytes);
    sheet_free(&s);
}

static void it_becomes_a_jpeg_and_is_put_to_use_again(void **state)
{
    struct sheet *s = sheet_new(BEGIN, TILE);
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_null(sheet_make(&s, PICTURE_JPEG, a_while()));
        assert_true(s->result == PICTURE_MADE || s->result == PICTURE_UNBUILT);
        assert_true((s->result == PICTURE_MADE) == (s->picture.len > 0));
        assert_int_equal(s->picture.width, s->result == PICTURE_MADE ? SHEET_WIDTH : 0);
    }
    sheet_free(&s);
}

static int code;

static void make(void *arg)
{
    struct sheet **s = arg;
    code = code_of(sheet_make(s, PICTURE_WEBP, a_while()));
}

static void one_whose_owner_is_cancelled_stays_with_the_thread(void **state)
{
    struct sheet   *s = sheet_new(BEGIN, TILE);
    struct co_group group;
    (void)state;
    co_group_init(&group);
    assert_null(co_go(&group, "make", make, &s, NULL));
    co_group_cancel_and_join(&group);
    assert_int_equal(code, E_THREAD_INTERRUPTED);
    assert_null(s);
}

struct maker {
    struct sheet *sheet;
    int64_t       deadline_us;
    int           code;
};

static void make_one(void *arg)
{
    struct maker *m = arg;
    m->code = code_of(sheet_make(&m->sheet, PICTURE_JPEG, m->deadline_us));
}

static void begin_makers(struct co_group *group, struct maker *makers, int n, int64_t deadline_us)
{
    co_group_init(group);
    for (int i = 0; i < n; i++) {
        makers[i] = (struct maker){ .sheet = sheet_new(BEGIN, TILE), .deadline_us = deadline_us };
        assert_non_null(makers[i].sheet);
        assert_null(co_go(group, "maker", make_one, &makers[i], NULL));
    }
}

static void few_are_made_at_a_time_and_the_others_come_later(void **state)
{
    enum { SHEETS = 12 };
    struct maker    makers[SHEETS];
    struct co_group group;
    (void)state;
    begin_makers(&group, makers, SHEETS, a_while());
    co_give_way();
    assert_in_range(offload_state(OFFLOAD_PICTURE).n_waiting, 0, SHEET_WORK_MAX);
    assert_true(co_group_join(&group, a_while()));
    for (int i = 0; i < SHEETS; i++) {
        assert_int_equal(makers[i].code, E_SUCCESS);
        sheet_free(&makers[i].sheet);
    }
}

/* A sheet that no thread has had keeps its tiles. */
static void one_whose_turn_does_not_come_in_time_stays(void **state)
{
    enum { SHEETS = SHEET_WORK_MAX + 1 };
    struct maker    makers[SHEETS];
    struct co_group group;
    (void)state;
    begin_makers(&group, makers, SHEETS, now_us() - 1);
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(makers[SHEETS - 1].code, E_SOCKET_TIMEOUT);
    assert_non_null(makers[SHEETS - 1].sheet);
    sheet_free(&makers[SHEETS - 1].sheet);
    for (int i = 0; i < SHEET_WORK_MAX; i++)
        sheet_free(&makers[i].sheet);
}

static int begin_all(void **state)
{
    return loop_begin(state) || code_of(offload_init()) ? -1 : 0;
}

static int end_all(void **state)
{
    offload_shutdown(A_WHILE_US);
    return loop_end(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sheet_begins_at_a_multiple_of_its_time),
        cmocka_unit_test(a_tile_lies_at_the_place_of_its_moment_and_nowhere_else),
        cmocka_unit_test(the_index_names_the_tiles_that_there_are),
        cmocka_unit_test(it_becomes_a_jpeg_and_is_put_to_use_again),
        cmocka_unit_test(one_whose_owner_is_cancelled_stays_with_the_thread),
        cmocka_unit_test(few_are_made_at_a_time_and_the_others_come_later),
        cmocka_unit_test(one_whose_turn_does_not_come_in_time_stays),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
