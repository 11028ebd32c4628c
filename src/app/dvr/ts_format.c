/* MPEG-TS: packets as they come, with the tables before each key frame. A part of such a file is such a file, and so are two of them in a row. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "app/dvr/format.h"
#include "core/clock.h"
#include "core/mem.h"
#include "kernel/times.h"
#include "kernel/ts/mux.h"
#include "kernel/ts/packet.h"
#include "protocol/file_writer.h"

/* Times begin here, so that a picture may be decoded before its time. */
enum { ORIGIN_90K = 90000 };

struct ts_state {
    struct ts_mux mux;
    struct frame *config; /* the configuration that the muxer borrows */
};

static bool begin(struct dvr_output *o)
{
    struct ts_state *ts = mem_calloc(1, sizeof *ts);
    o->state = ts;
    if (ts)
        ts_mux_init(&ts->mux, o->video, o->audio);
    return ts != NULL;
}

static bool resume(struct dvr_output *o, const struct ts_tail *tail)
{
    if (!begin(o))
        return false;
    struct ts_state *ts = o->state;
    ts_mux_resume(&ts->mux, tail);
    return true;
}

static void finish(struct dvr_output *o)
{
    struct ts_state *ts = o->state;
    if (ts)
        frame_unref(&ts->config);
    mem_free(ts);
    o->state = NULL;
}

static void keep_config(struct ts_state *ts, struct frame *f)
{
    if (ts_mux_config(&ts->mux) != f)
        return;
    frame_unref(&ts->config);
    ts->config = frame_ref(f);
}

static enum dvr_took take(struct dvr_output *o, struct frame *f, int64_t us)
{
    struct ts_state *ts = o->state;
    size_t           len = ts_mux_frame_len(&ts->mux, f);
    uint8_t         *bytes = len ? mem_alloc(len) : NULL;
    struct wr        w = wr_over(bytes, bytes ? len : 0);
    if (f->kind == FRAME_SCRIPT || (len && !bytes))
        return DVR_SKIPPED;
    enum ts_mux_result result = ts_mux_frame(&ts->mux, &w, f, ticks_90k_from_us(us) + ORIGIN_90K);
    keep_config(ts, f);
    if (result == TS_MUX_WRITTEN) {
        o->bytes += wr_len(&w);
        file_writer_append(o->writer, bytes, wr_len(&w));
    }
    mem_free(bytes);
    return result == TS_MUX_WRITTEN ? DVR_TAKEN : DVR_SKIPPED;
}

/* How far from the end of a file is looked. */
enum { LOOK_BYTES = 16 << 20 };

/*
 * The end of what is whole in a file whose last packet is torn: the frame in it is torn as well, and goes from its first packet on. ISO
 * 13818-1, 2.4.3.3: payload_unit_start_indicator.
 */
static int64_t whole_len(int fd, int64_t len)
{
    enum { UNIT_START = 0x40 };
    int64_t end = len - len % TS_PACKET_LEN;
    uint8_t head[2];
    for (int64_t at = end; end < len && at >= TS_PACKET_LEN && end - at < LOOK_BYTES;) {
        at -= TS_PACKET_LEN;
        if (pread(fd, head, sizeof head, at) != sizeof head)
            break;
        if (head[1] & UNIT_START)
            return at;
    }
    return end;
}

/* ---- completing ------------------------------------------------------------------------------------------------ */

enum { PIECE_BYTES = 512 * TS_PACKET_LEN };

/* Read `len` packets' bytes at `at`; a part is none. */
static bool read_piece(int fd, uint8_t *piece, int64_t at, size_t len)
{
    return pread(fd, piece, len, at) == (ssize_t)len;
}

/* Find the end, for what goes on behind it. */
static void look_at_end(int fd, uint8_t *piece, struct dvr_facts *facts)
{
    int64_t least = facts->bytes > LOOK_BYTES ? facts->bytes - LOOK_BYTES : 0;
    for (int64_t at = facts->bytes; at > least && !ts_tail_is_whole(&facts->tail);) {
        size_t len = at > PIECE_BYTES ? PIECE_BYTES : (size_t)at;
        at -= (int64_t)len;
        if (!read_piece(fd, piece, at, len))
            return;
        ts_tail_look(&facts->tail, piece, len);
    }
}

/* A file that a kill has cut is taken to be as long as the time that has passed, which may be too much: pauses between publishes are in it. */
static void correct_duration(int fd, uint8_t *piece, struct dvr_facts *facts)
{
    enum { MUCH_US = US_PER_SECOND }; /* The time that has passed is the better one if it is no more than this. */
    size_t  len = facts->bytes > PIECE_BYTES ? PIECE_BYTES : (size_t)facts->bytes;
    int64_t first_90k;
    if (!facts->tail.has_time || !read_piece(fd, piece, 0, len) || !ts_first_time(piece, len, &first_90k))
        return;
    int64_t about_90k = ticks_90k_from_us(facts->duration_us);
    int64_t us = us_from_90k(ts_time_between(first_90k, facts->tail.newest_90k, about_90k));
    if (us > 0 && us < facts->duration_us - MUCH_US)
        facts->duration_us = us;
}

static void find_facts(int fd, struct dvr_facts *facts)
{
    uint8_t *piece = mem_alloc(PIECE_BYTES);
    if (!piece)
        return;
    look_at_end(fd, piece, facts);
    correct_duration(fd, piece, facts);
    mem_free(piece);
}

static struct err *complete(const char *path, struct dvr_facts *facts)
{
    int         fd;
    int64_t     len;
    struct err *e = dvr_format_open(&fd, &len, path, O_RDWR);
    if (e)
        return e;
    facts->bytes = whole_len(fd, len);
    if (facts->bytes == 0)
        e = err_new(E_SYSTEM_FILE_EOF, "%s has no packet", path);
    if (!e && facts->bytes < len && ftruncate(fd, facts->bytes) != 0)
        e = err_sys(E_SYSTEM_FILE_WRITE, "cut %s", path);
    if (!e)
        find_facts(fd, facts);
    if (close(fd) != 0 && !e)
        e = err_sys(E_SYSTEM_FILE_CLOSE, "close %s", path);
    return e;
}

const struct dvr_format dvr_ts = { .ending = ".ts",
                                   .appends = true,
                                   .resume = resume,
                                   .begin = begin,
                                   .take = take,
                                   .finish = finish,
                                   .complete = complete };
