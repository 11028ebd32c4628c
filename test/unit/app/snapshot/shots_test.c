/* Pictures that are shared, kept and bounded. Where the library is missing they cannot be made, but are shared and bounded alike. */
#include <cmocka.h>

#include <string.h>

#include "app/snapshot/gray_h264.h"
#include "app/snapshot/shots.h"
#include "core/attr.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/offload.h"

enum { CAP = 64, PATIENCE_US = US_PER_SECOND };

static struct shots_counts before;

static struct frame *frame_of(const uint8_t *bytes, size_t len)
{
    struct frame *f = frame_new(CAP);
    assert_non_null(f);
    assert_true(len <= CAP);
    f->kind = FRAME_VIDEO;
    f->codec = CODEC_H264;
    f->len = f->media_len = (uint32_t)len;
    memcpy(f->data, bytes, len);
    return f;
}

/* Key frame `seq` of a stream. */
static struct key_frame key_frame(uint64_t serial, uint64_t seq)
{
    return (struct key_frame){ serial, seq, frame_of(gray_idr, sizeof gray_idr),
                               frame_of(gray_config, sizeof gray_config) };
}

static struct picture_wish wide(int width)
{
    return (struct picture_wish){ .format = PICTURE_JPEG, .width = width };
}

static int begin_all(void **state)
{
    return loop_begin(state) || code_of(offload_init()) ? -1 : 0;
}

static int end_all(void **state)
{
    offload_shutdown(PATIENCE_US);
    shots_forget();
    return shots_count().n_kept || shots_count().bytes ? -1 : loop_end(state);
}

static int begin(void **state)
{
    (void)state;
    shots_forget();
    before = shots_count();
    return before.n_kept || before.bytes ? -1 : 0;
}

static int64_t n_tried(void)
{
    struct shots_counts n = shots_count();
    return n.n_made + n.n_failed - before.n_made - before.n_failed;
}

struct asker {
    const struct key_frame *key;
    struct picture_wish     wish;
    int64_t                 deadline_us;
    int                     code;
    struct shot            *shot;
};

static void ask(void *arg)
{
    struct asker *a = arg;
    a->code = code_of(shots_ask(&a->shot, a->key, &a->wish, a->deadline_us));
}

static void ask_at_once(struct asker *askers, int n)
{
    struct co_group group;
    co_group_init(&group);
    for (int i = 0; i < n; i++)
        assert_null(co_go(&group, "asker", ask, &askers[i], NULL));
    assert_true(co_group_join(&group, a_while()));
}

static void all_that_ask_for_the_same_share_one_picture(void **state)
{
    enum { ASKERS = 20 };
    struct asker     askers[ASKERS];
    struct key_frame k = key_frame(1, 7);
    (void)state;
    for (int i = 0; i < ASKERS; i++)
        askers[i] = (struct asker){ .key = &k, .wish = wide(16), .deadline_us = a_while() };
    ask_at_once(askers, ASKERS);
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(askers[i].code, E_SUCCESS);
        assert_ptr_equal(askers[i].shot, askers[0].shot);
        assert_true((askers[i].shot->result == PICTURE_MADE) == (askers[i].shot->picture.len > 0));
    }
    assert_int_equal(n_tried(), 1);
    for (int i = 0; i < ASKERS; i++)
        shot_unref(&askers[i].shot);
    assert_null(askers[0].shot);
    key_frame_drop(&k);
}

static void a_picture_is_kept_until_the_next_key_frame(void **state)
{
    struct key_frame          first = key_frame(1, 7), next = key_frame(1, 9), other = key_frame(2, 7);
    const struct picture_wish wish = wide(16);
    struct shot              *a, *b;
    (void)state;
    assert_null(shots_ask(&a, &first, &wish, a_while()));
    assert_null(shots_ask(&b, &first, &wish, a_while()));
    assert_ptr_equal(a, b);
    assert_int_equal(shots_count().n_found - before.n_found, 1);
    shot_unref(&b);
    assert_null(shots_ask(&b, &other, &wish, a_while())); /* of another stream */
    shot_unref(&b);
    assert_int_equal(shots_count().n_kept, 2);
    assert_null(shots_ask(&b, &next, &wish, a_while()));
    assert_int_equal(shots_count().n_kept, 2);
    assert_ptr_not_equal(a, b);
    assert_true(a->is_made && a->refs == 1); /* It stays with whoever has it. */
    shot_unref(&a);
    shot_unref(&b);
    key_frame_drop(&first);
    key_frame_drop(&next);
    key_frame_drop(&other);
}

