#include <string.h>

#include "protocol/rtc/sdp_parser.h"

/* RFC 8839 5.1: foundation component transport priority address port typ type, and pairs of name and value. */
static bool read(struct sdp_candidate *c, struct sdp_text rest)
{
    struct sdp_text foundation = sdp_word(&rest), component = sdp_word(&rest), transport = sdp_word(&rest);
    struct sdp_text priority = sdp_word(&rest), address = sdp_word(&rest), port_text = sdp_word(&rest);
    uint32_t        port = 0;
    if (foundation.len == 0 || priority.len == 0 || !sdp_is(component, "1") || !sdp_is(sdp_word(&rest), "typ"))
        return false;
    *c = (struct sdp_candidate){ .is_tcp = sdp_is(transport, "tcp") };
    if ((!c->is_tcp && !sdp_is(transport, "udp")) || address.len == 0 || address.len > SDP_ADDRESS_LEN_MAX)
        return false;
    if (!sdp_number(port_text, 65535, &port) || port == 0)
        return false;
    c->port = (uint16_t)port;
    memcpy(c->address, address.at, address.len);
    return true;
}

void sdp_take_candidate(struct sdp *sdp, struct sdp_text value)
{
    if (sdp->n_candidates < SDP_CANDIDATES_MAX && read(&sdp->candidates[sdp->n_candidates], value))
        sdp->n_candidates++;
}
