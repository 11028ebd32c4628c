#include "app/hls/viewer.h"

#include <string.h>

#include "app/source/source.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"

/* What a player's name ends with in the API. */
#define PLAYLIST_EXT ".m3u8"

static const struct client_type viewer_type = { .name = "hls-play", .tag = "HLS", .is_http = true };

int64_t hls_viewer_life_us(const struct conf_hls *conf, int64_t target_us)
{
    int64_t least_us = 3 * (target_us > conf->fragment_us ? target_us : conf->fragment_us);
    int64_t life_us = 2 * conf->window_us;
    if (life_us > HLS_VIEWER_SILENCE_US)
        life_us = HLS_VIEWER_SILENCE_US;
    return life_us > least_us ? life_us : least_us;
}

static const char *pack(char **at, const char *text)
{
    return str_pack(at, text, strlen(text));
}

struct hls_viewer *hls_viewer_new(const struct hls_viewer_asks *asks)
{
    const struct hls_viewer_stream *of = &asks->of;
    const char *const               texts[] = { of->vhost,  of->app,     of->stream,     of->stream,
                                                asks->host, asks->param, asks->page_url, asks->tc_url };
    size_t                          len = sizeof PLAYLIST_EXT;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        len += strlen(texts[i]) + 1;
    struct hls_viewer *v = mem_calloc(1, sizeof *v + len);
    if (!v)
        return NULL;
    char *at = v->texts;
    v->refs = 1;
    v->used_us = now_us();
    list_init(&v->link);
    list_init(&v->newcomer);
    str_copy(v->ip, sizeof v->ip, asks->ip);
    v->of = (struct hls_viewer_stream){ .vhost = pack(&at, of->vhost),
                                        .app = pack(&at, of->app),
                                        .stream = pack(&at, of->stream) };
    struct session *s = &v->session;
    s->host = pack(&at, asks->host);
    s->app = v->of.app;
    s->stream = v->of.stream;
    s->param = pack(&at, asks->param);
    s->client = (struct client){ .type = &viewer_type, .id = v->id, .id_is_secret = true, .ip = v->ip, .swf_url = "" };
    s->client.tc_url = pack(&at, asks->tc_url);
    s->client.page_url = pack(&at, asks->page_url);
    s->client.name = at;
    strcpy(stpcpy(at, of->stream), PLAYLIST_EXT);
    s->client.bytes_in = &v->bytes_in;
    s->client.bytes_out = &v->bytes_out;
    return v;
}

void hls_viewer_unref(struct hls_viewer **vp)
{
    struct hls_viewer *v = *vp;
    *vp = NULL;
    if (v && --v->refs == 0)
        mem_free(v);
}
