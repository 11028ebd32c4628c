/**
 * The RTMP client of the library as a program, for the end-to-end tests: plays a stream into an FLV file, or publishes one.
 *
 *     objs/tools/rtmp_client play rtmp://127.0.0.1/live/s got.flv
 *     objs/tools/rtmp_client publish doc/sample.flv rtmps://127.0.0.1:1936/live/s
 *
 * The exit status is 0 when the stream has ended, or the wanted number of messages has come. It is 1 after an error, whose text
 * goes to stderr.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "kernel/flv.h"
#include "protocol/co.h"
#include "protocol/offload.h"
#include "protocol/rtmp/client.h"
#include "protocol/tls/ctx.h"

enum { LEAVE_US = 5 * US_PER_SECOND, TRUST_MAX = 1 << 20 };

static struct {
    struct rtmp_client_target target;
    struct rtmp_client_part   part;
    int64_t                   timeout_us, messages_max;
    int                       redirects_max;
    double                    speed; /* times real time; 0: as fast as the server takes it */
    const char               *trust, *command, *from, *to;
    bool                      stays; /* play goes on when the stream has ended */
} conf = {
    .part = { RTMP_PLAY_START, RTMP_PLAY_DURATION, 1000 },
    .timeout_us = 10 * US_PER_SECOND,
    .messages_max = INT64_MAX,
    .redirects_max = 3,
};

static int64_t n_messages;

