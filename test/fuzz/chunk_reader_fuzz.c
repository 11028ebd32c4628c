#include "protocol/rtmp/chunk_reader.h"

#include <stdlib.h>
#include <string.h>

/* A summary of the messages that a reader gave. */
struct outcome {
    uint64_t      hash;
    size_t        n;
    enum err_code failed;
};

static void mix(struct outcome *o, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < len; i++)
        o->hash = (o->hash ^ p[i]) * 1099511628211U;
}

static void drain(struct rtmp_chunk_reader *r, struct outcome *o, bool keep)
{
    for (bool got = true; got && !o->failed;) {
        struct rtmp_message msg;
        struct err         *e = rtmp_chunk_reader_next(r, &msg, &got);
        if (!e && got) {
            mix(o, &msg.type_id, sizeof msg.type_id);
            mix(o, &msg.csid, sizeof msg.csid);
            mix(o, &msg.msid, sizeof msg.msid);
            mix(o, &msg.timestamp_ms, sizeof msg.timestamp_ms);
            mix(o, msg.payload->data, msg.payload->len);
            o->n++;
            uint32_t value = 0;
            if (msg.payload->len >= 4)
                memcpy(&value, msg.payload->data, 4);
            if (msg.type_id == RTMP_TYPE_SET_CHUNK_SIZE)
                e = rtmp_chunk_reader_set_chunk_size(r, value);
            if (msg.type_id == RTMP_TYPE_ABORT)
                rtmp_chunk_reader_abort(r, value);
            frame_unref(&msg.payload);
            if (keep && !e)
                e = rtmp_chunk_reader_keep(r);
        }
        if (!e && !got && r->at != r->end)
            abort(); /* the reader must have consumed all bytes */
        if (r->partial_bytes > RTMP_PARTIAL_BYTES_MAX)
            abort();
        o->failed = err_code(e);
        err_free(e);
    }
}

static struct outcome run(const uint8_t *data, size_t len, size_t piece, bool keep)
{
    struct outcome           o = { 14695981039346656037U, 0, E_SUCCESS };
    struct rtmp_chunk_reader r;
    rtmp_chunk_reader_init(&r);
    for (size_t at = 0; at < len && !o.failed; at += piece) {
        size_t   n = len - at < piece ? len - at : piece;
        uint8_t *storage = malloc(n); /* freed when the reader is drained */
        memcpy(storage, data + at, n);
        rtmp_chunk_reader_feed(&r, storage, n);
        drain(&r, &o, keep);
        free(storage);
    }
    rtmp_chunk_reader_finish(&r);
    return o;
}

/* A chunk stream gives the same messages at once and in pieces whose size the first byte says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    size_t         piece = 1 + data[0] % 64;
    struct outcome whole = run(data + 1, len - 1, len - 1, data[0] >= 128);
    struct outcome cut = run(data + 1, len - 1, piece, false);
    if (whole.hash != cut.hash || whole.n != cut.n || whole.failed != cut.failed)
        abort();
    return 0;
}
