/* Publish an FLV file to an RTMP server at the pace of its times. */
#include <errno.h>
#include <inttypes.h>
#include <srs_rtmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Wait until it is time for a packet; the first one sets the clock. */
static void wait_for(const struct srs_rtmp_packet *p, int64_t *zero_ms)
{
    if (*zero_ms < 0)
        *zero_ms = now_ms() - p->time_ms;
    int64_t left_ms = *zero_ms + p->time_ms - now_ms();
    if (left_ms > 0)
        nanosleep(&(struct timespec){ left_ms / 1000, left_ms % 1000 * 1000000 }, NULL);
}

static enum srs_rtmp_result send_all(struct srs_rtmp *c, struct srs_rtmp_flv *file, int64_t *n_sent)
{
    struct srs_rtmp_packet p;
    int64_t                zero_ms = -1;
    enum srs_rtmp_result   result;
    while ((result = srs_rtmp_flv_read(file, &p)) == SRS_RTMP_OK) {
        if (p.type != SRS_RTMP_SCRIPT)
            wait_for(&p, &zero_ms);
        if ((result = srs_rtmp_write(c, &p)) != SRS_RTMP_OK)
            return result;
        ++*n_sent;
    }
    return result == SRS_RTMP_ENDED ? srs_rtmp_close(c) : result;
}

static int publish(struct srs_rtmp_flv *file, const char *url)
{
    struct srs_rtmp     *c = srs_rtmp_create(url);
    int64_t              n_sent = 0;
    enum srs_rtmp_result result = c ? srs_rtmp_connect(c) : SRS_RTMP_NO_MEMORY;
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_publish(c);
    if (result == SRS_RTMP_OK)
        result = send_all(c, file, &n_sent);
    if (result != SRS_RTMP_OK)
        fprintf(stderr, "publish: %s: %s\n", srs_rtmp_result_text(result), srs_rtmp_error(c));
    printf("sent %" PRId64 " packets\n", n_sent);
    srs_rtmp_destroy(c);
    return result == SRS_RTMP_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s FILE.flv rtmp://HOST/APP/STREAM\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct srs_rtmp_flv *file;
    enum srs_rtmp_result result = srs_rtmp_flv_open(&file, argv[1]);
    if (result != SRS_RTMP_OK) {
        fprintf(stderr, "%s: %s\n", argv[1],
                result == SRS_RTMP_FAILED ? strerror(errno) : srs_rtmp_result_text(result));
        return EXIT_FAILURE;
    }
    int status = publish(file, argv[2]);
    srs_rtmp_flv_close(file);
    return status;
}
