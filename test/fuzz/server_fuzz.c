/*
 * The whole server in one process, with several RTMP and HTTP connections over socket pairs at once, driven by a script of bytes.
 * A publisher may send anything, and peers may leave at any time: live players get well-formed streams, viewers of segments whole
 * playlists, and in the end no client and no memory is left.
 */
#include "app/server/server.h"

#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/conf/conf_load.h"
#include "app/hls/timeshift_answer.h"
#include "app/segment/scratch.h"
#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/services.h"
#include "app/source/attend.h"
#include "app/source/delaying.h"
#include "app/source/life.h"
#include "core/attr.h"
#include "core/blob_store.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/str.h"
#include "fuzzing.h"
#include "http_media.h"
#include "kernel/amf0.h"
#include "kernel/hls/playlist_read.h"
#include "media_script.h"
#include "protocol/file_writer.h"
#include "protocol/io.h"
#include "protocol/offload.h"
#include "protocol/rtmp/chunk_writer.h"
#include "protocol/send_ring.h"
#include "segment_asks.h"
#include "well_formed.h"

enum { PEERS = 10, OPS_MAX = 400, GOT_MAX = 2 << 20, CHUNK_SIZE = 60000, CALL_MAX = 600, SMALL_BUFFER = 2048 };

/* A busy disk delays the end; the fuzzer's own limit notices when nothing goes on. */
#define A_WHILE_US (60 * US_PER_SECOND)

enum peer_kind { PEER_RTMP, PEER_HTTP };
enum media_kind { MEDIA_FLV, MEDIA_TS, MEDIA_MP4, MEDIA_AAC, MEDIA_MP3, MEDIA_NONE, MEDIA_SEGMENTS };

struct peer {
    int             fd; /* -1: no peer */
    enum peer_kind  kind;
    enum media_kind media;
    bool            is_checked; /* its input is checked */
    uint8_t        *got;
    size_t          n_got, cap;
};

static struct rd     script;
static struct server server;
static struct peer   peers[PEERS];
static uint32_t      clock_ms;

static struct segment_asks asks;
static char                files[] = "/tmp/server_fuzz.XXXXXX"; /* where segments are written */
static bool                has_files;

/* ---- configurations that a reload flips */

static const char *const confs[] = {
    "vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; wait 5; } }",
    "vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].ts; }"
    " play { time_jitter zero; mix_correct on; } publish { republish takeover; try_annexb_first off; } }",
    "vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].aac; fast_cache 10; }"
    " play { gop_cache off; atc on; time_jitter off; queue_length 1; reduce_sequence_header on; } }",
    "vhost __defaultVhost__ { min_latency on; http_remux { enabled on; mount [vhost]/[app]/[stream].mp3;"
    " drop_if_not_match on; } play { gop_cache_max_frames 5; mw_latency 0; }"
    " publish { mr on; mr_latency 1; republish takeover; } }",
    "http_api { enabled on; raw_api { enabled on; } } vhost v { http_remux { enabled on; } }"
    " vhost __defaultVhost__ { chunk_size 128; http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }"
    " play { time_jitter full; } }",
    "vhost __defaultVhost__ { hls { enabled on; hls_ll on; hls_part 0.05; hls_use_fmp4 on; hls_fragment 0.2; "
    "hls_window 1;"
    " hls_storage memory; hls_variants _1 _2; hls_path FILES; }"
    " dash { enabled on; dash_ll on; dash_fragment 0.2; dash_window_size 3; dash_path FILES; } }",
    "vhost __defaultVhost__ { hls { enabled on; hls_ll on; hls_part 0.1; hls_fragment 0.1; hls_window 0.5; hls_ctx off;"
    " hls_storage memory; hls_wait_keyframe off; hls_acodec mp3; hls_dts_directly off; hls_path FILES; }"
    " hds { enabled on; hds_fragment 0.2; hds_window 1; hds_path FILES; } }",
    "vhost __defaultVhost__ { hls { enabled on; hls_fragment 0.2; hls_window 0.5; hls_storage disk; hls_timeshift 1h;"
    " hls_keys on; hls_fragments_per_key 2; hls_path FILES; hls_ts_file [app]/[stream]-[seq]-[duration].ts; } }",
    "vhost v { hls { enabled on; hls_ctx off; hls_path FILES; } } vhost __defaultVhost__ { publish { republish "
    "takeover; }"
    " security { enabled on; deny play 10.0.0.0/8; } play { gop_cache off; }"
    " hls { enabled on; hls_ll on; hls_part 0.05; hls_use_fmp4 on; hls_fragment 0.1; hls_window 1; hls_keys on;"
    " hls_encryption cbcs; hls_ts_floor on; hls_path FILES; hls_variants _1 _2; hls_timeshift 10m; }"
    " dash { enabled on; dash_fragment 0.1; dash_path FILES/dash; } }",
};

