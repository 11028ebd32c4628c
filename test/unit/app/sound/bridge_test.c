/* The other sound of a source: who makes it, who gets it, and what a slow pool of threads costs. */
#include <semaphore.h>

#include "app/sound/bridge.h"
#include "app/sound/clicks.h"
#include "app/sound/converter.h"
#include "app/sound/other.h"
#include "app/source/attend.h"
#include "app/source/fixture.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/offload.h"

enum { FRAME_US = 20000, PATIENCE_US = 60 * US_PER_SECOND };

static struct fixture fx;
static struct source *s;
static int64_t        n_sent;

static const struct attendant table[] = {
    { .name = "sound", .begins_with = MOMENT_FIRST_READER, .wanted = sound_bridge_is_wanted, .run = sound_bridge_run },
    { .name = NULL },
};

static int group_begin(void **state)
{
    return loop_begin(state) || code_of(offload_init()) ? -1 : 0;
}

static int group_end(void **state)
{
    offload_shutdown(PATIENCE_US);
    return loop_end(state);
}

#define BRIDGED "rtc { enabled on; rtmp_to_rtc on; } "

static void begin_stream(const char *directives)
{
    n_sent = 0;
    fx = (struct fixture){ .conf = conf_with(directives) };
    sources_init(&fx.all, table);
    fx.publisher = (struct publisher){ .co = co_self(), .trace = "first" };
    assert_null(source_acquire(&fx.source, &fx.all, fx.conf, vhost_of(fx.conf), "live", "cam"));
    s = fx.source;
    assert_null(source_publish(s, &fx.publisher));
}

static void end_stream(void)
{
    source_unpublish(s, &fx.publisher);
    attend_join(&fx.all, PATIENCE_US);
    source_release(s);
    sources_finish(&fx.all);
    conf_unref(&fx.conf);
}

static void let_run(void)
{
    for (int i = 0; i < 4; i++)
        co_give_way();
}

static void send_frame(enum codec codec)
{
    struct frame *f = g711_frame(n_sent, n_sent * FRAME_US);
    n_sent++;
    f->codec = (uint8_t)codec;
    assert_null(source_append(s, f));
    s->unsettled_until_us = 0; /* No picture is waited for. */
    frame_unref(&f);
}

static int64_t n_jobs(void)
{
    return offload_state(OFFLOAD_SOUND).n_jobs;
}

static bool is_idle(void)
{
    struct offload_state state = offload_state(OFFLOAD_SOUND);
    return state.n_waiting == 0 && state.n_idle == state.n_threads;
}

#ifdef WITH_SOUND

/* Send, as fast as the threads can follow, until the reader has something. */
static struct frame *await(struct sound_reader *r)
{
    struct frame *f;
    int64_t       deadline = a_while();
    while (!(f = other_sound_next(r)) && now_us() < deadline) {
        if (is_idle())
            send_frame(CODEC_PCMU);
        code_of(co_sleep(1000));
    }
    assert_non_null(f);
    return f;
}

static void sound_is_converted_while_somebody_listens(void **state)
{
    struct sound_reader r;
    int64_t             before = n_jobs(), pts_us = -1;
    (void)state;
    begin_stream(BRIDGED);
    for (int i = 0; i < 50; i++)
        send_frame(CODEC_PCMU);
    let_run();
    assert_int_equal(n_jobs(), before);

    assert_null(other_sound_join(&r, s, co_self()));
    for (int i = 0; i < 20; i++) {
        struct frame *f = await(&r);
        assert_int_equal(f->codec, CODEC_OPUS);
        assert_false(f->config);
        assert_in_range(f->media_len, 2, 400);
        if (pts_us >= 0)
            assert_int_equal(f->pts_us, pts_us + FRAME_US);
        pts_us = f->pts_us;
        assert_true(i > 0 || (pts_us > 50 * FRAME_US - 10000 && pts_us < 52 * FRAME_US)); /* the live end */
        frame_unref(&f);
    }
    other_sound_leave(&r);
    other_sound_leave(&r);
    let_run();
    for (int64_t deadline = a_while(); !is_idle() && now_us() < deadline;)
        let_run();
    before = n_jobs();
    for (int i = 0; i < 50; i++)
        send_frame(CODEC_PCMU);
    let_run();
    assert_int_equal(n_jobs(), before);
    end_stream();
}

