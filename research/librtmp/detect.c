/* Say whether a live stream is there, and what is in it: exit status 0 if it has sound or pictures. */
#include <inttypes.h>
#include <srs_rtmp.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOK_MS = 3000 };

struct found {
    const char *audio, *video; /* codecs; NULL: none so far */
    double      width, height;
    int64_t     n_packets, n_keys;
    uint32_t    first_ms, last_ms;
};

static void look_at(struct found *f, const struct srs_rtmp_packet *p)
{
    struct srs_rtmp_media m;
    if (p->type == SRS_RTMP_SCRIPT) {
        srs_rtmp_metadata_number(p, "width", &f->width);
        srs_rtmp_metadata_number(p, "height", &f->height);
        return;
    }
    if (srs_rtmp_describe(p, &m) != SRS_RTMP_OK)
        return;
    if (p->type == SRS_RTMP_VIDEO)
        f->video = m.codec;
    else
        f->audio = m.codec;
    f->n_keys += m.is_key;
    f->first_ms = f->n_packets++ ? f->first_ms : p->time_ms;
    f->last_ms = p->time_ms;
}

/* Read for LOOK_MS of the stream's time. */
static enum srs_rtmp_result look(struct srs_rtmp *c, struct found *f)
{
    struct srs_rtmp_packet p;
    enum srs_rtmp_result   result = SRS_RTMP_OK;
    while (result == SRS_RTMP_OK && f->last_ms - f->first_ms < LOOK_MS)
        if ((result = srs_rtmp_read(c, &p)) == SRS_RTMP_OK)
            look_at(f, &p);
    return result == SRS_RTMP_ENDED || result == SRS_RTMP_TIMED_OUT ? SRS_RTMP_OK : result;
}

static void print_found(const struct srs_rtmp *c, const struct found *f)
{
    struct srs_rtmp_server server;
    int64_t                received, sent;
    srs_rtmp_get_server(c, &server);
    srs_rtmp_get_traffic(c, &received, &sent);
    printf("server: %s %s pid %" PRId64 " id %s\n", server.name, server.ip, server.pid, server.id);
    printf("video: %s %.0fx%.0f, %" PRId64 " key frames\n", f->video ? f->video : "none", f->width, f->height,
           f->n_keys);
    printf("audio: %s\n", f->audio ? f->audio : "none");
    printf("packets: %" PRId64 " of %" PRIu32 " ms, %" PRId64 " bytes received\n", f->n_packets,
           f->last_ms - f->first_ms, received);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: %s rtmp://HOST/APP/STREAM [SECONDS TO WAIT]\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct found         f = { 0 };
    struct srs_rtmp     *c = srs_rtmp_create(argv[1]);
    enum srs_rtmp_result result = c ? SRS_RTMP_OK : SRS_RTMP_NO_MEMORY;
    if (c && argc == 3)
        srs_rtmp_set_timeout(c, (int)(atof(argv[2]) * 1000));
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_connect(c);
    if (result == SRS_RTMP_OK)
        result = srs_rtmp_play(c);
    if (result == SRS_RTMP_OK)
        result = look(c, &f);
    if (result == SRS_RTMP_OK)
        print_found(c, &f);
    else
        fprintf(stderr, "detect: %s: %s\n", srs_rtmp_result_text(result), srs_rtmp_error(c));
    srs_rtmp_destroy(c);
    return result == SRS_RTMP_OK && (f.audio || f.video) ? EXIT_SUCCESS : EXIT_FAILURE;
}