static struct conf *load(unsigned i)
{
    char        text[2048];
    struct str  out = str_over(text, sizeof text);
    const char *rest = confs[i % ARRAY_LEN(confs)];
    str_printf(&out, "listen 1935; daemon off; http_server { enabled on; dir %s; } ", files);
    for (const char *word; (word = strstr(rest, "FILES")); rest = word + strlen("FILES"), has_files = true) {
        str_append(&out, rest, (size_t)(word - rest));
        str_printf(&out, "%s", files);
    }
    str_printf(&out, "%s", rest);
    check(!out.cut);
    struct conf_source from = { .path = "f.conf", .text = text, .text_len = out.len, .open_files = 65536 };
    struct conf_report report = { 0 };
    struct conf       *conf = NULL;
    struct err        *e = conf_load(&from, &conf, &report);
    conf_report_finish(&report);
    check(!e);
    return conf;
}

/* Reload as the server does, without the ports. */
static void reload(unsigned i)
{
    struct conf   *conf = load(i), *old = server.conf;
    struct source *s;
    size_t         at = 0;
    server.conf = conf;
    while ((s = map_next(&server.sources.by_key, &at, NULL))) {
        const struct conf_vhost *v = conf_find_vhost(conf, s->vhost->name);
        source_apply_conf(s, conf, v && strcmp(v->name, s->vhost->name) == 0 ? v : NULL);
    }
    conf_unref(&old);
}

/* ---- received bytes */

static void check_media(enum media_kind kind, struct rd media)
{
    switch (kind) {
    case MEDIA_FLV: check_flv(media); break;
    case MEDIA_TS: check_ts(media); break;
    case MEDIA_MP4: check_mp4(media); break;
    case MEDIA_AAC: check_adts(media); break;
    case MEDIA_MP3:
    case MEDIA_NONE:
    case MEDIA_SEGMENTS: break;
    }
}

/* The body of a whole reply; NULL: it has not come, or is not told how long it is. */
static const char *whole_body(const struct peer *p, size_t *len)
{
    static const char field[] = "\r\nContent-Length: ";
    const char       *head = (const char *)p->got, *end = p->n_got ? memmem(head, p->n_got, "\r\n\r\n", 4) : NULL;
    const char       *told = end ? memmem(head, (size_t)(end - head), field, sizeof field - 1) : NULL;
    if (!told)
        return NULL;
    *len = strtoul(told + sizeof field - 1, NULL, 10);
    return end + 4 + *len == head + p->n_got ? end + 4 : NULL;
}

/* A playlist that is whole can be read by our own reader, unless it is a delta update. */
static void check_playlist(const char *text, size_t len)
{
    struct hls_playlist_reader r;
    struct hls_segment         s;
    char                      *copy = malloc(len + 1);
    enum hls_read              result = HLS_READ_END;
    memcpy(copy, text, len);
    copy[len] = '\0';
    check(text[len - 1] == '\n' && strlen(copy) == len);
    if (strstr(copy, "#EXTINF") && !strstr(copy, "#EXT-X-SKIP")) {
        hls_playlist_reader_init(&r, copy, len);
        while ((result = hls_playlist_read(&r, &s)) == HLS_READ_SEGMENT)
            ;
    }
    check(result == HLS_READ_END);
    free(copy);
}

static void look_at_segments(const struct peer *p)
{
    static const char first[] = "#EXTM3U\n";
    size_t            len = 0;
    const char       *body = whole_body(p, &len);
    if (!body || len < sizeof first || memcmp(body, first, sizeof first - 1) != 0)
        return;
    segment_asks_learn(&asks, body, len);
    if (p->is_checked)
        check_playlist(body, len);
}

static void check_got(const struct peer *p)
{
    if (p->kind == PEER_RTMP) {
        check_rtmp(rd_over(p->got, p->n_got));
        return;
    }
    if (p->media == MEDIA_SEGMENTS) {
        check(p->n_got < 9 || memcmp(p->got, "HTTP/1.1 ", 9) == 0);
        return;
    }
    uint8_t  *room = malloc(p->n_got + 1);
    struct wr media = wr_over(room, p->n_got + 1);
    if (http_media(rd_over(p->got, p->n_got), &media))
        check_media(p->media, rd_over(room, wr_len(&media)));
    free(room);
}

