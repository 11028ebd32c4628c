#include "protocol/rtc/sdp_agree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/mem.h"
#include "protocol/rtc/sdp_answer.h"
#include "sdp_offers.h"

static struct sdp           offer;
static struct rtc_agreement agreed;

static struct sdp_wish wish_to(bool play)
{
    return (struct sdp_wish){
        .is_play = play,
        .n_video = 5,
        .n_audio = 3,
        .video = { CODEC_H264, CODEC_HEVC, CODEC_AV1, CODEC_VP9, CODEC_VP8 },
        .audio = { CODEC_OPUS, CODEC_PCMA, CODEC_PCMU },
        .nack = true,
        .twcc = true,
        .ssrc_audio = 11,
        .ssrc_audio_rtx = 12,
        .ssrc_video = 21,
        .ssrc_video_rtx = 22,
    };
}

static enum sdp_fault agree(const char *text, const struct sdp_wish *wish)
{
    assert_int_equal(sdp_parse(&offer, text, strlen(text)), SDP_SOUND);
    return sdp_agree(&offer, wish, &agreed);
}

/* What becomes of the small offer with a change. */
static enum sdp_fault agree_with(const char *old, const char *new, const struct sdp_wish *wish)
{
    char          *text = offer_with(OFFER, old, new);
    enum sdp_fault fault = agree(text, wish);
    free(text);
    return fault;
}

/* What becomes of the offer of a client. */
static void agree_client(const char *client, const struct sdp_wish *wish)
{
    char *text = offer_of(client);
    assert_string_equal(sdp_fault_name(agree(text, wish)), "sound");
    free(text);
}

static const struct rtc_track_agreed *video(void)
{
    return rtc_agreed_track(&agreed, FRAME_VIDEO);
}

static const struct rtc_track_agreed *audio(void)
{
    return rtc_agreed_track(&agreed, FRAME_AUDIO);
}

static void chromium_plays(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(true);
    agree_client("chromium_play", &wish);
    assert_int_equal(agreed.n_tracks, 2);
    assert_string_equal(agreed.remote_ufrag, "HKvB");
    assert_false(agreed.dtls_active);
    assert_int_equal(video()->codec, CODEC_H264);
    assert_int_equal(video()->h264_mode, 1);
    assert_int_not_equal(video()->rtx_pt, 0);
    assert_int_equal(video()->ssrc, 21);
    assert_int_equal(video()->rtx_ssrc, 22);
    assert_true(video()->nack && video()->pli && video()->fir && video()->twcc && !video()->remb &&
                video()->rtcp_rsize);
    assert_int_equal(video()->ext_twcc, 3);
    assert_int_equal(video()->ext_mid, 4);
    assert_int_equal(video()->ext_playout_delay, 5);
    assert_int_equal(audio()->codec, CODEC_OPUS);
    assert_int_equal(audio()->pt, 111);
    assert_int_equal(audio()->channels, 2);
    assert_true(audio()->opus_fec && !audio()->opus_stereo && !audio()->opus_dtx && !audio()->nack);
    assert_int_equal(audio()->rtx_ssrc, 0);
}

static bool answer_has(const char *line)
{
    static struct sdp_local local = { .app = "a", .stream = "s", .ufrag = "u", .pwd = "p", .cname = "c" };
    struct buf              out = buf_up_to(SDP_ANSWER_BYTES_MAX);
    sdp_answer_write(&out, &offer, &agreed, &local);
    bool has = strstr(out.bytes, line) != NULL;
    buf_finish(&out);
    return has;
}

