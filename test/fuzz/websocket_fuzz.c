#include "protocol/http/websocket_frame.h"

#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 4096 };

/* A checksum of all events, and the last one. */
struct outcome {
    uint64_t            sum;
    enum websocket_read end;
    uint16_t            status;
};

static void count(struct outcome *o, const struct websocket_event *event, enum websocket_read what)
{
    if (event->len > WEBSOCKET_MESSAGE_MAX || (what == WEBSOCKET_CONTROL && event->len > WEBSOCKET_CONTROL_MAX))
        abort();
    for (size_t i = 0; i < event->len; i++)
        o->sum = o->sum * 31 + event->data[i];
    if (event->last)
        o->sum = o->sum * 31 + event->opcode + 256;
}

static struct outcome run(const uint8_t *data, size_t len, size_t step)
{
    static uint8_t          bytes[INPUT_MAX]; /* it is unmasked in place */
    struct websocket_reader r = { 0 };
    struct outcome          o = { .end = WEBSOCKET_NEED_MORE };
    memcpy(bytes, data, len);
    for (size_t at = 0, end = 0; at < len || end < len;) {
        struct websocket_event event;
        size_t                 used;
        end = end + step < len ? end + step : len;
        do {
            o.end = websocket_read(&r, bytes + at, end - at, &used, &event);
            if (used > end - at)
                abort();
            at += used;
            o.status = event.status;
            if (o.end == WEBSOCKET_BAD || (o.end == WEBSOCKET_CONTROL && event.opcode == WEBSOCKET_CLOSE))
                return o;
            if (o.end != WEBSOCKET_NEED_MORE)
                count(&o, &event, o.end);
        } while (o.end != WEBSOCKET_NEED_MORE);
        if (at != end)
            abort();
    }
    return o;
}

/* Every cut of a client's bytes gives the same events. The valid part of a text that turns bad may have come out. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 1 || len > INPUT_MAX)
        return 0;
    struct outcome whole = run(data + 1, len - 1, INPUT_MAX), cut = run(data + 1, len - 1, 1 + data[0] % 16);
    if (whole.end != cut.end || whole.status != cut.status)
        abort();
    if (whole.end != WEBSOCKET_BAD && whole.sum != cut.sum)
        abort();
    return 0;
}
