/* The text of MPDs. */
#include "kernel/dash/mpd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "core/mem.h"

/* 2026-11-30T05:32:29.250Z */
#define NOON INT64_C(1796016749250000)

static const struct mpd_segment video_segments[] = { { 180000, 180000 }, { 360000, 180000 }, { 540000, 181500 } };
static const struct mpd_segment audio_segments[] = { { 96000, 96256 }, { 192256, 95232 } };
static const struct mpd_representation video = {
    .id = "video",
    .codecs = "avc1.64001f",
    .bandwidth_bps = 2000000,
    .width = 1280,
    .height = 720,
    .frame_rate = 30,
    .frame_rate_scale = 1,
    .timescale = 90000,
    .presentation_time_offset = 180000,
    .init = "video-init.mp4",
    .media_before = "video-",
    .media_after = ".m4s",
    .start_number = 7,
    .segments = video_segments,
    .n_segments = ARRAY_LEN(video_segments),
};
static const struct mpd_representation audio = {
    .id = "audio",
    .codecs = "mp4a.40.2",
    .bandwidth_bps = 128000,
    .sample_rate = 48000,
    .channels = 2,
    .timescale = 48000,
    .presentation_time_offset = 96000,
    .init = "audio-init.mp4",
    .media_before = "audio-",
    .media_after = ".m4s",
    .start_number = 1,
    .segments = audio_segments,
    .n_segments = ARRAY_LEN(audio_segments),
};

/* A live stream whose first Period begins with the first segments; tests change what they are about. */
struct model {
    struct mpd_adaptation_set sets[2];
    struct mpd_representation representations[3];
    struct mpd_period         periods[2];
    struct mpd                mpd;
};

static void model_init(struct model *m)
{
    *m = (struct model){
        .representations = { video, audio },
        .sets = { { .id = 0,
                    .is_video = true,
                    .starts_with_key = true,
                    .representations = m->representations,
                    .n_representations = 1 },
                  { .id = 1,
                    .starts_with_key = true,
                    .representations = m->representations + 1,
                    .n_representations = 1 } },
        .periods = { { .id = 3, .start_us = 2000000, .sets = m->sets, .n_sets = 2 } },
        .mpd = { .wall_available_us = NOON,
                 .wall_published_us = NOON + 8017000,
                 .update_us = 2000000,
                 .depth_us = 10000000,
                 .delay_us = 6000000,
                 .min_buffer_us = 2000000,
                 .max_segment_us = 2000000,
                 .base = "livestream/",
                 .periods = m->periods,
                 .n_periods = 1 },
    };
}

static char *text_of(const struct model *m)
{
    struct buf b = buf_up_to(MPD_BYTES_MAX);
    assert_null(mpd_write(&m->mpd, &b));
    return buf_take(&b);
}

static void assert_has(const struct model *m, const char *wanted)
{
    char *text = text_of(m);
    if (!strstr(text, wanted))
        fail_msg("%s\nis not in:\n%s", wanted, text);
    mem_free(text);
}

static void assert_lacks(const struct model *m, const char *unwanted)
{
    char *text = text_of(m);
    if (strstr(text, unwanted))
        fail_msg("%s\nis in:\n%s", unwanted, text);
    mem_free(text);
}

