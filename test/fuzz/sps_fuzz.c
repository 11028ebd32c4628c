#include "fuzzing.h"
#include "kernel/aac.h"
#include "kernel/av1.h"
#include "kernel/avc.h"
#include "kernel/flac.h"
#include "kernel/hevc.h"
#include "kernel/mp3.h"
#include "kernel/opus.h"
#include "kernel/vp9.h"

/* The first byte chooses the parser for the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct avc_sps      avc;
    struct hevc_sps     hevc;
    struct av1_sequence av1;
    struct av1_config   av1_config;
    struct vp9_config   vp9;
    struct aac_config   aac;
    struct opus_head    opus;
    struct mp3_header   mp3;
    struct flac_info    flac;
    uint32_t            num = 0, den = 0;
    if (len < 1)
        return 0;
    const uint8_t *p = data + 1;
    size_t         n = len - 1;
    struct nalu    nalu = { p, n };
    switch (data[0] % 9) {
    case 0: check(!avc_sps_parse(nalu, &avc) || (avc.width && avc.height && !avc.fps_num == !avc.fps_den)); break;
    case 1: check(!hevc_sps_parse(nalu, &hevc) || (hevc.width && hevc.height && !hevc.fps_num == !hevc.fps_den)); break;
    case 2: check(!hevc_vps_fps(nalu, &num, &den) || (num && den)); break;
    case 3:
        if (av1_config_parse(p, n, &av1_config) && av1_sequence_parse(av1_config.obus, &av1))
            check(av1.width && av1.height && !av1.fps_num == !av1.fps_den);
        break;
    case 4: check(!vp9_config_parse(p, n, &vp9) || vp9.profile <= 3); break;
    case 5: check(!aac_config_parse(p, n, &aac) || (aac.sample_rate && *aac_profile_name(&aac))); break;
    case 6: check(!opus_head_parse(p, n, &opus) || opus.channels); break;
    case 7: check(!mp3_header_parse(p, n, &mp3) || (mp3.sample_rate && mp3.channels)); break;
    default: check(!flac_info_parse(p, n, &flac) || flac.sample_rate);
    }
    return 0;
}
