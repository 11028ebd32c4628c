/* Play a live stream to an FLV file, until it ends, or until the file has that many seconds. */
#include <errno.h>
#include <inttypes.h>
#include <srs_rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum srs_rtmp_result copy(struct srs_rtmp *c, struct srs_rtmp_flv *file, int64_t limit_ms, int64_t *n_got)
{
    struct srs_rtmp_packet p;
    int64_t                first_ms = -1;
    enum srs_rtmp_result   result;
    while ((result = srs_rtmp_read(c, &p)) == SRS_RTMP_OK) {
        if (p.type != SRS_RTMP_SCRIPT && first_ms < 0)
            first_ms = p.time_ms;
        if (first_ms >= 0 && p.time_ms - first_ms >= limit_ms)
            return SRS_RTMP_OK;
        if (srs_rtmp_flv_write(file, &p) != SRS_RTMP_OK) {
            fprintf(stderr, "write the file: %s\n", strerror(errno));
            return SRS_RTMP_FAILED;
        }
        ++*n_got;
    }
    return result == SRS_RTMP_ENDED ? SRS_RTMP_OK : result;
}

static int play(const char *url, struct srs_rtmp_flv *file, int64_t limit_ms)
{
    struct srs_rtmp     *c = srs_rtmp_create(url);
    int64_t              n_got = 0;
    enum srs_rtmp_result result = c ? srs_rtmp_connect(c) : SRS_RTMP_NO_MEMORY;
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_play(c);
    if (result == SRS_RTMP_OK)
        result = copy(c, file, limit_ms, &n_got);
    if (result != SRS_RTMP_OK)
        fprintf(stderr, "play: %s: %s\n", srs_rtmp_result_text(result), srs_rtmp_error(c));
    printf("got %" PRId64 " packets\n", n_got);
    srs_rtmp_destroy(c);
    return result == SRS_RTMP_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: %s rtmp://HOST/APP/STREAM FILE.flv [SECONDS]\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct srs_rtmp_flv *file;
    if (srs_rtmp_flv_create(&file, argv[2]) != SRS_RTMP_OK) {
        fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
        return EXIT_FAILURE;
    }
    int status = play(argv[1], file, argc == 4 ? (int64_t)(atof(argv[3]) * 1000) : INT64_MAX);
    if (srs_rtmp_flv_close(file) != SRS_RTMP_OK) {
        fprintf(stderr, "%s: not all of it was written\n", argv[2]);
        status = EXIT_FAILURE;
    }
    return status;
}