static void a_live_stream_is_written_whole(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    m.mpd.title = "live/livestream";
    m.mpd.clocks = &(struct mpd_clock){ "urn:mpeg:dash:utc:http-iso:2014", "/dash/time" };
    m.mpd.n_clocks = 1;
    char *text = text_of(&m);
    assert_string_equal(
        text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\""
              " type=\"dynamic\" availabilityStartTime=\"2026-11-30T05:32:29.250Z\""
              " publishTime=\"2026-11-30T05:32:37.267Z\" minimumUpdatePeriod=\"PT2.000S\""
              " timeShiftBufferDepth=\"PT10.000S\" suggestedPresentationDelay=\"PT6.000S\" minBufferTime=\"PT2.000S\""
              " maxSegmentDuration=\"PT2.017S\">\n"
              "  <ProgramInformation>\n"
              "    <Title>live/livestream</Title>\n"
              "  </ProgramInformation>\n"
              "  <BaseURL>livestream/</BaseURL>\n"
              "  <Period id=\"3\" start=\"PT2.000S\">\n"
              "    <AdaptationSet id=\"0\" contentType=\"video\" mimeType=\"video/mp4\" segmentAlignment=\"true\""
              " startWithSAP=\"1\">\n"
              "      <Representation id=\"video\" bandwidth=\"2000000\" codecs=\"avc1.64001f\" width=\"1280\""
              " height=\"720\" frameRate=\"30\">\n"
              "        <SegmentTemplate timescale=\"90000\" presentationTimeOffset=\"180000\""
              " initialization=\"video-init.mp4\" media=\"video-$Number$.m4s\" startNumber=\"7\">\n"
              "          <SegmentTimeline>\n"
              "            <S t=\"180000\" d=\"180000\" r=\"1\"/>\n"
              "            <S d=\"181500\"/>\n"
              "          </SegmentTimeline>\n"
              "        </SegmentTemplate>\n"
              "      </Representation>\n"
              "    </AdaptationSet>\n"
              "    <AdaptationSet id=\"1\" contentType=\"audio\" mimeType=\"audio/mp4\" segmentAlignment=\"true\""
              " startWithSAP=\"1\">\n"
              "      <Representation id=\"audio\" bandwidth=\"128000\" codecs=\"mp4a.40.2\""
              " audioSamplingRate=\"48000\">\n"
              "        <AudioChannelConfiguration schemeIdUri=\"urn:mpeg:mpegB:cicp:ChannelConfiguration\""
              " value=\"2\"/>\n"
              "        <SegmentTemplate timescale=\"48000\" presentationTimeOffset=\"96000\""
              " initialization=\"audio-init.mp4\" media=\"audio-$Number$.m4s\" startNumber=\"1\">\n"
              "          <SegmentTimeline>\n"
              "            <S t=\"96000\" d=\"96256\"/>\n"
              "            <S d=\"95232\"/>\n"
              "          </SegmentTimeline>\n"
              "        </SegmentTemplate>\n"
              "      </Representation>\n"
              "    </AdaptationSet>\n"
              "  </Period>\n"
              "  <UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"/dash/time\"/>\n"
              "</MPD>\n");
    mem_free(text);
}

static void a_gap_has_a_time_of_its_own(void **state)
{
    static const struct mpd_segment gaps[] = { { 0, 10 }, { 10, 10 }, { 30, 10 }, { 40, 10 }, { 60, 10 }, { 70, 9 } };
    struct model                    m;
    (void)state;
    model_init(&m);
    m.representations[0].segments = gaps;
    m.representations[0].n_segments = ARRAY_LEN(gaps);
    assert_has(&m, "            <S t=\"0\" d=\"10\" r=\"1\"/>\n"
                   "            <S t=\"30\" d=\"10\" r=\"1\"/>\n"
                   "            <S t=\"60\" d=\"10\"/>\n"
                   "            <S d=\"9\"/>\n"
                   "          </SegmentTimeline>\n");
}

static void segments_that_begin_without_a_key_frame_are_not_promised(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    m.sets[0].starts_with_key = m.sets[1].starts_with_key = false;
    assert_lacks(&m, "startWithSAP");
}

static void a_stream_that_is_over_is_static(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    m.mpd.is_static = true;
    m.mpd.duration_us = 6016667;
    m.mpd.clocks = &(struct mpd_clock){ "urn:mpeg:dash:utc:http-iso:2014", "/dash/time" };
    m.mpd.n_clocks = 1;
    assert_has(&m, " type=\"static\" mediaPresentationDuration=\"PT6.016667S\" minBufferTime=\"PT2.000S\" ");
    assert_lacks(&m, "minimumUpdatePeriod");
    assert_lacks(&m, "availabilityStartTime");
    assert_lacks(&m, "timeShiftBufferDepth");
    assert_lacks(&m, "suggestedPresentationDelay");
    assert_lacks(&m, "UTCTiming");
}

static void low_latency_is_announced(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    m.mpd.latency = &(struct mpd_latency){
        .target_us = 1200000, .min_us = 500000, .max_us = 4000000, .min_rate_percent = 96, .max_rate_percent = 104
    };
    m.sets[0].available_early_us = 1800000;
    m.sets[0].produced_wall_us = NOON + 2000000;
    m.sets[0].produced_time = 180000;
    assert_has(&m, "isoff-live:2011,http://www.dashif.org/guidelines/low-latency-live-v5\" type");
    assert_has(&m, "  <ServiceDescription id=\"0\">\n"
                   "    <Latency target=\"1200\" min=\"500\" max=\"4000\"/>\n"
                   "    <PlaybackRate min=\"0.96\" max=\"1.04\"/>\n"
                   "  </ServiceDescription>\n");
    assert_has(&m, " availabilityTimeOffset=\"1.800\" availabilityTimeComplete=\"false\" initialization=\"video-init");
    assert_has(&m, "<ProducerReferenceTime id=\"0\" type=\"encoder\" wallClockTime=\"2026-11-30T05:32:31.250Z\""
                   " presentationTime=\"180000\"/>");
}

