#include "kernel/flv_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char    *what;
    uint8_t        bytes[32];
    size_t         len;
    enum flv_parse result;
    uint8_t        codec, packet;
    size_t         media_offset, media_len;
    int32_t        cts_ms;
    uint32_t       offset_ns;
    uint8_t        track;
};

/* clang-format off */
static const struct row video_rows[] = {
    /* classic */
    { "AVC config", { 0x17, 0, 0, 0, 0, 1, 0x64 }, 7, FLV_PARSE_OK, CODEC_H264, FLV_PACKET_CONFIG, 5, 2, 0, 0, 0 },
    { "AVC key, cts 80", { 0x17, 1, 0, 0, 80, 9, 9 }, 7, FLV_PARSE_OK, CODEC_H264, FLV_PACKET_CODED, 5, 2, 80, 0, 0 },
    { "AVC, cts -40", { 0x27, 1, 0xFF, 0xFF, 0xD8, 9 }, 6, FLV_PARSE_OK, CODEC_H264, FLV_PACKET_CODED, 5, 1, -40, 0, 0 },
    { "AVC end", { 0x17, 2, 0, 0, 0 }, 5, FLV_PARSE_OK, CODEC_H264, FLV_PACKET_END, 5, 0, 0, 0, 0 },
    { "AVC end in two bytes", { 0x17, 2 }, 2, FLV_PARSE_OK, CODEC_H264, FLV_PACKET_END, 2, 0, 0, 0, 0 },
    { "AVC without NALUs", { 0x27, 1, 0, 0, 0 }, 5, FLV_PARSE_OK, CODEC_H264, FLV_PACKET_CODED, 5, 0, 0, 0, 0 },
    { "AVC empty config", { 0x17, 0, 0, 0, 0 }, 5, FLV_PARSE_IGNORE, CODEC_H264, FLV_PACKET_CONFIG, 5, 0, 0, 0, 0 },
    { "AVC packet type 3", { 0x17, 3, 0, 0, 0, 1 }, 6, FLV_PARSE_BAD, CODEC_H264, FLV_PACKET_CODED, 6, 0, 0, 0, 0 },
    { "AVC cut", { 0x17, 1, 0 }, 3, FLV_PARSE_BAD, CODEC_NONE, FLV_PACKET_CODED, 3, 0, 0, 0, 0 },
    { "HEVC by id 12", { 0x1C, 0, 0, 0, 0, 1 }, 6, FLV_PARSE_OK, CODEC_HEVC, FLV_PACKET_CONFIG, 5, 1, 0, 0, 0 },
    { "AV1 by id 13", { 0x1D, 1, 0, 0, 0, 0x12 }, 6, FLV_PARSE_OK, CODEC_AV1, FLV_PACKET_CODED, 5, 1, 0, 0, 0 },
    { "H.263", { 0x22, 9 }, 2, FLV_PARSE_OK, CODEC_H263, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "screen", { 0x13, 9 }, 2, FLV_PARSE_OK, CODEC_SCREEN, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "screen 2", { 0x16, 9 }, 2, FLV_PARSE_OK, CODEC_SCREEN, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "VP6", { 0x14, 9 }, 2, FLV_PARSE_OK, CODEC_VP6, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "VP6A", { 0x15, 9 }, 2, FLV_PARSE_OK, CODEC_VP6, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "unknown id 9", { 0x19, 9 }, 2, FLV_PARSE_BAD, CODEC_OTHER, FLV_PACKET_NOTHING, 2, 0, 0, 0, 0 },
    { "seek command", { 0x57, 0 }, 2, FLV_PARSE_IGNORE, CODEC_NONE, FLV_PACKET_COMMAND, 2, 0, 0, 0, 0 },
    { "nothing", { 0 }, 0, FLV_PARSE_IGNORE, CODEC_NONE, FLV_PACKET_NOTHING, 0, 0, 0, 0, 0 },
    /* enhanced: 0x80 | FrameType << 4 | VideoPacketType, FourCC */
    { "hvc1 start", { 0x90, 'h', 'v', 'c', '1', 1, 1 }, 7, FLV_PARSE_OK, CODEC_HEVC, FLV_PACKET_CONFIG, 5, 2, 0, 0, 0 },
    { "hvc1 frames, cts", { 0x91, 'h', 'v', 'c', '1', 0, 0, 40, 9 }, 9, FLV_PARSE_OK, CODEC_HEVC, FLV_PACKET_CODED, 8, 1,
      40, 0, 0 },
    { "hvc1 framesX", { 0xA3, 'h', 'v', 'c', '1', 9 }, 6, FLV_PARSE_OK, CODEC_HEVC, FLV_PACKET_CODED, 5, 1, 0, 0, 0 },
    { "hvc1 end", { 0x92, 'h', 'v', 'c', '1' }, 5, FLV_PARSE_OK, CODEC_HEVC, FLV_PACKET_END, 5, 0, 0, 0, 0 },
    { "avc1 frames, cts", { 0x91, 'a', 'v', 'c', '1', 0, 0, 80, 9 }, 9, FLV_PARSE_OK, CODEC_H264, FLV_PACKET_CODED, 8, 1,
      80, 0, 0 },
    { "av01 frames have no cts", { 0x91, 'a', 'v', '0', '1', 0x12, 0 }, 7, FLV_PARSE_OK, CODEC_AV1, FLV_PACKET_CODED, 5, 2,
      0, 0, 0 },
    { "av01 MPEG-TS start", { 0x95, 'a', 'v', '0', '1', 0x80, 4 }, 7, FLV_PARSE_OK, CODEC_AV1, FLV_PACKET_CONFIG, 5, 2, 0,
      0, 0 },
    { "vp09 start", { 0x90, 'v', 'p', '0', '9', 1 }, 6, FLV_PARSE_OK, CODEC_VP9, FLV_PACKET_CONFIG, 5, 1, 0, 0, 0 },
    { "vp08 frames", { 0x91, 'v', 'p', '0', '8', 1 }, 6, FLV_PARSE_OK, CODEC_VP8, FLV_PACKET_CODED, 5, 1, 0, 0, 0 },
    { "HDR metadata", { 0xD4, 'h', 'v', 'c', '1', 2, 0, 0 }, 8, FLV_PARSE_OK, CODEC_HEVC, FLV_PACKET_METADATA, 8, 0, 0, 0,
      0 },
    { "enhanced seek command", { 0xD1, 1 }, 2, FLV_PARSE_IGNORE, CODEC_NONE, FLV_PACKET_COMMAND, 2, 0, 0, 0, 0 },
    { "unknown FourCC", { 0x90, 'v', 'v', 'c', '1', 1 }, 6, FLV_PARSE_BAD, CODEC_OTHER, FLV_PACKET_NOTHING, 6, 0, 0, 0,
      0 },
    { "reserved packet type", { 0x98, 'h', 'v', 'c', '1', 1 }, 6, FLV_PARSE_BAD, CODEC_HEVC, FLV_PACKET_NOTHING, 6, 0, 0,
      0, 0 },
    /* ModEx: size - 1, the data, ModExType << 4 | the packet type that follows */
    { "nanoseconds", { 0x97, 2, 0x07, 0xA1, 0x20, 0x03, 'a', 'v', 'c', '1', 9 }, 11, FLV_PARSE_OK, CODEC_H264,
      FLV_PACKET_CODED, 10, 1, 0, 500000, 0 },
    { "two ModEx, one unknown", { 0x97, 0, 0xFF, 0x17, 2, 0, 0, 100, 0x03, 'a', 'v', 'c', '1', 9 }, 14, FLV_PARSE_OK,
      CODEC_H264, FLV_PACKET_CODED, 13, 1, 0, 100, 0 },
    { "a millisecond of nanoseconds is none", { 0x97, 2, 0x0F, 0x42, 0x40, 0x03, 'a', 'v', 'c', '1', 9 }, 11, FLV_PARSE_OK,
      CODEC_H264, FLV_PACKET_CODED, 10, 1, 0, 0, 0 },
    { "ModEx without end", { 0x97, 0, 0, 0x07, 0, 0, 0x07, 0, 0, 0x07 }, 10, FLV_PARSE_BAD, CODEC_NONE, FLV_PACKET_NOTHING,
      10, 0, 0, 0, 0 },
    { "ModEx of 64 KiB, cut", { 0x97, 0xFF, 0xFF, 0xFF, 1 }, 5, FLV_PARSE_BAD, CODEC_NONE, FLV_PACKET_NOTHING, 5, 0, 0, 0,
      0 },
    /* multitrack: MultitrackType << 4 | packet type, [FourCC], track id, [size] */
    { "one track", { 0x96, 0x00, 'a', 'v', 'c', '1', 3, 1, 0x64 }, 9, FLV_PARSE_OK, CODEC_H264, FLV_PACKET_CONFIG, 7, 2, 0,
      0, 3 },
    { "many tracks", { 0x96, 0x13, 'a', 'v', 'c', '1', 1, 0, 0, 2, 7, 7, 2, 0, 0, 1, 8 }, 17, FLV_PARSE_OK, CODEC_H264,
      FLV_PACKET_CODED, 10, 2, 0, 0, 1 },
    { "many codecs", { 0x96, 0x21, 'h', 'v', 'c', '1', 0, 0, 0, 4, 0, 0, 40, 7, 'a', 'v', '0', '1', 2, 0, 0, 1, 8 }, 23,
      FLV_PARSE_OK, CODEC_HEVC, FLV_PACKET_CODED, 13, 1, 40, 0, 0 },
    { "a track longer than the body", { 0x96, 0x13, 'a', 'v', 'c', '1', 1, 0, 0, 3, 7, 7 }, 12, FLV_PARSE_BAD, CODEC_NONE,
      FLV_PACKET_NOTHING, 12, 0, 0, 0, 1 },
    { "multitrack in multitrack", { 0x96, 0x06, 'a', 'v', 'c', '1', 1, 7 }, 8, FLV_PARSE_BAD, CODEC_NONE,
      FLV_PACKET_NOTHING, 8, 0, 0, 0, 0 },
    { "reserved multitrack type", { 0x96, 0x31, 'a', 'v', 'c', '1', 1, 7 }, 8, FLV_PARSE_BAD, CODEC_NONE,
      FLV_PACKET_NOTHING, 8, 0, 0, 0, 0 },
};
/* clang-format on */

