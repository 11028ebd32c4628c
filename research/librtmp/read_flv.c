/* Print the packets of an FLV file, one a line. */
#include <errno.h>
#include <inttypes.h>
#include <srs_rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_media(const struct srs_rtmp_packet *p)
{
    struct srs_rtmp_media m;
    if (srs_rtmp_describe(p, &m) != SRS_RTMP_OK) {
        printf(" malformed, or an unknown codec");
        return;
    }
    printf(" %s%s%s", m.codec, m.is_config ? " config" : "", m.is_key ? " key" : "");
    if (m.cts_ms)
        printf(" cts=%" PRId32, m.cts_ms);
}

static void print_script(const struct srs_rtmp_packet *p)
{
    static const char *const names[] = { "width", "height", "framerate", "duration", "videodatarate", "audiodatarate" };
    char                     encoder[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double number;
        if (srs_rtmp_metadata_number(p, names[i], &number) == SRS_RTMP_OK)
            printf(" %s=%.10g", names[i], number);
    }
    if (srs_rtmp_metadata_text(p, "encoder", encoder, sizeof encoder) == SRS_RTMP_OK)
        printf(" encoder=%s", encoder);
}

static void print_packet(const struct srs_rtmp_packet *p)
{
    const char *type = p->type == SRS_RTMP_AUDIO ? "audio" : p->type == SRS_RTMP_VIDEO ? "video" : "script";
    printf("%-6s time=%" PRIu32 " bytes=%zu", type, p->time_ms, p->len);
    if (p->type == SRS_RTMP_SCRIPT)
        print_script(p);
    else
        print_media(p);
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE.flv\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct srs_rtmp_flv   *file;
    struct srs_rtmp_packet p;
    enum srs_rtmp_result   result = srs_rtmp_flv_open(&file, argv[1]);
    while (result == SRS_RTMP_OK && (result = srs_rtmp_flv_read(file, &p)) == SRS_RTMP_OK)
        print_packet(&p);
    if (result != SRS_RTMP_ENDED)
        fprintf(stderr, "%s: %s\n", argv[1],
                result == SRS_RTMP_FAILED ? strerror(errno) : srs_rtmp_result_text(result));
    srs_rtmp_flv_close(file);
    return result == SRS_RTMP_ENDED ? EXIT_SUCCESS : EXIT_FAILURE;
}
