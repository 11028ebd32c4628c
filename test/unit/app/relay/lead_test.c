/* When a server that stands by has sent enough that the stream's own server has not. */
#include "app/relay/lead.h"

#include <cmocka.h>
#include <stdbool.h>

#include "app/relay/standby.h"

enum { MS = US_PER_MS, FRAME_MS = 40, START_MS = 100000 };

/* Two ways from one encoder, and what is heard by them. */
static struct lead lead;
static int64_t     own_us; /* when the stream's own server was heard */
static int64_t     longest_us;

static int setup(void **state)
{
    (void)state;
    lead = (struct lead){ 0 };
    own_us = longest_us = 0;
    return 0;
}

static void look(void)
{
    int64_t us = lead_us(&lead, own_us);
    longest_us = us > longest_us ? us : longest_us;
}

static bool is_sent(int64_t ms, int64_t from_ms, int64_t until_ms)
{
    return ms >= from_ms && ms < until_ms && ms % FRAME_MS == 0;
}

/* The encoder sends in that time; each frame takes so long by either way, in milliseconds. The lead is looked at each millisecond. */
static void send(int64_t from_ms, int64_t until_ms, int own_way_ms, int other_way_ms)
{
    int64_t last_ms = until_ms + (own_way_ms > other_way_ms ? own_way_ms : other_way_ms);
    for (int64_t ms = from_ms; ms <= last_ms; ms++) {
        int64_t now_us = (START_MS + ms) * MS;
        if (is_sent(ms - own_way_ms, from_ms, until_ms))
            own_us = now_us;
        if (is_sent(ms - other_way_ms, from_ms, until_ms))
            lead_note(&lead, now_us, own_us);
        look();
    }
}

static void a_pause_of_both_is_no_lead(void **state)
{
    (void)state;
    static const int ways[][4] = { { 100, 0, 100, 0 }, { 0, 100, 0, 100 }, { 0, 100, 100, 0 }, { 100, 0, 0, 100 } };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        for (int pause_ms = 200; pause_ms <= 3000; pause_ms += 100) {
            setup(NULL);
            send(0, 4000, ways[i][0], ways[i][1]);
            send(4000 + pause_ms, 8000, ways[i][2], ways[i][3]);
            assert_true(longest_us < STANDBY_AHEAD_US);
        }
    }
}

static void a_server_that_falls_silent_is_left(void **state)
{
    (void)state;
    send(0, 4000, 0, 100);
    int64_t silent_us = own_us;
    for (int64_t ms = 4000; ms < 6000 && lead_us(&lead, own_us) < STANDBY_AHEAD_US; ms++)
        if (is_sent(ms, 4000, 6000))
            lead_note(&lead, (START_MS + ms + 100) * MS, own_us);
    assert_true(lead_us(&lead, own_us) >= STANDBY_AHEAD_US);
    assert_in_range(lead.heard_us - silent_us, STANDBY_AHEAD_US, STANDBY_AHEAD_US + 200 * MS);
}

static void what_a_server_begins_with_is_not_counted(void **state)
{
    (void)state;
    own_us = START_MS * MS; /* The encoder has paused since. */
    for (int64_t ms = 2000; ms < 2000 + 900; ms += 10) {
        lead_note(&lead, (START_MS + ms) * MS, own_us);
        look();
    }
    assert_int_equal(longest_us, 0);
    send(4500, 8000, 100, 0);
    assert_true(longest_us < STANDBY_AHEAD_US);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_pause_of_both_is_no_lead, setup),
        cmocka_unit_test_setup(a_server_that_falls_silent_is_left, setup),
        cmocka_unit_test_setup(what_a_server_begins_with_is_not_counted, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