/* clang-format off */
static const struct row audio_rows[] = {
    { "AAC config", { 0xAF, 0, 0x11, 0x88 }, 4, FLV_PARSE_OK, CODEC_AAC, FLV_PACKET_CONFIG, 2, 2, 0, 0, 0 },
    { "AAC raw", { 0xAF, 1, 0xDE }, 3, FLV_PARSE_OK, CODEC_AAC, FLV_PACKET_CODED, 2, 1, 0, 0, 0 },
    { "AAC empty config", { 0xAF, 0 }, 2, FLV_PARSE_IGNORE, CODEC_AAC, FLV_PACKET_CONFIG, 2, 0, 0, 0, 0 },
    { "AAC cut", { 0xAF }, 1, FLV_PARSE_BAD, CODEC_NONE, FLV_PACKET_CODED, 1, 0, 0, 0, 0 },
    { "AAC packet type 2", { 0xAF, 2, 1 }, 3, FLV_PARSE_BAD, CODEC_AAC, FLV_PACKET_CODED, 3, 0, 0, 0, 0 },
    { "MP3", { 0x2E, 0xFF, 0xFB }, 3, FLV_PARSE_OK, CODEC_MP3, FLV_PACKET_CODED, 1, 2, 0, 0, 0 },
    { "MP3 8 kHz", { 0xE2, 0xFF }, 2, FLV_PARSE_OK, CODEC_MP3, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "A-law", { 0x72, 0xC7 }, 2, FLV_PARSE_OK, CODEC_PCMA, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "mu-law", { 0x82, 0xC7 }, 2, FLV_PARSE_OK, CODEC_PCMU, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "Speex", { 0xB6, 1 }, 2, FLV_PARSE_OK, CODEC_SPEEX, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "Nellymoser", { 0x62, 1 }, 2, FLV_PARSE_OK, CODEC_NELLYMOSER, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "PCM", { 0x3F, 1 }, 2, FLV_PARSE_OK, CODEC_PCM, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "ADPCM", { 0x1F, 1 }, 2, FLV_PARSE_OK, CODEC_OTHER, FLV_PACKET_CODED, 1, 1, 0, 0, 0 },
    { "reserved 12", { 0xCF, 1 }, 2, FLV_PARSE_BAD, CODEC_OTHER, FLV_PACKET_NOTHING, 2, 0, 0, 0, 0 },
    { "silence", { 0 }, 0, FLV_PARSE_IGNORE, CODEC_NONE, FLV_PACKET_NOTHING, 0, 0, 0, 0, 0 },
    /* enhanced: 9 << 4 | AudioPacketType, FourCC */
    { "Opus start", { 0x90, 'O', 'p', 'u', 's', 'O', 'p' }, 7, FLV_PARSE_OK, CODEC_OPUS, FLV_PACKET_CONFIG, 5, 2, 0, 0,
      0 },
    { "Opus start, empty", { 0x90, 'O', 'p', 'u', 's' }, 5, FLV_PARSE_OK, CODEC_OPUS, FLV_PACKET_CONFIG, 5, 0, 0, 0, 0 },
    { "Opus frames", { 0x91, 'O', 'p', 'u', 's', 0xFC }, 6, FLV_PARSE_OK, CODEC_OPUS, FLV_PACKET_CODED, 5, 1, 0, 0, 0 },
    { "fLaC start", { 0x90, 'f', 'L', 'a', 'C', 'f' }, 6, FLV_PARSE_OK, CODEC_FLAC, FLV_PACKET_CONFIG, 5, 1, 0, 0, 0 },
    { "mp4a start", { 0x90, 'm', 'p', '4', 'a', 0x11 }, 6, FLV_PARSE_OK, CODEC_AAC, FLV_PACKET_CONFIG, 5, 1, 0, 0, 0 },
    { ".mp3 frames", { 0x91, '.', 'm', 'p', '3', 0xFF }, 6, FLV_PARSE_OK, CODEC_MP3, FLV_PACKET_CODED, 5, 1, 0, 0, 0 },
    { "ac-3 frames", { 0x91, 'a', 'c', '-', '3', 0x0B }, 6, FLV_PARSE_OK, CODEC_AC3, FLV_PACKET_CODED, 5, 1, 0, 0, 0 },
    { "ec-3 frames", { 0x91, 'e', 'c', '-', '3', 0x0B }, 6, FLV_PARSE_OK, CODEC_EAC3, FLV_PACKET_CODED, 5, 1, 0, 0, 0 },
    { "end", { 0x92, 'O', 'p', 'u', 's' }, 5, FLV_PARSE_OK, CODEC_OPUS, FLV_PACKET_END, 5, 0, 0, 0, 0 },
    { "channels", { 0x94, 'O', 'p', 'u', 's', 1, 2, 0, 0, 0, 3 }, 11, FLV_PARSE_OK, CODEC_OPUS, FLV_PACKET_CHANNELS, 11, 0,
      0, 0, 0 },
    { "nanoseconds", { 0x97, 2, 0, 0, 9, 0x01, 'O', 'p', 'u', 's', 0xFC }, 11, FLV_PARSE_OK, CODEC_OPUS, FLV_PACKET_CODED,
      10, 1, 0, 9, 0 },
    { "one track", { 0x95, 0x01, 'm', 'p', '4', 'a', 2, 7 }, 8, FLV_PARSE_OK, CODEC_AAC, FLV_PACKET_CODED, 7, 1, 0, 0, 2 },
    { "many tracks", { 0x95, 0x11, 'm', 'p', '4', 'a', 2, 0, 0, 1, 7, 3, 0, 0, 1, 8 }, 16, FLV_PARSE_OK, CODEC_AAC,
      FLV_PACKET_CODED, 10, 1, 0, 0, 2 },
    { "reserved packet type", { 0x93, 'm', 'p', '4', 'a', 7 }, 6, FLV_PARSE_BAD, CODEC_AAC, FLV_PACKET_NOTHING, 6, 0, 0, 0,
      0 },
    { "unknown FourCC", { 0x91, 'd', 't', 's', 'c', 7 }, 6, FLV_PARSE_BAD, CODEC_OTHER, FLV_PACKET_NOTHING, 6, 0, 0, 0, 0 },
};
/* clang-format on */

