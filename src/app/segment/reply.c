#include "app/segment/reply.h"

#include "app/segment/show.h"
#include "core/clock.h"
#include "protocol/http/exchange.h"
#include "protocol/http/range.h"
#include "protocol/http/serving.h"
#include "protocol/http/status.h"

/* The time that a viewer of an open segment waits for its next part. */
enum { GROWING_US = 30 * US_PER_SECOND };

/* A viewer that needs longer than this many times the length of a segment, and a while, cannot play what it gets. */
enum { TAKE_LENGTHS = 10 };

void segment_reply_in_time(struct http_exchange *x, int64_t length_us)
{
    http_reply_until(x, now_us() + HTTP_TAKE_US + TAKE_LENGTHS * length_us);
}

/* Send the bytes from `first` to `last` of a segment. Each blob is held while it is being sent. */
static struct err *send_range(struct http_exchange *x, const struct segment *s, int64_t first, int64_t last)
{
    struct err *e = NULL;
    while (!e && first <= last) {
        int64_t at = 0;
        size_t  i = 0;
        while (i < s->n_parts && at + (int64_t)s->parts[i].bytes->len <= first)
            at += (int64_t)s->parts[i++].bytes->len;
        if (i == s->n_parts)
            return err_new(E_SYSTEM_ASSERT_FAILED, "a segment has no byte %lld", (long long)first);
        struct blob *b = blob_ref(s->parts[i].bytes);
        int64_t      end = at + (int64_t)b->len <= last ? at + (int64_t)b->len : last + 1;
        e = http_reply_blob(x, b, (size_t)(first - at), (size_t)(end - first));
        blob_unref(&b);
        first = end;
    }
    return e;
}

static struct err *reply_bytes(struct http_exchange *x, const struct segment *s, int status, const char *type,
                               int64_t first, int64_t last)
{
    struct err *e = http_reply_begin(x, status, type, last - first + 1);
    if (!e && http_reply_wants_body(x))
        e = send_range(x, s, first, last);
    return e ? e : http_reply_end(x);
}

static struct segment *hold(struct segment *s)
{
    s->n_replies++;
    return segment_ref(s);
}

static void let_go(struct segment **s)
{
    (*s)->n_replies--;
    segment_unref(s);
}

struct err *segment_reply(struct http_exchange *x, struct segment *s, const char *type)
{
    segment_reply_in_time(x, s->duration_us);
    struct segment *held = hold(s);
    int64_t         size = (int64_t)s->bytes, first, last;
    struct err     *e = http_add_field(x, "Accept-Ranges", "bytes");
    switch (e ? HTTP_RANGE_NONE
              : http_range_parse(http_request_field(http_request_of(x), "Range"), size, &first, &last)) {
    case HTTP_RANGE_SOME:
        e = http_add_fieldf(x, "Content-Range", "bytes %lld-%lld/%lld", (long long)first, (long long)last,
                            (long long)size);
        if (!e)
            e = reply_bytes(x, s, HTTP_STATUS_PARTIAL_CONTENT, type, first, last);
        break;
    case HTTP_RANGE_UNSATISFIABLE:
        e = http_add_fieldf(x, "Content-Range", "bytes */%lld", (long long)size);
        if (!e)
            e = http_reply_status(x, HTTP_STATUS_RANGE_NOT_SATISFIABLE);
        break;
    default:
        if (!e)
            e = reply_bytes(x, s, HTTP_STATUS_OK, type, 0, size - 1);
    }
    let_go(&held);
    return e;
}

struct err *segment_reply_growing(struct http_exchange *x, struct show *show, struct lane *lane, struct segment *s,
                                  const char *type)
{
    struct show       *held_show = show_ref(show);
    struct segment    *held = hold(s);
    int64_t            sent = 0;
    struct lane_waiter waiter = { 0 };
    segment_reply_in_time(x, lane->plan->policy.fragment_us);
    struct err *e = http_reply_begin(x, HTTP_STATUS_OK, type, HTTP_LENGTH_UNKNOWN);
    while (!e && http_reply_wants_body(x)) {
        uint64_t seen = lane->version;
        int64_t  there = (int64_t)s->bytes;
        e = send_range(x, s, sent, there - 1);
        sent = there;
        if (e || sent < (int64_t)s->bytes)
            continue;
        if (s->is_complete)
            break;
        if (show->is_disposed || lane->open != s)
            e = err_new(E_SYSTEM_FILE_EOF, "segment %llu was dropped before it was complete",
                        (unsigned long long)s->number);
        else
            e = lane_wait(lane, &waiter, seen, http_reply_before(x, now_us() + GROWING_US));
    }
    let_go(&held);
    show_unref(&held_show);
    return e ? e : http_reply_end(x);
}

static struct err *reply_pages(struct http_exchange *x, const struct blob *b, const char *type)
{
    struct err *e = http_reply_begin(x, HTTP_STATUS_OK, type, (int64_t)b->len);
    if (!e)
        e = http_reply_blob(x, b, 0, b->len);
    return e ? e : http_reply_end(x);
}

struct err *segment_reply_blob(struct http_exchange *x, struct blob *bytes, const char *type)
{
    segment_reply_in_time(x, 0);
    struct blob *held = blob_ref(bytes);
    struct err  *e =
        held->file < 0 ? http_reply(x, HTTP_STATUS_OK, type, held->bytes, held->len) : reply_pages(x, held, type);
    blob_unref(&held);
    return e;
}