/* The pool is busy with something else: what waits for it is bounded, the rest is counted, and it goes on afterwards. */

static sem_t gate;
static int   n_blocked;

static void block(struct offload_job *job)
{
    (void)job;
    while (sem_wait(&gate) != 0)
        ;
}

static void unblocked(struct offload_job *job)
{
    mem_free(job);
    n_blocked--;
}

static int64_t n_made;

static void count(void *arg, const struct sound_packet *p)
{
    assert_ptr_equal(arg, &n_made);
    assert_int_equal(p->codec, CODEC_AAC);
    n_made += !p->is_config;
}

static void what_waits_for_a_slow_pool_is_bounded(void **state)
{
    const struct sound_wish wish = { CODEC_AAC, 48000 };
    struct sound_totals     before = sound_converter_totals();
    struct sound_converter *c;
    int64_t                 deadline = a_while();
    (void)state;
    sem_init(&gate, 0, 0);
    for (n_blocked = 0; n_blocked < OFFLOAD_THREADS_MAX; n_blocked++) {
        struct offload_job *job = mem_calloc(1, sizeof *job);
        assert_non_null(job);
        *job = (struct offload_job){ .work = block, .drop = unblocked };
        assert_null(offload_start(OFFLOAD_SOUND, job));
    }
    assert_null(sound_converter_new(&c, "live/cam", &wish, count, &n_made));
    for (int64_t i = 0; i < SOUND_BATCH + SOUND_WAITING_MAX + 10; i++) {
        struct frame *f = g711_frame(i, i * FRAME_US);
        sound_converter_put(c, f);
        frame_unref(&f);
    }
    assert_int_equal(sound_converter_dropped(c), 10);
    for (int i = 0; i < OFFLOAD_THREADS_MAX; i++)
        sem_post(&gate);
    while ((n_blocked > 0 || n_made < 40) && now_us() < deadline)
        code_of(co_sleep(1000));
    assert_true(n_made >= 40);
    assert_int_equal(sound_converter_counts(c).n_errors, 0);
    assert_int_equal(sound_converter_counts(c).silence_us, 10 * FRAME_US);
    assert_int_equal(sound_converter_totals().n_converters, before.n_converters + 1);
    assert_int_equal(sound_converter_totals().n_dropped, before.n_dropped + 10);
    assert_true(sound_converter_totals().n_frames > before.n_frames);
    sound_converter_free(&c);
    sound_converter_free(&c);
    assert_int_equal(sound_converter_totals().n_converters, before.n_converters);
    sem_destroy(&gate);
}

/* Its owner goes while a thread works for it: nothing is told any more, and nothing is left. */
static void a_converter_may_go_while_a_thread_works(void **state)
{
    const struct sound_wish wish = { CODEC_AAC, 48000 };
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct sound_converter *c;
        assert_null(sound_converter_new(&c, "live/cam", &wish, count, NULL)); /* count() would refuse that */
        for (int64_t i = 0; i < 8; i++) {
            struct frame *f = g711_frame(i, i * FRAME_US);
            sound_converter_put(c, f);
            frame_unref(&f);
        }
        sound_converter_free(&c);
    }
    for (int64_t deadline = a_while(); !is_idle() && now_us() < deadline;)
        code_of(co_sleep(1000));
    assert_true(is_idle());
    let_run();
}

#endif

static void opus_of_the_log_is_not_converted(void **state)
{
    struct sound_reader r;
    int64_t             before = n_jobs();
    (void)state;
    begin_stream(BRIDGED);
    assert_null(other_sound_join(&r, s, NULL));
    let_run();
    for (int i = 0; i < 50; i++)
        send_frame(CODEC_OPUS);
    let_run();
    assert_int_equal(n_jobs(), before);
    assert_null(other_sound_next(&r));
    other_sound_leave(&r);
    end_stream();
}

