#include "app/relay/lead.h"

void lead_note(struct lead *l, int64_t now_us, int64_t other_heard_us)
{
    if (!l->began_us)
        l->began_us = now_us;
    if (now_us - l->began_us < LEAD_SETTLE_US || now_us - l->heard_us >= LEAD_GAP_US || other_heard_us >= l->since_us)
        l->since_us = now_us;
    l->heard_us = now_us;
}

int64_t lead_us(const struct lead *l, int64_t other_heard_us)
{
    return other_heard_us >= l->since_us ? 0 : l->heard_us - l->since_us;
}
