#include "app/session/refusals.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"

static void take_text(char *to, size_t cap, const char *from)
{
    str_copy(to, cap, from ? from : "");
    str_tame(to, strlen(to));
}

static void fill_in(struct refusal *to, const struct refused *what, const struct err *why)
{
    *to = (struct refusal){ .code = err_code(why), .publish = what->publish, .at_door = what->at_door };
    take_text(to->host, sizeof to->host, what->host);
    take_text(to->app, sizeof to->app, what->app);
    take_text(to->stream, sizeof to->stream, what->stream);
    take_text(to->ip, sizeof to->ip, what->ip);
    take_text(to->text, sizeof to->text, err_cause(why));
}

static bool is_alike(const struct refusal *a, const struct refusal *b)
{
    return a->code == b->code && a->publish == b->publish && strcmp(a->stream, b->stream) == 0 &&
           strcmp(a->app, b->app) == 0 && strcmp(a->host, b->host) == 0;
}

/* The entry of an equal refusal; otherwise a free one, or the one that has not come for the longest time. */
static struct refusal *place_for(struct refusals *r, const struct refusal *newest)
{
    struct refusal *oldest = NULL;
    for (size_t i = 0; i < r->count; i++) {
        if (is_alike(&r->items[i], newest))
            return &r->items[i];
        if (!oldest || r->items[i].newest_us < oldest->newest_us)
            oldest = &r->items[i];
    }
    if (r->count == REFUSALS_MAX) {
        oldest->n = 0;
        return oldest;
    }
    r->items[r->count].n = 0;
    return &r->items[r->count++];
}

void refusals_note(struct refusals *r, const struct refused *what, const struct err *why, int64_t now_us)
{
    struct refusal newest;
    if (!r->items && !(r->items = mem_calloc(REFUSALS_MAX, sizeof *r->items)))
        return;
    fill_in(&newest, what, why);
    struct refusal *at = place_for(r, &newest);
    newest.n = at->n + 1;
    newest.newest_us = now_us;
    *at = newest;
}

static bool is_of(const struct refusal *x, const struct refusal *what)
{
    return x->at_door && x->publish == what->publish && strcmp(x->stream, what->stream) == 0 &&
           strcmp(x->ip, what->ip) == 0 && strcmp(x->app, what->app) == 0 && strcmp(x->host, what->host) == 0;
}

void refusals_forget(struct refusals *r, const struct refused *what)
{
    struct refusal like;
    if (r->count == 0)
        return;
    fill_in(&like, what, NULL);
    for (size_t i = 0; i < r->count;) {
        if (is_of(&r->items[i], &like))
            r->items[i] = r->items[--r->count];
        else
            i++;
    }
}

void refusals_finish(struct refusals *r)
{
    mem_free(r->items);
    *r = (struct refusals){ 0 };
}
