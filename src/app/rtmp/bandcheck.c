#include "app/rtmp/bandcheck.h"

#include <string.h>

#include "app/rtmp/conn.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "protocol/rtmp/bandcheck.h"
#include "protocol/rtmp/outbox.h"

/* The time after the last message in which a client may read it. */
enum { LAST_US = 600 * US_PER_MS };

/* Each Playing message has this many texts more than the one before. */
enum { MORE_TEXTS = 2 };

/* A vhost that has been tested. Only one tester has it at a time. */
struct bandcheck {
    int64_t began_us; /* of the newest test */
    bool    is_running;
    int     limit_kbps; /* of the running test */
};

static struct map by_vhost; /* struct bandcheck */

/* ---- admission ---- */

static bool ends_value(char c)
{
    return c == '\0' || c == '&' || c == '?' || c == '/';
}

bool bandcheck_has_key(const char *url, const char *key)
{
    static const char name[] = "key=";
    if (!*key)
        return true;
    for (const char *at = url; (at = strstr(at, name)); at++) {
        const char *value = at + sizeof name - 1;
        bool        begins = at > url && (at[-1] == '?' || at[-1] == '&');
        if (begins && strncmp(value, key, strlen(key)) == 0 && ends_value(value[strlen(key)]))
            return true;
    }
    return false;
}

static struct bandcheck *test_of(const char *vhost)
{
    struct bandcheck *b = map_find(&by_vhost, vhost);
    if (b || !(b = mem_calloc(1, sizeof *b)))
        return b;
    if (map_put(&by_vhost, vhost, b))
        return b;
    mem_free(b);
    return NULL;
}

/* Tell the client that another test is too near; the caller closes. */
static struct err *deny(struct rtmp_conn *c, const struct conf_vhost *vhost)
{
    struct err *e = err_new(E_SYSTEM_BANDWIDTH_DENIED, "%s was tested less than %llds ago (bandcheck.interval)",
                            vhost->name, (long long)(vhost->bandcheck.interval_us / US_PER_SECOND));
    err_free(rtmp_server_reject(&c->rtmp, &c->request, "bandcheck rejected"));
    rtmp_conn_linger(c);
    return e;
}

struct err *bandcheck_begin(struct rtmp_conn *c, const struct conf_vhost *vhost)
{
    const struct conf_bandcheck *conf = &vhost->bandcheck;
    if (!bandcheck_has_key(c->request.tc_url, conf->key))
        return err_new(E_SYSTEM_BANDWIDTH_KEY,
                       "bandcheck is on in %s, which serves no streams: the tcUrl has not its key", vhost->name);
    struct bandcheck *b = test_of(vhost->name);
    if (!b)
        return err_no_memory();
    if (b->is_running || (b->began_us && now_us() - b->began_us < conf->interval_us))
        return deny(c, vhost);
    *b = (struct bandcheck){ .began_us = now_us(), .is_running = true, .limit_kbps = conf->limit_kbps };
    c->bandcheck = b;
    return NULL;
}

void bandcheck_end(struct rtmp_conn *c)
{
    if (c->bandcheck)
        c->bandcheck->is_running = false;
    c->bandcheck = NULL;
}

void bandchecks_finish(void)
{
    size_t            at = 0;
    struct bandcheck *b;
    while ((b = map_next(&by_vhost, &at, NULL)))
        mem_free(b);
    map_finish(&by_vhost);
}

/* ---- one direction ---- */

/* Bytes that one direction has carried, and in what time. */
struct carried {
    int64_t since_us, since_bytes;
    int64_t bytes, ms;
};

static struct carried carry(int64_t bytes)
{
    return (struct carried){ .since_us = now_us(), .since_bytes = bytes };
}

static void end_carrying(struct carried *d, int64_t bytes)
{
    d->bytes = bytes - d->since_bytes;
    d->ms = (now_us() - d->since_us) / US_PER_MS;
}

static double kbps_of(const struct carried *d)
{
    return d->ms > 0 ? (double)(d->bytes * 8 / d->ms) : 0;
}