static void elements_of_a_set_stand_in_the_order_of_the_schema(void **state)
{
    static const struct mpd_protection   protection = { "cbcs",
                                                        { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255 },
                                                        "/dash/license?a=1&b" };
    static const struct mpd_event_scheme event = { "urn:scte:scte35:2013:bin", "1001" };
    struct model                         m;
    (void)state;
    model_init(&m);
    m.sets[0].lang = "en";
    m.sets[0].label = "Main <camera>";
    m.sets[0].role = "main";
    m.sets[0].cea608 = "CC1=eng";
    m.sets[0].protection = &protection;
    m.sets[0].events = &event;
    m.sets[0].n_events = 1;
    m.sets[0].produced_wall_us = NOON;
    assert_has(&m, " xmlns:cenc=\"urn:mpeg:cenc:2013\" xmlns:dashif=\"https://dashif.org/CPS\" ");
    assert_has(&m, "    <AdaptationSet id=\"0\" contentType=\"video\" mimeType=\"video/mp4\" lang=\"en\""
                   " segmentAlignment=\"true\" startWithSAP=\"1\">\n"
                   "      <ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"cbcs\""
                   " cenc:default_KID=\"00010203-0405-0607-0809-0a0b0c0d0eff\"/>\n"
                   "      <ContentProtection schemeIdUri=\"urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e\" "
                   "value=\"ClearKey1.0\">\n"
                   "        <dashif:Laurl Lic_type=\"EME-1.0\">/dash/license?a=1&amp;b</dashif:Laurl>\n"
                   "      </ContentProtection>\n"
                   "      <InbandEventStream schemeIdUri=\"urn:scte:scte35:2013:bin\" value=\"1001\"/>\n"
                   "      <Label>Main &lt;camera&gt;</Label>\n"
                   "      <ProducerReferenceTime id=\"0\" type=\"encoder\" wallClockTime=\"2026-11-30T05:32:29.250Z\""
                   " presentationTime=\"0\"/>\n"
                   "      <Accessibility schemeIdUri=\"urn:scte:dash:cc:cea-608:2015\" value=\"CC1=eng\"/>\n"
                   "      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"main\"/>\n"
                   "      <Representation ");
    assert_has(&m, "<AdaptationSet id=\"1\" contentType=\"audio\" mimeType=\"audio/mp4\" segmentAlignment");
}

static void variants_are_representations_of_one_set(void **state)
{
    static const struct mpd_segment shifted[] = { { 180000, 180000 }, { 360000, 180000 }, { 540000, 180000 } };
    struct model                    m;
    (void)state;
    model_init(&m);
    m.sets[0].n_representations = 2;
    m.sets[1].n_representations = 0;
    m.representations[1] = video;
    m.representations[1].id = "720";
    m.representations[1].n_segments = 2; /* it lags by one */
    assert_has(&m, "segmentAlignment=\"true\"");
    assert_has(&m, "<Representation id=\"720\" ");

    m.representations[1].start_number = 8; /* the second segment here is the third there */
    assert_lacks(&m, "segmentAlignment");
    m.representations[1].start_number = 7;
    m.representations[1].n_segments = 3;
    m.representations[1].segments = shifted;
    assert_lacks(&m, "segmentAlignment");
    m.representations[1].n_segments = 0; /* it is missing: it comes back by itself */
    assert_lacks(&m, "id=\"720\"");
}

static void what_has_no_segments_is_left_out(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    m.representations[1].n_segments = 0;
    assert_lacks(&m, "audio");
}

static void each_period_has_its_own_initialization(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    m.periods[1] = (struct mpd_period){ .id = 4, .start_us = 8016667, .sets = m.sets, .n_sets = 1 };
    m.sets[0].representations = m.representations + 2;
    m.representations[2] = video;
    m.representations[2].init = "video-init-2.mp4";
    m.periods[0].sets = m.sets + 1;
    m.periods[0].n_sets = 1;
    m.periods[0].duration_us = 6016667;
    m.mpd.n_periods = 2;
    assert_has(&m, "<Period id=\"3\" start=\"PT2.000S\" duration=\"PT6.016667S\">\n");
    assert_has(&m, "<Period id=\"4\" start=\"PT8.016667S\">\n");
    assert_has(&m, "initialization=\"video-init-2.mp4\"");
}

