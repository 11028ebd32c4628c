/* Waiting players get every byte of their releases without being woken, with and without io_uring. */
#include "app/live/delivery.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/live/sender.h"
#include "app/rtmp/rtmp_wire.h"
#include "app/source/append.h"
#include "app/source/fixture.h"
#include "app/source/life.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/io.h"
#include "protocol/send_ring.h"

enum { PLAYERS = 300, CHUNK = 4096, GOT_MAX = 1 << 20, SMALL_BUFFER = 4608 };

struct player {
    struct io     io;
    int           peer;
    struct sender out;
    int64_t       n_messages;
    int           n_turns; /* turns of its loop */
    uint8_t      *got;
    size_t        n_got;
};

static struct fixture  f;
static struct player   players[PLAYERS];
static struct co_group group;

static void play(void *arg)
{
    struct player *p = arg;
    struct wire    wire = { .format = &rtmp_wire, .chunk_size = CHUNK, .msid = 1 };
    bool           idle = false;
    io_set_owner(&p->io, co_self());
    struct err *e = sender_attach(&p->out, f.source, &p->io, wire, &p->n_messages, &live_delivery);
    while (!e) {
        p->n_turns++;
        reader_take_moments(&p->out.reader);
        if (!(e = sender_send(&p->out, &idle)) && idle)
            e = sender_wait(&p->out, DEADLINE_NEVER);
    }
    err_free(e); /* a cancel, or the end of the peer */
    sender_detach(&p->out);
    io_close(&p->io); /* nothing owns the io any more */
}

static void begin_players(int n)
{
    for (int i = 0; i < n; i++) {
        players[i] = (struct player){ .got = mem_alloc(GOT_MAX) };
        assert_int_equal(connect_ends(&players[i].io, &players[i].peer), 0);
        assert_null(co_go(&group, "player", play, &players[i], NULL));
    }
    co_give_way();
}

static int set_up(void **state)
{
    (void)state;
    begin(&f, "play { gop_cache off; time_jitter off; mw_latency 0; }");
    co_group_init(&group);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    for (int i = 0; i < PLAYERS && players[i].got; i++) {
        io_close(&players[i].io);
        close_end(&players[i].peer);
        mem_free(players[i].got);
        players[i] = (struct player){ 0 };
    }
    end(&f);
    return 0;
}

static void append_audio(int n, uint32_t len)
{
    static int64_t ms;
    static uint8_t value;
    for (int i = 0; i < n; i++) {
        struct frame *frame = frame_new(len);
        assert_non_null(frame);
        frame->kind = FRAME_AUDIO;
        frame->codec = CODEC_AAC;
        frame->dts_us = frame->pts_us = (ms += 20) * US_PER_MS;
        frame->len = frame->media_len = len;
        for (uint32_t k = 0; k < len; k++)
            frame->data[k] = (uint8_t)(++value * 7);
        assert_null(source_append(f.source, frame));
        frame_unref(&frame);
    }
}

/* Release all appended frames and wait until every reader has been served. */
static void hand_out(void)
{
    settle(f.source);
    while (f.source->next_served)
        co_give_way();
}

/* Hand out a release of `n` frames of `len` bytes. */
static void publish(int n, uint32_t len)
{
    append_audio(n, len);
    hand_out();
}

static void take(struct player *p)
{
    ssize_t n;
    while ((n = recv(p->peer, p->got + p->n_got, GOT_MAX - p->n_got, 0)) > 0)
        p->n_got += (size_t)n;
}

static size_t wire_len_of(int n_frames, uint32_t len)
{
    return (size_t)n_frames * (12 + len + (len - 1) / CHUNK);
}

static void assert_all_got(int n, size_t len)
{
    int64_t deadline = a_while();
    for (int i = 0; i < n; i++) {
        while (take(&players[i]), players[i].n_got < len && now_us() < deadline)
            co_give_way();
        assert_int_equal(players[i].n_got, len);
        assert_memory_equal(players[i].got, players[0].got, len);
    }
}

