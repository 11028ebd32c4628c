/* MPEG-TS: packets as they come, with the tables before each key frame. A part of such a file is such a file. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "app/dvr/format.h"
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

/*
 * The end of what is whole in a file whose last packet is torn: the frame in it is torn as well, and goes from its first packet on. ISO
 * 13818-1, 2.4.3.3: payload_unit_start_indicator.
 */
static int64_t whole_len(int fd, int64_t len)
{
    enum { LOOK_BYTES = 16 << 20, UNIT_START = 0x40 };
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
    if (close(fd) != 0 && !e)
        e = err_sys(E_SYSTEM_FILE_CLOSE, "close %s", path);
    return e;
}

const struct dvr_format dvr_ts = {
    .ending = ".ts", .begin = begin, .take = take, .finish = finish, .complete = complete
};
