#include "kernel/hevc.h"
#include "kernel/nalu_form.h"

#include <stdlib.h>

/* Make a record from Annex B: it must parse, and hold whole arrays. */
static void check_written(const uint8_t *annexb, size_t len)
{
    enum { HEAD_LEN = 23, ARRAYS_LEN = 3 * 3 };
    struct hevc_config config;
    size_t             cap = len + HEAD_LEN + ARRAYS_LEN;
    uint8_t           *out = malloc(cap);
    struct wr          w = wr_over(out, cap);
    if (hevc_config_write_from_annexb(&w, annexb, len) &&
        (w.full || !hevc_config_parse(out, wr_len(&w), &config) || config.n_arrays != 3 || config.length_size != 4))
        abort();
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hevc_config config;
    struct hevc_sps    sps;
    struct nalu        nalu;
    uint32_t           num, den;
    if (hevc_config_parse(data, len, &config)) {
        struct hevc_config_walk walk = hevc_config_open(&config);
        while (hevc_config_next(&walk, &nalu)) {
            if (hevc_sps_parse(nalu, &sps) && (sps.width == 0 || sps.height == 0))
                abort();
            hevc_vps_fps(nalu, &num, &den);
        }
        if (walk.r.bad || rd_left(&walk.r))
            abort(); /* a record that was accepted holds whole arrays */
    }
    for (enum nalu_form told = NALU_UNTOLD; told <= NALU_ANNEXB; told++)
        nalu_holds_idr(data, len, true, nalu_form_of_picture(data, len, true, told));
    check_written(data, len);
    return 0;
}