static void check(const struct row *row, bool video)
{
    struct flv_body body;
    uint8_t        *bytes = malloc(row->len + 1); /* an exact size, so that the sanitizer finds a read past the end */
    memcpy(bytes, row->bytes, row->len);
    enum flv_parse result =
        video ? flv_body_parse_video(bytes, row->len, &body) : flv_body_parse_audio(bytes, row->len, &body);
    if (result != row->result || body.codec != row->codec || body.media_offset != row->media_offset ||
        body.media_len != row->media_len)
        print_message("row: %s\n", row->what);
    assert_int_equal(result, row->result);
    assert_int_equal(body.codec, row->codec);
    assert_int_equal(body.media_offset, row->media_offset);
    assert_int_equal(body.media_len, row->media_len);
    if (result != FLV_PARSE_BAD) {
        assert_int_equal(body.packet, row->packet);
        assert_int_equal(body.cts_ms, row->cts_ms);
        assert_int_equal(body.offset_ns, row->offset_ns);
        assert_int_equal(body.track, row->track);
    }
    for (size_t cut = 0; cut < row->len; cut++) { /* no read goes past a cut, and no result points there */
        uint8_t *part = malloc(cut + 1);
        memcpy(part, bytes, cut);
        result = video ? flv_body_parse_video(part, cut, &body) : flv_body_parse_audio(part, cut, &body);
        assert_true(body.media_offset + body.media_len <= cut);
        if (body.packet == FLV_PACKET_CODED && body.media_len)
            assert_int_equal(result, FLV_PARSE_OK);
        free(part);
    }
    free(bytes);
}

