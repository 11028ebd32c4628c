/* Streams: those that have a publisher or a player. DELETE kicks all clients of one. */
#include "app/api/endpoints.h"
#include "app/api/kick.h"
#include "app/api/listing.h"
#include "app/segment/show.h"
#include "app/source/source.h"

static void put_video(struct jw *j, const struct source *s)
{
    const struct video_info *v = &s->video;
    if (v->codec == CODEC_NONE) {
        jw_null(j, "video");
        return;
    }
    jw_object(j, "video");
    jw_string(j, "codec", codec_name(v->codec));
    jw_string(j, "profile", v->profile);
    jw_string(j, "level", v->level);
    jw_int(j, "width", v->width);
    jw_int(j, "height", v->height);
    /* Additions to SRS: frames received since the last sample, and seconds between the last two key frames. */
    jw_fixed(j, "fps", s->fps);
    jw_fixed(j, "gop", (double)s->pulse.gop_us / US_PER_SECOND);
    jw_object_end(j);
}

static void put_audio(struct jw *j, const struct audio_info *a)
{
    if (a->codec == CODEC_NONE) {
        jw_null(j, "audio");
        return;
    }
    jw_object(j, "audio");
    jw_string(j, "codec", codec_name(a->codec));
    jw_int(j, "sample_rate", a->sample_rate);
    jw_int(j, "channel", a->channels);
    jw_string(j, "profile", a->profile);
    jw_object_end(j);
}

static void put_publish(struct jw *j, const struct source *s)
{
    jw_object(j, "publish");
    jw_bool(j, "active", source_is_live(s) && !s->stand_in);
    /* Additions to SRS: players wait for the publisher to come back, and what they get meanwhile. */
    if (s->state == SOURCE_HELD || s->stand_in)
        jw_bool(j, "held", true);
    if (s->stand_in)
        jw_string(j, "stand_in", s->stand_in);
    if (source_is_edge(s))
        jw_bool(j, "is_edge", true);
    if (*s->stat.publisher_id)
        jw_string(j, "cid", s->stat.publisher_id);
    jw_object_end(j);
}

/* An addition to SRS: the delay that is configured, and what it holds now. */
static void put_delay(struct jw *j, const struct delay *d)
{
    if (!delay_is_in_use(d))
        return;
    jw_object(j, "delay");
    jw_int(j, "ms", d->span_us / US_PER_MS);
    jw_int(j, "held_ms", delay_held_us(d, now_us()) / US_PER_MS);
    jw_int(j, "frames", (int64_t)d->n);
    jw_int(j, "bytes", (int64_t)d->bytes);
    jw_int(j, "early", d->n_early);
    jw_object_end(j);
}

static void put_lane(struct jw *j, const struct show *show, const struct lane *lane)
{
    const struct segment *newest = lane_newest(lane);
    jw_object(j, NULL);
    jw_string(j, "container", lane->kind->name);
    jw_int(j, "segments", (int64_t)lane->n_segments);
    jw_int(j, "newest", newest ? (int64_t)newest->number : -1);
    jw_int(j, "lost_parts", (int64_t)lane->n_lost_parts);
    jw_int(j, "lost_files", (int64_t)show_lost_files(show, lane));
    jw_int(j, "cues", (int64_t)lane->n_carried_cues);
    jw_int(j, "lost_cues", (int64_t)lane->plan->n_lost_cues);
    jw_array(j, "left_out");
    for (int codec = 0; codec <= CODEC_OTHER; codec++)
        if (lane->left_out & UINT32_C(1) << codec)
            jw_string(j, NULL, codec_name((enum codec)codec));
    jw_array_end(j);
    jw_object_end(j);
}

/* An addition to SRS: what the stream is cut into, and the codecs that a container cannot carry. */
static void put_segments(struct jw *j, const struct source *s)
{
    const struct show *show = show_find(s->vhost, s->app, s->stream);
    if (!show)
        return;
    jw_array(j, "segments");
    for (const struct list *it = show->plans.next; it != &show->plans; it = it->next) {
        const struct plan *plan = LIST_ENTRY(it, const struct plan, link);
        for (size_t i = 0; i < plan->n_lanes; i++)
            put_lane(j, show, plan->lanes[i]);
    }
    jw_array_end(j);
}

static void put_stream(struct api_reply *r, const char *key, const void *member)
{
    const struct source *s = member;
    struct jw           *j = &r->json;
    jw_object(j, key);
    jw_string(j, "id", s->id);
    jw_string(j, "name", s->stream);
    jw_string(j, "vhost", s->stat.vhost->id);
    jw_string(j, "app", s->app);
    api_put_url(r, "tcUrl", s->stat.tc_url);
    jw_string(j, "url", s->identity);
    jw_int(j, "live_ms", s->stat.published_wall_ms);
    jw_int(j, "clients", s->stat.n_clients);
    jw_int(j, "frames", s->frames_video);
    listing_put_traffic(j, &s->traffic);
    put_publish(j, s);
    put_delay(j, &s->delay);
    put_video(j, s);
    put_audio(j, &s->audio);
    put_segments(j, s);
    jw_object_end(j);
}

/* ---- the list ---- */

static bool takes(const struct filter *f, const struct api_reply *r, const void *member)
{
    (void)r;
    return filter_takes_stream(f, member);
}

static const char *name_of(const void *member)
{
    return ((const struct source *)member)->stream;
}

static const char *url_of(const void *member)
{
    return ((const struct source *)member)->identity;
}

static int64_t clients_of(const void *member)
{
    return ((const struct source *)member)->stat.n_clients;
}

static int64_t live_ms_of(const void *member)
{
    return ((const struct source *)member)->stat.published_wall_ms;
}

static int64_t frames_of(const void *member)
{
    return ((const struct source *)member)->frames_video;
}

static int64_t fps_of(const void *member)
{
    return (int64_t)(((const struct source *)member)->fps * 100);
}

static const struct listing_column columns[] = {
    { "name", .text = name_of },
    { "url", .text = url_of },
    { "clients", .number = clients_of },
    { "live_ms", .number = live_ms_of },
    { "frames", .number = frames_of },
    { "fps", .number = fps_of },
    LISTING_TRAFFIC_COLUMNS(struct source),
};

static struct err *put_list(struct api_reply *r)
{
    const struct listing list = { .key = "streams",
                                  .members = &r->server->registry.stream_roll,
                                  .paged = true,
                                  .takes = takes,
                                  .put = put_stream,
                                  .columns = columns,
                                  .n_columns = ARRAY_LEN(columns) };
    return listing_put_page(r, &list);
}

static struct err *write_streams(struct api_reply *r)
{
    const char          *id = api_id(r, "/api/v1/streams/");
    const struct source *s = registry_find_stream(&r->server->registry, id);
    if (r->method == HTTP_DELETE)
        return s ? kick_stream(r, s->id) : kick_nobody(r, E_RTMP_STREAM_NOT_FOUND);
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "DELETE, GET, HEAD, OPTIONS");
    if (!*id)
        return put_list(r);
    listing_put_one(r, "stream", s, E_RTMP_STREAM_NOT_FOUND, put_stream);
    return NULL;
}

struct err *api_streams(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_streams);
}