static void keep(struct peer *p, const uint8_t *bytes, size_t n)
{
    p->is_checked &= p->n_got + n <= GOT_MAX;
    if (!p->is_checked)
        return;
    if (p->n_got + n >= p->cap)
        p->got = realloc(p->got, p->cap = 2 * (p->n_got + n) + 1);
    memcpy(p->got + p->n_got, bytes, n);
    p->n_got += n;
    p->got[p->n_got] = 0; /* strtoul() ends there */
}

static void take_in(struct peer *p, size_t max)
{
    uint8_t buf[16384];
    ssize_t n = 1;
    for (size_t sum = 0; p->fd >= 0 && n > 0 && sum<max; sum += n> 0 ? (size_t)n : 0)
        if ((n = read(p->fd, buf, max - sum < sizeof buf ? max - sum : sizeof buf)) > 0)
            keep(p, buf, (size_t)n);
    if (p->media == MEDIA_SEGMENTS && p->got)
        look_at_segments(p);
}

/* ---- connecting and leaving */

static void give_way(unsigned n)
{
    while (n--)
        co_give_way();
}

static void leave(struct peer *p)
{
    if (p->fd < 0)
        return;
    take_in(p, GOT_MAX);
    close(p->fd);
    if (p->is_checked && p->got)
        check_got(p);
    free(p->got);
    *p = (struct peer){ .fd = -1 };
}

static const struct listen_service *service(const char *name)
{
    const struct listen_service *row = listen_services;
    while (row->name && strcmp(row->name, name) != 0)
        row++;
    check(row->name != NULL);
    return row;
}

/* Connect a peer; false when there are no descriptors. */
static bool come(struct peer *p, enum peer_kind kind, const struct listen_service *by)
{
    int                ends[2];
    struct sockaddr_in from = { .sin_family = AF_INET,
                                .sin_port = htons(7),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    leave(p);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return false;
    if (rd_u8(&script) & 1)
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){ SMALL_BUFFER }, sizeof(int));
    *p = (struct peer){ .fd = ends[1], .kind = kind, .media = MEDIA_NONE, .is_checked = true };
    err_free(by->start(&server, ends[0], (struct sockaddr *)&from, by));
    return true;
}

static void send_all(const struct peer *p, const void *bytes, size_t len)
{
    enum { TRIES_MAX = 40 };
    const uint8_t *at = bytes;
    for (int tries = 0; p->fd >= 0 && len && tries < TRIES_MAX; tries++) {
        ssize_t n = send(p->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN)
            return;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
        if (len)
            co_give_way();
    }
}

static void send_noise(struct peer *p)
{
    size_t n = rd_u8(&script) % 64;
    n = n < rd_left(&script) ? n : rd_left(&script);
    p->is_checked &= p->kind == PEER_RTMP; /* an HTTP client may ask for more than one thing */
    send_all(p, rd_bytes(&script, n), n);
}

/* ---- RTMP */

static void send_message(const struct peer *p, uint8_t type, uint32_t ms, const uint8_t *body, size_t len)
{
    static uint8_t  wire[2 * MEDIA_SCRIPT_MAX];
    struct wr       w = wr_over(wire, sizeof wire);
    uint32_t        csid = type == FLV_AUDIO ? 4 : type == FLV_VIDEO ? 6 : 3;
    struct rtmp_out m = { csid, 1, ms, type, (uint32_t)len, body };
    rtmp_message_write(&w, &m, CHUNK_SIZE);
    check(!w.full);
    send_all(p, wire, wr_len(&w));
}

static const char *stream_name(unsigned i)
{
    static const char *const variants[] = { "a_1", "a_2" };
    static const char *const odd[] = { "d/e", "", "f\x01", "?vhost=v", "a?vhost=nosuch", "b?x=1" };
    static const char *const usual[] = { "a", "b", "c" };
    if (i & 0x40)
        return variants[i % ARRAY_LEN(variants)];
    return i & 0x80 ? odd[i % ARRAY_LEN(odd)] : usual[i % ARRAY_LEN(usual)];
}

static void call(const struct peer *p, const char *name, double id, const char *argument)
{
    uint8_t   body[CALL_MAX], more = rd_u8(&script);
    struct wr w = wr_over(body, sizeof body);
    amf0_write_string(&w, name);
    amf0_write_number(&w, id);
    amf0_write_null(&w);
    if (argument)
        amf0_write_string(&w, argument);
    if (more & 1)
        amf0_write_bool(&w, more & 2);
    if (more & 4)
        amf0_write_number(&w, (double)(int8_t)rd_u8(&script) * 10);
    send_message(p, more & 8 ? 17 : 20, 0, body, wr_len(&w));
}

