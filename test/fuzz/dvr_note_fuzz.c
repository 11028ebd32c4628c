/* The note of a recorded file: whatever is read, is written and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "app/dvr/note.h"
#include "core/mem.h"

static bool is_same(const struct dvr_recording *a, const struct dvr_recording *b)
{
    if (strcmp(a->id, b->id) != 0 || strcmp(a->vhost, b->vhost) != 0 || strcmp(a->app, b->app) != 0 ||
        strcmp(a->stream, b->stream) != 0 || a->begin_us != b->begin_us || a->end_us != b->end_us ||
        a->duration_us != b->duration_us || a->bytes != b->bytes || a->gaps.n != b->gaps.n ||
        a->gaps.n_left_out != b->gaps.n_left_out || a->tail.seen != b->tail.seen ||
        a->tail.version != b->tail.version || memcmp(a->tail.cc, b->tail.cc, sizeof a->tail.cc) != 0)
        return false;
    size_t i = 0;
    while (i < a->gaps.n && a->gaps.items[i].at_us == b->gaps.items[i].at_us &&
           a->gaps.items[i].length_us == b->gaps.items[i].length_us &&
           a->gaps.items[i].reason == b->gaps.items[i].reason)
        i++;
    return i == a->gaps.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dvr_recording *first = note_parse((const char *)data, len, "x.flv");
    if (!first)
        return 0;
    const struct dvr_facts facts = { .duration_us = first->duration_us, .bytes = first->bytes, .tail = first->tail };
    char                  *text = note_text(first, &facts);
    struct dvr_recording  *again = text ? note_parse(text, strlen(text), "x.flv") : NULL;
    if (!again || !is_same(first, again))
        abort();
    dvr_recording_unref(&again);
    dvr_recording_unref(&first);
    mem_free(text);
    return 0;
}
