#include "core/log_limit.h"

static const char other_kinds[] = "lines of other kinds";

static bool is_free(const struct log_limit *k, int64_t now)
{
    return !k->kind || (now >= k->until_us && k->n_held == 0);
}

/* The place of a kind. When kinds of the last second have taken all other places, it is the last one, which is shared. */
static struct log_limit *place_of(struct log_limits *l, const char *kind, int64_t now)
{
    struct log_limit *found = NULL, *last = &l->kinds[LOG_LIMIT_KINDS - 1];
    for (struct log_limit *k = l->kinds; k < last; k++) {
        if (k->kind == kind)
            return k;
        if (!found && is_free(k, now))
            found = k;
    }
    if (found)
        *found = (struct log_limit){ .kind = kind };
    else
        last->kind = other_kinds;
    return found ? found : last;
}

bool log_limits_pass(struct log_limits *l, const char *kind, int level, int64_t now)
{
    struct log_limit *k = place_of(l, kind, now);
    if (now >= k->until_us) {
        k->until_us = now + LOG_LIMIT_US;
        return true;
    }
    k->level = level;
    k->n_held++;
    return false;
}

bool log_limits_take_held(struct log_limits *l, int64_t now, struct log_limit *out)
{
    for (size_t i = 0; i < LOG_LIMIT_KINDS; i++) {
        struct log_limit *k = &l->kinds[i];
        if (k->n_held == 0 || now < k->until_us)
            continue;
        *out = *k;
        k->n_held = 0;
        return true;
    }
    return false;
}