static void connect_rtmp(const struct peer *p)
{
    static uint8_t hello[RTMP_HELLO_LEN] = { 3 };
    uint8_t        size[32], body[CALL_MAX], where = rd_u8(&script);
    struct wr      s = wr_over(size, sizeof size), w = wr_over(body, sizeof body);
    send_all(p, hello, sizeof hello);
    struct rtmp_out m = { 2, 0, 0, RTMP_TYPE_SET_CHUNK_SIZE, 4, (const uint8_t *)"\0\0\xea\x60" };
    rtmp_message_write(&s, &m, 128);
    send_all(p, size, wr_len(&s));
    amf0_write_string(&w, "connect");
    amf0_write_number(&w, 1);
    amf0_write_object(&w);
    amf0_put_string(&w, "tcUrl", where & 15 ? "rtmp://h/live" : "rtmp://v/live/x?vhost=v");
    amf0_write_end(&w);
    send_message(p, 20, 0, body, wr_len(&w));
}

static void begin_rtmp(struct peer *p, const char *what)
{
    if (!come(p, PEER_RTMP, service("RTMP")))
        return;
    connect_rtmp(p);
    give_way(2);
    call(p, "createStream", 2, NULL);
    call(p, what, 3, stream_name(rd_u8(&script)));
    give_way(6);
}

static void call_anything(const struct peer *p)
{
    static const char *const names[] = { "publish",   "play",        "createStream", "releaseStream",
                                         "FCPublish", "FCUnpublish", "closeStream",  "deleteStream",
                                         "pause",     "seek",        "receiveAudio", "receiveVideo",
                                         "_result",   "foo",         "connect",      "getStreamLength" };
    uint8_t                  how = rd_u8(&script);
    if (p->kind == PEER_RTMP)
        call(p, names[how % ARRAY_LEN(names)], how & 0x20 ? 0 : how, how & 0x40 ? NULL : stream_name(rd_u8(&script)));
}

static void send_media(const struct peer *p)
{
    static uint8_t body[MEDIA_SCRIPT_MAX];
    struct wr      w = wr_over(body, sizeof body);
    if (p->kind != PEER_RTMP)
        return;
    uint8_t type = (uint8_t)media_script_next(&script, &w);
    clock_ms = media_script_time(&script, clock_ms);
    send_message(p, type, clock_ms, body, wr_len(&w));
}

/* Send metadata, which may switch `atc` on, or several frames in one message. */
static void send_data(const struct peer *p)
{
    uint8_t   body[CALL_MAX], more = rd_u8(&script);
    struct wr w = wr_over(body, sizeof body);
    if (p->kind != PEER_RTMP)
        return;
    if (more & 1) {
        amf0_write_string(&w, "@setDataFrame");
        amf0_write_string(&w, "onMetaData");
        amf0_write_ecma_array(&w, 2);
        amf0_put_number(&w, "width", more);
        amf0_put_bool(&w, "bravo_atc", more & 2);
        amf0_write_end(&w);
        send_message(p, FLV_SCRIPT, clock_ms, body, wr_len(&w));
        return;
    }
    for (int i = more >> 1 & 3; i >= 0; i--) {
        struct flv_tag tag = { .type = more & 16 ? FLV_VIDEO : FLV_AUDIO, .dts_ms = 5, .len = 12 };
        tag.body = (const uint8_t *)(more & 16 ? "\x27\1\0\0\0\0\0\0\3\x41xy" : "\xaf\1aaaaaaaaaa");
        flv_write_tag(&w, &tag);
    }
    send_message(p, 22, clock_ms, body, wr_len(&w));
}

/* ---- HTTP */

static void ask(struct peer *p)
{
    static const char *const exts[] = { "flv", "ts", "mp4", "aac", "mp3" };
    static const char        upgrade[] = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    char                     text[CALL_MAX];
    uint8_t                  how = rd_u8(&script);
    p->media = (enum media_kind)(how % ARRAY_LEN(exts));
    int len = snprintf(text, sizeof text, "%s /live/%c.%s HTTP/1.%d\r\nHost: h\r\n%s%s\r\n",
                       how >= 0xf8 ? "HEAD" : "GET", "abc"[rd_u8(&script) % 3], exts[p->media], !(how & 0x20),
                       how & 0x40 ? upgrade : "", how & 8 ? "Content-Length: 3\r\n" : "");
    send_all(p, text, (size_t)len);
    if (how & 8)
        send_all(p, "abc", 3);
}

