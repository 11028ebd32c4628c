#include "protocol/rtc/sdp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "sdp_offers.h"

static struct sdp sdp;

static enum sdp_fault parse(const char *text)
{
    return sdp_parse(&sdp, text, strlen(text));
}

/* The fault of the small offer with a change. */
static enum sdp_fault fault_of(const char *old, const char *new)
{
    char          *text = offer_with(OFFER, old, new);
    enum sdp_fault fault = parse(text);
    free(text);
    return fault;
}

static void assert_text(struct sdp_text text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.at, expected, text.len);
}

static void reads_what_an_offer_says(void **state)
{
    (void)state;
    char *text = offer_of("safari_publish");
    assert_int_equal(parse(text), SDP_SOUND);
    assert_int_equal(sdp.n_media, 2);
    const struct sdp_media *audio = &sdp.media[0], *video = &sdp.media[1];
    assert_text(audio->kind, "audio");
    assert_text(video->mid, "1");
    assert_int_equal(video->port, 52110);
    assert_int_equal(video->own.direction, SDP_SENDONLY);
    assert_true(video->has_rtcp_mux && video->has_rtcp_rsize);
    assert_text(sdp_ice_of(&sdp).ufrag, "wX7q");
    assert_text(sdp_ice_of(&sdp).pwd, "tM2nV8kJ4hQz6rLc0yPbA1sD");
    assert_int_equal(sdp_setup_of(&sdp), SDP_SETUP_ACTPASS);
    assert_int_equal(sdp_fingerprint_of(&sdp).len, strlen("sha-256 ") + 32 * 3 - 1);
    assert_true(sdp.can_trickle && sdp.allows_mixed_extensions && !sdp.is_ice_lite);
    assert_true(sdp_in_bundle(&sdp, audio->mid) && sdp_in_bundle(&sdp, video->mid));

    assert_int_equal(audio->formats[0].pt, 111);
    assert_text(audio->formats[0].name, "opus");
    assert_int_equal(audio->formats[0].channels, 2);
    assert_int_equal(audio->formats[0].clock_hz, 48000);
    assert_text(sdp_parameter(video->formats[0].fmtp, "profile-level-id"), "640c1f");
    assert_int_equal(video->formats[0].feedback, SDP_FB_REMB | SDP_FB_TWCC | SDP_FB_FIR | SDP_FB_NACK | SDP_FB_PLI);
    assert_int_equal(video->extensions[1].id, 2);
    assert_text(video->extensions[5].uri, "urn:ietf:params:rtp-hdrext:sdes:mid");
    assert_int_equal(video->n_sources, 1);
    assert_int_equal(video->sources[0].ssrc, 2519384706);
    assert_int_equal(video->sources[0].rtx_ssrc, 1047283956);
    assert_int_equal(sdp.n_candidates, 3);
    assert_string_equal(sdp.candidates[1].address, "198.51.100.7");
    assert_int_equal(sdp.candidates[1].port, 52110);
    assert_true(sdp.candidates[2].is_tcp);
    free(text);
}

static void every_client_is_understood(void **state)
{
    (void)state;
    static const char *const clients[] = { "aiortc_play",   "aiortc_publish",    "chromium_data",
                                           "chromium_play", "chromium_publish",  "chromium_simulcast",
                                           "firefox_play",  "gstreamer_publish", "larix_publish",
                                           "obs_publish",   "safari_publish",    "werift_publish" };
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        char *text = offer_of(clients[i]);
        assert_int_equal(parse(text), SDP_SOUND);
        assert_true(sdp.n_media > 0 && sdp_ice_of(&sdp).pwd.at && sdp_fingerprint_of(&sdp).at);
        free(text);
    }
}

static void a_cut_text_is_read_or_refused(void **state)
{
    (void)state;
    char *text = offer_of("firefox_play");
    for (size_t len = 0; len < strlen(text); len++) {
        char *cut = malloc(len + 1); /* the sanitizer sees a read beyond it */
        memcpy(cut, text, len);
        (void)!sdp_parse(&sdp, cut, len);
        free(cut);
    }
    free(text);
}

