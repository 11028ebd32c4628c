#include "kernel/amf0.h"

#include <stdlib.h>

/* Read values until one is bad, and search every object to its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd r = rd_over(data, len);
    while (!r.bad && rd_left(&r)) {
        struct rd      again = r, value;
        const uint8_t *before = r.p;
        if (amf0_find(r, "no such key", &value))
            amf0_skip(&value);
        amf0_get_string(r, "app");
        amf0_get_number(r, "duration", 0);
        if (amf0_peek(&again) == AMF0_STRING)
            amf0_read_string(&again);
        amf0_skip(&r);
        if (!r.bad && r.p == before)
            abort(); /* a value takes at least its marker */
    }
    return 0;
}