static void usage(void)
{
    fputs("rtmp_client [options] play URL FILE.flv\n"
          "rtmp_client [options] publish FILE.flv URL\n"
          "  --timeout S       what the server may take for an answer, and may be silent (10)\n"
          "  --messages N      play: end after that many\n"
          "  --stay            play: wait for the next stream when one has ended\n"
          "  --duration MS     play: ask for that much\n"
          "  --speed F         publish: times real time; 0: as fast as the server takes it (0)\n"
          "  --redirects N     to be followed (3)\n"
          "  --chunk-size N    of what is sent (60000)\n"
          "  --tc-url URL      of connect, in place of that of the stream's URL\n"
          "  --trust FILE.pem  for rtmps: the certificates to believe; without it every one is believed\n"
          "  --plain           a handshake without digest\n"
          "  --no-fc           publish without FCPublish and its kin\n",
          stderr);
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    enum { TIMEOUT, MESSAGES, STAY, DURATION, SPEED, REDIRECTS, CHUNK_SIZE, TC_URL, TRUST, PLAIN, NO_FC };
    static const struct option options[] = {
        { "timeout", 1, NULL, TIMEOUT },       { "messages", 1, NULL, MESSAGES }, { "stay", 0, NULL, STAY },
        { "duration", 1, NULL, DURATION },     { "speed", 1, NULL, SPEED },       { "redirects", 1, NULL, REDIRECTS },
        { "chunk-size", 1, NULL, CHUNK_SIZE }, { "tc-url", 1, NULL, TC_URL },     { "trust", 1, NULL, TRUST },
        { "plain", 0, NULL, PLAIN },           { "no-fc", 0, NULL, NO_FC },       { 0 },
    };
    for (int what; (what = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (what) {
        case TIMEOUT: conf.timeout_us = (int64_t)(atof(optarg) * US_PER_SECOND); break;
        case MESSAGES: conf.messages_max = atoll(optarg); break;
        case STAY: conf.stays = true; break;
        case DURATION: conf.part.duration_ms = atof(optarg); break;
        case SPEED: conf.speed = atof(optarg); break;
        case REDIRECTS: conf.redirects_max = atoi(optarg); break;
        case CHUNK_SIZE: conf.target.chunk_size = (uint32_t)atol(optarg); break;
        case TC_URL: conf.target.tc_url = optarg; break;
        case TRUST: conf.trust = optarg; break;
        case PLAIN: conf.target.plain = true; break;
        case NO_FC: conf.target.no_fc = true; break;
        default: usage();
        }
    if (argc - optind != 3)
        usage();
    conf.command = argv[optind];
    conf.from = argv[optind + 1];
    conf.to = argv[optind + 2];
}

static int64_t soon(void)
{
    return now_us() + conf.timeout_us;
}

/* ---- files ---- */

static struct err *read_file(struct buf *to, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_sys(E_SYSTEM_FILE_OPEN, "open %s", path);
    char   bytes[4096];
    size_t n;
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        buf_append(to, bytes, n);
    fclose(f);
    return buf_error(to);
}

static struct err *write_tag(FILE *f, const struct rtmp_message *msg)
{
    uint8_t   bytes[FLV_TAG_HEADER_LEN + FLV_TAG_TRAILER_LEN];
    struct wr w = wr_over(bytes, sizeof bytes);
    flv_write_tag_header(&w, msg->type_id, msg->payload->len, (int32_t)msg->timestamp_ms);
    flv_write_tag_trailer(&w, msg->payload->len);
    bool ok = fwrite(bytes, FLV_TAG_HEADER_LEN, 1, f) == 1 &&
              fwrite(msg->payload->data, 1, msg->payload->len, f) == msg->payload->len &&
              fwrite(bytes + FLV_TAG_HEADER_LEN, FLV_TAG_TRAILER_LEN, 1, f) == 1;
    return ok ? NULL : err_sys(E_SYSTEM_FILE_WRITE, "write %s", conf.to);
}

/* ---- play ---- */

static struct err *take_messages(struct rtmp_client *c, FILE *f)
{
    struct err *e = NULL;
    for (bool ended = false; !e && !ended && n_messages < conf.messages_max;) {
        struct rtmp_message   msg = { 0 };
        enum rtmp_client_news news;
        e = rtmp_client_read(c, &msg, &news, soon());
        ended = !e && news == RTMP_NEWS_ENDED && !conf.stays;
        if (!e && news == RTMP_NEWS_MEDIA)
            e = write_tag(f, &msg);
        n_messages += msg.payload != NULL;
        frame_unref(&msg.payload);
    }
    return e;
}

static struct err *play(struct rtmp_client *c)
{
    struct err *e = rtmp_client_play(c, &conf.part, soon());
    if (e)
        return e;
    FILE     *f = fopen(conf.to, "wb");
    uint8_t   bytes[FLV_HEADER_LEN];
    struct wr w = wr_over(bytes, sizeof bytes);
    flv_write_header(&w, true, true);
    if (!f || fwrite(bytes, sizeof bytes, 1, f) != 1)
        e = err_sys(E_SYSTEM_FILE_WRITE, "write %s", conf.to);
    if (!e)
        e = take_messages(c, f);
    if (f && fclose(f) != 0 && !e)
        e = err_sys(E_SYSTEM_FILE_WRITE, "write %s", conf.to);
    return e;
}

/* ---- publish ---- */

/* Listen to the server until a tag is due. */
static struct err *wait_until(struct rtmp_client *c, int64_t due_us)
{
    struct err *e = rtmp_client_listen(c);
    while (!e && now_us() < due_us) {
        e = io_wait_readable(&c->io, due_us);
        if (err_code(e) == E_SOCKET_TIMEOUT) {
            err_free(e);
            return NULL;
        }
        if (!e)
            e = rtmp_client_listen(c);
    }
    return e;
}

static struct err *send_tag(struct rtmp_client *c, const struct flv_tag *tag)
{
    struct rtmp_out m = {
        .csid = tag->type == FLV_VIDEO ? RTMP_CSID_VIDEO : RTMP_CSID_AUDIO,
        .type_id = tag->type,
        .timestamp_ms = (uint32_t)tag->dts_ms,
        .len = tag->len,
        .body = tag->body,
    };
    n_messages++;
    return rtmp_client_write(c, &m, soon());
}

static struct err *send_tags(struct rtmp_client *c, struct rd r)
{
    struct flv_header header;
    struct flv_tag    tag;
    int64_t           began_us = now_us();
    struct err       *e = NULL;
    if (flv_read_header(&r, &header) != FLV_GOT)
        return err_new(E_KERNEL_FLV_HEADER, "%s is no FLV file", conf.from);
    while (!e && flv_read_tag(&r, &tag) == FLV_GOT) {
        e = wait_until(c, conf.speed > 0 ? began_us + (int64_t)(tag.dts_ms * US_PER_MS / conf.speed) : 0);
        if (!e)
            e = send_tag(c, &tag);
    }
    return e;
}

static struct err *publish(struct rtmp_client *c)
{
    struct buf  file = buf_up_to(1 << 30);
    struct err *e = read_file(&file, conf.from);
    if (!e)
        e = rtmp_client_publish(c, soon());
    if (!e)
        e = send_tags(c, rd_over(file.bytes, file.len));
    buf_finish(&file);
    return e;
}

/* ---- main ---- */

static struct err *converse(struct rtmp_client *c)
{
    bool        plays = strcmp(conf.command, "play") == 0;
    struct err *e = rtmp_client_open(c, &conf.target, soon());
    if (!e)
        e = plays ? play(c) : publish(c);
    if (!e)
        rtmp_client_leave(c, now_us() + LEAVE_US);
    return e;
}

/* Follow redirects, a bounded number of times. */
static struct err *run(void)
{
    char       *url = mem_strdup(strcmp(conf.command, "play") == 0 ? conf.from : conf.to);
    struct err *e = url ? NULL : err_no_memory();
    for (int n = 0; !e; n++) {
        struct rtmp_client c = { 0 };
        conf.target.url = url;
        e = converse(&c);
        bool goes_on = err_code(e) == E_CONTROL_REDIRECT && n < conf.redirects_max;
        if (goes_on) {
            err_free(e);
            e = NULL;
            mem_free(url);
            url = c.moved_to;
            c.moved_to = NULL;
            conf.target.tc_url = NULL;
            fprintf(stderr, "redirected to %s\n", url);
        }
        rtmp_client_close(&c);
        if (!goes_on)
            break;
    }
    mem_free(url);
    return e;
}

static struct err *trust(void)
{
    if (!conf.trust)
        return tls_ctx_new_credulous_client(&conf.target.tls);
    struct buf  pem = buf_up_to(TRUST_MAX);
    struct err *e = read_file(&pem, conf.trust);
    if (!e)
        e = tls_ctx_new_client(&conf.target.tls, &(struct tls_pem){ pem.bytes, pem.len });
    buf_finish(&pem);
    return e;
}

int main(int argc, char **argv)
{
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    char                text[ERR_TEXT_MAX];
    parse_options(argc, argv);
    struct err *e = log_setup(&silent);
    if (!e)
        e = co_init();
    if (!e) {
        io_init();
        e = offload_init();
    }
    if (!e)
        e = trust();
    if (!e)
        e = run();
    printf("%lld messages\n", (long long)n_messages);
    fflush(stdout);
    if (e)
        fprintf(stderr, "%d(%s) %s\n", (int)err_code(e), err_code_name(err_code(e)), err_text(e, text, sizeof text));
    tls_ctx_unref(&conf.target.tls);
    offload_shutdown(US_PER_SECOND);
    co_finish();
    int status = e ? 1 : 0;
    err_free(e);
    return status;
}