static void each_fault_of_a_text_has_its_name(void **state)
{
    (void)state;
    static const struct {
        const char    *old, *new;
        enum sdp_fault fault;
    } rows[] = {
        { "v=0\r\n", "v=1\r\n", SDP_NOT_SDP },
        { "v=0\r\n", "{\"sdp\":", SDP_NOT_SDP },
        { "s=-\r\n", "nonsense\r\n", SDP_BAD_LINE },
        { "s=-\r\n", "s=a\001b\r\n", SDP_BAD_LINE },
        { "m=audio 9 ", "m=audio 65536 ", SDP_BAD_MEDIA },
        { "m=audio 9 ", "m=audio x ", SDP_BAD_MEDIA },
        { "SAVPF 111", "SAVPF", SDP_BAD_MEDIA },
        { "SAVPF 111", "SAVPF 128", SDP_BAD_MEDIA },
        { "SAVPF 111", "SAVPF opus", SDP_BAD_MEDIA },
        { "opus/48000/2", "opus", SDP_BAD_FORMAT },
        { "opus/48000/2", "opus/0/2", SDP_BAD_FORMAT },
        { "opus/48000/2", "opus/48000/9", SDP_BAD_FORMAT },
        { "a=fmtp:96 ", "a=fmtp:x ", SDP_BAD_FORMAT },
        { "a=mid:1", "a=mid:", SDP_BAD_MID },
        { "a=mid:1", "a=mid:a b", SDP_BAD_MID },
        { "a=mid:1", "a=mid:123456789012345678901234567890123", SDP_BAD_MID },
        { "a=mid:1", "a=mid:0", SDP_TWICE_ONE_MID },
        { "a=ice-ufrag:abcd", "a=ice-ufrag:abc", SDP_BAD_ICE },
        { "a=ice-ufrag:abcd", "a=ice-ufrag:ab:d", SDP_BAD_ICE },
        { "a=ice-pwd:0", "a=ice-pwd:", SDP_BAD_ICE },
        { "sha-256 00:", "sha-256 0:", SDP_BAD_FINGERPRINT },
        { "sha-256 00:", "sha-256 0g:", SDP_BAD_FINGERPRINT },
        { "sha-256 00:", "00:", SDP_BAD_FINGERPRINT },
        { "a=setup:actpass", "a=setup:holdconn", SDP_BAD_SETUP },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(sdp_fault_name(fault_of(rows[i].old, rows[i].new)), sdp_fault_name(rows[i].fault));
    assert_int_equal(parse(""), SDP_EMPTY);
    for (int fault = 0; fault < SDP_N_FAULTS; fault++)
        assert_true(sdp_fault_name((enum sdp_fault)fault) && sdp_fault_text((enum sdp_fault)fault));
}

/* Memory for a head and `n` times a line. */
static char *repeated(const char *head, const char *line, size_t n)
{
    char  *text = malloc(strlen(head) + n * strlen(line) + 1);
    size_t len = strlen(head);
    strcpy(text, head);
    for (size_t i = 0; i < n; i++, len += strlen(line))
        strcpy(text + len, line);
    return text;
}

static void bounds_are_kept(void **state)
{
    (void)state;
    char *mebibyte = repeated("v=0\r\n", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", (1 << 20) / 44);
    char *lines = repeated("v=0\r\n", "\r\n", SDP_LINES_MAX);
    char *media = repeated("v=0\r\n", "m=video 9 RTP/SAVPF 96\r\n", SDP_MEDIA_MAX + 1);
    char *formats = repeated("v=0\r\nm=video 9 RTP/SAVPF", " 96", SDP_FORMATS_MAX + 1);
    assert_int_equal(parse(mebibyte), SDP_TOO_LONG);
    assert_int_equal(parse(lines), SDP_TOO_MANY_LINES);
    assert_int_equal(parse(media), SDP_TOO_MANY_MEDIA);
    assert_int_equal(parse(formats), SDP_TOO_MANY_FORMATS);
    free(mebibyte);
    free(lines);
    free(media);
    free(formats);
}

static void what_is_too_much_is_left_out(void **state)
{
    (void)state;
    char *candidates = repeated(OFFER, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 1000);
    assert_int_equal(parse(candidates), SDP_SOUND);
    assert_int_equal(sdp.n_candidates, SDP_CANDIDATES_MAX);
    char *extensions = repeated(OFFER, "a=extmap:1 urn:x\r\n", 1000);
    assert_int_equal(parse(extensions), SDP_SOUND);
    assert_int_equal(sdp.media[1].n_extensions, SDP_EXTENSIONS_MAX);
    char sources[64 * 24], *at = sources;
    for (int i = 1; i <= 64; i++)
        at += sprintf(at, "a=ssrc:%d cname:x\r\n", i);
    char *text = offer_with(OFFER, "a=mid:1\r\n", sources);
    assert_int_equal(parse(text), SDP_SOUND);
    assert_int_equal(sdp.media[1].n_sources, SDP_SOURCES_MAX);
    free(candidates);
    free(extensions);
    free(text);
}

static void malformed_extras_are_skipped(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "a=candidate:1 1 udp 1 192.0.2.1 0 typ host\r\n",
        "a=candidate:1 2 udp 1 192.0.2.1 9 typ host\r\n",
        "a=candidate:1 1 sctp 1 192.0.2.1 9 typ host\r\n",
        "a=candidate:1\r\n",
        "a=extmap:0 urn:x\r\n",
        "a=extmap:256 urn:x\r\n",
        "a=extmap:1\r\n",
        "a=ssrc:x\r\n",
        "a=ssrc:0 cname:x\r\n",
        "a=ssrc-group:FID 1\r\n",
        "a=ssrc-group:FID 1 1\r\n",
        "a=rtcp-fb:200 nack\r\n",
        "a=rtpmap:97 VP8/90000\r\n",
        "a=\r\n",
        "a=unheard-of:x\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        char *text = repeated(OFFER, lines[i], 1);
        assert_int_equal(parse(text), SDP_SOUND);
        assert_int_equal(sdp.n_candidates + sdp.media[1].n_extensions + sdp.media[1].n_sources, 0);
        assert_int_equal(sdp.media[1].formats[0].feedback, 0);
        free(text);
    }
}

static void repair_is_found_in_any_order(void **state)
{
    (void)state;
    static const char *const orders[] = {
        "a=ssrc-group:FID 7 8\r\na=ssrc:7 cname:x\r\na=ssrc:8 cname:x\r\n",
        "a=ssrc:8 cname:x\r\na=ssrc:7 cname:x\r\na=ssrc-group:FID 7 8\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        char *text = repeated(OFFER, orders[i], 1);
        assert_int_equal(parse(text), SDP_SOUND);
        assert_int_equal(sdp.media[1].n_sources, 1);
        assert_int_equal(sdp.media[1].sources[0].ssrc, 7);
        assert_int_equal(sdp.media[1].sources[0].rtx_ssrc, 8);
        free(text);
    }
}

static void feedback_may_be_for_all_formats(void **state)
{
    (void)state;
    char *text = offer_of("werift_publish");
    assert_int_equal(parse(text), SDP_SOUND);
    assert_int_equal(sdp.media[0].formats[0].feedback, SDP_FB_NACK | SDP_FB_PLI);
    free(text);
}

static void sha256_is_preferred(void **state)
{
    (void)state;
    char *text = offer_with(OFFER, "a=fingerprint:", "a=fingerprint:sha-1 00:11\r\na=fingerprint:");
    assert_int_equal(parse(text), SDP_SOUND);
    assert_memory_equal(sdp_fingerprint_of(&sdp).at, "sha-256 ", 8);
    free(text);
}

static void static_types_need_no_map(void **state)
{
    (void)state;
    assert_int_equal(fault_of("SAVPF 111", "SAVPF 111 0 8 13"), SDP_SOUND);
    assert_text(sdp.media[0].formats[1].name, "PCMU");
    assert_text(sdp.media[0].formats[2].name, "PCMA");
    assert_int_equal(sdp.media[0].formats[2].clock_hz, 8000);
    assert_null(sdp.media[0].formats[3].name.at);
}

static void a_fragment_is_read(void **state)
{
    (void)state;
    char *text = offer_of("fragment");
    assert_int_equal(parse(text), SDP_NOT_SDP);
    assert_int_equal(sdp_parse_fragment(&sdp, text, strlen(text)), SDP_SOUND);
    assert_text(sdp_ice_of(&sdp).ufrag, "EsAw");
    assert_int_equal(sdp.n_candidates, 2);
    assert_int_equal(sdp_parse_fragment(&sdp, "", 0), SDP_EMPTY);
    free(text);
}

static void parameters_are_found(void **state)
{
    (void)state;
    struct sdp_text fmtp = sdp_text_of("a=1; Minptime=10;x;stereo=", 26);
    assert_int_equal(sdp_parameter_number(fmtp, "minptime", 0), 10);
    assert_int_equal(sdp_parameter_number(fmtp, "min", 7), 7);
    assert_int_equal(sdp_parameter_number(fmtp, "stereo", 7), 7);
    assert_non_null(sdp_parameter(fmtp, "x").at);
    assert_null(sdp_parameter(fmtp, "y").at);
    assert_null(sdp_parameter(sdp_text_of(NULL, 0), "y").at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_an_offer_says),
        cmocka_unit_test(every_client_is_understood),
        cmocka_unit_test(a_cut_text_is_read_or_refused),
        cmocka_unit_test(each_fault_of_a_text_has_its_name),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(what_is_too_much_is_left_out),
        cmocka_unit_test(malformed_extras_are_skipped),
        cmocka_unit_test(repair_is_found_in_any_order),
        cmocka_unit_test(feedback_may_be_for_all_formats),
        cmocka_unit_test(sha256_is_preferred),
        cmocka_unit_test(static_types_need_no_map),
        cmocka_unit_test(a_fragment_is_read),
        cmocka_unit_test(parameters_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