static void names_may_have_times_and_then_no_numbers(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    m.representations[0].is_by_time = true;
    m.representations[0].media_before = "video-5-";
    assert_has(&m, " media=\"video-5-$Time$.m4s\">");
    assert_has(&m, " media=\"audio-$Number$.m4s\" startNumber=\"1\">");
}

static void names_are_escaped_for_xml_and_for_urls(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    m.mpd.title = "a<b>\"&\x01\xff";
    m.mpd.base = "a b/100%&<\xc3\xa9/";
    m.representations[0].media_before = "$Time$'\"-";
    m.representations[0].init = "x?y#z:";
    m.sets[1].lang = "\"><";
    assert_has(&m, "<Title>a&lt;b&gt;&quot;&amp;\xef\xbf\xbd\xef\xbf\xbd</Title>");
    assert_has(&m, "<BaseURL>a%20b/100%25%26%3C%C3%A9/</BaseURL>");
    assert_has(&m, " media=\"%24Time%24%27%22-$Number$.m4s\" ");
    assert_has(&m, " initialization=\"x%3Fy%23z%3A\" ");
    assert_has(&m, " lang=\"&quot;&gt;&lt;\" ");
}

static void frame_rates_and_channels_have_the_forms_of_the_schema(void **state)
{
    static const struct {
        uint32_t    channels;
        const char *value;
    } rows[] = { { 1, "value=\"1\"" }, { 6, "value=\"6\"" }, { 7, "value=\"11\"" }, { 8, "value=\"12\"" } };
    struct model m;
    (void)state;
    model_init(&m);
    m.representations[0].frame_rate = 30000;
    m.representations[0].frame_rate_scale = 1001;
    assert_has(&m, " frameRate=\"30000/1001\"");
    m.representations[0].frame_rate = 50; /* as an SPS counts: fields */
    m.representations[0].frame_rate_scale = 2;
    assert_has(&m, " frameRate=\"25\"");
    m.representations[0].frame_rate_scale = 0;
    assert_lacks(&m, "frameRate");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        m.representations[1].channels = rows[i].channels;
        assert_has(&m, rows[i].value);
    }
    m.representations[1].channels = 0;
    assert_lacks(&m, "AudioChannelConfiguration");
    m.representations[1].channels = 24;
    assert_lacks(&m, "AudioChannelConfiguration");
}

static void longest_segment_counts_with_its_own_timescale(void **state)
{
    static const struct mpd_segment longer[] = { { 0, 4800001 } };
    struct model                    m;
    (void)state;
    model_init(&m);
    m.mpd.max_segment_us = 5000000;
    assert_has(&m, "maxSegmentDuration=\"PT5.000S\"");
    m.representations[1].segments = longer;
    m.representations[1].n_segments = 1;
    assert_has(&m, "maxSegmentDuration=\"PT100.001S\"");
}

static void a_text_that_does_not_fit_is_an_error(void **state)
{
    struct model m;
    struct buf   b = buf_up_to(1000);
    struct err  *e;
    (void)state;
    model_init(&m);
    e = mpd_write(&m.mpd, &b);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    buf_finish(&b);
}

static void memory_may_run_out(void **state)
{
    struct model m;
    (void)state;
    model_init(&m);
    for (int n = 0;; n++) {
        struct buf b = buf_up_to(MPD_BYTES_MAX);
        mem_fail_after(n);
        struct err *e = mpd_write(&m.mpd, &b);
        bool        failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(e != NULL, failed);
        err_free(e);
        buf_finish(&b);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_stream_is_written_whole),
        cmocka_unit_test(a_gap_has_a_time_of_its_own),
        cmocka_unit_test(segments_that_begin_without_a_key_frame_are_not_promised),
        cmocka_unit_test(a_stream_that_is_over_is_static),
        cmocka_unit_test(low_latency_is_announced),
        cmocka_unit_test(elements_of_a_set_stand_in_the_order_of_the_schema),
        cmocka_unit_test(variants_are_representations_of_one_set),
        cmocka_unit_test(what_has_no_segments_is_left_out),
        cmocka_unit_test(each_period_has_its_own_initialization),
        cmocka_unit_test(names_may_have_times_and_then_no_numbers),
        cmocka_unit_test(names_are_escaped_for_xml_and_for_urls),
        cmocka_unit_test(frame_rates_and_channels_have_the_forms_of_the_schema),
        cmocka_unit_test(longest_segment_counts_with_its_own_timescale),
        cmocka_unit_test(a_text_that_does_not_fit_is_an_error),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
