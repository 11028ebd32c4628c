#include "app/stat/system/ram.h"

#include "app/stat/system/proc_text.h"

bool ram_parse(const char *meminfo, struct ram *out)
{
    *out = (struct ram){
        .total = proc_text_number(meminfo, "MemTotal"),
        .free = proc_text_number(meminfo, "MemFree"),
        .buffers = proc_text_number(meminfo, "Buffers"),
        .cached = proc_text_number(meminfo, "Cached"),
        .swap_total = proc_text_number(meminfo, "SwapTotal"),
        .swap_free = proc_text_number(meminfo, "SwapFree"),
    };
    return out->total > 0;
}

int64_t ram_active(const struct ram *r)
{
    return r->total - r->free;
}

int64_t ram_in_use(const struct ram *r)
{
    return ram_active(r) - r->buffers - r->cached;
}

static double share(int64_t part, int64_t whole)
{
    return whole > 0 && part > 0 ? (double)part / (double)whole : 0;
}

double ram_share(const struct ram *r)
{
    return share(ram_in_use(r), r->total);
}

double ram_swap_share(const struct ram *r)
{
    return share(r->swap_total - r->swap_free, r->swap_total);
}