/* Sleep while the direction has carried more than the limit allows, but not over the deadline: the peer chooses how much it sends. */
static struct err *keep_limit(const struct rtmp_conn *c, const struct carried *d, int64_t bytes, int64_t deadline_us)
{
    int64_t due_us = d->since_us + (bytes - d->since_bytes) * 8 * US_PER_MS / c->bandcheck->limit_kbps;
    int64_t ahead_us = (due_us < deadline_us ? due_us : deadline_us) - now_us();
    co_give_way_by_time();
    return ahead_us > 0 ? co_sleep(ahead_us) : NULL;
}

/* ---- messages ---- */

static struct err *say(struct rtmp_conn *c, enum rtmp_bandcheck command, const struct rtmp_bandcheck_value *values,
                       size_t n)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &c->rtmp.link);
    if (e)
        return e;
    rtmp_bandcheck_write(&o.body, command, values, n);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send_by(&o, now_us() + BANDCHECK_STEP_US);
}

static struct err *send_start(struct rtmp_conn *c, enum rtmp_bandcheck command)
{
    const struct rtmp_bandcheck_value values[] = {
        { "limit_kbps", c->bandcheck->limit_kbps },
        { "duration_ms", BANDCHECK_MS },
        { "interval_ms", 0 },
    };
    return say(c, command, values, ARRAY_LEN(values));
}

static struct err *send_stop(struct rtmp_conn *c, enum rtmp_bandcheck command, const struct carried *d)
{
    const struct rtmp_bandcheck_value values[] = {
        { "duration_ms", BANDCHECK_MS },
        { "interval_ms", 0 },
        { "duration_delta", (double)d->ms },
        { "bytes_delta", (double)d->bytes },
    };
    return say(c, command, values, ARRAY_LEN(values));
}

static struct err *send_playing(struct rtmp_conn *c, int n_texts)
{
    struct rtmp_outbox o;
    struct err        *e = rtmp_outbox_begin(&o, &c->rtmp.link);
    if (e)
        return e;
    rtmp_bandcheck_write_playing(&o.body, n_texts);
    rtmp_outbox_add(&o, RTMP_CSID_COMMAND, 0, RTMP_TYPE_COMMAND);
    return rtmp_outbox_send_by(&o, now_us() + BANDCHECK_STEP_US);
}

/* Read one message at the pace of the limit. */
static struct err *read_one(struct rtmp_conn *c, const struct carried *up, int64_t deadline_us,
                            enum rtmp_bandcheck *command)
{
    struct rtmp_message msg = { 0 };
    struct err         *e = keep_limit(c, up, c->io.bytes_in, deadline_us);
    if (!e)
        e = rtmp_link_read_message(&c->rtmp.link, &msg, deadline_us);
    *command = RTMP_BANDCHECK_OTHER;
    if (!e && msg.type_id == RTMP_TYPE_COMMAND)
        *command = rtmp_bandcheck_read(msg.payload->data, msg.payload->len);
    frame_unref(&msg.payload);
    return e;
}

static struct err *out_of_turn(const char *waited_for)
{
    return err_new(E_RTMP_BWTC_DATA, "the tester does not keep to the conversation: the server waits for %s",
                   waited_for);
}

/* Wait for a command of the client. What it still publishes, and commands of other kinds, are dropped. */
static struct err *expect(struct rtmp_conn *c, enum rtmp_bandcheck wanted, const char *called)
{
    struct carried up = carry(c->io.bytes_in);
    int64_t        deadline_us = now_us() + BANDCHECK_STEP_US;
    for (;;) {
        enum rtmp_bandcheck command;
        struct err         *e = now_us() < deadline_us ? read_one(c, &up, deadline_us, &command)
                                                       : err_new(E_SOCKET_TIMEOUT, "no such command");
        if (e)
            return err_wrap(e, "wait for %s", called);
        if (command == wanted)
            return NULL;
        if (command != RTMP_BANDCHECK_OTHER && command != RTMP_BANDCHECK_PUBLISHING &&
            command != RTMP_BANDCHECK_STOP_PUBLISH)
            return out_of_turn(called);
    }
}

/* ---- the test ---- */

