#include "hls_player.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/str.h"
#include "stamp.h"
#include "ts_scan.h"

enum { RECEIVE_MAX = 256 << 10, HELD_MAX = 16 << 20, PATH_MAX_LEN = 2048, HOLD_BACK_TARGETS = 3, LISTED_MAX = 4096 };

static uint8_t buffer[RECEIVE_MAX]; /* shared by all players, because each uses up its bytes at once */

static void end(struct hls_player *p, const char *why, struct hls_tally *tally)
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
    hls_player_close(p);
}

static void drop_held(struct hls_player *p)
{
    free(p->held);
    p->held = NULL;
    p->n_held = p->held_cap = 0;
}

static void drop_units(struct hls_player *p)
{
    for (size_t i = p->at; i < p->n_units; i++)
        free(p->units[i].uri);
    p->n_units = p->at = 0;
}

void hls_player_close(struct hls_player *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    drop_held(p);
    drop_units(p);
    free(p->path);
    p->path = NULL;
}

/* ---- requests ---- */

static void ask(struct hls_player *p, const char *path, const char *more, struct hls_tally *tally)
{
    char request[PATH_MAX_LEN + 256];
    int  n = snprintf(request, sizeof request, "GET %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\n\r\n", path, more,
                      p->target->host);
    body_scan_init_with_end(&p->body);
    p->n_body = 0;
    p->due_us = 0;
    p->asked_us = now_us();
    if (n < 0 || (size_t)n >= sizeof request)
        end(p, "a URL is too long", tally);
    else if (send(p->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        end(p, "the socket does not take a request", tally);
}

static void ask_playlist(struct hls_player *p, struct hls_tally *tally)
{
    char more[96] = "";
    if (p->ll && p->next.number >= 0)
        snprintf(more, sizeof more, "%c_HLS_msn=%lld&_HLS_part=%d", strchr(p->path, '?') ? '&' : '?',
                 (long long)p->next.number, p->next.part);
    p->asks = HLS_ASKS_PLAYLIST;
    ask(p, p->path, more, tally);
    p->playlist_us = p->asked_us;
}

static void ask_media(struct hls_player *p, struct hls_tally *tally)
{
    p->asks = HLS_ASKS_MEDIA;
    ask(p, p->units[p->at].uri, "", tally);
}

/* The path of a URI in the playlist. Allocated, NULL if it is no path of this server. */
static char *resolve(const struct hls_player *p, const char *uri, size_t len)
{
    char        scheme[] = "http://";
    const char *query = strchr(p->path, '?');
    const char *slash = memrchr(p->path, '/', query ? (size_t)(query - p->path) : strlen(p->path));
    char       *path = NULL;
    if (len >= sizeof scheme && memcmp(uri, scheme, sizeof scheme - 1) == 0)
        return NULL;
    int dir = len && *uri == '/' ? 0 : (int)(slash - p->path) + 1;
    if (asprintf(&path, "%.*s%.*s", dir, p->path, (int)len, uri) < 0)
        die("out of memory");
    return path;
}

void hls_player_open(struct hls_player *p, const struct target *t, bool ll, bool sampled, struct hls_tally *tally)
{
    static const struct part_key none = { -1, -1 };
    *p = (struct hls_player){ .target = t, .ll = ll, .sampled = sampled, .listed = none, .next = none, .got = none };
    p->fd = target_connect(t, 0);
    if (asprintf(&p->path, "/%s/%s", t->app, t->stream) < 0)
        die("out of memory");
    if (p->fd < 0)
        end(p, strerror(errno), tally);
}

void hls_player_tick(struct hls_player *p, int64_t now, struct hls_tally *tally)
{
    if (!p->over && p->due_us && now >= p->due_us)
        ask_playlist(p, tally);
}

/* ---- the playlist ---- */

/* All media of a playlist that a player may get: the parts of a segment in place of it, if it has low latency. */
struct listing {
    struct media_item items[LISTED_MAX];
    size_t            n;
    struct part_key   next; /* what comes behind the end */
};

static void read_listing(struct listing *list, struct media_list *l, bool ll)
{
    struct media_item item;
    list->n = 0;
    list->next = (struct part_key){ 0, 0 };
    while (media_list_next(l, &item)) {
        bool has_parts = list->n && list->items[list->n - 1].number == item.number;
        if (item.part < 0)
            list->next = (struct part_key){ item.number + 1, 0 };
        else
            list->next = (struct part_key){ item.number, item.part + 1 };
        if (list->n < LISTED_MAX && (ll ? item.part >= 0 || !has_parts : item.part < 0))
            list->items[list->n++] = item;
    }
}

static struct part_key key_of(const struct media_item *item)
{
    return (struct part_key){ item->number, item->part };
}

/* The first item to get: behind those that were listed before; at first, so far from the end as a player holds back. */
static size_t first_wanted(const struct hls_player *p, const struct listing *list, int64_t hold_back_us)
{
    size_t i = list->n;
    if (p->listed.number < 0)
        for (int64_t sum_us = 0; i > 0 && sum_us < hold_back_us; i--)
            sum_us += list->items[i - 1].duration_us;
    else
        while (i > 0 && part_compare(key_of(&list->items[i - 1]), p->listed) > 0)
            i--;
    return i;
}

static void take_listing(struct hls_player *p, const struct listing *list, int64_t hold_back_us,
                         struct hls_tally *tally)
{
    drop_units(p);
    for (size_t i = first_wanted(p, list, hold_back_us); i < list->n; i++) {
        const struct media_item *item = &list->items[i];
        char                    *uri = p->n_units < HLS_UNITS_MAX ? resolve(p, item->uri, item->uri_len) : NULL;
        if (!uri) {
            end(p, "a playlist lists what this tool cannot get", tally);
            return;
        }
        p->units[p->n_units++] = (struct hls_unit){ key_of(item), item->duration_us, uri };
    }
    if (list->n)
        p->listed = key_of(&list->items[list->n - 1]);
    p->next = list->next;
}

/* Go on with the next media, or with the playlist: at once with low latency, which waits there, otherwise by the clock. */
static void go_on(struct hls_player *p, bool had_news, struct hls_tally *tally)
{
    if (p->over)
        return;
    if (p->at < p->n_units) {
        ask_media(p, tally);
    } else if (p->ll && p->next.number >= 0) {
        ask_playlist(p, tally);
    } else { /* RFC 8216 6.3.4: half of it if there was nothing new */
        p->asks = HLS_ASKS_NOTHING;
        p->due_us = p->playlist_us + (had_news ? p->target_us : p->target_us / 2);
    }
}

static void take_playlist(struct hls_player *p, struct hls_tally *tally)
{
    static struct listing list;
    const char           *uri;
    size_t                len;
    if (media_list_master(p->held, p->n_held, &uri, &len)) {
        char *path = resolve(p, uri, len);
        free(p->path);
        p->path = path;
        drop_held(p);
        if (path)
            ask_playlist(p, tally);
        else
            end(p, "the master playlist leads elsewhere", tally);
        return;
    }
    struct media_list l = media_list_over(p->held, p->n_held);
    read_listing(&list, &l, p->ll);
    p->target_us = l.target_us ? l.target_us : US_PER_SECOND;
    take_listing(p, &list, p->ll && l.part_hold_back_us ? l.part_hold_back_us : HOLD_BACK_TARGETS * p->target_us,
                 tally);
    tally->playlists++;
    drop_held(p);
    go_on(p, p->n_units > 0, tally);
}

/* ---- media ---- */

/* ISO/IEC 13818-1, 2.4.3.2: each packet begins with its sync byte. */
static bool is_ts(const struct hls_player *p, const struct rd *part)
{
    size_t begin = (TS_SCAN_PACKET_LEN - p->n_body % TS_SCAN_PACKET_LEN) % TS_SCAN_PACKET_LEN;
    for (size_t i = begin; i < rd_left(part); i += TS_SCAN_PACKET_LEN)
        if (part->p[i] != 0x47)
            return false;
    return true;
}

static void play(struct hls_player *p, int64_t duration_us, int64_t now, struct hls_tally *tally)
{
    if (!p->joined_us) {
        p->joined_us = p->began_us = now;
        tally->joined++;
    }
    int64_t late_us = now - p->began_us - p->played_until_us;
    if (late_us > 0 && p->played_until_us > 0) {
        tally->stalls++;
        tally->stalled_us += late_us;
        p->began_us += late_us;
    }
    p->played_until_us += duration_us;
}

/* Pictures are shown at a steady pace: as long after they were sent as the first one, or longer since one came later than that. */
static void note_stamps(struct hls_player *p, int64_t now, struct hls_tally *tally)
{
    struct stamp stamp;
    bool         is_first = true;
    for (size_t at = 0; stamp_search_next((const uint8_t *)p->held, p->n_held, &at, &stamp); is_first = false) {
        if (now - stamp.sent_us > p->lag_us)
            p->lag_us = now - stamp.sent_us;
        if (stamp.sent_us >= p->joined_us) {
            histogram_add(&tally->arrival, now - stamp.sent_us);
            histogram_add(&tally->glass, p->lag_us);
        }
        if (is_first && p->ll && p->got.number >= 0)
            part_board_complete(&tally->board, p->got, stamp.sent_us, tally->joined - tally->dropped);
    }
}

static void take_media(struct hls_player *p, struct hls_tally *tally)
{
    struct hls_unit *unit = &p->units[p->at++];
    int64_t          now = now_us();
    free(unit->uri);
    unit->uri = NULL;
    tally->media++;
    histogram_add(&tally->fetch, now - p->asked_us);
    play(p, unit->duration_us, now, tally);
    if (p->sampled)
        note_stamps(p, now, tally);
    if (p->ll)
        part_board_answer(&tally->board, unit->key, now, tally->joined - tally->dropped);
    p->got = unit->key;
    drop_held(p);
    go_on(p, true, tally);
}

/* ---- receiving ---- */

static bool hold(struct hls_player *p, const struct rd *part)
{
    size_t len = rd_left(part);
    if (p->n_held + len > HELD_MAX)
        return false;
    if (p->n_held + len > p->held_cap) {
        p->held_cap = 2 * (p->n_held + len);
        p->held = realloc(p->held, p->held_cap);
        if (!p->held)
            die("out of memory");
    }
    memcpy(p->held + p->n_held, part->p, len);
    p->n_held += len;
    return true;
}

static void take_part(struct hls_player *p, const struct rd *part, struct hls_tally *tally)
{
    bool is_media = p->asks == HLS_ASKS_MEDIA;
    if (is_media && strstr(p->units[p->at].uri, ".ts") && !is_ts(p, part))
        end(p, "a segment is no transport stream", tally);
    else if ((!is_media || p->sampled) && !hold(p, part))
        end(p, "an answer is too long", tally);
    p->n_body += rd_left(part);
}

static void take_answer(struct hls_player *p, struct hls_tally *tally)
{
    if (p->n_body == 0)
        end(p, "an answer is empty", tally);
    else if (p->asks == HLS_ASKS_PLAYLIST)
        take_playlist(p, tally);
    else
        take_media(p, tally);
}

static void take(struct hls_player *p, struct rd *in, struct hls_tally *tally)
{
    struct rd part;
    while (!p->over && body_scan_next(&p->body, in, &part))
        take_part(p, &part, tally);
    if (p->body.failure)
        end(p, p->body.failure, tally);
    else if (!p->over && body_scan_is_over(&p->body) && rd_left(in))
        end(p, "more comes than was asked for", tally);
    else if (!p->over && body_scan_is_over(&p->body))
        take_answer(p, tally);
}

static void connected(struct hls_player *p, struct hls_tally *tally)
{
    int       why = 0;
    socklen_t len = sizeof why;
    if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0 || why) {
        end(p, strerror(why ? why : errno), tally);
        return;
    }
    p->connected = true;
    ask_playlist(p, tally);
}

void hls_player_ready(struct hls_player *p, struct hls_tally *tally)
{
    if (p->over)
        return;
    if (!p->connected) {
        connected(p, tally);
        return;
    }
    ssize_t n = recv(p->fd, buffer, sizeof buffer, 0);
    if (n > 0) {
        struct rd in = rd_over(buffer, (size_t)n);
        tally->bytes += (uint64_t)n;
        if (p->asks == HLS_ASKS_NOTHING)
            end(p, "bytes come that nobody asked for", tally);
        else
            take(p, &in, tally);
    } else if (n == 0) {
        end(p, "the server closed the connection", tally);
    } else if (errno != EAGAIN && errno != EINTR) {
        end(p, strerror(errno), tally);
    }
}
