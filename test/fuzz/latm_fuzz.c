/* A LOAS stream: whatever the bytes, elements lie within them, and frames within elements. */
#include "kernel/latm.h"

#include "fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct latm        latm = { 0 };
    struct latm_frames frames;
    size_t             skip, element_len, raw_len;
    bool               changed;
    uint8_t           *raw = malloc(LATM_ELEMENT_MAX);
    while (latm_find(data, len, &skip, &element_len)) {
        check(skip + LATM_HEADER_LEN + element_len <= len);
        const uint8_t *element = data + skip + LATM_HEADER_LEN;
        if (latm_open(&latm, element, element_len, &frames, &changed)) {
            check(latm.config_len > 0 && latm.config_len <= LATM_CONFIG_MAX && latm.n_frames > 0);
            while (latm_next(&latm, &frames, raw, &raw_len))
                check(raw_len > 0 && raw_len <= element_len);
        }
        data += skip + LATM_HEADER_LEN + element_len;
        len -= skip + LATM_HEADER_LEN + element_len;
    }
    check(skip <= len);
    free(raw);
    return 0;
}