static struct err *carry_down(struct rtmp_conn *c, struct carried *down)
{
    struct err *e = send_start(c, RTMP_BANDCHECK_START_PLAY);
    if (!e)
        e = expect(c, RTMP_BANDCHECK_STARTING_PLAY, "StartingPlayBytes");
    *down = carry(c->io.bytes_out);
    int64_t until_us = now_us() + BANDCHECK_MS * US_PER_MS;
    for (int n_texts = 1 + MORE_TEXTS; !e && now_us() < until_us; n_texts += MORE_TEXTS) {
        e = send_playing(c, n_texts < RTMP_BANDCHECK_TEXTS_MAX ? n_texts : RTMP_BANDCHECK_TEXTS_MAX);
        if (!e)
            e = keep_limit(c, down, c->io.bytes_out, DEADLINE_NEVER);
    }
    end_carrying(down, c->io.bytes_out);
    if (!e)
        e = send_stop(c, RTMP_BANDCHECK_STOP_PLAY, down);
    return e ? e : expect(c, RTMP_BANDCHECK_STOPPED_PLAY, "StoppedPlayBytes");
}

/* Read what the client publishes, until it stops or the time is over. */
static struct err *take_up(struct rtmp_conn *c, const struct carried *up)
{
    int64_t until_us = now_us() + BANDCHECK_MS * US_PER_MS;
    while (now_us() < until_us) {
        enum rtmp_bandcheck command;
        struct err         *e = read_one(c, up, until_us, &command);
        if (e)
            return err_except(e, E_SOCKET_TIMEOUT);
        if (command == RTMP_BANDCHECK_STOP_PUBLISH)
            return NULL;
        if (command != RTMP_BANDCHECK_PUBLISHING && command != RTMP_BANDCHECK_OTHER)
            return out_of_turn("Publishing");
    }
    return NULL;
}

/* Flash clients do not answer the last two messages. */
static bool is_flash(const struct rtmp_conn *c)
{
    return *c->request.swf_url != '\0';
}

static struct err *carry_up(struct rtmp_conn *c, struct carried *up)
{
    struct err *e = send_start(c, RTMP_BANDCHECK_START_PUBLISH);
    int64_t     before = c->io.bytes_in; /* What follows may come in one piece with the answer. */
    if (!e)
        e = expect(c, RTMP_BANDCHECK_STARTING_PUBLISH, "StartingPublishBytes");
    *up = carry(before);
    if (!e)
        e = take_up(c, up);
    end_carrying(up, c->io.bytes_in);
    if (!e)
        e = send_stop(c, RTMP_BANDCHECK_STOP_PUBLISH, up);
    return e || is_flash(c) ? e : expect(c, RTMP_BANDCHECK_STOPPED_PUBLISH, "StoppedPublishBytes");
}

static struct err *tell_result(struct rtmp_conn *c, int64_t began_ms, const struct carried *down,
                               const struct carried *up)
{
    const struct rtmp_bandcheck_value values[] = {
        { "start_time", (double)began_ms },    { "end_time", (double)(wall_now_us() / US_PER_MS) },
        { "play_kbps", kbps_of(down) },        { "publish_kbps", kbps_of(up) },
        { "play_bytes", (double)down->bytes }, { "publish_bytes", (double)up->bytes },
        { "play_time", (double)down->ms },     { "publish_time", (double)up->ms },
    };
    struct err *e = say(c, RTMP_BANDCHECK_FINISHED, values, ARRAY_LEN(values));
    return e || is_flash(c) ? e : expect(c, RTMP_BANDCHECK_FINAL, "finalClientPacket");
}

struct err *bandcheck_run(struct rtmp_conn *c)
{
    struct carried down, up;
    int64_t        began_ms = wall_now_us() / US_PER_MS;
    struct err    *e = carry_down(c, &down);
    if (!e)
        e = carry_up(c, &up);
    if (!e)
        e = tell_result(c, began_ms, &down, &up);
    if (e)
        return err_wrap(e, "bandwidth test");
    log_info("bandwidth test, play_kbps=%.0f, publish_kbps=%.0f, play_bytes=%lld, publish_bytes=%lld", kbps_of(&down),
             kbps_of(&up), (long long)down.bytes, (long long)up.bytes);
    io_linger(&c->io, now_us() + LAST_US);
    return NULL;
}