static void reads_every_kind_of_video(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(video_rows); i++)
        check(&video_rows[i], true);
}

static void reads_every_kind_of_audio(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(audio_rows); i++)
        check(&audio_rows[i], false);
}

static void tells_whether_other_tracks_follow(void **state)
{
    (void)state;
    static const uint8_t two[] = { 0x95, 0x11, 'm', 'p', '4', 'a', 2, 0, 0, 1, 7, 3, 0, 0, 1, 8 };
    struct flv_body      body;
    flv_body_parse_audio(two, sizeof two, &body);
    assert_true(body.multitrack && body.more_tracks);
    flv_body_parse_audio(two, 11, &body);
    assert_true(body.multitrack && !body.more_tracks);
}

static void reads_the_classic_sound_bits(void **state)
{
    (void)state;
    static const struct {
        uint8_t  first;
        uint32_t rate;
        uint8_t  bits, channels;
    } rows[] = {
        { 0x2E, 44100, 16, 1 }, { 0x22, 5512, 16, 1 },  { 0x27, 11025, 16, 2 }, { 0x29, 22050, 8, 2 },
        { 0x72, 8000, 16, 1 },  { 0xB6, 16000, 16, 1 }, { 0xE2, 8000, 16, 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct flv_body body;
        uint8_t         bytes[] = { rows[i].first, 0 };
        assert_int_equal(flv_body_parse_audio(bytes, sizeof bytes, &body), FLV_PARSE_OK);
        assert_int_equal(body.sample_rate, rows[i].rate);
        assert_int_equal(body.sample_bits, rows[i].bits);
        assert_int_equal(body.channels, rows[i].channels);
    }
}

static void names_a_codec_for_the_log(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        uint8_t     bytes[6];
        bool        video;
        const char *text;
    } rows[] = {
        { { 0x17, 0 }, true, "AVC (7)" },
        { { 0x19, 0 }, true, "codec 9" },
        { { 0x90, 'v', 'v', 'c', '1', 0 }, true, "vvc1" },
        { { 0x90, 'h', 0x01, 'c', '1', 0 }, true, "h\\x01c1" },
        { { 0xAF, 1 }, false, "AAC (10)" },
        { { 0xCF, 1 }, false, "codec 12" },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct flv_body body;
        char            text[32];
        if (rows[i].video)
            flv_body_parse_video(rows[i].bytes, sizeof rows[i].bytes, &body);
        else
            flv_body_parse_audio(rows[i].bytes, sizeof rows[i].bytes, &body);
        assert_string_equal(flv_body_codec_text(&body, rows[i].video, text, sizeof text), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_video),         cmocka_unit_test(reads_every_kind_of_audio),
        cmocka_unit_test(tells_whether_other_tracks_follow), cmocka_unit_test(reads_the_classic_sound_bits),
        cmocka_unit_test(names_a_codec_for_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
