#include "player.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "protocol/rtmp/message.h"
#include "stamp.h"

enum { RECEIVE_MAX = 256 << 10, DRAIN_MAX = 4 << 20 };

static uint8_t buffer[RECEIVE_MAX]; /* shared by all players, because each uses up its bytes at once */

void player_end(struct player *p, const char *why, struct tally *tally)
{
    if (p->over)
        return;
    p->over = true;
    if (p->joined_us)
        tally->dropped++;
    else
        tally->failed++;
    if (!tally->why)
        tally->why = why;
    client_close(&p->client);
}

void player_leave(struct player *p)
{
    p->over = true;
    client_close(&p->client);
}

void player_open(struct player *p, const struct target *t, int number, bool digest, int receive_buffer,
                 struct tally *tally)
{
    p->opened_us = now_us();
    body_scan_init(&p->body);
    if (t->container == CONTAINER_TS)
        ts_scan_init(&p->scan.ts);
    else
        flv_scan_init(&p->scan.flv);
    client_open(&p->client, t, number, CLIENT_PLAY, digest, receive_buffer);
    if (p->client.failure)
        player_end(p, p->client.failure, tally);
}

static void joins(struct player *p, int64_t now, struct tally *tally)
{
    if (p->joined_us)
        return;
    p->joined_us = now;
    tally->joined++;
    histogram_add(&tally->join, now - p->opened_us);
}

static void note_stamp(struct player *p, const struct scanned *m, int64_t now, struct tally *tally)
{
    struct stamp stamp;
    bool         found = p->client.target->container == CONTAINER_TS ? stamp_search(m->start, m->n_start, &stamp)
                                                                     : stamp_find(m->start, m->n_start, &stamp);
    if (!found)
        return;
    uint32_t missing = stamp.number - p->stamp_number - 1;
    if (p->stamp_us && missing && stamp.number > p->stamp_number) {
        tally->gaps++;
        tally->lost += missing;
    }
    tally->repeats += p->stamp_us && stamp.number <= p->stamp_number;
    p->stamp_number = stamp.number;
    p->stamp_us = stamp.sent_us;
    if (p->sampled && stamp.sent_us >= p->joined_us) { /* pictures of the GOP cache do not count */
        histogram_add(&tally->latency, now - stamp.sent_us);
        histogram_add(&tally->second, now - stamp.sent_us);
        histogram_add(&tally->marked, now - stamp.sent_us);
    }
}

static void note_media(struct player *p, const struct scanned *m, int64_t now, struct tally *tally)
{
    if (m->type != RTMP_TYPE_VIDEO && m->type != RTMP_TYPE_AUDIO && m->type != RTMP_TYPE_DATA)
        return;
    tally->messages++;
    if (m->type == RTMP_TYPE_DATA)
        return;
    joins(p, now, tally);
    uint32_t *last_ms = &p->timestamp_ms[m->type == RTMP_TYPE_VIDEO];
    tally->backward += (int32_t)(m->timestamp_ms - *last_ms) < 0;
    *last_ms = m->timestamp_ms;
    if (m->type == RTMP_TYPE_VIDEO)
        note_stamp(p, m, now, tally);
}

static void take_rtmp(struct player *p, const struct players_conf *conf, struct rd *in, int64_t now,
                      struct tally *tally)
{
    struct scanned message;
    while (client_next(&p->client, in, &message))
        note_media(p, &message, now, tally);
    if (conf->silent && p->client.phase == CLIENT_RUNNING)
        joins(p, now, tally);
    if (p->client.failure)
        player_end(p, p->client.failure, tally);
}

static void take_flv(struct player *p, struct rd *in, int64_t now, struct tally *tally)
{
    struct scanned tag;
    while (flv_scan_next(&p->scan.flv, in, &tag))
        note_media(p, &tag, now, tally);
    if (p->scan.flv.bad)
        player_end(p, "the FLV stream is broken", tally);
}

static void take_ts(struct player *p, struct rd *in, int64_t now, struct tally *tally)
{
    struct scanned unit;
    while (ts_scan_next(&p->scan.ts, in, &unit))
        note_media(p, &unit, now, tally);
    if (p->scan.ts.bad)
        player_end(p, "the transport stream is broken", tally);
}

static void take_http(struct player *p, struct rd *in, int64_t now, struct tally *tally)
{
    struct rd part;
    while (!p->over && body_scan_next(&p->body, in, &part)) {
        if (p->client.target->container == CONTAINER_TS)
            take_ts(p, &part, now, tally);
        else
            take_flv(p, &part, now, tally);
    }
    if (p->body.failure)
        player_end(p, p->body.failure, tally);
}

static void take(struct player *p, const struct players_conf *conf, size_t n, int64_t now, struct tally *tally)
{
    struct rd in = rd_over(buffer, n);
    switch (p->client.target->wire) {
    case WIRE_RTMP: take_rtmp(p, conf, &in, now, tally); break;
    case WIRE_HTTP: take_http(p, &in, now, tally); break;
    case WIRE_RAW: take_flv(p, &in, now, tally); break;
    }
}

static void note_bytes(struct player *p, size_t n, int64_t now, struct tally *tally)
{
    tally->bytes += n;
    tally->receives += p->sampled;
    if (p->received_us && now - p->received_us > tally->pause_us && !p->slow)
        tally->pause_us = now - p->received_us;
    p->received_us = now;
    if (p->client.target->wire == WIRE_RTMP)
        client_acknowledge(&p->client, n);
}

/* True when bytes were received. False when there are none yet, and at the end, which also ends the player. */
static bool is_received(struct player *p, ssize_t n, struct tally *tally)
{
    if (n > 0)
        return true;
    if (p->client.failure)
        player_end(p, p->client.failure, tally);
    else if (n == 0)
        player_end(p, "the server closed the connection", tally);
    else if (errno != EAGAIN && errno != EINTR)
        player_end(p, strerror(errno), tally);
    return false;
}

void player_receive(struct player *p, const struct players_conf *conf, struct tally *tally)
{
    bool    drain = p->drains && p->joined_us;
    ssize_t n = drain ? recv(p->client.fd, NULL, DRAIN_MAX, MSG_TRUNC) /* tcp(7): the data is dropped */
                      : client_receive(&p->client, buffer, sizeof buffer);
    if (!is_received(p, n, tally))
        return;
    int64_t now = now_us();
    note_bytes(p, (size_t)n, now, tally);
    if (!drain)
        take(p, conf, (size_t)n, now, tally);
    if (p->client.failure)
        player_end(p, p->client.failure, tally);
}

void player_sip(struct player *p, size_t n, struct tally *tally)
{
    ssize_t got = recv(p->client.fd, buffer, n < sizeof buffer ? n : sizeof buffer, 0);
    if (is_received(p, got, tally))
        tally->bytes += (uint64_t)got;
}
