#include "player.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "protocol/rtmp/message.h"
#include "stamp.h"

enum { RECEIVE_MAX = 256 << 10, DRAIN_MAX = 4 << 20 };

static uint8_t buffer[RECEIVE_MAX]; /* one for all: it is used up before the next is looked at */

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
    if (!stamp_find(m->start, m->n_start, &stamp))
        return;
    uint32_t missing = stamp.number - p->stamp_number - 1;
    if (p->stamp_us && missing && stamp.number > p->stamp_number) {
        tally->gaps++;
        tally->lost += missing;
    }
    p->stamp_number = stamp.number;
    p->stamp_us = stamp.sent_us;
    if (p->sampled && stamp.sent_us >= p->joined_us) { /* not what the GOP cache kept from before */
        histogram_add(&tally->latency, now - stamp.sent_us);
        histogram_add(&tally->second, now - stamp.sent_us);
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
    if (m->type == RTMP_TYPE_VIDEO)
        note_stamp(p, m, now, tally);
}

static void take(struct player *p, const struct players_conf *conf, size_t n, int64_t now, struct tally *tally)
{
    struct client *c = &p->client;
    struct scanned message;
    struct rd      in = rd_over(buffer, n);
    if (c->target->wire == WIRE_RTMP) {
        while (client_next(c, &in, &message))
            note_media(p, &message, now, tally);
        if (conf->silent && c->phase == CLIENT_RUNNING)
            joins(p, now, tally);
        if (c->failure)
            player_end(p, c->failure, tally);
        return;
    }
    while (flv_scan_next(&p->flv, &in, &message))
        note_media(p, &message, now, tally);
    if (p->flv.bad)
        player_end(p, p->flv.refused ? "the request is refused" : "the FLV stream is broken", tally);
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

/* The bytes that recv() said; false at the end, or when there are none yet. */
static bool is_received(struct player *p, ssize_t n, struct tally *tally)
{
    if (n > 0)
        return true;
    if (n == 0)
        player_end(p, "the server closed the connection", tally);
    else if (errno != EAGAIN && errno != EINTR)
        player_end(p, strerror(errno), tally);
    return false;
}

void player_receive(struct player *p, const struct players_conf *conf, struct tally *tally)
{
    bool    drain = p->drains && p->joined_us;
    ssize_t n = drain ? recv(p->client.fd, NULL, DRAIN_MAX, MSG_TRUNC) /* tcp(7): the data is dropped */
                      : recv(p->client.fd, buffer, sizeof buffer, 0);
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
