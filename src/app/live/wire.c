#include "app/live/wire.h"

size_t wire_before_len(const struct wire *w, const struct frame *f, int64_t ms)
{
    uint8_t before[FRAMING_BEFORE_MAX];
    return w->framing == FRAMING_NONE ? 0 : framing_before(w->framing, w->format->len(w, f, ms), before);
}

size_t wire_len(const struct wire *w, const struct frame *f, int64_t ms)
{
    uint8_t     before[FRAMING_BEFORE_MAX];
    const char *after;
    size_t      len = w->format->len(w, f, ms);
    return len ? framing_before(w->framing, len, before) + len + framing_after(w->framing, &after) : 0;
}

static void put_after(enum framing framing, struct wire_out *out)
{
    const char *after;
    size_t      len = framing_after(framing, &after);
    wire_put(out, after, len);
}

void wire_emit(struct wire *w, const struct frame *f, int64_t ms, struct wire_out *out)
{
    if (w->framing == FRAMING_NONE) {
        w->format->emit(w, f, ms, out);
        return;
    }
    uint8_t before[FRAMING_BEFORE_MAX];
    size_t  len = w->format->len(w, f, ms);
    if (len)
        wire_put(out, before, framing_before(w->framing, len, before));
    w->format->emit(w, f, ms, out);
    if (len)
        put_after(w->framing, out);
}