static void waiting_players_get_their_releases_in_their_sleep(void **state)
{
    (void)state;
    begin_players(PLAYERS);
    int turns[PLAYERS];
    for (int i = 0; i < PLAYERS; i++)
        turns[i] = players[i].n_turns;
    for (int round = 0; round < 5; round++)
        publish(3, 100);
    publish(10, 5000); /* larger than a small release */
    assert_all_got(PLAYERS, wire_len_of(15, 100) + wire_len_of(10, 5000));
    for (int i = 0; i < PLAYERS; i++) {
        assert_int_equal(players[i].n_turns, turns[i]);
        assert_int_equal(players[i].n_messages, 25);
        assert_int_equal(players[i].io.bytes_out, players[i].n_got);
    }
}

/* A player with a full socket gets the rest when there is room again, and no other player waits for it. */
static void a_full_socket_gets_the_rest_later(void **state)
{
    (void)state;
    begin_players(20);
    for (int i = 0; i < 20; i += 2) {
        int size = SMALL_BUFFER;
        setsockopt(players[i].io.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    for (int round = 0; round < 10; round++)
        publish(4, 3000);
    size_t len = wire_len_of(40, 3000);
    for (int i = 1; i < 20; i += 2) {
        take(&players[i]);
        assert_int_equal(players[i].n_got, len);
    }
    assert_all_got(20, len);
    for (int i = 0; i < 20; i++)
        assert_int_equal(players[i].n_messages, 40);
}

static void a_player_that_has_gone_harms_no_other(void **state)
{
    (void)state;
    begin_players(10);
    publish(2, 500);
    for (int i = 0; i < 10; i += 3) {
        take(&players[i]);
        close(players[i].peer);
        players[i].peer = -1;
    }
    publish(2, 500);
    publish(2, 500);
    for (int i = 0; i < 10; i++) {
        if (i % 3 == 0)
            continue;
        take(&players[i]);
        assert_int_equal(players[i].n_got, wire_len_of(6, 500));
    }
    co_give_way();
    assert_int_equal(group.count, 6); /* the others have ended with the error */
}

/* Each player's times begin at its own zero; neighbours that joined together share their bytes. */
static void each_player_has_its_own_times(void **state)
{
    (void)state;
    end(&f);
    begin(&f, "play { gop_cache off; time_jitter zero; mw_latency 0; }");
    begin_players(8);
    publish(1, 50);
    for (int i = 0; i < 8; i++)
        take(&players[i]);
    size_t before = players[0].n_got;
    for (int i = 0; i < 8; i += 3)
        players[i].out.jitter.base_us -= (1000 + i) * US_PER_MS; /* pretend that it came earlier */
    publish(2, 50);
    for (int i = 0; i < 8; i++) {
        take(&players[i]);
        const uint8_t *at = players[i].got + before + 1;
        int            ms = at[0] << 16 | at[1] << 8 | at[2];
        assert_int_equal(ms, i % 3 == 0 ? 20 + 1000 + i : 20);
        assert_int_equal(players[i].n_got, before + wire_len_of(2, 50));
    }
}

static void append_video(bool key, uint32_t len, int64_t ms)
{
    struct frame *frame = frame_new(len);
    assert_non_null(frame);
    frame->kind = FRAME_VIDEO;
    frame->codec = CODEC_H264;
    frame->key = key;
    frame->dts_us = frame->pts_us = ms * US_PER_MS;
    frame->len = frame->media_len = len;
    memset(frame->data, 0, len);
    assert_null(source_append(f.source, frame));
    frame_unref(&frame);
}

/* The log also forgets frames by the stream's own time, released or not, because a publisher's clock may leap. */
static void frames_that_are_forgotten_before_their_release_harm_nobody(void **state)
{
    (void)state;
    begin_players(5);
    append_video(true, 5 << 20, 0);
    append_video(false, 100, 40);
    for (int i = 1; i <= 3; i++)
        append_video(true, 5 << 20, i * 1000 * 1000);
    assert_true(f.source->ring.tail > f.source->released);
    settle(f.source);
    for (int i = 0; i < 5; i++) {
        int64_t deadline = a_while();
        while (players[i].out.reader.n_jumps == 0 && now_us() < deadline)
            co_give_way();
        assert_int_equal(players[i].out.reader.n_jumps, 1);
    }
}

/* This must be the first test with io_uring, while the memory for copies is not allocated yet. */
static void without_memory_for_copies_each_write_is_one_call(void **state)
{
    (void)state;
    begin_players(10);
    append_audio(3, 100);
    mem_fail_after(0);
    hand_out();
    assert_int_equal(mem_failed(), 1);
    mem_fail_after(-1);
    publish(3, 100);
    for (int i = 0; i < 10; i++) {
        take(&players[i]);
        assert_int_equal(players[i].n_got, wire_len_of(6, 100));
        assert_int_equal(players[i].n_messages, 6);
    }
}

static int turns_of_all(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += players[i].n_turns;
    return sum;
}

static void let_all_run(void)
{
    for (int i = 0; i < 5; i++)
        co_give_way();
}

/* Assert that `n_woken` of `n` players have been woken and have run since the sum of turns was `before`. */
static void assert_woken(int n, int before, int n_woken)
{
    let_all_run();
    assert_in_range(turns_of_all(n) - before, n_woken, 3 * n_woken); /* one turn sends, the next one waits */
}

static void everybody_is_woken_to_look_at_a_new_publisher_and_a_new_configuration(void **state)
{
    enum { N = 10 };
    (void)state;
    begin_players(N);
    publish(1, 100);
    let_all_run();

    int before = turns_of_all(N);
    source_unpublish(f.source, &f.publisher);
    assert_woken(N, before, N);

    before = turns_of_all(N);
    assert_null(source_publish(f.source, &f.publisher));
    publish(1, 100);
    assert_woken(N, before, N);

    struct conf *other = conf_with("play { gop_cache off; time_jitter off; mw_latency 0; }");
    before = turns_of_all(N);
    source_apply_conf(f.source, other, vhost_of(other));
    publish(1, 100);
    assert_woken(N, before, N);

    before = turns_of_all(N);
    publish(1, 100);
    let_all_run();
    assert_int_equal(turns_of_all(N), before); /* they are served asleep again */
    assert_all_got(N, wire_len_of(4, 100));
    source_apply_conf(f.source, f.conf, vhost_of(f.conf));
    conf_unref(&other);
}

/* A player that wants something else than the others is woken and serves itself; every player gets its own bytes. */
static void a_player_with_a_stream_of_its_own_is_woken(void **state)
{
    enum { N = 10 };
    (void)state;
    begin_players(N);
    publish(1, 100);
    let_all_run();
    players[0].out.paused = true;
    players[1].out.held.wire.no_audio = true;
    players[2].out.duration_us = 1 << 20;
    int before = turns_of_all(N);
    publish(2, 100);
    assert_woken(N, before, 3);
    for (int i = 0; i < N; i++)
        take(&players[i]);
    assert_int_equal(players[0].n_got, wire_len_of(1, 100));
    assert_int_equal(players[1].n_got, wire_len_of(1, 100));
    assert_int_equal(players[1].n_messages, 1);
    players[0].out.paused = false;
    publish(1, 100);
    let_all_run();
    take(&players[0]);
    assert_int_equal(players[0].n_got, wire_len_of(4, 100));
    for (int i = 2; i < N; i++) {
        take(&players[i]);
        assert_int_equal(players[i].n_got, wire_len_of(4, 100));
    }
}

/* ---- a layer between a player and its socket that inverts all bytes ---- */

static size_t n_through;

static struct err *reverse_now(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    uint8_t bytes[4096];
    assert_int_equal(n_iov, 1);
    assert_in_range(iov->iov_len, 1, sizeof bytes);
    for (size_t i = 0; i < iov->iov_len; i++)
        bytes[i] = (uint8_t) ~((const uint8_t *)iov->iov_base)[i];
    n_through += iov->iov_len;
    return io_socket_writev(io, &(struct iovec){ bytes, iov->iov_len }, 1, n);
}

static void nothing(struct io *io)
{
    (void)io;
}

static bool is_drained(const struct io *io)
{
    (void)io;
    return true;
}

static const struct io_layer reversing = {
    .writev_now = reverse_now, .drain = nothing, .is_drained = is_drained, .say_end = nothing, .close = nothing
};

static void no_byte_goes_around_a_layer(void **state)
{
    enum { N = 10 };
    (void)state;
    begin_players(N);
    n_through = 0;
    for (int i = 0; i < N; i += 2)
        players[i].io.layer = &reversing;
    for (int round = 0; round < 5; round++)
        publish(2, 100);
    size_t len = wire_len_of(10, 100);
    assert_int_equal(n_through, len * N / 2);
    for (int i = 0; i < N; i++) {
        take(&players[i]);
        assert_int_equal(players[i].n_got, len);
        assert_int_equal(players[i].io.bytes_out, len);
        for (size_t k = 0; i % 2 && k < len; k++)
            assert_int_equal(players[i].got[k], (uint8_t)~players[0].got[k]);
    }
}

/* Players that catch up and players served asleep write to the same sockets; every byte must arrive in order. */
/* What the layer that encodes has made, and what it keeps of it for the first player. */
static struct {
    size_t  n_made, n_kept;
    uint8_t kept[GOT_MAX];
} encoded;

/* Each byte becomes two. */
static size_t double_bytes(struct io *io, const struct iovec *iov, int n_iov, uint8_t *out, size_t cap)
{
    const uint8_t *bytes = iov->iov_base;
    size_t         len = iov->iov_len;
    assert_int_equal(n_iov, 1);
    if (encoded.n_kept > 0 || 2 * len > cap)
        return 0;
    for (size_t i = 0; i < 2 * len; i++)
        out[i] = bytes[i / 2];
    encoded.n_made += len;
    io->bytes_out += (int64_t)len;
    return 2 * len;
}

static bool keep_bytes(struct io *io, const uint8_t *bytes, size_t len)
{
    assert_false(io->may_write);
    assert_true(len <= GOT_MAX - encoded.n_kept);
    memcpy(encoded.kept + encoded.n_kept, bytes, len);
    encoded.n_kept += len;
    return true;
}

static struct err *write_nothing(struct io *io, const struct iovec *iov, int n_iov, size_t *n)
{
    (void)iov;
    (void)n_iov;
    io->may_write = false;
    *n = 0;
    return NULL;
}

static const struct io_layer doubling = { .writev_now = write_nothing,
                                          .drain = nothing,
                                          .is_drained = is_drained,
                                          .say_end = nothing,
                                          .close = nothing,
                                          .encode = double_bytes,
                                          .keep = keep_bytes };

static void a_layer_that_encodes_shares_the_queue(void **state)
{
    enum { N = 40 };
    (void)state;
    begin_players(N);
    encoded.n_made = 0;
    for (int i = 0; i < N; i += 2)
        players[i].io.layer = &doubling;
    for (int round = 0; round < 5; round++)
        publish(2, 700);
    size_t len = wire_len_of(10, 700);
    assert_int_equal(encoded.n_made, len * N / 2);
    for (int i = 0; i < N; i++)
        take(&players[i]);
    for (int i = 0; i < N; i++) {
        assert_int_equal(players[i].n_got, i % 2 ? len : 2 * len);
        assert_int_equal(players[i].io.bytes_out, len);
        for (size_t k = 0; k < players[i].n_got; k++)
            assert_int_equal(players[i].got[k], players[1].got[i % 2 ? k : k / 2]);
    }
}

static void a_layer_keeps_what_a_full_socket_leaves(void **state)
{
    enum { N = 5 };
    (void)state;
    begin_players(N);
    publish(2, 100);
    take(&players[0]);
    players[0].io.layer = &doubling;
    int small = SMALL_BUFFER;
    assert_int_equal(setsockopt(players[0].io.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    publish(4, 20000);
    assert_true(encoded.n_kept > 0);
    take(&players[0]);
    assert_int_equal(players[0].n_messages, 6); /* the layer has them all */
    assert_int_equal(players[0].n_got + encoded.n_kept, wire_len_of(2, 100) + 2 * wire_len_of(4, 20000));
    encoded.n_kept = 0;
    players[0].io.layer = NULL;
}

static void catch_up_and_sleep(int n)
{
    enum { ROUNDS = 60 };
    begin_players(n);
    int size = SMALL_BUFFER;
    for (int i = 0; i < n; i += 2)
        setsockopt(players[i].io.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (int round = 0; round < ROUNDS; round++) {
        publish(1 + round % 4, (uint32_t)(200 + round % 7 * 700));
        if (round % 3 == 0)
            for (int i = 0; i < n; i += 2)
                take(&players[i]);
    }
    size_t len = 0;
    for (int round = 0; round < ROUNDS; round++)
        len += wire_len_of(1 + round % 4, (uint32_t)(200 + round % 7 * 700));
    assert_all_got(n, len);
    for (int i = 0; i < n; i++)
        assert_int_equal(players[i].io.bytes_out, len);
}

static void a_player_that_catches_up_and_its_sleep_make_one_stream(void **state)
{
    (void)state;
    catch_up_and_sleep(6);
}

/* With two players, their writes are still in the queue when the pacer yields. */
static void two_players_that_catch_up_and_sleep_get_one_stream(void **state)
{
    (void)state;
    catch_up_and_sleep(2);
}

static void what_waits_is_written_before_its_frames_are_forgotten(void **state)
{
    (void)state;
    begin_players(1);
    append_video(true, 100, 0);
    append_video(false, 100, 40);
    settle(f.source);
    append_video(true, 5 << 20, 1000 * 1000); /* the log forgets all frames before it */
    append_video(true, 5 << 20, 2000 * 1000);
    hand_out();
    int64_t deadline = a_while();
    while (take(&players[0]), players[0].n_got < wire_len_of(2, 100) && now_us() < deadline)
        co_give_way();
    assert_true(players[0].n_got >= wire_len_of(2, 100));
}

/* The filter makes io_uring fail from its next call on. */
static void an_io_uring_that_fails_costs_nobody_a_byte(void **state)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_enter, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { ARRAY_LEN(rules), rules };
    (void)state;
    begin_players(20);
    publish(2, 500);
    assert_true(send_ring_is_open());
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
    for (int i = 0; i < 20; i++) /* each pair has bytes of its own, so the room for copies fills up */
        players[i].out.held.wire.chunk_size += (uint32_t)(i / 2 % 7);
    publish(16, 8000);
    int n_small = 2;
    do { /* a turn that ended early had too few writes for the ring */
        publish(2, 500);
        n_small += 2;
    } while (send_ring_is_open() && n_small < 1000);
    assert_false(send_ring_is_open());
    size_t len = wire_len_of(n_small, 500) + wire_len_of(16, 8000);
    for (int i = 0; i < 20; i++) {
        int64_t deadline = a_while();
        while (take(&players[i]), players[i].n_messages < n_small + 16 && now_us() < deadline)
            co_give_way();
        take(&players[i]);
        assert_int_equal(players[i].n_got, len);
        assert_int_equal(players[i].io.bytes_out, len);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waiting_players_get_their_releases_in_their_sleep),
        TEST(a_full_socket_gets_the_rest_later),
        TEST(a_player_that_has_gone_harms_no_other),
        TEST(each_player_has_its_own_times),
        TEST(frames_that_are_forgotten_before_their_release_harm_nobody),
        TEST(everybody_is_woken_to_look_at_a_new_publisher_and_a_new_configuration),
        TEST(a_player_with_a_stream_of_its_own_is_woken),
        TEST(no_byte_goes_around_a_layer),
        TEST(a_player_that_catches_up_and_its_sleep_make_one_stream),
        TEST(two_players_that_catch_up_and_sleep_get_one_stream),
        TEST(what_waits_is_written_before_its_frames_are_forgotten),
    };
    if (loop_begin(NULL))
        return 1;
    int                     failed = cmocka_run_group_tests_name("one by one", tests, NULL, NULL);
    const struct CMUnitTest last[] = { TEST(an_io_uring_that_fails_costs_nobody_a_byte) };
    const struct CMUnitTest encoding[] = {
        TEST(a_layer_that_encodes_shares_the_queue),
        TEST(a_layer_keeps_what_a_full_socket_leaves),
    };
    const struct CMUnitTest first[] = { TEST(without_memory_for_copies_each_write_is_one_call) };
    if (code_of(send_ring_open()) == 0) {
        failed += cmocka_run_group_tests_name("by io_uring at first", first, NULL, NULL);
        failed += cmocka_run_group_tests_name("by io_uring", tests, NULL, NULL);
        failed += cmocka_run_group_tests_name("by io_uring over a layer", encoding, NULL, NULL);
        failed += cmocka_run_group_tests_name("by an io_uring that fails", last, NULL, NULL);
    } else {
        puts("[  SKIPPED ] there_is_no_io_uring");
    }
    send_ring_close();
    loop_end(NULL);
    return failed;
}