static void sound_is_repeated_where_both_want_it(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(false);
    char           *text = offer_of("chromium_publish");
    assert_int_equal(agree(text, &wish), SDP_SOUND);
    assert_int_equal(audio()->red_pt, 0);
    assert_false(answer_has("red/48000"));
    wish.red = true;
    assert_int_equal(agree(text, &wish), SDP_SOUND);
    assert_int_equal(audio()->red_pt, 63);
    assert_int_equal(audio()->pt, 111);
    assert_int_equal(video()->red_pt, 0);                              /* RED of pictures carries ULPFEC. */
    assert_true(answer_has("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n")); /* in this order Chromium repeats */
    assert_true(answer_has("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"));
    char *other = offer_with(text, "a=fmtp:63 111/111", "a=fmtp:63 9/9");
    assert_int_equal(agree(other, &wish), SDP_SOUND);
    assert_int_equal(audio()->red_pt, 0); /* It repeats another codec. */
    free(other);
    free(text);
    wish = wish_to(true);
    wish.red = true;
    text = offer_of("chromium_play");
    assert_int_equal(agree(text, &wish), SDP_SOUND);
    assert_true(answer_has("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    free(text);
}

static void a_stream_finds_its_profile(void **state)
{
    (void)state;
    struct sdp_wish       wish = wish_to(true);
    static const uint32_t profiles[] = { 0x42e01f, 0x42001f, 0x4d001f };
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        wish.h264_profile = profiles[i];
        agree_client("chromium_play", &wish);
        assert_int_equal(video()->h264_mode, 1);
        assert_int_equal(video()->h264_profile >> 16, profiles[i] >> 16);
        assert_int_equal(video()->h264_profile & 0x4000, profiles[i] & 0x4000);
    }
    wish.h264_profile = 0x640028; /* High: this Chromium does not offer it, and the first one of mode 1 is taken */
    agree_client("chromium_play", &wish);
    assert_int_equal(video()->h264_profile, 0x42001f);
}

static void every_codec_is_found_in_chromium(void **state)
{
    (void)state;
    static const enum codec codecs[] = { CODEC_H264, CODEC_VP8, CODEC_VP9, CODEC_AV1 };
    struct sdp_wish         wish = wish_to(false);
    wish.n_video = 1;
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
        wish.video[0] = codecs[i];
        agree_client("chromium_publish", &wish);
        assert_int_equal(video()->codec, codecs[i]);
        assert_int_equal(video()->clock_hz, 90000);
    }
    wish.audio[0] = CODEC_PCMA;
    agree_client("chromium_publish", &wish);
    assert_int_equal(audio()->pt, 8);
}

static void publishers_tell_their_sources(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(false);
    agree_client("safari_publish", &wish);
    assert_int_equal(video()->ssrc, 2519384706);
    assert_int_equal(video()->rtx_ssrc, 1047283956);
    assert_int_equal(video()->h264_profile, 0x640c1f);
    assert_int_equal(video()->ext_playout_delay, 0);
    assert_int_equal(audio()->ssrc, 3381907264);
    agree_client("obs_publish", &wish);
    assert_int_equal(video()->ssrc, 1327840284);
    assert_true(audio()->opus_stereo && audio()->opus_fec);
    assert_int_equal(video()->rtx_pt, 0);
    assert_false(video()->remb); /* without the time of sending there is nothing to estimate from */
}

static void the_other_clients_are_served(void **state)
{
    (void)state;
    struct sdp_wish publish = wish_to(false), play = wish_to(true);
    agree_client("aiortc_publish", &publish);
    assert_true(video()->remb && video()->ext_abs_send == 2);
    agree_client("gstreamer_publish", &publish);
    assert_string_equal(audio()->mid, "audio1");
    assert_true(audio()->opus_stereo && video()->twcc);
    agree_client("larix_publish", &publish);
    assert_true(audio()->opus_dtx);
    agree_client("werift_publish", &publish);
    assert_int_equal(video()->rtx_pt, 97);
    assert_null(audio());
    agree_client("chromium_simulcast", &publish);
    agree_client("aiortc_play", &play);
    agree_client("firefox_play", &play);
    assert_int_equal(video()->pt, 126);
    assert_true(audio()->opus_stereo);
    agree_client("chromium_data", &play);
    assert_int_equal(agreed.n_tracks, 4);
    assert_true(agreed.tracks[0].active && agreed.tracks[1].active);
    assert_false(agreed.tracks[2].active || agreed.tracks[3].active);
}

static void our_order_of_codecs_decides(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(false);
    agree_client("larix_publish", &wish);
    assert_int_equal(video()->codec, CODEC_H264);
    wish.video[0] = CODEC_HEVC;
    agree_client("larix_publish", &wish);
    assert_int_equal(video()->codec, CODEC_HEVC);
}

