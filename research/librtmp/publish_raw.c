/*
 * Publish what encoders make: a file of H.264 with start codes, without B-frames, and a file of AAC in ADTS, both from their
 * beginning, at the pace of the pictures.
 */
#include <errno.h>
#include <inttypes.h>
#include <srs_rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A file in memory, and how much of it has been sent. */
struct input {
    uint8_t *bytes;
    size_t   len, at;
    double   time_ms; /* of the next frame */
};

static int load(struct input *in, const char *path)
{
    FILE *f = fopen(path, "rb");
    long  len = -1;
    *in = (struct input){ 0 };
    if (f && fseek(f, 0, SEEK_END) == 0)
        len = ftell(f);
    if (len > 0 && (in->bytes = malloc((size_t)len))) {
        rewind(f);
        in->len = fread(in->bytes, 1, (size_t)len, f);
    }
    if (f)
        fclose(f);
    return in->len > 0;
}

/* ---- H.264: access units ---- */

/* The place of the next start code (Annex B) from `at` on, or the end. */
static size_t find_start(const struct input *in, size_t at)
{
    static const uint8_t code[] = { 0, 0, 1 };
    const uint8_t       *found = at < in->len ? memmem(in->bytes + at, in->len - at, code, sizeof code) : NULL;
    return found ? (size_t)(found - in->bytes) : in->len;
}

/* ITU-T H.264 7.4.1.2.3: what follows the slices of a picture and begins the next access unit. */
static int begins_unit(const uint8_t *nalu, size_t len)
{
    unsigned type = nalu[0] & 0x1f;
    int      is_slice = type >= 1 && type <= 5;
    return is_slice ? len > 1 && nalu[1] & 0x80
                    : type >= 6 && type <= 9; /* first_mb_in_slice 0; SEI, SPS, PPS, delimiter */
}

/* The length of the access unit that begins at in->at. */
static size_t unit_len(const struct input *in)
{
    int has_slice = 0;
    for (size_t at = find_start(in, in->at); at + 3 < in->len; at = find_start(in, at + 3)) {
        unsigned type = in->bytes[at + 3] & 0x1f;
        if (has_slice && begins_unit(in->bytes + at + 3, in->len - at - 3))
            return at - in->at;
        has_slice |= type >= 1 && type <= 5;
    }
    return in->len - in->at;
}

/* ---- AAC: frames in ADTS ---- */

/* ISO/IEC 14496-3 1.A.2.2: the length of the frame at in->at, and its duration; 0: it is none. */
static size_t adts_len(const struct input *in, double *duration_ms)
{
    static const int rates[] = {
        96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350
    };
    const uint8_t *p = in->bytes + in->at;
    if (in->len - in->at < 7 || p[0] != 0xff || (p[1] & 0xf6) != 0xf0 || (p[2] >> 2 & 15) > 12)
        return 0;
    size_t len = (size_t)(p[3] & 3) << 11 | (size_t)p[4] << 3 | p[5] >> 5;
    *duration_ms = 1024 * 1000.0 / rates[p[2] >> 2 & 15];
    return len <= in->len - in->at ? len : 0;
}

/* ---- sending ---- */

static enum srs_rtmp_result send_next(struct srs_rtmp *c, struct input *in, enum srs_rtmp_codec codec, size_t len,
                                      double duration_ms)
{
    int64_t              ms = (int64_t)in->time_ms;
    enum srs_rtmp_result result = srs_rtmp_write_frame(c, codec, ms, ms, in->bytes + in->at, len);
    in->at += len;
    in->time_ms += duration_ms;
    return result;
}

static void wait_until(const struct timespec *zero, double ms)
{
    int64_t         ns = zero->tv_nsec + (int64_t)(ms * 1e6);
    struct timespec at = { zero->tv_sec + (time_t)(ns / 1000000000), ns % 1000000000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* Send both files, whose next frame is due first. */
static enum srs_rtmp_result send_all(struct srs_rtmp *c, struct input *video, struct input *audio, double fps)
{
    struct timespec      zero;
    enum srs_rtmp_result result = SRS_RTMP_OK;
    clock_gettime(CLOCK_MONOTONIC, &zero);
    while (result == SRS_RTMP_OK && (video->at < video->len || audio->at < audio->len)) {
        double duration_ms = 1000 / fps;
        if (audio->at == audio->len || (video->at < video->len && video->time_ms <= audio->time_ms)) {
            wait_until(&zero, video->time_ms);
            result = send_next(c, video, SRS_RTMP_H264, unit_len(video), duration_ms);
        } else {
            size_t len = adts_len(audio, &duration_ms);
            if (!len)
                return SRS_RTMP_BAD_DATA;
            result = send_next(c, audio, SRS_RTMP_AAC, len, duration_ms);
        }
    }
    return result ? result : srs_rtmp_close(c);
}

int main(int argc, char **argv)
{
    struct input video = { 0 }, audio = { 0 };
    double       fps = argc == 5 ? atof(argv[3]) : 0;
    if (argc != 5 || fps <= 0) {
        fprintf(stderr, "usage: %s FILE.h264 FILE.aac PICTURES-PER-SECOND rtmp://HOST/APP/STREAM\n", argv[0]);
        return EXIT_FAILURE;
    }
    if (!load(&video, argv[1]) || !load(&audio, argv[2])) {
        fprintf(stderr, "the files cannot be read: %s\n", strerror(errno));
        free(video.bytes);
        return EXIT_FAILURE;
    }
    struct srs_rtmp     *c = srs_rtmp_create(argv[4]);
    enum srs_rtmp_result result = c ? srs_rtmp_connect(c) : SRS_RTMP_NO_MEMORY;
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_publish(c);
    if (result == SRS_RTMP_OK)
        result = send_all(c, &video, &audio, fps);
    if (result != SRS_RTMP_OK)
        fprintf(stderr, "publish_raw: %s: %s\n", srs_rtmp_result_text(result), srs_rtmp_error(c));
    srs_rtmp_destroy(c);
    free(video.bytes);
    free(audio.bytes);
    return result == SRS_RTMP_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
