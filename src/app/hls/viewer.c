#include "app/hls/viewer.h"

#include <string.h>

#include "app/source/source.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/exchange.h"

/* What a player's name ends with in the API. */
#define PLAYLIST_EXT ".m3u8"

static const struct client_type viewer_type = {
    .name = "hls-play", .tag = "HLS", .protocol = STAT_HLS, .is_http = true, .names_file = true
};

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

/* The bytes that all texts need with their ends; of the page's URL `page_len` bytes are kept. */
static size_t len_of_texts(const struct hls_viewer_asks *asks, size_t page_len)
{
    const struct hls_viewer_stream *of = &asks->of;
    return strlen(of->vhost) + 1 + strlen(of->app) + 1 + 2 * (strlen(of->stream) + 1) + strlen(PLAYLIST_EXT) +
           strlen(asks->host) + 1 + strlen(asks->param) + 1 + strlen(asks->tc_url) + 1 + page_len + 1;
}

static void copy_texts(struct hls_viewer *v, const struct hls_viewer_asks *asks, size_t page_len)
{
    struct session *s = &v->session;
    char           *at = v->texts;
    v->of.vhost = pack(&at, asks->of.vhost);
    s->app = v->of.app = pack(&at, asks->of.app);
    s->stream = v->of.stream = pack(&at, asks->of.stream);
    s->host = pack(&at, asks->host);
    s->param = pack(&at, asks->param);
    s->client.tc_url = pack(&at, asks->tc_url);
    s->client.page_url = v->page = at;
    str_pack(&at, asks->page_url, page_len);
    s->client.name = at;
    strcpy(stpcpy(at, asks->of.stream), PLAYLIST_EXT);
}

struct hls_viewer *hls_viewer_new(const struct hls_viewer_asks *asks)
{
    size_t             page_len = strnlen(asks->page_url, HLS_VIEWER_PAGE_MAX);
    struct hls_viewer *v = mem_calloc(1, sizeof *v + len_of_texts(asks, page_len));
    if (!v)
        return NULL;
    v->refs = 1;
    v->used_us = now_us();
    list_init(&v->link);
    list_init(&v->newcomer);
    list_init(&v->replies);
    str_copy(v->ip, sizeof v->ip, asks->ip);
    v->session.client = (struct client){
        .type = &viewer_type,
        .id = v->id,
        .id_is_secret = true,
        .ip = v->ip,
        .swf_url = "",
        .bytes_in = &v->bytes_in,
        .bytes_out = &v->bytes_out,
    };
    copy_texts(v, asks, page_len);
    return v;
}

void hls_viewer_unref(struct hls_viewer **vp)
{
    struct hls_viewer *v = *vp;
    *vp = NULL;
    if (v && --v->refs == 0)
        mem_free(v);
}

void hls_viewer_end_replies(struct hls_viewer *v)
{
    for (struct list *it = v->replies.next; it != &v->replies; it = it->next) {
        const struct hls_viewer_reply *r = LIST_ENTRY(it, const struct hls_viewer_reply, link);
        if (http_reply_has_begun(r->x))
            co_cancel(r->co);
    }
}
