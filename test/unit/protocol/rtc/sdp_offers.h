/**
 * Offers for tests of descriptions: the corpus of real clients, and a small one that is changed.
 */
#ifndef TEST_UNIT_PROTOCOL_RTC_SDP_OFFERS_H
#define TEST_UNIT_PROTOCOL_RTC_SDP_OFFERS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/rtc/sdp.h"

#define OFFER_HEAD \
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n" \
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 " \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n" \
    "a=setup:actpass\r\n"
#define OFFER_AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
#define OFFER_VIDEO \
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\n" \
    "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\n"
#define OFFER OFFER_HEAD OFFER_AUDIO OFFER_VIDEO

/** The text with `new` in the place of `old`, which must be there; the caller frees it. */
static inline char *offer_with(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    if (!at)
        abort();
    size_t before = (size_t)(at - text);
    char  *out = malloc(strlen(text) + strlen(new) + 1);
    memcpy(out, text, before);
    strcpy(out + before, new);
    strcat(out, at + strlen(old));
    return out;
}

/** An offer of the fuzzers' corpus; the caller frees it. */
static inline char *offer_of(const char *client)
{
    char  path[256];
    char *text = calloc(1, SDP_BYTES_MAX);
    snprintf(path, sizeof path, "test/fuzz/corpus/sdp/%s", client);
    FILE *f = fopen(path, "rb");
    if (!f || !text || fread(text, 1, SDP_BYTES_MAX - 1, f) == 0)
        abort();
    fclose(f);
    return text;
}

#endif
