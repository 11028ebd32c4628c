#include "app/live/wire.h"

struct wire_size wire_size(const struct wire *w, const struct frame *f, int64_t us)
{
    uint8_t          before[FRAMING_BEFORE_MAX];
    const char      *after;
    struct wire_size s = { .body = w->format->len(w, f, us) };
    if (s.body && w->framing != FRAMING_NONE) {
        s.before = framing_before(w->framing, s.body, before);
        s.after = framing_after(w->framing, &after);
    }
    return s;
}

/* The length is computed first, because emit() moves the wire to the next frame. */
void wire_emit(struct wire *w, const struct frame *f, int64_t us, struct wire_out *out)
{
    size_t      len = w->framing == FRAMING_NONE ? 0 : w->format->len(w, f, us);
    uint8_t     before[FRAMING_BEFORE_MAX];
    const char *after;
    if (len) {
        size_t n = framing_before(w->framing, len, before);
        wire_put(out, before, n);
    }
    w->format->emit(w, f, us, out);
    if (len) {
        len = framing_after(w->framing, &after);
        wire_put(out, after, len);
    }
}
