/**
 * The output of a wire format: iovecs over borrowed payload and a scratch buffer; or, without iovecs, one buffer into which
 * all bytes are copied.
 *
 * Bytes are put in order. With iovecs, the first `skip` bytes are left out: they have gone out already. Bytes that do not fit
 * set `full`, which sticks; then only the first `bytes` bytes are described.
 *
 * Ownership  the caller owns iovecs and scratch
 * Yields     no
 */
#ifndef APP_LIVE_WIRE_OUT_H
#define APP_LIVE_WIRE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include "core/wr.h"

struct wire_out {
    struct iovec *iov; /* NULL: everything is copied to `scratch` */
    int           n_iov, cap_iov;
    struct wr     scratch;
    size_t        skip, bytes;
    bool          full;
};

/** An output that copies everything into one buffer. */
static inline struct wire_out wire_out_copying(void *bytes, size_t cap)
{
    return (struct wire_out){ .scratch = wr_over(bytes, cap) };
}

/* Apply `skip` to `n` bytes: returns how many are left, and moves `p` to the first of them. */
static inline size_t wire_out_skip(struct wire_out *o, const uint8_t **p, size_t n)
{
    size_t skipped = o->skip < n ? o->skip : n;
    o->skip -= skipped;
    *p += skipped;
    return o->full ? 0 : n - skipped;
}

static inline void wire_out_add(struct wire_out *o, const uint8_t *p, size_t n)
{
    struct iovec *last = o->n_iov ? &o->iov[o->n_iov - 1] : NULL;
    if (last && (uint8_t *)last->iov_base + last->iov_len == p)
        last->iov_len += n;
    else if (o->n_iov < o->cap_iov)
        o->iov[o->n_iov++] = (struct iovec){ (void *)p, n };
    else
        o->full = true;
    o->bytes += o->full ? 0 : n;
}

/** Put bytes that live only until the call returns. */
static inline void wire_put(struct wire_out *o, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    size_t         left = wire_out_skip(o, &p, n);
    uint8_t       *copy = left ? wr_room(&o->scratch, left) : NULL;
    o->full |= left && !copy;
    if (!copy)
        return;
    memcpy(copy, p, left);
    if (o->iov)
        wire_out_add(o, copy, left);
    else
        o->bytes += left;
}

/** Put bytes that live as long as the frame. */
static inline void wire_lend(struct wire_out *o, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    if (!o->iov) {
        wire_put(o, bytes, n);
        return;
    }
    size_t left = wire_out_skip(o, &p, n);
    if (left)
        wire_out_add(o, p, left);
}

/** Put the last `n` bytes of `scratch`, which the caller has written there itself. */
static inline void wire_wrote(struct wire_out *o, size_t n)
{
    const uint8_t *p = o->scratch.p - n;
    size_t         left = wire_out_skip(o, &p, n);
    if (left && o->iov)
        wire_out_add(o, p, left);
    else
        o->bytes += left;
}

#endif
