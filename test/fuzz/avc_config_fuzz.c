#include "kernel/avc.h"
#include "kernel/nalu_form.h"

#include <stdlib.h>

static void walk(struct rd sets)
{
    struct nalu    nalu;
    struct avc_sps sps;
    while (nalu_next_avcc(&sets, 2, &nalu))
        if (avc_sps_parse(nalu, &sps) && (sps.width == 0 || sps.height == 0))
            abort();
    if (sets.bad)
        abort(); /* a record that was accepted holds whole parameter sets */
}

/* The bytes are parsed as a record; then as Annex B, from which a record is made that must parse. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct avc_config config;
    if (avc_config_parse(data, len, &config)) {
        walk(config.sps);
        walk(config.pps);
    }
    for (enum nalu_form told = NALU_UNTOLD; told <= NALU_ANNEXB; told++)
        nalu_holds_idr(data, len, false, nalu_form_of_picture(data, len, false, told));
    size_t    cap = len + 16;
    uint8_t  *out = malloc(cap);
    struct wr w = wr_over(out, cap);
    if (avc_config_write_from_annexb(&w, data, len) && (w.full || !avc_config_parse(out, wr_len(&w), &config)))
        abort();
    free(out);
    return 0;
}