static void each_fault_of_an_offer_has_its_name(void **state)
{
    (void)state;
    static const struct {
        const char    *old, *new;
        enum sdp_fault fault;
    } rows[] = {
        { OFFER_AUDIO OFFER_VIDEO, "", SDP_NO_MEDIA },
        { OFFER_AUDIO OFFER_VIDEO, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", SDP_NO_MEDIA },
        { OFFER_AUDIO OFFER_VIDEO, "m=video 9 udp 33\r\n", SDP_NO_MEDIA },
        { "a=group:BUNDLE 0 1\r\n", "", SDP_NO_BUNDLE },
        { "a=group:BUNDLE 0 1\r\n", "a=group:BUNDLE 0\r\n", SDP_NO_BUNDLE },
        { "a=mid:1\r\na=rtcp-mux\r\n", "a=mid:1\r\n", SDP_NO_RTCP_MUX },
        { "a=mid:0\r\na=rtcp-mux\r\n", "a=mid:0\r\n", SDP_NO_RTCP_MUX },
        { "H264/90000", "H263/90000", SDP_NO_CODEC },
        { "opus/48000/2", "opus/48000", SDP_NO_CODEC },
        { "packetization-mode=1", "packetization-mode=2", SDP_NO_CODEC },
        { "a=setup:actpass\r\n", "a=recvonly\r\n", SDP_WRONG_DIRECTION },
        { "a=setup:actpass\r\n", "a=inactive\r\n", SDP_WRONG_DIRECTION },
        { "a=ice-ufrag:abcd\r\n", "", SDP_NO_ICE },
        { "a=ice-pwd:0123456789012345678901\r\n", "", SDP_NO_ICE },
        { "a=fingerprint:", "a=unknown:", SDP_NO_FINGERPRINT },
    };
    struct sdp_wish wish = wish_to(false), play = wish_to(true);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(sdp_fault_name(agree_with(rows[i].old, rows[i].new, &wish)), sdp_fault_name(rows[i].fault));
    assert_int_equal(agree_with("a=setup:actpass\r\n", "a=sendonly\r\n", &play), SDP_WRONG_DIRECTION);
    wish.without_dtls = true;
    assert_int_equal(agree_with("a=fingerprint:", "a=unknown:", &wish), SDP_SOUND);
    assert_string_equal(agreed.remote_fingerprint, "");
}

static void one_track_may_go_the_other_way(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(false);
    assert_int_equal(agree_with("a=mid:0\r\n", "a=mid:0\r\na=recvonly\r\n", &wish), SDP_SOUND);
    assert_null(audio());
    assert_non_null(video());
}

static void one_m_line_needs_no_group(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(false);
    char           *text = offer_with(OFFER_HEAD OFFER_VIDEO, "a=group:BUNDLE 0 1\r\n", "");
    assert_int_equal(agree(text, &wish), SDP_SOUND);
    free(text);
}

static void a_refused_m_line_is_not_served(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(false);
    assert_int_equal(agree_with("m=audio 9", "m=audio 0", &wish), SDP_SOUND);
    assert_null(audio());
    assert_int_equal(
        agree_with("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=bundle-only", &wish),
        SDP_SOUND);
    assert_non_null(audio());
}

static void a_kind_that_is_not_wished_is_left_out(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(true);
    wish.n_audio = 0;
    assert_int_equal(agree(OFFER, &wish), SDP_SOUND);
    assert_null(audio());
    wish.n_video = 0;
    assert_int_equal(agree(OFFER, &wish), SDP_NO_CODEC);
}

/* What we do not write is not agreed: the time of sending, and a mid for which an element of one byte has no room. */
static void players_are_promised_what_is_sent(void **state)
{
    (void)state;
    static const char at[] = "a=rtpmap:96 H264/90000\r\n";
    static const char asks[] = "a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 goog-remb\r\n"
                               "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                               "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n";
    struct sdp_wish   publish = wish_to(false), play = wish_to(true);
    assert_int_equal(agree_with(at, asks, &publish), SDP_SOUND);
    assert_true(video()->remb && video()->ext_abs_send == 2 && video()->ext_mid == 4);
    assert_int_equal(agree_with(at, asks, &play), SDP_SOUND);
    assert_true(!video()->remb && video()->ext_abs_send == 0 && video()->ext_mid == 4);
    char *text = offer_with(OFFER_HEAD OFFER_VIDEO, "BUNDLE 0 1", "BUNDLE 12345678901234567");
    char *named = offer_with(text, "a=mid:1\r\n", "a=mid:12345678901234567\r\n");
    char *whole = offer_with(named, at, asks);
    assert_int_equal(agree(whole, &play), SDP_SOUND);
    assert_string_equal(video()->mid, "12345678901234567");
    assert_int_equal(video()->ext_mid, 0);
    free(whole);
    free(named);
    free(text);
}

static void feedback_is_only_what_both_want(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(false);
    wish.nack = wish.twcc = false;
    agree_client("chromium_publish", &wish);
    assert_true(!video()->nack && !video()->twcc && video()->remb && video()->pli);
    assert_int_equal(video()->rtx_pt, 0);
    assert_int_equal(video()->rtx_ssrc, 0);
    assert_int_equal(video()->ext_twcc, 0);
}

static void the_role_in_dtls_follows_the_offer(void **state)
{
    (void)state;
    static const struct {
        const char *setup;
        bool        wished, is_active;
    } rows[] = {
        { "a=setup:actpass\r\n", false, false },
        { "a=setup:actpass\r\n", true, true },
        { "a=setup:active\r\n", true, false },
        { "a=setup:passive\r\n", false, true },
        { "", true, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sdp_wish wish = wish_to(false);
        wish.dtls_active = rows[i].wished;
        assert_int_equal(agree_with("a=setup:actpass\r\n", rows[i].setup, &wish), SDP_SOUND);
        assert_int_equal(agreed.dtls_active, rows[i].is_active);
    }
}

/* ---- answers ---- */

static const struct sdp_local local = {
    .session = 123,
    .app = "live",
    .stream = "cam1",
    .ufrag = "65i79hri",
    .pwd = "01234567890123456789012345678901",
    .fingerprint = "sha-256 AB:CD",
    .cname = "0123456789abcdef",
    .n_candidates = 2,
    .candidates = { { false, 8000, "192.0.2.1" }, { true, 8001, "2001:db8::1" } },
};

static char *answer(void)
{
    struct buf out = buf_up_to(SDP_ANSWER_BYTES_MAX);
    sdp_answer_write(&out, &offer, &agreed, &local);
    assert_null(buf_error(&out));
    return out.bytes;
}

static void an_answer_has_its_lines(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(true);
    char           *text = offer_with(OFFER, "a=mid:1\r\n",
                                      "a=mid:1\r\na=rtcp-rsize\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
                                                "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
    assert_int_equal(agree(text, &wish), SDP_SOUND);
    char *sdp = answer();
    assert_string_equal(
        sdp, "v=0\r\no=SRS/7.0.18(Hang) 123 2 IN IP4 0.0.0.0\r\ns=SRSPlaySession\r\nt=0 0\r\na=ice-lite\r\n"
             "a=group:BUNDLE 0 1\r\na=msid-semantic: WMS live/cam1\r\n"
             "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:65i79hri\r\n"
             "a=ice-pwd:01234567890123456789012345678901\r\na=fingerprint:sha-256 AB:CD\r\na=setup:passive\r\n"
             "a=candidate:0 1 udp 2130706431 192.0.2.1 8000 typ host generation 0\r\n"
             "a=candidate:1 1 tcp 1520434943 2001:db8::1 8001 typ host tcptype passive generation 0\r\n"
             "a=end-of-candidates\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
             "a=fmtp:111 minptime=10\r\na=msid:live/cam1 audio-0123456789abcdef\r\n"
             "a=ssrc:11 cname:0123456789abcdef\r\na=ssrc:11 label:audio-0123456789abcdef\r\n"
             "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:65i79hri\r\n"
             "a=ice-pwd:01234567890123456789012345678901\r\na=fingerprint:sha-256 AB:CD\r\na=setup:passive\r\n"
             "a=mid:1\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
             "a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
             "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\na=msid:live/cam1 video-0123456789abcdef\r\n"
             "a=ssrc:21 cname:0123456789abcdef\r\na=ssrc:21 label:video-0123456789abcdef\r\n");
    mem_free(sdp);
    free(text);
}

/* Every answer is an SDP with as many m-lines as its offer, in their order. */
static void answers_mirror_their_offers(void **state)
{
    (void)state;
    static const char *const clients[] = { "aiortc_play", "chromium_data", "chromium_play", "firefox_play" };
    struct sdp_wish          wish = wish_to(true);
    struct sdp              *back = malloc(sizeof *back);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        char *text = offer_of(clients[i]);
        assert_int_equal(agree(text, &wish), SDP_SOUND);
        char *sdp = answer();
        assert_int_equal(sdp_parse(back, sdp, strlen(sdp)), SDP_SOUND);
        assert_int_equal(back->n_media, offer.n_media);
        assert_int_equal(back->n_candidates, 2);
        assert_true(back->is_ice_lite);
        for (size_t k = 0; k < back->n_media; k++) {
            assert_true(sdp_same(back->media[k].mid, offer.media[k].mid));
            assert_true(sdp_same(back->media[k].kind, offer.media[k].kind));
            assert_int_equal(back->media[k].port != 0, agreed.tracks[k].active);
            assert_int_equal(sdp_in_bundle(back, back->media[k].mid), agreed.tracks[k].active);
        }
        mem_free(sdp);
        free(text);
    }
    free(back);
}

static void an_answer_names_the_source_that_repairs(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(true);
    char           *text = offer_of("chromium_play");
    assert_int_equal(agree(text, &wish), SDP_SOUND);
    char *sdp = answer();
    assert_non_null(strstr(sdp, "a=ssrc-group:FID 21 22\r\na=ssrc:21 "));
    assert_non_null(strstr(sdp, "a=ssrc:22 cname:"));
    assert_non_null(strstr(sdp, " apt="));
    mem_free(sdp);
    free(text);
}

static void stereo_is_asked_of_a_publisher(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(false);
    char           *text = offer_of("obs_publish");
    assert_int_equal(agree(text, &wish), SDP_SOUND);
    char *sdp = answer();
    assert_non_null(strstr(sdp, "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\n"));
    assert_non_null(strstr(sdp, "s=SRSPublishSession\r\n"));
    assert_null(strstr(sdp, "a=ssrc:"));
    mem_free(sdp);
    free(text);
}

static void memory_that_is_out_is_told(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(true);
    struct buf      out = buf_up_to(100);
    assert_int_equal(agree(OFFER, &wish), SDP_SOUND);
    sdp_answer_write(&out, &offer, &agreed, &local);
    assert_int_equal(out.fault, BUF_FULL);
    buf_finish(&out);
}

static void a_fragment_has_credentials_and_candidates(void **state)
{
    (void)state;
    struct sdp_wish wish = wish_to(true);
    struct buf      out = buf_up_to(SDP_ANSWER_BYTES_MAX);
    struct sdp     *back = malloc(sizeof *back);
    assert_int_equal(agree(OFFER, &wish), SDP_SOUND);
    sdp_fragment_write(&out, &agreed, &local);
    assert_int_equal(sdp_parse_fragment(back, out.bytes, out.len), SDP_SOUND);
    assert_true(sdp_is(sdp_ice_of(back).ufrag, "65i79hri"));
    assert_int_equal(back->n_candidates, 2);
    assert_true(sdp_is(back->media[0].mid, "0"));
    buf_finish(&out);
    free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chromium_plays),
        cmocka_unit_test(sound_is_repeated_where_both_want_it),
        cmocka_unit_test(a_stream_finds_its_profile),
        cmocka_unit_test(every_codec_is_found_in_chromium),
        cmocka_unit_test(publishers_tell_their_sources),
        cmocka_unit_test(the_other_clients_are_served),
        cmocka_unit_test(our_order_of_codecs_decides),
        cmocka_unit_test(each_fault_of_an_offer_has_its_name),
        cmocka_unit_test(one_track_may_go_the_other_way),
        cmocka_unit_test(one_m_line_needs_no_group),
        cmocka_unit_test(a_refused_m_line_is_not_served),
        cmocka_unit_test(a_kind_that_is_not_wished_is_left_out),
        cmocka_unit_test(players_are_promised_what_is_sent),
        cmocka_unit_test(feedback_is_only_what_both_want),
        cmocka_unit_test(the_role_in_dtls_follows_the_offer),
        cmocka_unit_test(an_answer_has_its_lines),
        cmocka_unit_test(answers_mirror_their_offers),
        cmocka_unit_test(an_answer_names_the_source_that_repairs),
        cmocka_unit_test(stereo_is_asked_of_a_publisher),
        cmocka_unit_test(memory_that_is_out_is_told),
        cmocka_unit_test(a_fragment_has_credentials_and_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