/* The packets of a publisher come as they are, at the times of the log, and nothing is converted beside them. */
static void the_originals_of_a_publisher_are_brought(void **state)
{
    static const uint8_t packet[] = { 0xfc, 1, 2, 3 };
    struct other_sound  *o;
    struct sound_reader  r;
    int64_t              before = n_jobs();
    (void)state;
    begin_stream(BRIDGED);
    assert_false(other_sound_is_brought(s));
    assert_null(other_sound_join(&r, s, co_self()));
    assert_false(other_sound_is_brought(s));
    assert_null(other_sound_open(&o, s));
    assert_true(other_sound_is_brought(s));
    let_run();
    other_sound_put(o, packet, sizeof packet, 0);
    assert_null(other_sound_peek(&r)); /* The log has no sound yet. */

    struct frame *f = g711_frame(0, 0);
    (void)source_stamp(s, f, 7000000);
    int64_t shift_us = f->dts_us - 7000000;
    assert_null(source_append(s, f));
    frame_unref(&f);
    let_run();
    other_sound_put(o, packet, sizeof packet, 7000000);
    assert_non_null(other_sound_peek(&r));
    f = other_sound_next(&r);
    assert_int_equal(f->codec, CODEC_OPUS);
    assert_int_equal(f->pts_us, 7000000 + shift_us);
    assert_int_equal(f->media_len, sizeof packet);
    assert_memory_equal(f->data + f->media_offset, packet, sizeof packet);
    frame_unref(&f);
    assert_null(other_sound_next(&r));
    assert_int_equal(n_jobs(), before);

    for (int i = 0; i < OTHER_SOUND_FRAMES + 5; i++)
        other_sound_put(o, packet, sizeof packet, 7000000 + (int64_t)i * FRAME_US);
    f = other_sound_next(&r);
    assert_int_equal(f->pts_us, 7000000 + shift_us + 5 * FRAME_US);
    assert_int_equal(r.n_skipped, 5);
    frame_unref(&f);
    other_sound_close(&o);
    other_sound_close(&o);
    assert_false(other_sound_is_brought(s));
    other_sound_leave(&r);
    end_stream();
}

static void a_delayed_stream_needs_no_originals(void **state)
{
    struct other_sound *o;
    (void)state;
    begin_stream(BRIDGED "delay 1h;");
    assert_true(source_delay_us(s) > 0);
    assert_null(other_sound_open(&o, s));
    assert_null(o);
    end_stream();
}

/* Each allocation fails in turn: nothing is left of what was begun. */
static void without_memory_nothing_is_left(void **state)
{
    struct other_sound *o;
    struct sound_reader r;
    (void)state;
    begin_stream("");
    let_run();
    size_t held = mem_held();
    for (int step = 0; step < 2; step++) {
        mem_fail_after(step);
        assert_int_equal(code_of(other_sound_join(&r, s, NULL)), E_NO_MEMORY);
        other_sound_leave(&r);
        mem_fail_after(step);
        assert_int_equal(code_of(other_sound_open(&o, s)), E_NO_MEMORY);
        assert_null(o);
        struct sound_converter *c;
        const struct sound_wish wish = { CODEC_OPUS, 48000 };
        mem_fail_after(step);
        assert_int_equal(code_of(sound_converter_new(&c, "live/cam", &wish, NULL, NULL)), E_NO_MEMORY);
        assert_null(c);
    }
    mem_fail_after(-1);
    assert_int_equal(mem_held(), held);
    end_stream();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef WITH_SOUND
        cmocka_unit_test(sound_is_converted_while_somebody_listens),
        cmocka_unit_test(what_waits_for_a_slow_pool_is_bounded),
        cmocka_unit_test(a_converter_may_go_while_a_thread_works),
#endif
        cmocka_unit_test(opus_of_the_log_is_not_converted),
        cmocka_unit_test(the_originals_of_a_publisher_are_brought),
        cmocka_unit_test(a_delayed_stream_needs_no_originals),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