static void ask_api(struct peer *p)
{
    static const char *const paths[] = { "clients/",  "streams/?start=1&count=2",  "vhosts/",   "raw?rpc=raw",
                                         "summaries", "tests/requests?callback=x", "streams/x", "features" };
    char                     text[CALL_MAX];
    int                      len = snprintf(text, sizeof text, "GET /api/v1/%s HTTP/1.1\r\nHost: h\r\n\r\n",
                                            paths[rd_u8(&script) % ARRAY_LEN(paths)]);
    send_all(p, text, (size_t)len);
}

/* Ask for a playlist, a segment or what belongs to them; the first reply to a new peer is looked at. */
static void ask_segments(struct peer *p)
{
    char   text[SEGMENT_ASK_MAX];
    size_t len = segment_asks_write(&script, &asks, text);
    if (p->fd < 0 || p->kind != PEER_HTTP)
        return;
    if (p->media != MEDIA_NONE)
        p->is_checked = false;
    else
        p->media = MEDIA_SEGMENTS;
    send_all(p, text, len);
}

/* ---- the run */

static void kick(unsigned nth)
{
    LIST_FOREACH (&server.registry.clients, it, after) {
        if (nth--)
            continue;
        struct client *c = LIST_ENTRY(it, struct client, link);
        if (c->end)
            c->end(c);
        else
            co_cancel(c->co);
        return;
    }
}

static void take_all(void)
{
    for (size_t i = 0; i < PEERS; i++)
        take_in(&peers[i], 64 << 10);
    give_way(2);
}

static void act(void)
{
    uint8_t      op = rd_u8(&script);
    struct peer *p = &peers[rd_u8(&script) % PEERS];
    switch (op % 16) {
    case 0: begin_rtmp(p, op & 0x80 ? "publish" : "play"); break;
    case 1: come(p, PEER_RTMP, service("RTMP")); break;
    case 2: call_anything(p); break;
    case 3:
    case 4:
    case 5: send_media(p); break;
    case 6: send_data(p); break;
    case 7: send_noise(p); break;
    case 8: leave(p); break;
    case 9:
        if (op & 0x80)
            ask_segments(p);
        else
            take_in(p, (size_t)rd_u8(&script) * 100);
        break;
    case 10:
        if (op >= 0x80 && op < 0xf0) {
            if (come(p, PEER_HTTP, service("HTTP-Server")))
                ask_segments(p);
            give_way(4);
            break;
        }
        /* fall through */
    case 11:
        if (come(p, PEER_HTTP, service(op >= 0xf0 ? "HTTP-API" : "HTTP-Server")))
            op >= 0xf0 ? ask_api(p) : ask(p);
        give_way(4);
        break;
    case 12: rd_u8(&script) % 4 ? take_all() : reload(rd_u8(&script)); break;
    case 13: kick(rd_u8(&script) % 8); break;
    case 14: take_all(); break;
    default: give_way(1 + (op >> 4) % 8);
    }
    give_way(op >> 4 & 1);
}

static void begin(void)
{
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    check(!log_setup(&silent) && !co_init());
    io_init();
    check(!offload_init());
    err_free(send_ring_open());
    check(mkdtemp(files) != NULL);
    for (size_t i = 0; i < PEERS; i++)
        peers[i].fd = -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    return at->level > 0 ? remove(path) : 0;
}

/* As server_run() and loop_run() do it. */
static void end(void)
{
    co_group_cancel_and_join(&server.connections);
    delays_end(&server.sources);
    attend_join(&server.sources, A_WHILE_US);
    co_group_cancel_and_join(&server.services);
    shows_finish();
    shelf_finish();
    scratch_finish();
    hls_timeshift_answers_finish();
    check(server.sources.by_key.count == 0);
    check(server.registry.n_clients == 0 && list_is_empty(&server.registry.clients));
    check(server.registry.client_roll.count == 0 && server.registry.stream_roll.count == 0);
    services_finish();
    server_finish(&server);
    check(file_writers_finish(now_us() + A_WHILE_US));
    blob_store_finish();
    if (has_files)
        (void)nftw(files, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    has_files = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool begun;
    if (!begun)
        begin();
    begun = true;
    script = rd_over(data, len);
    clock_ms = 0;
    asks = (struct segment_asks){ 0 };
    struct conf *conf = load(rd_u8(&script));
    server_init(&server, conf, "id");
    conf_unref(&conf);
    for (int i = 0; i < OPS_MAX && rd_left(&script) && !script.bad; i++)
        act();
    give_way(4);
    for (size_t i = 0; i < PEERS; i++)
        leave(&peers[i]);
    give_way(4);
    end();
    return 0;
}
