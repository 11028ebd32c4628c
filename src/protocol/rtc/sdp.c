#include "protocol/rtc/sdp.h"

struct sdp_ice sdp_ice_of(const struct sdp *sdp)
{
    for (size_t i = 0; i < sdp->n_media; i++)
        if (sdp->media[i].own.ice.ufrag.at && sdp->media[i].own.ice.pwd.at)
            return sdp->media[i].own.ice;
    return sdp->all.ice;
}

struct sdp_text sdp_fingerprint_of(const struct sdp *sdp)
{
    for (size_t i = 0; i < sdp->n_media; i++)
        if (sdp->media[i].own.fingerprint.at)
            return sdp->media[i].own.fingerprint;
    return sdp->all.fingerprint;
}

enum sdp_setup sdp_setup_of(const struct sdp *sdp)
{
    for (size_t i = 0; i < sdp->n_media; i++)
        if (sdp->media[i].own.setup != SDP_SETUP_NONE)
            return sdp->media[i].own.setup;
    return sdp->all.setup;
}

bool sdp_in_bundle(const struct sdp *sdp, struct sdp_text mid)
{
    struct sdp_text rest = sdp->bundle;
    while (rest.len > 0)
        if (sdp_same(sdp_word(&rest), mid))
            return true;
    return false;
}
