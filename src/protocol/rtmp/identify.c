#include "protocol/rtmp/identify.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"

/* Facts from the commands of a client before play or publish. */
struct identification {
    struct rtmp_server *s;
    enum rtmp_role      role; /* role of a publisher; RTMP_FLASH_PUBLISH until a command tells another one */
    int                 n_create_stream;
    char               *released, *announced; /* the names in releaseStream and FCPublish; NULL: none */
};

static struct err *copy_name(char **name, struct amf0_text text)
{
    if (text.len > RTMP_URL_MAX)
        return err_new(E_LIMIT, "a stream name of %zu bytes", text.len);
    char *copy = mem_strndup(text.p ? text.p : "", text.len);
    if (!copy)
        return err_no_memory();
    mem_free(*name);
    *name = copy;
    return NULL;
}

static void write_stream_created(struct wr *w, double tid)
{
    rtmp_write_result_number(w, tid, RTMP_MSID);
}

/* Handle releaseStream, FCPublish and FCUnpublish. FMLE sends them before createStream, encoders of Haivision after it. */
static struct err *take_announcement(struct identification *id, const struct rtmp_call *call)
{
    struct err *e = NULL;
    if (call->kind == RTMP_CALL_RELEASE_STREAM)
        e = copy_name(&id->released, call->text);
    if (call->kind == RTMP_CALL_FC_PUBLISH)
        e = copy_name(&id->announced, call->text);
    if (e)
        return e;
    if (id->role == RTMP_FLASH_PUBLISH)
        id->role = id->n_create_stream ? RTMP_HAIVISION_PUBLISH : RTMP_FMLE_PUBLISH;
    return rtmp_server_reply_result(id->s, call->tid, rtmp_write_result_undefined);
}

static struct err *take_create_stream(struct identification *id, const struct rtmp_call *call)
{
    if (id->n_create_stream++ == RTMP_CREATE_STREAMS_MAX)
        return err_new(E_RTMP_CREATE_STREAM_DEPTH, "more than %d createStream before play or publish",
                       RTMP_CREATE_STREAMS_MAX);
    return rtmp_server_reply_result(id->s, call->tid, write_stream_created);
}

/*
 * Choose the name of a published stream. FMLE and similar encoders send it three times. The first one counts, and parameters
 * that only publish has are kept.
 */
static const char *choose_name(const struct identification *id, const char *published)
{
    const char *first = id->released && *id->released ? id->released : id->announced;
    if (id->role == RTMP_FLASH_PUBLISH || !first || !*first)
        return published;
    bool adds_param = !strchr(first, '?') && str_starts_with(published, first) && published[strlen(first)] == '?';
    return adds_param ? published : first;
}

static int64_t duration_of(const struct rtmp_call *call)
{
    double ms = call->play_duration_ms;
    return isfinite(ms) && ms > 0 && ms < 1e12 ? (int64_t)ms : 0;
}

/* The specification counts a start in seconds; librtmp and libavformat send milliseconds, also of the values that have a meaning. */
static int64_t start_of(const struct rtmp_call *call)
{
    double start = call->play_start;
    if (isfinite(start) && start >= 0 && start < 1e12)
        return (int64_t)start;
    return start == RTMP_PLAY_LIVE || start == RTMP_PLAY_LIVE * 1000 ? RTMP_PLAY_LIVE : RTMP_PLAY_START;
}

/* Read the stream and the role from the client's play or publish. */
static struct err *find_stream(struct identification *id, struct rtmp_request *req, const struct rtmp_call *call,
                               enum rtmp_role *role)
{
    char           *name = NULL;
    struct rtmp_url url;
    struct err     *e = copy_name(&name, call->text);
    if (e)
        return e;
    *role = call->kind == RTMP_CALL_PLAY ? RTMP_PLAY : id->role;
    if (*role != RTMP_PLAY)
        rtmp_chunk_reader_expect_media(&id->s->link.in,
                                       true); /* It stays on: media may still come after the publish. */
    req->start_ms = start_of(call);
    req->duration_ms = *role == RTMP_PLAY ? duration_of(call) : 0;
    e = rtmp_url_parse(&url, req->tc_url, *role == RTMP_PLAY ? name : choose_name(id, name));
    mem_free(name);
    if (!e && !*url.stream)
        e = err_new(E_RTMP_STREAM_NAME_EMPTY, "%s without a stream name", *role == RTMP_PLAY ? "play" : "publish");
    if (!e) {
        rtmp_url_finish(&req->url);
        req->url = url;
        return NULL;
    }
    rtmp_url_finish(&url);
    char        text[ERR_TEXT_MAX];
    struct err *unsent = rtmp_server_refuse(id->s, *role, RTMP_REFUSE_NOT_FOUND, err_text(e, text, sizeof text));
    err_free(unsent); /* The connection ends in any case. */
    return e;
}

static struct err *identify_by(struct identification *id, const struct rtmp_call *call, bool *done)
{
    switch (call->kind) {
    case RTMP_CALL_RELEASE_STREAM:
    case RTMP_CALL_FC_PUBLISH:
    case RTMP_CALL_FC_UNPUBLISH: return take_announcement(id, call);
    case RTMP_CALL_CREATE_STREAM: return take_create_stream(id, call);
    case RTMP_CALL_PLAY:
    case RTMP_CALL_PUBLISH:
        *done = !rtmp_call_is_stop(call); /* A stop is about a stream that has ended already. */
        return *done ? NULL : rtmp_server_reply_unknown(id->s, call);
    case RTMP_CALL_GET_STREAM_LENGTH:
    case RTMP_CALL_FC_SUBSCRIBE: return rtmp_server_reply_unknown(id->s, call);
    case RTMP_CALL_RESULT:
    case RTMP_CALL_ERROR:
    case RTMP_CALL_STATUS: return NULL; /* Answers are not answered. */
    default: return rtmp_server_reply_result(id->s, call->tid, rtmp_write_result_null);
    }
}

struct err *rtmp_identify(struct rtmp_server *s, struct rtmp_request *req, enum rtmp_role *role, int64_t deadline_us)
{
    struct identification id = { .s = s, .role = RTMP_FLASH_PUBLISH };
    struct err           *e = NULL;
    for (bool done = false; !e && !done;) {
        struct rtmp_message msg;
        struct rtmp_call    call;
        if ((e = rtmp_link_read_call(&s->link, &msg, &call, deadline_us)))
            break;
        e = identify_by(&id, &call, &done);
        if (!e && done)
            e = find_stream(&id, req, &call, role);
        frame_unref(&msg.payload);
    }
    mem_free(id.released);
    mem_free(id.announced);
    return e;
}
