/**
 * A server in a thread that sends prepared bytes, whatever its clients say, and keeps what they sent. It serves one client after
 * the other.
 */
#ifndef TEST_SRS_RTMP_CANNED_H
#define TEST_SRS_RTMP_CANNED_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wr.h"
#include "protocol/rtmp/chunk_writer.h"
#include "protocol/rtmp/command.h"
#include "protocol/rtmp/handshake.h"

enum { CANNED_ANSWERS_MAX = 8192, CANNED_HEARD_MAX = 64 << 10, CANNED_MSID = 1 };

struct canned {
    int       door;
    pthread_t thread;
    char      url[64];
    uint8_t   bytes[CANNED_ANSWERS_MAX]; /* the answers */
    struct wr w;                         /* over `bytes` */
    size_t    pause_at; /* Bytes that are sent at once; the others after canned_go_on(). 0: all of them */
    int       go_on[2];
    bool      hangs_up;                /* Close after the answers; otherwise when the client does. */
    bool      floods;                  /* After the answers, send pings without end, and read nothing. */
    uint8_t   heard[CANNED_HEARD_MAX]; /* what the last client sent after its handshake; complete after canned_end() */
    size_t    n_heard;
};

/* ---- the answers ---- */

static inline void canned_add(struct canned *s, uint8_t type_id, uint32_t time_ms, const void *body, size_t len)
{
    struct rtmp_out m = { RTMP_CSID_STREAM, CANNED_MSID, time_ms, type_id, (uint32_t)len, body };
    rtmp_message_write(&s->w, &m, RTMP_CHUNK_SIZE_DEFAULT);
}

static inline void canned_add_text(struct canned *s, uint8_t type_id, uint32_t time_ms, const char *text)
{
    canned_add(s, type_id, time_ms, text, strlen(text));
}

/* Add a command that `write` makes. */
#define CANNED_COMMAND(s, write, ...) \
    do { \
        uint8_t   body[2048]; \
        struct wr to = wr_over(body, sizeof body); \
        write(&to __VA_OPT__(, ) __VA_ARGS__); \
        canned_add(s, RTMP_TYPE_COMMAND, 0, body, wr_len(&to)); \
    } while (0)

static inline void canned_admit(struct canned *s)
{
    CANNED_COMMAND(s, rtmp_write_result_null, 1);
}

static inline void canned_start_play(struct canned *s)
{
    canned_admit(s);
    CANNED_COMMAND(s, rtmp_write_result_number, 2, CANNED_MSID);
    CANNED_COMMAND(s, rtmp_write_status, RTMP_STATUS_PLAY_START);
}

static inline void canned_start_publish(struct canned *s)
{
    canned_admit(s);
    CANNED_COMMAND(s, rtmp_write_result_number, 4, CANNED_MSID); /* after releaseStream and FCPublish */
    CANNED_COMMAND(s, rtmp_write_status, RTMP_STATUS_PUBLISH_START);
}

/* ---- the thread ---- */

static inline bool canned_shake_hands(int fd)
{
    uint8_t c0c1[RTMP_C0C1_LEN], s0s1s2[RTMP_S0S1S2_LEN] = { 3 }, c2[RTMP_C2_LEN];
    if (recv(fd, c0c1, sizeof c0c1, MSG_WAITALL) != sizeof c0c1)
        return false;
    memcpy(s0s1s2 + RTMP_C0C1_LEN, c0c1 + 1, RTMP_C2_LEN);
    return send(fd, s0s1s2, sizeof s0s1s2, MSG_NOSIGNAL) == sizeof s0s1s2 &&
           recv(fd, c2, sizeof c2, MSG_WAITALL) == sizeof c2;
}

static inline void canned_hear(struct canned *s, int fd)
{
    uint8_t more[4096];
    ssize_t n;
    while ((n = recv(fd, more, sizeof more, 0)) > 0) {
        size_t room = sizeof s->heard - s->n_heard, len = (size_t)n < room ? (size_t)n : room;
        memcpy(s->heard + s->n_heard, more, len);
        s->n_heard += len;
    }
}

static inline void canned_flood(int fd)
{
    uint8_t   bytes[100 * RTMP_CONTROL_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    for (int i = 0; i < 100; i++)
        rtmp_write_user_control(&w, RTMP_EVENT_PING_REQUEST, 1);
    while (send(fd, bytes, wr_len(&w), MSG_NOSIGNAL) > 0)
        ;
}

static inline void canned_serve(struct canned *s, int fd)
{
    size_t len = wr_len(&s->w), first = s->pause_at ? s->pause_at : len;
    char   word;
    s->n_heard = 0;
    if (!canned_shake_hands(fd) || send(fd, s->bytes, first, MSG_NOSIGNAL) != (ssize_t)first)
        return;
    if (first < len && (read(s->go_on[0], &word, 1) != 1 ||
                        send(fd, s->bytes + first, len - first, MSG_NOSIGNAL) != (ssize_t)(len - first)))
        return;
    if (s->floods)
        canned_flood(fd);
    if (s->hangs_up)
        shutdown(fd, SHUT_WR);
    canned_hear(s, fd);
}

static inline void *canned_run(void *arg)
{
    struct canned *s = arg;
    int            fd;
    while ((fd = accept(s->door, NULL, NULL)) >= 0) {
        canned_serve(s, fd);
        close(fd);
    }
    return NULL;
}

/* ---- the test's side ---- */

/* Open the door; the answers are added after this, and then canned_begin() serves. */
static inline void canned_open(struct canned *s)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    memset(s, 0, sizeof *s);
    s->w = wr_over(s->bytes, sizeof s->bytes);
    s->door = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->door, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(s->door, 16), 0);
    assert_int_equal(getsockname(s->door, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(pipe(s->go_on), 0);
    snprintf(s->url, sizeof s->url, "rtmp://127.0.0.1:%d/live/s?k=v", ntohs(at.sin_port));
}

static inline void canned_begin(struct canned *s)
{
    assert_false(s->w.full);
    assert_int_equal(pthread_create(&s->thread, NULL, canned_run, s), 0);
}

static inline void canned_go_on(struct canned *s)
{
    assert_int_equal(write(s->go_on[1], "", 1), 1);
}

/* Serve no further client; those that were served have closed. */
static inline void canned_end(struct canned *s)
{
    shutdown(s->door, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->door);
    close(s->go_on[0]);
    close(s->go_on[1]);
}

static inline bool canned_has_heard(const struct canned *s, const void *bytes, size_t len)
{
    return memmem(s->heard, s->n_heard, bytes, len) != NULL;
}

#endif
