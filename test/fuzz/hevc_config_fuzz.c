#include "kernel/hevc.h"
#include "kernel/nalu_form.h"

#include <stdlib.h>

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
    return 0;
}