static void a_key_frame_that_cannot_be_decoded_is_tried_once(void **state)
{
    struct key_frame          k = key_frame(1, 7), next = key_frame(1, 8);
    const struct picture_wish one = wide(8), another = wide(9);
    struct shot              *a, *b;
    (void)state;
    memset(k.frame->data, 0xff, k.frame->len);
    assert_null(shots_ask(&a, &k, &one, a_while()));
    assert_null(shots_ask(&b, &k, &another, a_while()));
    if (a->result == PICTURE_UNBUILT)
        assert_int_equal(b->result, PICTURE_UNBUILT);
    else
        assert_true(a->result == PICTURE_BROKEN && a == b && n_tried() == 1);
    shot_unref(&b);
    assert_null(shots_ask(&b, &next, &another, a_while())); /* The next one may be better. */
    assert_true(b->result == PICTURE_MADE || b->result == PICTURE_UNBUILT);
    shot_unref(&a);
    shot_unref(&b);
    key_frame_drop(&k);
    key_frame_drop(&next);
}

static void only_so_many_are_kept(void **state)
{
    const struct picture_wish wish = wide(4);
    (void)state;
    for (uint64_t serial = 1; serial <= SHOTS_MAX + 20; serial++) {
        struct key_frame k = key_frame(serial, 1);
        struct shot     *s;
        assert_null(shots_ask(&s, &k, &wish, a_while()));
        shot_unref(&s);
        key_frame_drop(&k);
    }
    assert_int_equal(shots_count().n_kept, SHOTS_MAX);
    assert_true(shots_count().bytes <= SHOTS_BYTES_MAX);
}

static void only_so_many_wait_to_be_made(void **state)
{
    enum { ASKERS = SHOTS_WORK_MAX + 5 };
    struct asker     askers[ASKERS];
    struct key_frame k = key_frame(1, 7);
    int              n_refused = 0;
    (void)state;
    for (int i = 0; i < ASKERS; i++)
        askers[i] = (struct asker){ .key = &k, .wish = wide(i + 1), .deadline_us = a_while() };
    assert_true(shots_have_room());
    ask_at_once(askers, ASKERS);
    for (int i = 0; i < ASKERS; i++) {
        n_refused += askers[i].code == E_LIMIT;
        assert_true(askers[i].code == E_LIMIT ? !askers[i].shot : askers[i].code == E_SUCCESS);
        shot_unref(&askers[i].shot);
    }
    assert_int_equal(n_refused, 5);
    assert_int_equal(shots_count().n_refused - before.n_refused, 5);
    assert_int_equal(n_tried(), SHOTS_WORK_MAX);
    assert_true(shots_have_room());
    key_frame_drop(&k);
}

static void an_asker_that_gives_up_leaves_the_picture_to_the_others(void **state)
{
    struct key_frame k = key_frame(1, 7);
    struct asker     askers[2] = { { .key = &k, .wish = wide(9), .deadline_us = 0 },
                                   { .key = &k, .wish = wide(9), .deadline_us = a_while() } };
    (void)state;
    ask_at_once(askers, 2);
    assert_int_equal(askers[0].code, E_SOCKET_TIMEOUT);
    assert_null(askers[0].shot);
    assert_int_equal(askers[1].code, E_SUCCESS);
    assert_int_equal(n_tried(), 1);
    shot_unref(&askers[1].shot);
    key_frame_drop(&k);
}

static void memory_may_run_out_at_each_step(void **state)
{
    const struct picture_wish wish = wide(8);
    bool                      failed = true;
    (void)state;
    for (int64_t n = 0; failed; n++) {
        struct key_frame k = key_frame(100 + (uint64_t)n, 1);
        struct shot     *s;
        mem_fail_after(n);
        struct err *e = shots_ask(&s, &k, &wish, a_while());
        failed = mem_failed();
        mem_fail_after(-1);
        assert_true(!e == (s != NULL));
        assert_true(failed || (s && s->result != PICTURE_NO_MEMORY));
        err_free(e);
        shot_unref(&s);
        assert_int_equal(k.frame->refs, 1);
        key_frame_drop(&k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_that_ask_for_the_same_share_one_picture, begin),
        cmocka_unit_test_setup(a_picture_is_kept_until_the_next_key_frame, begin),
        cmocka_unit_test_setup(a_key_frame_that_cannot_be_decoded_is_tried_once, begin),
        cmocka_unit_test_setup(only_so_many_are_kept, begin),
        cmocka_unit_test_setup(only_so_many_wait_to_be_made, begin),
        cmocka_unit_test_setup(an_asker_that_gives_up_leaves_the_picture_to_the_others, begin),
        cmocka_unit_test_setup(memory_may_run_out_at_each_step, begin),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
