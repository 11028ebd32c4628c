/* Offers of a client: what a server of our own agrees to, and what the client reads in its answer. */
#include "protocol/rtc/sdp_offer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sdp_local local = {
    .session = 7,
    .app = "live",
    .stream = "s",
    .ufrag = "abcdefgh",
    .pwd = "abcdefghabcdefghabcdefgh",
    .fingerprint =
        "sha-256 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99",
    .cname = "cname",
};

static const struct sdp_wish sending = {
    .is_play = true,
    .n_video = 1,
    .video = { CODEC_H264 },
    .n_audio = 1,
    .audio = { CODEC_OPUS },
    .h264_profile = 0x640028,
    .nack = true,
    .twcc = true,
    .dtls_active = true,
    .ssrc_audio = 1,
    .ssrc_audio_rtx = 2,
    .ssrc_video = 3,
    .ssrc_video_rtx = 4,
};

static const struct sdp_wish taking = {
    .n_video = 5,
    .video = { CODEC_H264, CODEC_HEVC, CODEC_AV1, CODEC_VP9, CODEC_VP8 },
    .n_audio = 3,
    .audio = { CODEC_OPUS, CODEC_PCMA, CODEC_PCMU },
    .nack = true,
    .twcc = true,
    .dtls_active = true,
};

/* What both sides come to: `server` from the offer, `client` from the answer. */
struct both {
    struct sdp           offer, answer;
    struct buf           offered, answered;
    struct rtc_agreement server, client;
};

static struct both *negotiate(const struct sdp_wish *client, const struct sdp_wish *server)
{
    struct both *b = calloc(1, sizeof *b);
    b->offered = buf_up_to(SDP_OFFER_BYTES_MAX);
    b->answered = buf_up_to(SDP_ANSWER_BYTES_MAX);
    sdp_offer_write(&b->offered, client, &local);
    assert_int_equal(b->offered.fault, 0);
    assert_int_equal(sdp_parse(&b->offer, b->offered.bytes, b->offered.len), SDP_SOUND);
    assert_int_equal(sdp_agree(&b->offer, server, &b->server), SDP_SOUND);
    sdp_answer_write(&b->answered, &b->offer, &b->server, &local);
    assert_int_equal(sdp_parse(&b->answer, b->answered.bytes, b->answered.len), SDP_SOUND);
    assert_int_equal(sdp_agree(&b->answer, client, &b->client), SDP_SOUND);
    return b;
}

static void both_free(struct both *b)
{
    buf_finish(&b->offered);
    buf_finish(&b->answered);
    free(b);
}

static void agree_on(const struct both *b, enum frame_kind kind, enum codec codec)
{
    const struct rtc_track_agreed *here = rtc_agreed_track(&b->client, kind),
                                  *there = rtc_agreed_track(&b->server, kind);
    assert_non_null(here);
    assert_non_null(there);
    assert_int_equal(here->codec, codec);
    assert_int_equal(there->codec, codec);
    assert_int_equal(here->pt, there->pt);
    assert_int_equal(here->rtx_pt, there->rtx_pt);
    assert_int_equal(here->ssrc, there->ssrc);
    assert_int_equal(here->ext_mid, there->ext_mid);
    assert_int_equal(here->ext_twcc, there->ext_twcc);
    assert_true(here->twcc && there->twcc);
}

static void what_is_pushed_is_agreed_on_by_both(void **state)
{
    (void)state;
    struct sdp_wish server = taking;
    server.dtls_active = false;
    struct both *b = negotiate(&sending, &server);
    agree_on(b, FRAME_VIDEO, CODEC_H264);
    agree_on(b, FRAME_AUDIO, CODEC_OPUS);
    const struct rtc_track_agreed *v = rtc_agreed_track(&b->client, FRAME_VIDEO);
    assert_true(v->ssrc == 3 && v->rtx_ssrc == 4 && v->rtx_pt && v->nack && v->pli);
    assert_int_equal(v->h264_mode, 1);
    assert_true(b->client.dtls_active && !b->server.dtls_active);
    assert_string_equal(b->client.remote_ufrag, local.ufrag);
    both_free(b);
}

static void the_server_may_be_the_active_side(void **state)
{
    (void)state;
    struct both *b = negotiate(&sending, &taking);
    assert_true(!b->client.dtls_active && b->server.dtls_active);
    both_free(b);
}

static void each_codec_may_be_pulled(void **state)
{
    (void)state;
    for (size_t i = 0; i < taking.n_video; i++) {
        struct sdp_wish server = sending;
        server.video[0] = taking.video[i];
        server.audio[0] = taking.audio[i % taking.n_audio];
        struct both *b = negotiate(&taking, &server);
        agree_on(b, FRAME_VIDEO, taking.video[i]);
        agree_on(b, FRAME_AUDIO, taking.audio[i % taking.n_audio]);
        both_free(b);
    }
}

static void a_profile_that_is_not_common_has_a_common_one_beside_it(void **state)
{
    (void)state;
    struct both *b = negotiate(&sending, &taking);
    assert_non_null(strstr(b->offered.bytes, "profile-level-id=640028"));
    assert_non_null(strstr(b->offered.bytes, "profile-level-id=42e01f"));
    both_free(b);
}

static void one_kind_alone_is_the_first_line(void **state)
{
    (void)state;
    struct sdp_wish pictures = sending;
    pictures.n_audio = 0;
    struct both *b = negotiate(&pictures, &taking);
    assert_null(strstr(b->offered.bytes, "m=audio"));
    assert_null(rtc_agreed_track(&b->client, FRAME_AUDIO));
    agree_on(b, FRAME_VIDEO, CODEC_H264);
    both_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_pushed_is_agreed_on_by_both),
        cmocka_unit_test(the_server_may_be_the_active_side),
        cmocka_unit_test(each_codec_may_be_pulled),
        cmocka_unit_test(a_profile_that_is_not_common_has_a_common_one_beside_it),
        cmocka_unit_test(one_kind_alone_is_the_first_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
